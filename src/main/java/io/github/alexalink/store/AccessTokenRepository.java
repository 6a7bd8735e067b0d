package io.github.alexalink.store;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.protocol.Token;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/** Access tokens: what a resource server may know of one, and their revocation. */
public final class AccessTokenRepository {

    private final NamedStatement introspect = NamedStatement.load(
            "introspect", "client_id", "secret_hashes", "minted_at", "link_id", "access_token_hash");
    private final NamedStatement live =
            NamedStatement.load("live_access_token", "minted_at", "link_id", "access_token_hash");
    private final NamedStatement revoke = NamedStatement.load(
            "revoke_access_token", "client_id", "secret_hashes", "minted_at", "link_id", "access_token_hash");
    private final Database database;

    public AccessTokenRepository(Database database) {
        this.database = database;
    }

    /**
     * A live access token.
     *
     * @param subject the listener who allowed it, by the Realm's name
     * @param issuedAt seconds since 1970
     * @param expiresAt seconds since 1970
     */
    public record Live(String scope, String clientId, String subject, long issuedAt, long expiresAt) {}

    /**
     * The answer to a resource server.
     *
     * @param live empty if the token is not live, whatever the reason, and if it is of another client
     * @param otherClient the client of a live token that this resource server must not learn of; mostly empty
     */
    public record Introspected(Optional<Live> live, Optional<String> otherClient) {}

    /**
     * Looks a token up.
     *
     * @param token empty if the resource server sent something that cannot be one
     * @return empty if the resource server is not authenticated
     */
    public Optional<Introspected> introspect(ClientCredentials credentials, Optional<Token> token) throws SQLException {
        return database.ask(connection -> introspect
                .on(connection)
                .set("client_id", credentials.clientId())
                .set("secret_hashes", credentials.secretHashes())
                .set("minted_at", token.map(Token::mintedAt).orElse(null))
                .set("link_id", token.map(Token::linkId).orElse(null))
                .set("access_token_hash", token.map(Token::hash).orElse(null))
                .first(row -> row.getBoolean("of_another_client")
                        ? new Introspected(Optional.empty(), Optional.of(row.getString("client_id")))
                        : new Introspected(live(row), Optional.empty())));
    }

    /**
     * Looks an access token up for the music server in this Tomcat, which asks through the container and so needs no
     * credentials. Empty if the token is not live.
     */
    public Optional<Live> live(Token accessToken) throws SQLException {
        return database.ask(connection -> live.on(connection)
                        .set("minted_at", accessToken.mintedAt())
                        .set("link_id", accessToken.linkId())
                        .set("access_token_hash", accessToken.hash())
                        .first(AccessTokenRepository::live))
                .orElse(Optional.empty());
    }

    /**
     * Revokes an access token of this client; its link lives on (RFC 7009 §2.1).
     *
     * @return whether something was revoked; empty if the client is not authenticated
     */
    public Optional<Boolean> revoke(ClientCredentials credentials, Token accessToken) throws SQLException {
        Optional<Boolean> revoked = database.ask(connection -> revoke.on(connection)
                .set("client_id", credentials.clientId())
                .set("secret_hashes", credentials.secretHashes())
                .set("minted_at", accessToken.mintedAt())
                .set("link_id", accessToken.linkId())
                .set("access_token_hash", accessToken.hash())
                .first(row -> row.getBoolean("revoked")));
        if (revoked.equals(Optional.of(true))) {
            database.audited("access_token_revoked");
        }
        return revoked;
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
