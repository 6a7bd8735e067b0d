package io.github.alexalink.store;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** What a resource server may know of an access token: one SELECT, which also authenticates it. */
public final class IntrospectionRepository {

    /** A live access token; parameters: link id, hash. */
    private static final String LIVE = """
            SELECT array_to_string(coalesce(a.scope, l.scope), ' ') AS scope, l.client_id, l.subject,
                   floor(extract(epoch FROM a.issued_at))::bigint AS issued_at,
                   floor(extract(epoch FROM a.expires_at))::bigint AS expires_at
              FROM alexa.access_token a
              JOIN alexa.link l ON l.link_id = a.link_id
              JOIN alexa.client c ON c.client_id = l.client_id
             WHERE a.link_id = ?
               AND a.token_hash = ?
               AND a.revoked_at IS NULL
               AND a.expires_at > now()
               AND a.expires_at <= now() + interval '24 hours'
               AND l.revoked_at IS NULL
               AND c.disabled_at IS NULL
               AND coalesce((
                   SELECT o.disabled_at IS NULL AND (l.account_id IS NULL OR o.account_id = l.account_id)
                     FROM alexa.account o WHERE o.username = l.subject), l.account_id IS NULL)
            """;

    private static final String INTROSPECT = """
            SELECT t.scope, t.client_id, t.subject, t.issued_at, t.expires_at
              FROM alexa.client asking
              LEFT JOIN LATERAL (
            """ + LIVE + """
                   ) AS t ON true
             WHERE asking.client_id = ?
               AND asking.kind = 'resource_server'
               AND asking.disabled_at IS NULL
               AND EXISTS (
                   SELECT FROM alexa.client_secret s
                    WHERE s.client_id = asking.client_id
                      AND s.secret_hash IN (?, ?)
                      AND (s.valid_until IS NULL OR s.valid_until > now()))
            """;

    private final Database database;

    public IntrospectionRepository(Database database) {
        this.database = database;
    }

    /**
     * A live access token.
     *
     * @param subject who allowed it, as the Realm names them
     * @param issuedAt seconds since 1970
     * @param expiresAt seconds since 1970
     */
    public record Live(String scope, String clientId, String subject, long issuedAt, long expiresAt) {}

    /**
     * The answer to a resource server.
     *
     * @param live empty where the token is not, whatever the reason
     */
    public record Introspected(Optional<Live> live) {}

    /**
     * Looks a token up.
     *
     * @param token empty where what was sent has not the form of one
     * @return empty where the resource server has not proved itself
     */
    public Optional<Introspected> introspect(ClientCredentials credentials, Optional<Token> token) throws SQLException {
        List<Sha256> hashes = credentials.secretHashes();
        return database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(INTROSPECT)) {
                statement.setObject(1, token.map(Token::linkId).orElse(null));
                statement.setBytes(2, token.map(known -> known.hash().bytes()).orElse(null));
                statement.setString(3, credentials.clientId());
                statement.setBytes(4, hashes.isEmpty() ? null : hashes.get(0).bytes());
                statement.setBytes(5, hashes.size() < 2 ? null : hashes.get(1).bytes());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? Optional.of(new Introspected(live(row))) : Optional.empty();
                }
            }
        });
    }

    /**
     * Looks an access token up for the music server in this Tomcat, which asks through the container and so needs no
     * credentials. Empty if the token is not live.
     */
    public Optional<Live> live(Token accessToken) throws SQLException {
        return database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(LIVE)) {
                statement.setObject(1, accessToken.linkId());
                statement.setBytes(2, accessToken.hash().bytes());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? live(row) : Optional.empty();
                }
            }
        });
    }

    private static Optional<Live> live(ResultSet row) throws SQLException {
        String clientId = row.getString("client_id");
        return clientId == null
                ? Optional.empty()
                : Optional.of(new Live(
                        row.getString("scope"),
                        clientId,
                        row.getString("subject"),
                        row.getLong("issued_at"),
                        row.getLong("expires_at")));
    }
}
