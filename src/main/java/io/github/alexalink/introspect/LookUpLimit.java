package io.github.alexalink.introspect;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/**
 * How many look-ups of access tokens use the pool at a time, for the Valve and {@code /introspect} together. A stranger who
 * floods a music server with tokens that do not exist costs one SELECT each, and leaves the other half to Alexa's requests
 * at {@code /token}.
 */
public final class HalfOfThePool {

    /** What HikariCP has by default; a pool of another make does not say how large it is. */
    private static final int USUAL_CONNECTIONS = 10;

    private static final int WAIT_MS = 1000;

    private final int atATime;
    private final Semaphore turns;

    public HalfOfThePool(DataSource pool) {
        this.atATime = of(pool);
        this.turns = new Semaphore(atATime, true);
    }

    static int of(DataSource pool) {
        int connections = pool instanceof HikariDataSource hikari ? hikari.getMaximumPoolSize() : USUAL_CONNECTIONS;
        // -1: HikariCP sets its default only when it opens
        return Math.max(1, (connections < 1 ? USUAL_CONNECTIONS : connections) / 2);
    }

    /** What looks a token up. */
    interface LookUp<T, E extends Exception> {
        T run() throws SQLException, E;
    }

    /** Does it when one of the connections is free that tokens may use, and gives up after a second. */
    <T, E extends Exception> T lookUp(LookUp<T, E> lookUp) throws SQLException, E {
        boolean mine;
        try {
            mine = turns.tryAcquire(WAIT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            mine = false;
        }
        if (!mine) {
            throw new SQLTransientConnectionException("in " + WAIT_MS + " ms none of the " + atATime
                    + " connections was free that look-ups of tokens may use, half of alexa.db.pool");
        }
        try {
            return lookUp.run();
        } finally {
            turns.release();
        }
    }
}
