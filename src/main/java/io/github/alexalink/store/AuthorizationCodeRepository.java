package io.github.alexalink.store;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.protocol.CodeChallenge;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Token;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;

/** Authorization codes, from the listener's consent until a client redeems them. */
public final class AuthorizationCodeRepository {

    /**
     * A slower redemption is marked as answered before the response is sent: a repeated request may redeem the code again
     * one second after the first did, and that second may be over.
     */
    private static final long SLOW_NS = 300_000_000;

    private static final int PAUSE_MS = 50;

    private final NamedStatement issue = NamedStatement.load(
            "issue_code",
            "subject",
            "account_id",
            "password_changed_at",
            "client_id",
            "link_id",
            "code_hash",
            "redirect_uri",
            "registered_redirect_uri",
            "code_challenge",
            "scope");
    private final NamedStatement redeem = NamedStatement.load(
            "redeem_code",
            "client_id",
            "secret_hashes",
            "link_id",
            "code_hash",
            "redirect_uri",
            "code_challenge",
            "refresh_token_hash",
            "minted_at",
            "access_token_hash");
    private final NamedStatement redeemedByUs =
            NamedStatement.load("redeemed_by_us", "link_id", "minted_at", "access_token_hash");
    private final NamedStatement markAnswered =
            NamedStatement.load("mark_answered", "link_id", "code_hash", "minted_at", "access_token_hash");
    private final NamedStatement whyNotRedeemed = NamedStatement.load(
            "why_not_redeemed", "client_id", "redirect_uri", "code_challenge", "link_id", "code_hash");
    private final Database database;

    public AuthorizationCodeRepository(Database database) {
        this.database = database;
    }

    /**
     * What a listener allowed.
     *
     * @param redirectUri as the client asked for it, and must send it again to redeem the code
     * @param registeredRedirectUri as it is registered; another port only for a loopback address (RFC 8252 §7.3)
     * @param signedIn the listener
     */
    public record Consent(
            String clientId,
            String redirectUri,
            String registeredRedirectUri,
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

    /** Stores a code for a consent, if client and account are still as they were when the listener got the form. */
    public Issue issue(Token code, Consent consent) throws SQLException {
        Optional<AccountRepository.Account> account = consent.signedIn().account();
        // not to be repeated: a code with two rows could not be redeemed
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
                .set("code_hash", code.hash())
                .set("redirect_uri", consent.redirectUri())
                .set("registered_redirect_uri", consent.registeredRedirectUri())
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

    /**
     * Everything that must fit for a code to be redeemed (RFC 6749 §4.1.3, RFC 7636 §4.6).
     *
     * @param redirectUri empty if the client sent none, which fits no code
     */
    public record CodeRedemption(
            ClientCredentials credentials, Token code, String redirectUri, Optional<CodeChallenge> answered) {}

    /**
     * Turns a live code of this client into the two given tokens. Of concurrent callers exactly one gets them: the
     * others wait for the row and then find it redeemed (RFC 6749 §4.1.2, "MUST NOT use the authorization code more
     * than once"). Harmless to repeat with the same tokens.
     *
     * <p>If {@link #answered} has not been called a second later, a repeated request can redeem the code again.
     */
    public Optional<Granted> redeem(CodeRedemption redemption, Token accessToken, Token refreshToken)
            throws SQLException {
        long start = System.nanoTime();
        Optional<Granted> granted = database.ask(connection -> redeem.on(connection)
                .set("client_id", redemption.credentials().clientId())
                .set("secret_hashes", redemption.credentials().secretHashes())
                .set("link_id", redemption.code().linkId())
                .set("code_hash", redemption.code().hash())
                .set("redirect_uri", redemption.redirectUri())
                .set("code_challenge", challenge(redemption))
                .set("refresh_token_hash", refreshToken.hash())
                .set("minted_at", accessToken.mintedAt())
                .set("access_token_hash", accessToken.hash())
                .first(Granted::in));
        if (granted.isEmpty()) {
            granted = redeemedByUs(accessToken);
        }
        if (granted.isPresent()
                && System.nanoTime() - start > SLOW_NS
                && !database.askOnce(connection -> markAnswered(connection, redemption.code(), accessToken))) {
            return Optional.empty(); // a repeat of the request was given tokens meanwhile, and its response counts
        }
        granted.ifPresent(tokens -> database.audited("code_redeemed"));
        return granted;
    }

    /**
     * Marks the redemption as answered, once its tokens are on their way to the client. Waits half a second at most,
     * because the client may already send the next request over the same connection.
     */
    public void answered(Token code, Token accessToken) throws SQLException {
        database.askBriefly(connection -> markAnswered(connection, code, accessToken));
    }

    /**
     * Marks the redemption as answered, so that a repeat of the request gets no tokens. False if a repeat has been
     * given some already.
     */
    private boolean markAnswered(Connection connection, Token code, Token accessToken) throws SQLException {
        return markAnswered
                        .on(connection)
                        .set("link_id", code.linkId())
                        .set("code_hash", code.hash())
                        .set("minted_at", accessToken.mintedAt())
                        .set("access_token_hash", accessToken.hash())
                        .update()
                == 1;
    }

    /**
     * Returns the connection to the pool and sleeps for a moment: the request that redeemed the code may be about to
     * call {@link #answered}.
     */
    public void pauseBeforeRetry() throws SQLException {
        database.pause(PAUSE_MS);
    }

    private Optional<Granted> redeemedByUs(Token accessToken) throws SQLException {
        return database.ask(connection -> redeemedByUs
                .on(connection)
                .set("link_id", accessToken.linkId())
                .set("minted_at", accessToken.mintedAt())
                .set("access_token_hash", accessToken.hash())
                .first(Granted::in));
    }

    /** Why {@link #redeem} refused; empty for an unknown code. Also ends the link if the code was replayed. */
    public Optional<Verdict> whyNotRedeemed(CodeRedemption redemption) throws SQLException {
        Optional<Verdict> verdict = database.ask(connection -> whyNotRedeemed
                .on(connection)
                .set("client_id", redemption.credentials().clientId())
                .set("redirect_uri", redemption.redirectUri())
                .set("code_challenge", challenge(redemption))
                .set("link_id", redemption.code().linkId())
                .set("code_hash", redemption.code().hash())
                .first(Verdict::in));
        verdict.ifPresent(known -> known.audit(database));
        return verdict;
    }

    private static String challenge(CodeRedemption redemption) {
        return redemption.answered().map(CodeChallenge::value).orElse(null);
    }
}
