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
 * The pool, with an end to every wait. Alexa hangs up after 4.5 s, so whatever the database does, a caller has an answer
 * or an {@link SQLException} within little more than three seconds: see {@link Turn}.
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
        return inTurn(new Turn(pool, true), request);
    }

    /**
     * With one end to its patience, but for every question a connection of its own: for who also waits for others in
     * between, be it Tomcat's Realm, which takes another connection, or a browser that reads slowly.
     */
    public <T, E extends Exception> T withOnePatience(Request<T, E> request) throws SQLException, E {
        return inTurn(new Turn(pool, false), request);
    }

    private static <T, E extends Exception> T inTurn(Turn turn, Request<T, E> request) throws SQLException, E {
        try (turn) {
            turn.begin();
            return request.run();
        }
    }

    /**
     * Does the work: on the connection of this thread's turn, or else on one of its own. Where the database has done
     * nothing, or the connection broke, it does it again: so it must be harmless to do twice.
     */
    public <T> T ask(Work<T> work) throws SQLException {
        return ask(work, true);
    }

    /** Does work that must not be done twice: it is repeated only if PostgreSQL says that it has done nothing. */
    public <T> T askOnce(Work<T> work) throws SQLException {
        return ask(work, false);
    }

    /** Does work that no caller waits for: once, in this thread's turn if there is one, and for half a second. */
    <T> T askBriefly(Work<T> work) throws SQLException {
        Turn turn = Turn.current();
        if (turn == null) {
            return askOnce(work);
        }
        return once(turn, connection -> {
            turn.limit(connection, BRIEFLY_MS);
            return work.on(connection);
        });
    }

    private <T> T ask(Work<T> work, boolean harmless) throws SQLException {
        Turn turn = Turn.current();
        if (turn != null) {
            return ask(turn, work, harmless);
        }
        Turn single = new Turn(pool, true);
        return inTurn(single, () -> ask(single, work, harmless));
    }

    private <T> T ask(Turn turn, Work<T> work, boolean harmless) throws SQLException {
        while (true) {
            try {
                return once(turn, work);
            } catch (SQLException failed) {
                if (!turn.mayRepeat(failed, harmless)) {
                    throw failed;
                }
                log.warning(() -> "asked again, because of this: " + failed.getMessage());
            }
        }
    }

    /** Gives the connection of this thread's turn back to the pool, if it has one; the next question takes another. */
    public void letGo() throws SQLException {
        Turn turn = Turn.current();
        if (turn != null) {
            turn.letGo();
        }
    }

    /** Says that a statement has written this event, one of a fixed set of names, into the trail. */
    void audited(String event) {
        events.accept(event);
    }

    private <T> T once(Turn turn, Work<T> work) throws SQLException {
        try {
            T result = work.on(turn.connection());
            turn.wentWell();
            return result;
        } catch (SQLException failed) {
            if (Turn.isBroken(failed)) {
                turn.letGo();
                if (pool instanceof Pool ours) {
                    // what ended one connection mostly ended the others too: nobody else need find out
                    ours.forgetAll(turn.borrowedAt());
                }
            }
            throw failed;
        } finally {
            turn.asked();
        }
    }

    /** Whether what was asked last in this thread's turn failed, be it by Tomcat's Realm. */
    public boolean isInTrouble() {
        Turn turn = Turn.current();
        return turn != null && turn.isInTrouble();
    }

    /** Says that this thread's turn has not waited for the database for so long, but for something else. */
    public void excuse(long nanos) {
        Turn turn = Turn.current();
        if (turn != null) {
            turn.excuse(nanos);
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

    /** Lets others have the connection of this thread's turn for so long, which does not count either. */
    void pause(int millis) throws SQLException {
        long start = System.nanoTime();
        letGo();
        try {
            Thread.sleep(millis);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new SQLTransientException("interrupted while waiting for the answer to the same request", stopped);
        }
        excuse(System.nanoTime() - start);
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
                    thread.join(5000);
                }
            }
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
        }
    }
}
