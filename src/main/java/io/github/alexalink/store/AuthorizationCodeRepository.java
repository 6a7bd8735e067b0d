package io.github.alexalink.store;

import io.github.alexalink.protocol.CodeChallenge;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Token;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/** Authorization codes, from the listener's yes to the moment they are redeemed. */
public final class AuthorizationCodeRepository {

    private static final String ISSUE = """
            WITH code AS (
                INSERT INTO alexa.authorization_code
                       (link_id, code_hash, client_id, redirect_uri, code_challenge, subject, scope, expires_at)
                SELECT ?, ?, c.client_id, ?, ?, ?, string_to_array(?, ' '),
                       now() + make_interval(secs => extract(epoch FROM c.code_lifetime))
                  FROM alexa.client c
                 WHERE c.client_id = ? AND c.disabled_at IS NULL
                RETURNING link_id, client_id, subject, scope
            ), audit AS (
                INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
                SELECT 'code_issued', link_id, client_id, subject,
                       left('allowed ' || array_to_string(scope, ' '), 300)
                  FROM code
            )
            SELECT 1 FROM code
            """;

    private final Database database;

    public AuthorizationCodeRepository(Database database) {
        this.database = database;
    }

    /**
     * What a listener allowed.
     *
     * @param subject who signed in, as the Realm names them
     */
    public record Consent(
            String clientId, String redirectUri, Optional<CodeChallenge> codeChallenge, String subject, Scope scope) {}

    /** Keeps a code for a consent; false where the client was disabled meanwhile. */
    public boolean issue(Token code, Consent consent) throws SQLException {
        // a code that stood there twice could not be redeemed
        boolean issued = database.askOnce(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(ISSUE)) {
                statement.setObject(1, code.linkId());
                statement.setBytes(2, code.hash().bytes());
                statement.setString(3, consent.redirectUri());
                statement.setString(
                        4, consent.codeChallenge().map(CodeChallenge::value).orElse(null));
                statement.setString(5, consent.subject());
                statement.setString(6, consent.scope().toString());
                statement.setString(7, consent.clientId());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next();
                }
            }
        });
        if (issued) {
            database.audited("code_issued");
        }
        return issued;
    }
}
