package io.github.alexalink.store;

import io.github.alexalink.fixture.TestDatabase;
import io.github.alexalink.run.CatalinaBase;
import io.github.alexalink.run.Postgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL of another major than the one all other tests use, as the build left it in
 * {@code target/postgres-binaries}.
 *
 * @param binaries the jar, named {@code <major>.jar}
 */
record OtherMajor(int major, Path binaries) {

    private static final Path FOLDER = Path.of("target/postgres-binaries");

    /** Those that are here, oldest first. Without {@code -Pall-majors} not all, and on arm64 not those before 15. */
    static List<OtherMajor> here() throws IOException {
        if (!Files.isDirectory(FOLDER)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("\\d+\\.jar"))
                    .map(name -> new OtherMajor(
                            Integer.parseInt(name.replace(".jar", "")),
                            FOLDER.resolve(name).toAbsolutePath()))
                    .sorted(Comparator.comparing(OtherMajor::major))
                    .toList();
        }
    }

    /** With the schema in it, made by the DBA's files. */
    Postgres start(Path data) throws IOException, SQLException {
        return Postgres.start(data, TestDatabase.SQL, TestDatabase.APP_PASSWORD, binaries);
    }

    /** With an empty database alexa, and no roles. */
    Postgres startEmpty(Path data) throws IOException, SQLException {
        return Postgres.startEmpty(data, binaries);
    }

    /** A folder for the data of one server, which {@link #stop} deletes. */
    Path data(String purpose) {
        return Path.of("target", "test-postgres", ProcessHandle.current().pid() + "-" + major + "-" + purpose)
                .toAbsolutePath();
    }

    static void stop(Postgres server, Path data) throws IOException {
        server.close();
        CatalinaBase.delete(data);
    }

    /** As the WAR: role alexa_app, by password. */
    static DataSource app(Postgres server) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(server.jdbcUrl());
        source.setUser("alexa_app");
        source.setPassword(TestDatabase.APP_PASSWORD);
        return source;
    }

    /** Runs every file of {@code sql/verify} and takes it back. */
    static void verify(Postgres server) throws IOException, SQLException {
        try (Connection connection = server.superuser()) {
            runVerify(connection, file -> true);
        }
    }

    /** Runs those files of {@code sql/verify}, each in a transaction that is rolled back. */
    static void runVerify(Connection connection, Predicate<Path> which) throws IOException, SQLException {
        connection.setAutoCommit(false);
        try (Stream<Path> files = Files.list(TestDatabase.SQL.resolve("verify"));
                Statement statement = connection.createStatement()) {
            for (Path file : files.filter(which).sorted().toList()) {
                try {
                    statement.execute(Files.readString(file));
                } catch (SQLException failed) {
                    throw new SQLException(file + ": " + failed.getMessage(), failed.getSQLState(), failed);
                } finally {
                    connection.rollback();
                }
            }
        } finally {
            connection.setAutoCommit(true);
        }
    }

    @Override
    public String toString() {
        return "PostgreSQL " + major;
    }
}
