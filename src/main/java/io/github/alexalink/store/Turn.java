package io.github.alexalink.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/**
 * What one thread asks the database for one request: a connection, once it is asked for, and the time that is left. It
 * hears of every failure meanwhile, also of what others ask in this thread: Tomcat's Realm keeps its failures to itself.
 */
final class Turn implements AutoCloseable {

    /** Milliseconds from the beginning to giving up on the socket: a busy machine needs time of its own to say so. */
    private static final long PATIENCE_MS = 3200;

    /** With less than this left nothing new is begun: a healthy statement takes a millisecond. */
    private static final long LAST_CHANCE_MS = 100;

    /** How long the pool may take to find a connection: {@code connectionTimeout} in {@code context.xml}. */
    private static final long POOL_MS = 2000;

    private static final int REPEATED_AT_MOST = 3;

    /**
     * What PostgreSQL says where it has done nothing at all: serialization_failure, deadlock_detected,
     * read_only_sql_transaction, and admin_shutdown, which comes instead of the answer and never after the commit.
     */
    private static final Set<String> NOTHING_DONE = Set.of("40001", "40P01", "25006", "57P01");

    /** Of these the connection is as good as before. */
    private static final Set<String> NOT_THE_CONNECTION = Set.of("40001", "40P01");

    private static final ThreadLocal<Turn> CURRENT = new ThreadLocal<>();

    private final DataSource pool;
    private final boolean keeps;
    private long start = System.nanoTime();
    private Connection connection;
    private boolean connected;
    private int repeated;
    private long borrowedAt;
    private SQLException failure;

    /**
     * One that has not begun.
     *
     * @param keeps whether one connection is kept from question to question
     */
    Turn(DataSource pool, boolean keeps) {
        this.pool = pool;
        this.keeps = keeps;
    }

    /** From now on it is the turn of this thread, which has none. */
    void begin() {
        CURRENT.set(this);
    }

    /** This thread's; null where it has none. */
    static Turn current() {
        return CURRENT.get();
    }

    /** Tells this thread's turn, if there is one, what went wrong. */
    static void heard(SQLException failed) {
        Turn turn = CURRENT.get();
        if (turn != null) {
            turn.failure = failed;
        }
    }

    /** The connection, which waits no longer than is left. */
    Connection connection() throws SQLException {
        if (connection == null) {
            connected = false;
            checkTimeForThePool();
            connection = pool.getConnection();
            connected = true;
            borrowedAt = System.nanoTime();
        }
        limit(connection, PATIENCE_MS);
        return connection;
    }

    /** A connection is not even waited for where nothing could be asked any more once it is there. */
    void checkTimeForThePool() throws SQLException {
        if (left() < POOL_MS + LAST_CHANCE_MS) {
            throw outOfTime();
        }
    }

    /** Lets whoever reads from a connection wait as long as is left, and so long at most. */
    void limit(Connection any, long mostMillis) throws SQLException {
        long left = Math.min(left(), mostMillis);
        if (left < LAST_CHANCE_MS) {
            throw outOfTime();
        }
        // the driver needs no thread for this: it sets the socket's own timeout
        any.setNetworkTimeout(Runnable::run, (int) left);
    }

    /**
     * Whether to ask again what failed: where nothing was done, or where it may be done twice and the connection broke. A
     * few times in a turn, because what goes on failing is better off with a client that asks again in a while.
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

    /** Whether the connection failed, and not only what was asked. */
    static boolean isBroken(SQLException failed) {
        String state = String.valueOf(failed.getSQLState());
        return state.startsWith("08") || (NOTHING_DONE.contains(state) && !NOT_THE_CONNECTION.contains(state));
    }

    /** After a question. */
    void asked() throws SQLException {
        if (!keeps) {
            letGo();
        }
    }

    /** What went by without anybody waiting for the database does not count. */
    void excuse(long nanos) {
        start += nanos;
    }

    /** Gives the connection back; the next question takes another one. */
    void letGo() throws SQLException {
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

    /** A question was answered: what failed before does not matter any more. */
    void wentWell() {
        failure = null;
    }

    boolean isInTrouble() {
        return failure != null;
    }

    private long left() {
        return PATIENCE_MS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    private static SQLException outOfTime() {
        return new SQLTimeoutException("the database took too long to finish this request");
    }

    @Override
    public void close() throws SQLException {
        CURRENT.remove();
        letGo();
    }
}
