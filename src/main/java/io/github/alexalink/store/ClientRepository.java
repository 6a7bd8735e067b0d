package io.github.alexalink.store;

import io.github.alexalink.client.Client;
import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.client.Registration;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Sha256;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Registered clients. */
public final class ClientRepository {

    private final NamedStatement find = NamedStatement.load("find_client", "client_id", "language");
    private final NamedStatement whyNotAuthenticated =
            NamedStatement.load("why_not_authenticated", "client_id", "secret_hashes");
    private final NamedStatement registered = NamedStatement.load("registered_clients");
    private final Database database;

    public ClientRepository(Database database) {
        this.database = database;
    }

    /** The client of that id, disabled ones included. */
    public Optional<Client> byId(String clientId) throws SQLException {
        return byId(clientId, null);
    }

    /**
     * The client of that id, disabled ones included, with its names in a listener's language.
     *
     * @param language of the names that a listener reads, for example {@code pt-BR}. If it is null, or the operator
     *     gave no names in it, they are as registered
     */
    public Optional<Client> byId(String clientId, String language) throws SQLException {
        return database.ask(connection -> find.on(connection)
                .set("client_id", clientId)
                .set("language", language)
                .first(ClientRepository::client));
    }

    /**
     * Why a client failed authentication, for log and audit trail.
     *
     * @param since from when its secret is refused, if it has expired
     */
    public record NotAuthenticated(Reason reason, Optional<Instant> since) {}

    /** Why a client failed authentication. */
    public NotAuthenticated whyNotAuthenticated(ClientCredentials credentials) throws SQLException {
        return database.ask(connection -> whyNotAuthenticated
                        .on(connection)
                        .set("client_id", credentials.clientId())
                        .set("secret_hashes", credentials.secretHashes())
                        .first(row -> new NotAuthenticated(
                                Reason.of(row.getString("reason")),
                                Optional.ofNullable(row.getTimestamp("since")).map(Timestamp::toInstant))))
                .orElse(new NotAuthenticated(Reason.CLIENT_UNKNOWN, Optional.empty()));
    }

    /** Every client that is no resource server, disabled ones included. */
    public List<Registration> registrations() throws SQLException {
        return database.ask(connection -> registered.on(connection).all(row -> {
            Timestamp secretUntil = row.getTimestamp("secret_until");
            return new Registration(
                    client(row),
                    Duration.ofSeconds(row.getLong("access_token_seconds")),
                    Optional.ofNullable(secretUntil).map(Timestamp::toInstant));
        }));
    }

    private static Client client(ResultSet row) throws SQLException {
        Map<String, String> scopes = new LinkedHashMap<>();
        // the driver returns an empty array of arrays as a flat one, so each element is cast
        for (Object pair : array(row.getArray("scopes"))) {
            String[] scope = (String[]) pair;
            scopes.put(scope[0], scope[1]);
        }
        List<Sha256> secretHashes = new ArrayList<>();
        for (Object hash : array(row.getArray("secret_hashes"))) {
            secretHashes.add(Sha256.stored((byte[]) hash));
        }
        return new Client(
                row.getString("client_id"),
                Client.Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)),
                row.getString("display_name"),
                row.getBoolean("pkce_required"),
                row.getBoolean("enabled"),
                Set.of((String[]) row.getArray("redirect_uris").getArray()),
                List.of((String[]) row.getArray("form_action").getArray()),
                scopes,
                secretHashes);
    }

    private static Object[] array(Array array) throws SQLException {
        return (Object[]) array.getArray();
    }
}
