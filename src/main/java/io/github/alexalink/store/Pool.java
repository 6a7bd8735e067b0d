package io.github.alexalink.store;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.Callable;

/**
 * A HikariCP pool that retries every 250 ms while the database is away, and drops all its connections as soon as one
 * turns out to be broken. HikariCP itself waits up to five seconds between tries, and notices dead connections one by
 * one, each at the price of a second or a 503.
 */
final class Pool extends HikariDataSource {

    /**
     * How long Tomcat's Realm may wait for one statement; it sends several and hashes a password in between. The role
     * has two seconds per statement, so a later answer never comes.
     */
    private static final long STATEMENT_MS = 2200;

    private RetryingDataSource source;
    private long evictedAt = System.nanoTime();

    /** Sets address and role; the first {@link #getConnection} opens the pool. */
    void connectTo(String url, String user, Callable<String> password, int connections) {
        setDriverClassName(RetryingDataSource.DRIVER); // loads the class: otherwise DriverDataSource would warn
        source = new RetryingDataSource(url, getDataSourceProperties(), user, password, this::isClosed);
        setDataSource(source);
        setMaximumPoolSize(connections);
    }

    /**
     * Always null: Tomcat makes the pool an MBean, and JMX shows every property that has a getter. HikariCP itself
     * calls getCredentials().
     */
    @Override
    public String getPassword() {
        return null;
    }

    /** A connection whose reads end at the request's deadline, also for Tomcat's Realm. */
    @Override
    public Connection getConnection() throws SQLException {
        RequestConnection request = RequestConnection.current();
        if (request == null) {
            return borrow();
        }
        request.checkTimeToBorrow();
        try {
            return limited(borrow(), request);
        } catch (SQLException failed) {
            RequestConnection.reportFailure(failed);
            throw failed;
        }
    }

    private static Connection limited(Connection connection, RequestConnection request) throws SQLException {
        try {
            request.limitWait(connection, STATEMENT_MS);
            return connection;
        } catch (SQLException tooLate) {
            connection.close(); // otherwise the pool would lose it for ever
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
                evictAll(asked); // idle connections existed, and none proved to be alive in all that time
            }
            SQLException why = source == null ? null : source.failure();
            throw why == null
                    ? inVain
                    : new SQLTransientConnectionException(inVain.getMessage(), why.getSQLState(), why);
        }
    }

    /**
     * Closes all connections, those in use when they are returned. Does nothing if it has been called since that
     * moment.
     *
     * @param since by {@link System#nanoTime}, when a connection that turned out broken was taken from the pool
     */
    void evictAll(long since) {
        synchronized (this) {
            if (evictedAt - since > 0) {
                return;
            }
            evictedAt = System.nanoTime();
        }
        HikariPoolMXBean connections = getHikariPoolMXBean();
        if (connections != null) {
            connections.softEvictConnections();
        }
    }
}
