package io.github.alexalink.store;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.TestDatabase;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.run.PasswordHash;
import io.github.alexalink.run.Postgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Somebody who links an account in a database of our choice, step by step and through the repositories of the WAR.
 *
 * @param credentials of a client that was registered there
 */
record Listener(Postgres server, ClientCredentials credentials, String username) {

    private static final String REDIRECT_URI = "https://pitangui.amazon.com/api/skill/link/M2X";

    /** Hashing takes a tenth of a second, and nobody signs in here. */
    private static final String PASSWORD_HASH = PasswordHash.of("correct horse battery");

    /** Both tokens of an answer. */
    record Tokens(Token access, Token refresh) {}

    /** A new client, confidential and with every default, and a new account. */
    static Listener register(Postgres server) throws SQLException {
        return register(server, "public => false");
    }

    /**
     * A new client and a new account.
     *
     * @param policy more arguments of alexa.register_client, for example {@code public => true}
     */
    static Listener register(Postgres server, String policy) throws SQLException {
        String clientId = TestDatabase.unique("skill");
        String username = TestDatabase.unique("anna");
        String secret = ask(
                server,
                "SELECT client_secret FROM alexa.register_client(client_id => ?, display_name => 'Amazon Alexa',"
                        + " redirect_uris => ARRAY[?], " + policy + ")",
                clientId,
                REDIRECT_URI);
        ask(server, "SELECT 'done', alexa.add_account(?, ?)", username, PASSWORD_HASH);
        List<Sha256> hashes = secret == null ? List.of() : List.of(Sha256.of(secret));
        return new Listener(server, new ClientCredentials(clientId, hashes, secret != null), username);
    }

    /** The same one at another client, or the same client with another secret. */
    Listener as(ClientCredentials others) {
        return new Listener(server, others, username);
    }

    /** The same one with the same tokens, after a move. */
    Listener at(Postgres other) {
        return new Listener(other, credentials, username);
    }

    Token allow() throws SQLException {
        Token code = Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId());
        if (allow(code, signIn()) != AuthorizationCodeRepository.Issue.ISSUED) {
            throw new AssertionError("no code was issued");
        }
        return code;
    }

    /** What comes of it if the listener allows it, whoever signed in. */
    AuthorizationCodeRepository.Issue allow(Token code, AccountRepository.SignedIn signedIn) throws SQLException {
        return allow(code, signedIn, database());
    }

    /** What comes of it on a database of the test's. */
    AuthorizationCodeRepository.Issue allow(Token code, AccountRepository.SignedIn signedIn, Database database)
            throws SQLException {
        return new AuthorizationCodeRepository(database)
                .issue(
                        code,
                        new AuthorizationCodeRepository.Consent(
                                credentials.clientId(),
                                REDIRECT_URI,
                                Optional.empty(),
                                signedIn,
                                new Scope(List.of("music.read", "music.control"))));
    }

    /** With the right password. */
    AccountRepository.SignedIn signIn() throws SQLException {
        return signIn(database(), username);
    }

    /** With a Realm that takes every password and knows everybody by the name that was typed. */
    static AccountRepository.SignedIn signIn(Database database, String username) throws SQLException {
        return new AccountRepository(database)
                .signIn(username, UnaryOperator.identity(), Optional::of)
                .orElseThrow();
    }

    /** From the consent to the first tokens. */
    Tokens link() throws SQLException {
        Token code = allow();
        Tokens tokens = new Tokens(
                Token.issue(TokenKind.ACCESS_TOKEN, code.linkId()),
                Token.issue(TokenKind.REFRESH_TOKEN, code.linkId()));
        if (tokens().redeem(redemption(code), tokens.access(), tokens.refresh()).isEmpty()) {
            throw new AssertionError("the code was not redeemed");
        }
        tokens().answered(code, tokens.access());
        return tokens;
    }

    Optional<TokenRepository.Granted> redeem(Token code, Token refreshToken) throws SQLException {
        Token accessToken = Token.issue(TokenKind.ACCESS_TOKEN, code.linkId());
        Optional<TokenRepository.Granted> granted = tokens().redeem(redemption(code), accessToken, refreshToken);
        if (granted.isPresent()) {
            tokens().answered(code, accessToken);
        }
        return granted;
    }

    /** The same from a Tomcat that dies before it can answer. */
    Optional<TokenRepository.Granted> redeemUnheard(Token code, Token refreshToken) throws SQLException {
        return tokens().redeem(redemption(code), Token.issue(TokenKind.ACCESS_TOKEN, code.linkId()), refreshToken);
    }

    Optional<TokenRepository.Verdict> whyNotRedeemed(Token code) throws SQLException {
        return tokens().whyNotRedeemed(redemption(code));
    }

    Optional<TokenRepository.Granted> refresh(Token refreshToken) throws SQLException {
        return tokens().refresh(
                        request(refreshToken),
                        Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId()),
                        Token.issue(TokenKind.REFRESH_TOKEN, refreshToken.linkId()));
    }

    /** The tokens an answer would have: of a client that does not rotate the refresh token that was sent. */
    Optional<Tokens> refreshed(Token refreshToken) throws SQLException {
        Token access = Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId());
        Token successor = Token.issue(TokenKind.REFRESH_TOKEN, refreshToken.linkId());
        return tokens().refresh(request(refreshToken), access, successor)
                .map(granted -> new Tokens(access, granted.rotated() ? successor : refreshToken));
    }

    Optional<TokenRepository.Verdict> whyNotRefreshed(Token refreshToken) throws SQLException {
        return tokens().whyNotRefreshed(request(refreshToken));
    }

    /** Lets so much time pass for a link: every moment of its refresh tokens is so much longer ago, or sooner. */
    void letPass(Token ofTheLink, String interval) throws SQLException {
        ask(
                server,
                "UPDATE alexa.refresh_token SET issued_at = issued_at - w, expires_at = expires_at - w,"
                        + " last_used_at = last_used_at - w, superseded_at = superseded_at - w,"
                        + " idle_until = idle_until - w FROM (SELECT ?::interval AS w) AS passed"
                        + " WHERE link_id = ? RETURNING 'done'",
                interval,
                ofTheLink.linkId());
    }

    /** One value, asked as a superuser. */
    static String ask(Postgres server, String sql, Object... parameters) throws SQLException {
        try (Connection connection = server.superuser();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    TokenRepository.CodeRedemption redemption(Token code) {
        return new TokenRepository.CodeRedemption(credentials, code, REDIRECT_URI, Optional.empty());
    }

    TokenRepository.Refresh request(Token refreshToken) {
        return new TokenRepository.Refresh(credentials, refreshToken, Optional.empty());
    }

    private TokenRepository tokens() {
        return new TokenRepository(database());
    }

    private Database database() {
        return new Database(OtherMajor.app(server));
    }
}
