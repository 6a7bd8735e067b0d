package io.github.alexalink.store;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.protocol.CodeChallenge;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Codes turned into tokens, and refresh tokens into access tokens. Each is one statement that also authenticates the
 * client, so that it is one round trip and nothing can change in between; the hash of a 256-bit secret may be compared by
 * equality. Only when nothing came back does a second statement ask why.
 */
public final class TokenRepository {

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
    private final NamedStatement refresh = NamedStatement.load(
            "refresh",
            "client_id",
            "secret_hashes",
            "scope",
            "link_id",
            "refresh_token_hash",
            "successor_hash",
            "minted_at",
            "access_token_hash");
    private final NamedStatement whyNotRefreshed =
            NamedStatement.load("why_not_refreshed", "client_id", "scope", "link_id", "refresh_token_hash");

    /** One that took longer is marked before it is answered: its second may be over any moment, or is. */
    private static final long PROMPT_NS = 300_000_000;

    private static final int AWAITED_MS = 50;

    private final Database database;

    public TokenRepository(Database database) {
        this.database = database;
    }

    /**
     * Everything that must fit for a code to be redeemed (RFC 6749 §4.1.3, RFC 7636 §4.6).
     *
     * @param redirectUri empty where none was sent, which fits no code
     */
    public record CodeRedemption(
            ClientCredentials credentials, Token code, String redirectUri, Optional<CodeChallenge> answered) {}

    /** Everything that must fit for a refresh (RFC 6749 §6). */
    public record Refresh(ClientCredentials credentials, Token refreshToken, Optional<Scope> scope) {}

    /**
     * What was granted.
     *
     * @param expiresIn seconds
     * @param rotated whether the refresh token has a successor now
     * @param inGrace whether it had been superseded before: a lost answer does that once, a copy again and again
     */
    public record Granted(String scope, long expiresIn, boolean rotated, boolean inGrace) {}

    /**
     * Why nothing was granted.
     *
     * @param event as in the audit trail: code_repeated, code_replayed, refresh_token_reused or token_refused;
     *     scope_refused where only the scope was in the way; code_unanswered where the same request came before, and
     *     whether it has been answered will be known soon
     * @param reason for the client's developer; empty where by now nothing stands in the way
     * @param revoked whether this very call revoked the link
     */
    public record Verdict(String event, Optional<String> reason, boolean revoked) {

        public boolean isUnanswered() {
            return event.equals("code_unanswered");
        }
    }

    /**
     * Turns a live code of this client into the two tokens given. Of any number of concurrent callers exactly one gets an
     * answer: the others wait on the row and then find it redeemed (RFC 6749 §4.1.2, "MUST NOT use the authorization code
     * more than once"). Harmless to do twice with the same tokens.
     *
     * <p>If {@link #answered} has not been called a second later, a repeated request can redeem the code again.
     */
    public Optional<Granted> redeem(CodeRedemption redemption, Token accessToken, Token refreshToken)
            throws SQLException {
        long start = System.nanoTime();
        Optional<Granted> granted = database.ask(connection -> redeem.on(connection)
                .set("client_id", redemption.credentials().clientId())
                .set("secret_hashes", "bytea", secretHashes(redemption.credentials()))
                .set("link_id", redemption.code().linkId())
                .set("code_hash", redemption.code().hash().bytes())
                .set("redirect_uri", redemption.redirectUri())
                .set("code_challenge", challenge(redemption))
                .set("refresh_token_hash", refreshToken.hash().bytes())
                .set("minted_at", accessToken.mintedAt())
                .set("access_token_hash", accessToken.hash().bytes())
                .first(TokenRepository::granted));
        if (granted.isEmpty()) {
            granted = redeemedByUs(accessToken);
        }
        if (granted.isPresent()
                && System.nanoTime() - start > PROMPT_NS
                && !database.askOnce(connection -> markAnswered(connection, redemption.code(), accessToken))) {
            return Optional.empty(); // whoever was given tokens meanwhile is answered
        }
        granted.ifPresent(tokens -> database.audited("code_redeemed"));
        return granted;
    }

    /**
     * Says that the tokens of a redemption are on their way to the client. Whoever sent the request may send the next one
     * over the same connection, so this is not waited for as long as everything else.
     */
    public void answered(Token code, Token accessToken) throws SQLException {
        database.askBriefly(connection -> markAnswered(connection, code, accessToken));
    }

