package io.github.alexalink.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * The schemas in which PostgreSQL looks for the functions and operators that a statement names. With any other than its
 * own, whoever may create objects there acts as the role of this WAR (CVE-2018-1058). {@code sql/roles.sql} sets it.
 */
final class SearchPath {

    private static final String PINNED = "pg_catalog, pg_temp";

    /** Nothing in it is looked up: it is asked before the search path is known to be good. */
    private static final String ASK = "SELECT pg_catalog.current_setting('search_path'), CURRENT_USER";

    private SearchPath() {}

    /** The search path is another: no statement may be sent. */
    static final class NotPinned extends SQLException {
        private static final long serialVersionUID = 1L;

        NotPinned(String why) {
            super(why, "55000"); // object_not_in_prerequisite_state
        }
    }

    /** Why a connection must not be used, in words for the operator; empty if it may. */
    static Optional<String> objection(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ASK);
                ResultSet row = statement.executeQuery()) {
            row.next();
            String path = row.getString(1);
            String role = row.getString(2);
            if (path.equals(PINNED)) {
                return Optional.empty();
            }
            return Optional.of("the search_path of " + role + " is [" + path + "] and not [" + PINNED
                    + "], so that functions of others could run in its name: run "
                    + (role.equals("alexa_app")
                            ? "sql/roles.sql in this database"
                            : "ALTER ROLE " + role + " SET search_path = " + PINNED));
        }
    }

    /** Refuses a connection that must not be used. */
    static void check(Connection connection) throws SQLException {
        Optional<String> objection = objection(connection);
        if (objection.isPresent()) {
            throw new NotPinned(objection.get());
        }
    }
}
