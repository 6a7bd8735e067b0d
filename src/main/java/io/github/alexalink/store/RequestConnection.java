package io.github.alexalink.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/**
 * The connection and the deadline of one request, bound to its thread. The connection is borrowed when the first
 * statement needs it. Tomcat's Realm hides its failures from its caller, so the pool reports here every failure of this
 * thread.
 */
final class RequestConnection implements AutoCloseable {

    /**
     * Milliseconds from the start to the last read from the socket. Alexa waits for 4.5 s; a busy machine needs the
     * rest to send the 503.
     */
    private static final long DEADLINE_MS = 3200;

    /** If less than this is left, no statement is sent. A healthy one takes a millisecond. */
    private static final long LEAST_MS = 100;

    /** How long the pool may take to find a connection: {@code connectionTimeout} in {@code context.xml}. */
    private static final long POOL_WAIT_MS = 2000;

    private static final int REPEATED_AT_MOST = 3;

    /**
     * The errors after which PostgreSQL has changed nothing: serialization_failure, deadlock_detected,
     * read_only_sql_transaction, and admin_shutdown, which comes instead of the answer and never after the commit.
     */
    private static final Set<String> NOTHING_DONE = Set.of("40001", "40P01", "25006", "57P01");

    /** After these errors the connection can still be used. */
    private static final Set<String> NOT_THE_CONNECTION = Set.of("40001", "40P01");

    private static final ThreadLocal<RequestConnection> CURRENT = new ThreadLocal<>();

    private final DataSource pool;
    private final boolean keepsConnection;
    private long start = System.nanoTime();
    private Connection connection;
    private boolean connected;
    private int repeated;
    private long borrowedAt;
    private SQLException failure;

    /**
     * Not yet bound to a thread.
     *
     * @param keepsConnection whether all statements use one connection; otherwise each borrows its own
     */
    RequestConnection(DataSource pool, boolean keepsConnection) {
        this.pool = pool;
        this.keepsConnection = keepsConnection;
    }

    /** Binds this deadline and connection to the current thread, which must not have one yet. */
    void bind() {
        CURRENT.set(this);
    }

    /** The one bound to the current thread; null if there is none. */
    static RequestConnection current() {
        return CURRENT.get();
    }

    /** Remembers a failure in the one that is bound to the current thread, if any. */
    static void reportFailure(SQLException failed) {
        RequestConnection current = CURRENT.get();
        if (current != null) {
            current.failure = failed;
        }
    }

    /** The connection; reads from it end at the deadline. */
    Connection connection() throws SQLException {
        if (connection == null) {
            connected = false;
            checkTimeToBorrow();
            connection = pool.getConnection();
            connected = true;
            borrowedAt = System.nanoTime();
        }
        limitWait(connection, DEADLINE_MS);
        return connection;
    }

    /** Fails if, after the longest wait for a connection, no time would be left for a statement. */
    void checkTimeToBorrow() throws SQLException {
        if (left() < POOL_WAIT_MS + LEAST_MS) {
            throw outOfTime();
        }
    }

    /** Ends reads from a connection at the deadline, or after this many milliseconds if that is sooner. */
    void limitWait(Connection any, long mostMillis) throws SQLException {
        long left = Math.min(left(), mostMillis);
        if (left < LEAST_MS) {
            throw outOfTime();
        }
        // the driver needs no thread for this: it sets the socket's own timeout
        any.setNetworkTimeout(Runnable::run, (int) left);
    }

    /**
     * Whether to repeat a failed statement: if PostgreSQL changed nothing, or if the connection broke and the statement
     * is harmless to repeat. A few times per request: if it still fails then, the client had better try again later.
     */
    boolean mayRepeat(SQLException failed, boolean harmless) {
        if (!connected || repeated == REPEATED_AT_MOST) {
            return false;
        }
        String state = String.valueOf(failed.getSQLState());
        boolean may = NOTHING_DONE.contains(state) || (harmless && state.startsWith("08"));
        repeated += may ? 1 : 0;
        return may;
    }

    /** Whether the connection is unusable, and not only the statement failed. */
    static boolean isBroken(SQLException failed) {
        String state = String.valueOf(failed.getSQLState());
        return state.startsWith("08") || (NOTHING_DONE.contains(state) && !NOT_THE_CONNECTION.contains(state));
    }

    /** Returns the connection to the pool, unless the next statement is to use it. */
    void afterStatement() throws SQLException {
        if (!keepsConnection) {
            returnToPool();
        }
    }

    /** Moves the deadline back by time that was spent elsewhere, for example on hashing a password. */
    void extendDeadline(long nanos) {
        start += nanos;
    }

    /** Returns the connection to the pool; the next statement borrows another one. */
    void returnToPool() throws SQLException {
        Connection own = connection;
        connection = null;
        if (own != null) {
            own.close();
        }
    }

    /** When the connection was taken from the pool, by {@link System#nanoTime}. */
    long borrowedAt() {
        return borrowedAt;
    }

    /** Forgets an earlier failure, because a statement has been answered. */
    void reportSuccess() {
        failure = null;
    }

    boolean lastCallFailed() {
        return failure != null;
    }

    private long left() {
        return DEADLINE_MS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    private static SQLException outOfTime() {
        return new SQLTimeoutException("the database took too long to finish this request");
    }

    @Override
    public void close() throws SQLException {
        CURRENT.remove();
        returnToPool();
    }
}
