package io.github.alexalink.store;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pool, with an end to every wait. Alexa hangs up after 4.5 s, so whatever the database does, a caller has an answer
 * or an {@link SQLException} within {@link #PATIENCE_MS}.
 */
public final class Database {

    /** Milliseconds from asking the pool to giving up on the socket. */
    private static final long PATIENCE_MS = 3500;

    /** A socket gets at least this long, however late the pool was: a healthy statement takes a millisecond. */
    private static final long LAST_CHANCE_MS = 500;

    private static final Logger log = LoggerFactory.getLogger(Database.class);

    private final DataSource pool;

    public Database(DataSource pool) {
        this.pool = pool;
    }

    /** Some work on one connection in autocommit. */
    @FunctionalInterface
    public interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    /** Does the work on a connection of the pool. */
    public <T> T ask(Work<T> work) throws SQLException {
        long start = System.nanoTime();
        try (Connection connection = pool.getConnection()) {
            long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            // the driver knows no executor for this: it sets the socket's own timeout
            connection.setNetworkTimeout(Runnable::run, (int) Math.max(LAST_CHANCE_MS, PATIENCE_MS - waited));
            return work.on(connection);
        }
    }

    /** Whether the database answers at all; a failed sign-in asks this before it blames the listener. */
    public boolean answers() {
        try {
            return ask(connection -> connection.isValid(1));
        } catch (SQLException down) {
            log.warn("the database does not answer: {}", down.getMessage());
            return false;
        }
    }

    /** Closes the pool and takes the driver of this web application out of the JVM, so that a redeploy leaks neither. */
    public void close() {
        if (pool instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception broken) {
                log.warn("the pool did not close", broken);
            }
        }
        awaitThreads();
        for (Driver driver : Collections.list(DriverManager.getDrivers())) {
            if (driver.getClass().getClassLoader() == Database.class.getClassLoader()) {
                try {
                    DriverManager.deregisterDriver(driver);
                } catch (SQLException broken) {
                    log.warn("the driver did not deregister", broken);
                }
            }
        }
    }

    /** The pool's last threads are told to end, not waited for; Tomcat would call one that is just ending a leak. */
    private static void awaitThreads() {
        try {
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().startsWith("alexa:")) {
                    thread.join(1000);
                }
            }
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
        }
    }
}
