package io.github.alexalink.introspect;

import com.zaxxer.hikari.HikariDataSource;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.IntrospectionRepository;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.sql.DataSource;

/**
 * Introspection for the music server in the same Tomcat: {@code BearerAuthenticator} finds it as an attribute of this
 * context and hands it tokens. Types of the JDK only, because the two are of different class loaders.
 *
 * <p>It uses half of the pool at most: whoever floods the music server with tokens that do not exist costs one SELECT each,
 * and leaves the other half to Alexa's requests at {@code /token}.
 */
public final class ClaimsOf implements Function<String, Map<String, Object>> {

    /** The attribute of the servlet context. */
    public static final String ATTRIBUTE = "io.github.alexalink.claimsOf";

    /** What HikariCP has by default; a pool of another make does not say how large it is. */
    private static final int USUAL_CONNECTIONS = 10;

    private static final int WAIT_MS = 1000;

    private final IntrospectionRepository tokens;
    private final int atATime;
    private final Semaphore turns;

    /**
     * Looks tokens up in the database.
     *
     * @param pool that {@code tokens} takes its connections from
     */
    public ClaimsOf(IntrospectionRepository tokens, DataSource pool) {
        this.tokens = tokens;
        this.atATime = halfOf(pool);
        this.turns = new Semaphore(atATime, true);
    }

    static int halfOf(DataSource pool) {
        int connections = pool instanceof HikariDataSource hikari ? hikari.getMaximumPoolSize() : USUAL_CONNECTIONS;
        // -1: HikariCP sets its default only when it opens
        return Math.max(1, (connections < 1 ? USUAL_CONNECTIONS : connections) / 2);
    }

    /**
     * What is known of a live access token, by the names of RFC 7662 §2.2; empty if it is not live.
     *
     * @throws IllegalStateException if that cannot be known
     */
    @Override
    public Map<String, Object> apply(String accessToken) {
        Optional<Token> token = Token.parse(TokenKind.ACCESS_TOKEN, accessToken);
        if (token.isEmpty()) {
            return Map.of();
        }
        waitForATurn();
        try {
            return lookUp(token.get());
        } finally {
            turns.release();
        }
    }

    private void waitForATurn() {
        boolean mine;
        try {
            mine = turns.tryAcquire(WAIT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            mine = false;
        }
        if (!mine) {
            throw new IllegalStateException("in " + WAIT_MS + " ms none of the " + atATime
                    + " connections was free that the music server's tokens may use, half of alexa.db.pool");
        }
    }

    private Map<String, Object> lookUp(Token token) {
        Thread thread = Thread.currentThread();
        ClassLoader caller = thread.getContextClassLoader();
        // a thread that the pool starts meanwhile would otherwise keep the music server in memory after its
        // redeployment
        thread.setContextClassLoader(ClaimsOf.class.getClassLoader());
        try {
            return tokens.live(token)
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
