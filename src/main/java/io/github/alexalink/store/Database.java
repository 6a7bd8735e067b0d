package io.github.alexalink.store;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Collections;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * Runs statements on the pool's connections, with a deadline. Alexa hangs up after 4.5 s, so a caller has an answer or
 * an {@link SQLException} within little more than three seconds, whatever the database does
 * ({@link RequestConnection}).
 */
public final class Database {

    private static final Logger log = Logger.getLogger(Database.class.getName());

    private static final long BRIEFLY_MS = 500;

    private final DataSource pool;
    private final Consumer<String> events;

    public Database(DataSource pool) {
        this(pool, event -> {});
    }

    /**
     * A database that also reports which events are written into the audit trail.
     *
     * @param events gets the name of each event, after its commit
     */
    public Database(DataSource pool, Consumer<String> events) {
        this.pool = pool;
        this.events = events;
    }

    /** Statements to run on one connection in autocommit. */
    @FunctionalInterface
    public interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    /** The handling of one HTTP request, with all its statements. */
    @FunctionalInterface
    public interface Request<T, E extends Exception> {
        T run() throws SQLException, E;
    }

    /**
     * Runs all statements of one request on one connection and with one deadline. Otherwise each statement would have
     * its own deadline, and a few slow ones would take longer than Alexa waits.
     */
    public <T, E extends Exception> T onOneConnection(Request<T, E> request) throws SQLException, E {
        return whileBound(new RequestConnection(pool, true), request);
    }

    /**
     * Runs all statements of one request with one deadline, but each on a connection of its own. For requests that wait
     * for something else in between: for Tomcat's Realm, which borrows a connection too, or for a slow browser.
     */
    public <T, E extends Exception> T withOneDeadline(Request<T, E> request) throws SQLException, E {
        return whileBound(new RequestConnection(pool, false), request);
    }

    private static <T, E extends Exception> T whileBound(RequestConnection bound, Request<T, E> request)
            throws SQLException, E {
        try (bound) {
            bound.bind();
            return request.run();
        }
    }

    /**
     * Runs statements on the connection of this thread's request, or else on one of their own. If the database has
     * changed nothing, or the connection broke, it repeats them: so they must be harmless to repeat.
     */
    public <T> T ask(Work<T> work) throws SQLException {
        return ask(work, true);
    }

    /**
     * Runs statements that must not be done twice: it repeats them only if PostgreSQL says that it has changed nothing.
     */
    public <T> T askOnce(Work<T> work) throws SQLException {
        return ask(work, false);
    }

    /** Runs statements whose answer no client waits for: once, and for half a second if this thread has a deadline. */
    <T> T askBriefly(Work<T> work) throws SQLException {
        RequestConnection bound = RequestConnection.current();
        if (bound == null) {
            return askOnce(work);
        }
        return once(bound, connection -> {
            bound.limitWait(connection, BRIEFLY_MS);
            return work.on(connection);
        });
    }

    private <T> T ask(Work<T> work, boolean harmless) throws SQLException {
        RequestConnection bound = RequestConnection.current();
        if (bound != null) {
            return ask(bound, work, harmless);
        }
        RequestConnection single = new RequestConnection(pool, true);
        return whileBound(single, () -> ask(single, work, harmless));
    }

    private <T> T ask(RequestConnection bound, Work<T> work, boolean harmless) throws SQLException {
        while (true) {
            try {
                return once(bound, work);
            } catch (SQLException failed) {
                if (!bound.mayRepeat(failed, harmless)) {
                    throw failed;
                }
                log.warning(() -> "asked again, because of this: " + failed.getMessage());
            }
        }
    }

    /** Returns the connection of this thread's request to the pool; the next statement borrows another. */
    public void returnConnection() throws SQLException {
        RequestConnection bound = RequestConnection.current();
        if (bound != null) {
            bound.returnToPool();
        }
    }

    /**
     * Reports to the metrics that a statement has written this event, one of a fixed set of names, into the audit
     * trail.
     */
    void audited(String event) {
        events.accept(event);
    }

    private <T> T once(RequestConnection bound, Work<T> work) throws SQLException {
        try {
            T result = work.on(bound.connection());
            bound.reportSuccess();
            return result;
        } catch (SQLException failed) {
            if (RequestConnection.isBroken(failed)) {
                bound.returnToPool();
                if (pool instanceof Pool ours) {
                    // what ended one connection mostly ended the others too: no other request should fail on them
                    ours.evictAll(bound.borrowedAt());
                }
            }
            throw failed;
        } finally {
            bound.afterStatement();
        }
    }

    /** Whether this thread's last statement for the request failed, even if Tomcat's Realm sent it. */
    public boolean lastCallFailed() {
        RequestConnection bound = RequestConnection.current();
        return bound != null && bound.lastCallFailed();
    }

    /** Moves the request's deadline back by time that was spent elsewhere, for example on hashing a password. */
    public void extendDeadline(long nanos) {
        RequestConnection bound = RequestConnection.current();
        if (bound != null) {
            bound.extendDeadline(nanos);
        }
    }

    /**
     * The message of an exception and of its root cause, in one line: a pool that ran out of time tells only the latter why,
     * and PostgreSQL's has a line for the detail.
     */
    public static String explained(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String words = root == failure ? failure.getMessage() : failure.getMessage() + ": " + root.getMessage();
        return String.valueOf(words).replaceAll("\\s*\\n\\s*", "; ");
    }

    /** Returns the connection to the pool and sleeps; the deadline moves back by that time. */
    void pause(int millis) throws SQLException {
        long start = System.nanoTime();
        returnConnection();
        try {
            Thread.sleep(millis);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new SQLTransientException("interrupted while waiting for the answer to the same request", stopped);
        }
        extendDeadline(System.nanoTime() - start);
    }

    /** Closes the pool and takes the driver of this web application out of the JVM, so that a redeploy leaks neither. */
    public void close() {
        if (pool instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception broken) {
                log.log(Level.WARNING, "the pool did not close", broken);
            }
        }
        awaitThreads();
        for (Driver driver : Collections.list(DriverManager.getDrivers())) {
            if (driver.getClass().getClassLoader() == Database.class.getClassLoader()) {
                try {
                    DriverManager.deregisterDriver(driver);
                } catch (SQLException broken) {
                    log.log(Level.WARNING, "the driver did not deregister", broken);
                }
            }
        }
    }

    /**
     * Waits for the threads of the pool, which Tomcat would otherwise report as a leak. HikariCP tells them to end but
     * does not wait, and a thread that sleeps between two tries to connect would sleep on. Another version of this web
     * application in the same Tomcat has threads of the same name; they are left alone.
     */
    private static void awaitThreads() {
        try {
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().startsWith("alexa:")
                        && thread.getContextClassLoader() == Database.class.getClassLoader()) {
                    thread.interrupt();
                    thread.join(5000);
                }
            }
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
        }
    }
}
