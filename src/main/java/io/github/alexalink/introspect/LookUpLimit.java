package io.github.alexalink.introspect;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/**
 * Lets look-ups of access tokens, by the Valve and by {@code /introspect} together, use half of the pool at most. So a
 * stranger who floods a music server with made-up tokens leaves the other half to Alexa's requests at {@code /token}.
 */
public final class LookUpLimit {

    /** HikariCP's default, taken for a pool of another make as well, which does not say its size. */
    private static final int USUAL_CONNECTIONS = 10;

    private static final int WAIT_MS = 1000;

    private final int limit;
    private final Semaphore permits;

    public LookUpLimit(DataSource pool) {
        this.limit = halfOf(pool);
        this.permits = new Semaphore(limit, true);
    }

    static int halfOf(DataSource pool) {
        int connections = pool instanceof HikariDataSource hikari ? hikari.getMaximumPoolSize() : USUAL_CONNECTIONS;
        // -1 before HikariCP opens, which sets its default only then
        return Math.max(1, (connections < 1 ? USUAL_CONNECTIONS : connections) / 2);
    }

    /** Looks up a token. */
    interface LookUp<T, E extends Exception> {
        T run() throws SQLException, E;
    }

    /** Runs a look-up as soon as fewer than the limit are running, and gives up after a second. */
    <T, E extends Exception> T lookUp(LookUp<T, E> lookUp) throws SQLException, E {
        boolean permitted;
        try {
            permitted = permits.tryAcquire(WAIT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            permitted = false;
        }
        if (!permitted) {
            throw new SQLTransientConnectionException("in " + WAIT_MS + " ms none of the " + limit
                    + " connections was free that look-ups of tokens may use, half of alexa.db.pool");
        }
        try {
            return lookUp.run();
        } finally {
            permits.release();
        }
    }
}
