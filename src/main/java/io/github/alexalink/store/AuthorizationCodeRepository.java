package io.github.alexalink.store;

import io.github.alexalink.protocol.CodeChallenge;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Token;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;

/** Authorization codes, from the listener's yes to the moment they are redeemed. */
public final class AuthorizationCodeRepository {

    private final NamedStatement issue = NamedStatement.load(
            "issue_code",
            "subject",
            "account_id",
            "password_changed_at",
            "client_id",
            "link_id",
            "code_hash",
            "redirect_uri",
            "code_challenge",
            "scope");
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

    /** Whether a code was issued, or what was changed while the listener signed in. */
    public enum Issue {
        ISSUED,
        CLIENT_DISABLED,
        /** The DBA took the redirect URI away from the client. */
        REDIRECT_URI_GONE,
        /** The DBA took a scope that was asked for away from the client. */
        SCOPE_GONE,
        ACCOUNT_CHANGED
    }

    /** Keeps a code for a consent, if client and account are still as they were when the form was shown. */
    public Issue issue(Token code, Consent consent) throws SQLException {
        Optional<AccountRepository.Account> account = consent.signedIn().account();
        // a code that stood there twice could not be redeemed
        Optional<Issue> outcome = database.askOnce(connection -> issue.on(connection)
                .set("subject", consent.signedIn().subject())
                .set(
                        "account_id",
                        account.map(AccountRepository.Account::accountId).orElse(null))
                .set(
                        "password_changed_at",
                        account.map(AccountRepository.Account::passwordChangedAt)
                                .orElse(null))
                .set("client_id", consent.clientId())
                .set("link_id", code.linkId())
                .set("code_hash", code.hash().bytes())
                .set("redirect_uri", consent.redirectUri())
                .set(
                        "code_challenge",
                        consent.codeChallenge().map(CodeChallenge::value).orElse(null))
                .set("scope", consent.scope().toString())
                .first(row -> Issue.valueOf(row.getString("outcome").toUpperCase(Locale.ROOT))));
        if (outcome.equals(Optional.of(Issue.ISSUED))) {
            database.audited("code_issued");
        }
        return outcome.orElse(Issue.CLIENT_DISABLED);
    }
}
