package io.github.alexalink.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;

/** Runs the DBA's own files: {@code sql/roles.sql} and what is missing of {@code sql/migrations}. */
public final class Schema {

    /** A semicolon at the end of a line, unless it is inside a DO block. */
    private static final String BETWEEN_STATEMENTS = ";\\n(?=(?:[^$]*\\$\\$[^$]*\\$\\$)*[^$]*$)";

    private Schema() {}

    /** The migrations, in order. */
    public static List<Path> migrations(Path sql) throws IOException {
        try (Stream<Path> files = Files.list(sql.resolve("migrations"))) {
            return files.filter(file -> file.getFileName().toString().matches("V\\d+__.*\\.sql"))
                    .sorted((a, b) -> Integer.compare(version(a), version(b)))
                    .toList();
        }
    }

    static int version(Path migration) {
        return Integer.parseInt(migration.getFileName().toString().replaceAll("^V(\\d+)__.*", "$1"));
    }

    /** Brings a database up to date, as a superuser; each file is one transaction, as with {@code psql -1}. */
    public static void migrate(Connection superuser, Path sql) throws IOException, SQLException {
        run(superuser, sql.resolve("roles.sql"));
        int applied = appliedVersion(superuser);
        for (Path migration : migrations(sql)) {
            if (version(migration) > applied) {
                run(superuser, migration);
            }
        }
    }

    private static int appliedVersion(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("SELECT to_regclass('alexa.schema_version') IS NULL")) {
                row.next();
                if (row.getBoolean(1)) {
                    return 0;
                }
            }
            try (ResultSet row = statement.executeQuery("SELECT coalesce(max(version), 0) FROM alexa.schema_version")) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    /** Runs one file in one transaction; one that says it must not be in one, statement by statement. */
    public static void run(Connection connection, Path file) throws IOException, SQLException {
        String sql = Files.readString(file);
        if (sql.contains("NOT in one transaction")) {
            try (Statement statement = connection.createStatement()) {
                for (String one : sql.split(BETWEEN_STATEMENTS, -1)) {
                    if (!one.isBlank()) {
                        statement.execute(one);
                    }
                }
            }
            return;
        }
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
            connection.commit();
        } catch (SQLException failed) {
            connection.rollback();
            throw new SQLException(file + ": " + failed.getMessage(), failed.getSQLState(), failed);
        } finally {
            connection.setAutoCommit(true);
        }
    }
}
