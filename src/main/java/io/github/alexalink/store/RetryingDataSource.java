package io.github.alexalink.store;

import com.zaxxer.hikari.util.DriverDataSource;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * Opens the pool's connections and, while the database is away, retries at one short interval. HikariCP itself doubles
 * the interval up to five seconds, so clients would wait that long after the database is back.
 */
final class RetryingDataSource implements DataSource {

    private static final Logger log = Logger.getLogger(RetryingDataSource.class.getName());

    static final String DRIVER = "org.postgresql.Driver";

    /** A request waits two seconds for the pool, so several tries fit. A refused one costs next to nothing. */
    private static final long PAUSE_MS = 250;

    private static final String CANNOT_CONNECT_NOW = "57P03";
    private static final String TOO_MANY_CONNECTIONS = "53300";

    private static final String CANNOT_CONNECT = "08001";
    private static final String INVALID_PARAMETER = "22023";

    private final SearchPath searchPath = new SearchPath();
    private final DataSource real;
    private final String user;
    private final Callable<String> password;
    private final BooleanSupplier closed;
    private final Trouble trouble = new Trouble(log, "there are new connections to the database again");
    private volatile SQLException failure;

    RetryingDataSource(
            String url, Properties properties, String user, Callable<String> password, BooleanSupplier closed) {
        this.real = new DriverDataSource(url, DRIVER, properties, null, null);
        this.user = user;
        this.password = password;
        this.closed = closed;
    }

    /** The failure of the last try; null if it succeeded. */
    SQLException failure() {
        return failure;
    }

    @Override
    public Connection getConnection() throws SQLException {
        while (true) {
            try {
                Connection connection = checked(connect());
                failure = null;
                trouble.isOver();
                return connection;
            } catch (SQLException failed) {
                failure = failed;
                if (!closed.getAsBoolean()) {
                    trouble.is(
                            Level.WARNING,
                            String.valueOf(failed.getMessage()),
                            () -> "no new connection to the database: " + failed.getMessage());
                }
                if (!isAway(failed) || closed.getAsBoolean()) {
                    throw failed; // a wrong password stays wrong for a while: HikariCP retries it less and less often
                }
            }
            try {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            } catch (InterruptedException closing) {
                Thread.currentThread().interrupt();
                throw failure;
            }
        }
    }

    /** Opens a connection. The driver tells PostgreSQL the time zone of Java, and PostgreSQL may not know it. */
    private Connection connect() throws SQLException {
        try {
            return real.getConnection(user, currentPassword());
        } catch (SQLException refused) {
            if (INVALID_PARAMETER.equals(refused.getSQLState())
                    && String.valueOf(refused.getMessage()).contains("TimeZone")) {
                throw new SQLException(
                        refused.getMessage() + ": start Tomcat with -Duser.timezone=UTC, or with another zone of SELECT"
                                + " name FROM pg_timezone_names",
                        INVALID_PARAMETER,
                        refused);
            }
            throw refused;
        }
    }

    private Connection checked(Connection connection) throws SQLException {
        try {
            searchPath.check(connection);
            return connection;
        } catch (SQLException refused) {
            connection.close();
            throw refused;
        }
    }

    /**
     * The password now. If its file cannot be read, we retry as if the database were away: the operator may just be
     * writing it.
     */
    private String currentPassword() throws SQLException {
        try {
            return password.call();
        } catch (Exception unreadable) {
            throw new SQLException(unreadable.getMessage(), CANNOT_CONNECT, unreadable);
        }
    }

    private static boolean isAway(SQLException failed) {
        String state = String.valueOf(failed.getSQLState());
        return state.startsWith("08") || state.equals(CANNOT_CONNECT_NOW) || state.equals(TOO_MANY_CONNECTIONS);
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return real.getConnection(user, password);
    }

    @Override
    public PrintWriter getLogWriter() throws SQLException {
        return real.getLogWriter();
    }

    @Override
    public void setLogWriter(PrintWriter writer) throws SQLException {
        real.setLogWriter(writer);
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        real.setLoginTimeout(seconds);
    }

    @Override
    public int getLoginTimeout() throws SQLException {
        return real.getLoginTimeout();
    }

    @Override
    public Logger getParentLogger() {
        return Logger.getLogger(RetryingDataSource.class.getName());
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return real.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return real.isWrapperFor(type);
    }
}
