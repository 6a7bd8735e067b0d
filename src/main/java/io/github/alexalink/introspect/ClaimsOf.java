package io.github.alexalink.introspect;

import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AccessTokenRepository;
import io.github.alexalink.store.Database;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Introspection for the music server in the same Tomcat. {@code BearerAuthenticator} finds this function as an attribute
 * of this context and passes it tokens. It uses types of the JDK only, because the two have different class loaders.
 */
public final class ClaimsOf implements Function<String, Map<String, Object>> {

    /** The attribute of the servlet context. */
    public static final String ATTRIBUTE = "io.github.alexalink.claimsOf";

    private final AccessTokenRepository tokens;
    private final LookUpLimit pool;

    public ClaimsOf(AccessTokenRepository tokens, LookUpLimit pool) {
        this.tokens = tokens;
        this.pool = pool;
    }

    /**
     * Returns the claims of a live access token, by the names of RFC 7662 §2.2; empty if it is not live.
     *
     * @throws IllegalStateException if the database does not answer
     */
    @Override
    public Map<String, Object> apply(String accessToken) {
        Optional<Token> token = Token.parse(TokenKind.ACCESS_TOKEN, accessToken);
        if (token.isEmpty()) {
            return Map.of();
        }
        Thread thread = Thread.currentThread();
        ClassLoader caller = thread.getContextClassLoader();
        // otherwise a thread that the pool starts now would keep the music server in memory after its redeployment
        thread.setContextClassLoader(ClaimsOf.class.getClassLoader());
        try {
            return pool.lookUp(() -> tokens.live(token.get()))
                    .map(live -> Map.<String, Object>of(
                            "sub", live.subject(),
                            "client_id", live.clientId(),
                            "scope", live.scope(),
                            "iat", live.issuedAt(),
                            "exp", live.expiresAt()))
                    .orElse(Map.of());
        } catch (SQLException unavailable) {
            throw new IllegalStateException(Database.explained(unavailable));
        } finally {
            thread.setContextClassLoader(caller);
        }
    }
}
