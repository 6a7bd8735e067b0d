package io.github.alexalink.store;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Token;
import java.sql.SQLException;
import java.util.Optional;

/** Refresh tokens: exchanged for access tokens, or revoked by their client. */
public final class RefreshTokenRepository {

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
    private final NamedStatement revoke =
            NamedStatement.load("revoke_refresh_token", "client_id", "secret_hashes", "link_id", "refresh_token_hash");
    private final Database database;

    public RefreshTokenRepository(Database database) {
        this.database = database;
    }

    /** Everything that must fit for a refresh (RFC 6749 §6). */
    public record Refresh(ClientCredentials credentials, Token refreshToken, Optional<Scope> scope) {}

    /**
     * Stores the given access token for the link of a good refresh token, and the successor if the client rotates.
     * Older access tokens stay good, because responses to parallel requests may be under way.
     */
    public Optional<Granted> refresh(Refresh refresh, Token accessToken, Token successor) throws SQLException {
        Optional<Granted> granted = database.ask(connection -> this.refresh
                .on(connection)
                .set("client_id", refresh.credentials().clientId())
                .set("secret_hashes", refresh.credentials().secretHashes())
                .set("scope", refresh.scope().map(Scope::toString).orElse(null))
                .set("link_id", refresh.refreshToken().linkId())
                .set("refresh_token_hash", refresh.refreshToken().hash())
                .set("successor_hash", successor.hash())
                .set("minted_at", accessToken.mintedAt())
                .set("access_token_hash", accessToken.hash())
                .first(Granted::in));
        granted.ifPresent(tokens -> database.audited(tokens.inGrace() ? "refreshed_in_grace" : "token_refreshed"));
        return granted;
    }

    /**
     * Why {@link #refresh} refused; empty for an unknown token. Also ends the link if a superseded token was reused.
     */
    public Optional<Verdict> whyNotRefreshed(Refresh refresh) throws SQLException {
        Optional<Verdict> verdict = database.ask(connection -> whyNotRefreshed
                .on(connection)
                .set("client_id", refresh.credentials().clientId())
                .set("scope", refresh.scope().map(Scope::toString).orElse(null))
                .set("link_id", refresh.refreshToken().linkId())
                .set("refresh_token_hash", refresh.refreshToken().hash())
                .first(Verdict::in));
        verdict.ifPresent(known -> known.audit(database));
        return verdict;
    }

    /**
     * Revokes the link of a refresh token of this client, and so every token of it (RFC 7009 §2.1).
     *
     * @return whether something was revoked; empty if the client is not authenticated
     */
    public Optional<Boolean> revoke(ClientCredentials credentials, Token refreshToken) throws SQLException {
        Optional<Boolean> revoked = database.ask(connection -> revoke.on(connection)
                .set("client_id", credentials.clientId())
                .set("secret_hashes", credentials.secretHashes())
                .set("link_id", refreshToken.linkId())
                .set("refresh_token_hash", refreshToken.hash())
                .first(row -> row.getBoolean("revoked")));
        if (revoked.equals(Optional.of(true))) {
            database.audited("link_revoked");
        }
        return revoked;
    }
}
