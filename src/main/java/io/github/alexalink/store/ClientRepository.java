package io.github.alexalink.store;

import io.github.alexalink.client.Client;
import io.github.alexalink.protocol.Sha256;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Registered clients. */
public final class ClientRepository {

    private static final String BY_ID = """
            SELECT c.client_id, c.kind, c.pkce_required, c.disabled_at IS NULL AS enabled,
                   coalesce((SELECT n.display_name FROM alexa.client_name n
                              WHERE n.client_id = c.client_id AND n.language = asked.language), c.display_name)
                       AS display_name,
                   ARRAY(SELECT u.redirect_uri FROM alexa.client_redirect_uri u WHERE u.client_id = c.client_id)
                       AS redirect_uris,
                   ARRAY(SELECT ARRAY[s.scope, coalesce(d.description, s.description)]
                           FROM alexa.client_scope a
                           JOIN alexa.scope s ON s.scope = a.scope
                           LEFT JOIN alexa.scope_description d
                                  ON d.scope = a.scope AND d.language = asked.language
                          WHERE a.client_id = c.client_id
                          ORDER BY s.scope DESC) AS scopes,
                   ARRAY(SELECT h.secret_hash FROM alexa.client_secret h
                          WHERE h.client_id = c.client_id
                            AND (h.valid_until IS NULL OR h.valid_until > now())) AS secret_hashes
              FROM (SELECT ?::text AS client_id, ?::text AS language) AS asked
              JOIN alexa.client c ON c.client_id = asked.client_id
            """;

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
     * @param language of the names that a listener reads, for example {@code pt-BR}; where the operator has given none in
     *     it, or for null, they are as registered
     */
    public Optional<Client> byId(String clientId, String language) throws SQLException {
        return database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(BY_ID)) {
                statement.setString(1, clientId);
                statement.setString(2, language);
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? Optional.of(client(row)) : Optional.empty();
                }
            }
        });
    }

    private static Client client(ResultSet row) throws SQLException {
        Map<String, String> scopes = new LinkedHashMap<>();
        // an empty array of arrays comes as an array of nothing
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
                scopes,
                secretHashes);
    }

    private static Object[] array(Array array) throws SQLException {
        return (Object[]) array.getArray();
    }
}
