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
            WITH asking AS (
                SELECT c.client_id, c.code_lifetime, signed_in.*,
                       alexa.hold_account(signed_in.subject, signed_in.account_id, signed_in.password_changed_at) AS held
                  FROM (SELECT ?::text AS subject, ?::uuid AS account_id, ?::timestamptz AS password_changed_at)
                       AS signed_in, alexa.client c
                 WHERE c.client_id = ? AND c.disabled_at IS NULL
            ), code AS (
                INSERT INTO alexa.authorization_code
                       (link_id, code_hash, client_id, redirect_uri, code_challenge, subject, scope, expires_at,
                        account_id, password_changed_at)
                SELECT ?, ?, client_id, ?, ?, subject, string_to_array(?, ' '),
                       now() + make_interval(secs => extract(epoch FROM code_lifetime)),
                       account_id, password_changed_at
                  FROM asking
                 WHERE held
                RETURNING link_id, client_id, subject, scope
            ), audit AS (
                INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
                SELECT 'code_issued', link_id, client_id, subject,
                       left('allowed ' || array_to_string(scope, ' '), 300)
                  FROM code
            )
            SELECT held FROM asking
            """;

    private final Database database;

    public AuthorizationCodeRepository(Database database) {
        this.database = database;
    }

    /**
     * What a listener allowed.
     *
     * @param signedIn who they are
     */
    public record Consent(
            String clientId,
            String redirectUri,
            Optional<CodeChallenge> codeChallenge,
            AccountRepository.SignedIn signedIn,
            Scope scope) {}

    /** Whether a code was issued, or what changed while the listener signed in. */
    public enum Issue {
        ISSUED,
        CLIENT_DISABLED,
        ACCOUNT_CHANGED
    }

    /** Keeps a code for a consent, if the client is still enabled and the account still as it was. */
    public Issue issue(Token code, Consent consent) throws SQLException {
        // a code that stood there twice could not be redeemed
        Issue issue = database.askOnce(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(ISSUE)) {
                Optional<AccountRepository.Account> account = consent.signedIn().account();
                statement.setString(1, consent.signedIn().subject());
                statement.setObject(
                        2, account.map(AccountRepository.Account::accountId).orElse(null));
                statement.setObject(
                        3,
                        account.map(AccountRepository.Account::passwordChangedAt)
                                .orElse(null));
                statement.setString(4, consent.clientId());
                statement.setObject(5, code.linkId());
                statement.setBytes(6, code.hash().bytes());
                statement.setString(7, consent.redirectUri());
                statement.setString(
                        8, consent.codeChallenge().map(CodeChallenge::value).orElse(null));
                statement.setString(9, consent.scope().toString());
                try (ResultSet row = statement.executeQuery()) {
                    if (!row.next()) {
                        return Issue.CLIENT_DISABLED;
                    }
                    return row.getBoolean("held") ? Issue.ISSUED : Issue.ACCOUNT_CHANGED;
                }
            }
        });
        if (issue == Issue.ISSUED) {
            database.audited("code_issued");
        }
        return issue;
    }
}
