package io.github.alexalink.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.OtherMajor;
import io.github.alexalink.fixture.servers.Postgres;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.ds.PGSimpleDataSource;

@Tag("thorough")
@DisplayName(
        "A managed server gives its customers no superuser: a role with CREATEDB and CREATEROLE installs, verifies and undoes")
class NoSuperuserTest {

    private static final String PASSWORD = TestDatabase.APP_PASSWORD;

    static List<OtherMajor> majors() throws IOException {
        return OtherMajor.here();
    }

    @BeforeAll
    static void unlessPsql() throws InterruptedException {
        try {
            new ProcessBuilder("psql", "--version").start().waitFor();
        } catch (IOException none) {
            LeftOut.because("no psql here: apt-get install postgresql-client runs the files as a DBA does");
        }
    }

    @ParameterizedTest
    @MethodSource("majors")
    void as_the_documents_say(OtherMajor major) throws Exception {
        Path data = major.data("cloud");
        Postgres server = major.startEmpty(data);
        try {
            psql(
                    server,
                    server.superuserName(),
                    "postgres",
                    "-c",
                    "CREATE ROLE cloud_admin LOGIN CREATEDB CREATEROLE PASSWORD '" + PASSWORD + "'",
                    "-c",
                    "CREATE ROLE other_admin LOGIN CREATEDB CREATEROLE PASSWORD '" + PASSWORD + "'");
            psql(server, "cloud_admin", "postgres", "-c", "CREATE DATABASE music");
            assertThat(psql(server, "cloud_admin", "music", "-1", "-f", "migrations/V1__tables.sql"))
                    .contains("nothing was done: there is no role alexa_app, alexa_auditor, ")
                    .contains("psql -X -v ON_ERROR_STOP=1 -d music -f sql/roles.sql comes first");

            assertThat(psql(server, "cloud_admin", "music", "-f", "install.sql"))
                    .contains("cloud_admin is a member of alexa_owner now")
                    .contains("ALTER ROLE alexa_app SET log_parameter_max_length = '0'")
                    .contains("ALTER ROLE alexa_app SET lc_messages = 'C'")
                    .contains("Alexa Link is installed in database music")
                    .doesNotContain("ERROR");
            assertThat(psql(server, "cloud_admin", "music", "-c", "ALTER ROLE alexa_app PASSWORD '" + PASSWORD + "'"))
                    .doesNotContain("ERROR");
            assertThat(psql(server, "cloud_admin", "music", "-f", "verify.sql"))
                    .contains("roles: as they should be")
                    .doesNotContain("ERROR");
            assertThat(psql(server, "cloud_admin", "music", "-f", "roles.sql")).doesNotContain("ERROR");
            SchemaRepository schema = new SchemaRepository(new Database(app(server, "music")));
            assertThat(schema.whyNotReady()).isEmpty();
            assertThat(schema.shortcoming()).isEmpty();
            assertThat(schema.maintain()).isEmpty();

            anotherAdminInstallsInTheSameServer(server);

            assertThat(psql(server, "cloud_admin", "music", "-f", "undo.sql"))
                    .contains("role alexa_owner stays")
                    .doesNotContain("ERROR");
            assertThat(psql(server, "other_admin", "books", "-f", "verify.sql")).contains("roles: as they should be");
            assertThat(psql(server, "other_admin", "books", "-f", "undo.sql")).doesNotContain("ERROR");
            psql(server, "cloud_admin", "music", "-f", "undo.sql");
            assertThat(Listener.ask(server, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'alexa%'"))
                    .isEqualTo("0");
        } finally {
            OtherMajor.stop(server, data);
        }
    }

    /** The five roles exist, and since PostgreSQL 16 only who made them may change them. */
    private static void anotherAdminInstallsInTheSameServer(Postgres server) throws Exception {
        psql(server, "other_admin", "postgres", "-c", "CREATE DATABASE books");
        String first = psql(server, "other_admin", "books", "-f", "roles.sql");
        if (first.contains("ERROR")) {
            assertThat(first)
                    .contains("nothing was done: role alexa_owner exists already, and other_admin cannot become it")
                    .contains("GRANT alexa_owner TO other_admin");
            psql(server, "cloud_admin", "books", "-c", "GRANT alexa_owner TO other_admin");
            psql(server, "cloud_admin", "music", "-c", "GRANT alexa_owner TO other_admin");
            assertThat(psql(server, "other_admin", "books", "-f", "roles.sql")).doesNotContain("ERROR");
        }
        for (String file : List.of("V1__tables.sql", "V2__administration.sql", "V3__upkeep.sql")) {
            assertThat(psql(server, "other_admin", "books", "-1", "-v", "ON_ERROR_STOP=1", "-f", "migrations/" + file))
                    .doesNotContain("ERROR");
        }
        assertThat(psql(server, "other_admin", "books", "-f", "verify.sql")).contains("roles: as they should be");
        assertThat(new SchemaRepository(new Database(app(server, "books"))).whyNotReady())
                .isEmpty();
        assertThat(Listener.ask(server, "SELECT count(*) FROM pg_database WHERE datname IN ('music', 'books')"))
                .isEqualTo("2");
    }

    private static PGSimpleDataSource app(Postgres server, String database) {
        PGSimpleDataSource source = (PGSimpleDataSource) OtherMajor.app(server);
        source.setDatabaseName(database);
        return source;
    }

    private static String psql(Postgres server, String role, String database, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                Stream.concat(Stream.of("psql", "-X"), Stream.of(arguments)).toList());
        boolean superuser = role.equals(server.superuserName());
        command.add(
                superuser
                        ? server.libpqUri(database)
                        : "postgresql://" + role + "@127.0.0.1:" + server.port() + "/" + database);
        ProcessBuilder psql =
                new ProcessBuilder(command).directory(TestDatabase.SQL.toFile()).redirectErrorStream(true);
        if (!superuser) {
            psql.environment().put("PGPASSWORD", PASSWORD);
        }
        Process process = psql.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }
}
