package io.github.alexalink.store;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.Callable;

/**
 * HikariCP, quick to be well again. By itself it tries a database that is away less and less often, up to five seconds
 * apart; and of connections that all died together it finds out one by one, which takes a second or a 503 each.
 */
final class Pool extends HikariDataSource {

    /**
     * How long one question of others may take, for they ask more than one and hash a password in between. Without an
     * answer by then there will be none: the role has two seconds per statement.
     */
    private static final long STATEMENT_MS = 2200;

    private PatientSource source;
    private long forgottenAt = System.nanoTime();

    /** Says where it leads and as whom; the first who asks for a connection opens it. */
    void leadTo(String url, String user, Callable<String> password, int connections) {
        setDriverClassName(PatientSource.DRIVER); // which loads it: the source would warn that nobody has
        source = new PatientSource(url, getDataSourceProperties(), user, password, this::isClosed);
        setDataSource(source);
        setMaximumPoolSize(connections);
    }

    /**
     * Nothing: Tomcat makes the pool an MBean, which shows to JMX whatever has a getter. HikariCP itself asks for its
     * credentials.
     */
    @Override
    public String getPassword() {
        return null;
    }

    /** Whoever asks in a turn, Tomcat's Realm as well, waits no longer than its time allows. */
    @Override
    public Connection getConnection() throws SQLException {
        Turn turn = Turn.current();
        if (turn == null) {
            return borrow();
        }
        turn.checkTimeForThePool();
        try {
            return limited(borrow(), turn);
        } catch (SQLException failed) {
            Turn.heard(failed);
            throw failed;
        }
    }

    private static Connection limited(Connection connection, Turn turn) throws SQLException {
        try {
            turn.limit(connection, STATEMENT_MS);
            return connection;
        } catch (SQLException tooLate) {
            connection.close(); // or the pool would have one less, for ever
            throw tooLate;
        }
    }

    private Connection borrow() throws SQLException {
        long asked = System.nanoTime();
        try {
            return super.getConnection();
        } catch (SQLTransientConnectionException inVain) {
            HikariPoolMXBean connections = getHikariPoolMXBean();
            if (connections != null && connections.getIdleConnections() > 0) {
                forgetAll(asked); // there were some, and they did not prove to be alive in all that time
            }
            SQLException why = source == null ? null : source.failure();
            throw why == null
                    ? inVain
                    : new SQLTransientConnectionException(inVain.getMessage(), why.getSQLState(), why);
        }
    }

    /**
     * Closes all connections, those in use once they come back; unless that was done since.
     *
     * @param since by {@link System#nanoTime}, when a connection that turned out broken was taken from the pool
     */
    void forgetAll(long since) {
        synchronized (this) {
            if (forgottenAt - since > 0) {
                return;
            }
            forgottenAt = System.nanoTime();
        }
        HikariPoolMXBean connections = getHikariPoolMXBean();
        if (connections != null) {
            connections.softEvictConnections();
        }
    }
}
