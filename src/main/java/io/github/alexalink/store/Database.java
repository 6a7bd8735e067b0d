package io.github.alexalink.store;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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

    /** With less than this left nothing new is begun: a healthy statement takes a millisecond. */
    private static final long LAST_CHANCE_MS = 100;

    private static final ThreadLocal<Turn> TURN = new ThreadLocal<>();

    private static final Logger log = LoggerFactory.getLogger(Database.class);

    private final DataSource pool;
    private final Consumer<String> events;

    public Database(DataSource pool) {
        this(pool, event -> {});
    }

    /**
     * The same, for who wants to know what is written into the trail.
     *
     * @param events gets the name of each event, after its commit
     */
    public Database(DataSource pool, Consumer<String> events) {
        this.pool = pool;
        this.events = events;
    }

    /** Some work on one connection in autocommit. */
    @FunctionalInterface
    public interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    /** What one request does, with all its questions. */
    @FunctionalInterface
    public interface Request<T, E extends Exception> {
        T run() throws SQLException, E;
    }

    /**
     * Does all that one request asks on one connection, and with one end to its patience. Without it every question
     * waits for itself, and three that are slow are slower than Alexa.
     */
    public <T, E extends Exception> T inOneTurn(Request<T, E> request) throws SQLException, E {
        try (Turn turn = new Turn(pool)) {
            TURN.set(turn);
            return request.run();
        } finally {
            TURN.remove();
        }
    }

    /** Does the work: on the connection of this thread's turn, or else on one of its own. */
    public <T> T ask(Work<T> work) throws SQLException {
        Turn turn = TURN.get();
        if (turn != null) {
            return work.on(turn.connection());
        }
        try (Turn single = new Turn(pool)) {
            return work.on(single.connection());
        }
    }

    /** Says that a statement has written this event, one of a fixed set of names, into the trail. */
    void audited(String event) {
        events.accept(event);
    }

    /** A connection, once it is asked for, and the time that is left. */
    private static final class Turn implements AutoCloseable {

        private final long start = System.nanoTime();
        private final DataSource pool;
        private Connection connection;

        Turn(DataSource pool) {
            this.pool = pool;
        }

        Connection connection() throws SQLException {
            if (connection == null) {
                connection = pool.getConnection();
            }
            long left = PATIENCE_MS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            if (left < LAST_CHANCE_MS) {
                throw new SQLTimeoutException("the database took too long to finish this request");
            }
            // the driver needs no thread for this: it sets the socket's own timeout
            connection.setNetworkTimeout(Runnable::run, (int) left);
            return connection;
        }

        @Override
        public void close() throws SQLException {
            if (connection != null) {
                connection.close();
            }
        }
    }

    /** What an exception says, and what is behind it: of a pool that waited in vain only the second is worth reading. */
    public static String explained(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root == failure ? failure.getMessage() : failure.getMessage() + ": " + root.getMessage();
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

    /**
     * The pool's last threads are told to end, not waited for, and one that sleeps between two tries to connect would go
     * on sleeping; Tomcat would call either a leak. Another version of this web application beside it has threads of the
     * same name, which are none of our business.
     */
    private static void awaitThreads() {
        try {
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().startsWith("alexa:")
                        && thread.getContextClassLoader() == Database.class.getClassLoader()) {
                    thread.interrupt();
                    thread.join(1000);
                }
            }
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
        }
    }
}