    /** Whether the same request has not been given tokens of its own, and will not be any more. */
    private boolean markAnswered(Connection connection, Token code, Token accessToken) throws SQLException {
        return markAnswered
                        .on(connection)
                        .set("link_id", code.linkId())
                        .set("code_hash", code.hash().bytes())
                        .set("minted_at", accessToken.mintedAt())
                        .set("access_token_hash", accessToken.hash().bytes())
                        .update()
                == 1;
    }

    /** Lets go of the connection and waits a moment for whoever is to say {@link #answered}, or does not any more. */
    public void awaitAnswer() throws SQLException {
        database.pause(AWAITED_MS);
    }

    private Optional<Granted> redeemedByUs(Token accessToken) throws SQLException {
        return database.ask(connection -> redeemedByUs
                .on(connection)
                .set("link_id", accessToken.linkId())
                .set("minted_at", accessToken.mintedAt())
                .set("access_token_hash", accessToken.hash().bytes())
                .first(TokenRepository::granted));
    }

    /** Why {@link #redeem} found nothing, and the end of the link where the code was replayed; empty for an unknown code. */
    public Optional<Verdict> whyNotRedeemed(CodeRedemption redemption) throws SQLException {
        return audited(database.ask(connection -> whyNotRedeemed
                .on(connection)
                .set("client_id", redemption.credentials().clientId())
                .set("redirect_uri", redemption.redirectUri())
                .set("code_challenge", challenge(redemption))
                .set("link_id", redemption.code().linkId())
                .set("code_hash", redemption.code().hash().bytes())
                .first(TokenRepository::verdict)));
    }

    /**
     * Gives the link of a good refresh token the access token given and, where its client rotates, the successor. Older
     * access tokens stay good, because they may be in flight.
     */
    public Optional<Granted> refresh(Refresh refresh, Token accessToken, Token successor) throws SQLException {
        Optional<Granted> granted = database.ask(connection -> this.refresh
                .on(connection)
                .set("client_id", refresh.credentials().clientId())
                .set("secret_hashes", "bytea", secretHashes(refresh.credentials()))
                .set("scope", refresh.scope().map(Scope::toString).orElse(null))
                .set("link_id", refresh.refreshToken().linkId())
                .set("refresh_token_hash", refresh.refreshToken().hash().bytes())
                .set("successor_hash", successor.hash().bytes())
                .set("minted_at", accessToken.mintedAt())
                .set("access_token_hash", accessToken.hash().bytes())
                .first(TokenRepository::granted));
        granted.ifPresent(tokens -> database.audited(tokens.inGrace() ? "refreshed_in_grace" : "token_refreshed"));
        return granted;
    }

    /** Why {@link #refresh} found nothing; empty for an unknown token. */
    public Optional<Verdict> whyNotRefreshed(Refresh refresh) throws SQLException {
        return audited(database.ask(connection -> whyNotRefreshed
                .on(connection)
                .set("client_id", refresh.credentials().clientId())
                .set("scope", refresh.scope().map(Scope::toString).orElse(null))
                .set("link_id", refresh.refreshToken().linkId())
                .set("refresh_token_hash", refresh.refreshToken().hash().bytes())
                .first(TokenRepository::verdict)));
    }

    /** Only a verdict with a reason is in the trail; that the scope was in the way is {@code token_refused} there too. */
    private Optional<Verdict> audited(Optional<Verdict> verdict) {
        verdict.filter(known -> known.reason().isPresent())
                .map(Verdict::event)
                .ifPresent(event -> database.audited(event.equals("scope_refused") ? "token_refused" : event));
        return verdict;
    }

    static byte[][] secretHashes(ClientCredentials credentials) {
        return credentials.secretHashes().stream().map(Sha256::bytes).toArray(byte[][]::new);
    }

    private static String challenge(CodeRedemption redemption) {
        return redemption.answered().map(CodeChallenge::value).orElse(null);
    }

    private static Granted granted(ResultSet row) throws SQLException {
        return new Granted(
                row.getString("scope"),
                row.getLong("expires_in"),
                row.getBoolean("rotated"),
                row.getBoolean("in_grace"));
    }

    private static Verdict verdict(ResultSet row) throws SQLException {
        return new Verdict(
                row.getString("event"), Optional.ofNullable(row.getString("reason")), row.getBoolean("revoked"));
    }
}
