package io.github.alexalink.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * The schemas in which PostgreSQL looks for the functions and operators that a statement names. If other schemas were
 * searched, anybody who may create objects there could act as the role of this WAR (CVE-2018-1058).
 * {@code sql/roles.sql} sets the right path.
 */
final class SearchPath {

    private static final String PINNED = "pg_catalog, pg_temp";

    private final NamedStatement ask = NamedStatement.load("search_path");

    /** The search path is not the pinned one, so no statement may be sent. */
    static final class NotPinned extends SQLException {
        private static final long serialVersionUID = 1L;

        NotPinned(String why) {
            super(why, "55000"); // object_not_in_prerequisite_state
        }
    }

    /** Why a connection must not be used, in words for the operator; empty if it may. */
    Optional<String> objection(Connection connection) throws SQLException {
        return ask.on(connection).first(SearchPath::objectionIn).orElseThrow();
    }

    private static Optional<String> objectionIn(ResultSet row) throws SQLException {
        String path = row.getString("search_path");
        String role = row.getString("role");
        if (path.equals(PINNED)) {
            return Optional.empty();
        }
        return Optional.of("the search_path of " + role + " is [" + path + "] and not [" + PINNED
                + "], so that functions of others could run in its name: run "
                + (role.equals("alexa_app")
                        ? "sql/roles.sql in this database"
                        : "ALTER ROLE " + role + " SET search_path = " + PINNED));
    }

    /** Refuses a connection that must not be used. */
    void check(Connection connection) throws SQLException {
        Optional<String> objection = objection(connection);
        if (objection.isPresent()) {
            throw new NotPinned(objection.get());
        }
    }
}
