package io.github.alexalink.schema;

import static io.github.alexalink.fixture.servers.FreshDatabase.SUPERUSER;
import static io.github.alexalink.fixture.servers.FreshDatabase.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A DBA runs the files in sql/ by psql or Flyway")
class RunningTheFilesTest {

    @Test
    void every_shipped_file_pins_its_search_path_first_and_lets_go_of_it_last() throws IOException {
        for (Path file : shippedFiles()) {
            List<String> lines = Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("--"))
                    .toList();
            assertThat(lines.get(0)).as(file.toString()).isEqualTo("SET search_path = pg_catalog, pg_temp;");
            if (!file.endsWith("afterConnect.sql")) { // Flyway goes on with this connection
                assertThat(lines.get(lines.size() - 1)).as(file.toString()).isEqualTo("RESET search_path;");
            }
        }
    }

    @Test
    void flyway_runs_the_files_of_the_dba() throws Exception {
        String database = FreshDatabase.empty();
        String dba = TestDatabase.unique("dba").replace('-', '_');
        TestDatabase.change("CREATE ROLE " + dba + " LOGIN PASSWORD '" + TestDatabase.APP_PASSWORD + "'");
        TestDatabase.change("GRANT alexa_owner TO " + dba);
        FluentConfiguration settings = Flyway.configure()
                .dataSource(as(dba, database))
                .schemas("alexa")
                .locations(
                        "filesystem:" + TestDatabase.SQL.resolve("migrations"),
                        "filesystem:" + TestDatabase.SQL.resolve("flyway"));
        // else CREATE INDEX CONCURRENTLY waits for Flyway's own lock, and Flyway for it
        settings.getConfigurationExtension(PostgreSQLConfigurationExtension.class)
                .setTransactionalLock(false);
        Flyway flyway = settings.load();
        assertThat(flyway.migrate().migrationsExecuted).isEqualTo(SchemaRepository.BUILT_FOR);
        assertThat(flyway.migrate().migrationsExecuted).isZero();
        assertThat(new SchemaRepository(new Database(as("alexa_app", database))).trouble())
                .isEmpty();
        FreshDatabase.verify(database);
    }

    @Test
    void psql_runs_the_files_of_the_dba() throws Exception {
        Optional<String> none = unlessPsql();
        if (none.isPresent()) {
            LeftOut.because(none.get());
        }
        String database = FreshDatabase.empty();
        for (Path migration : Schema.migrations(TestDatabase.SQL)) {
            boolean alone = Files.readString(migration).contains("NOT in one transaction");
            psql(database, alone ? "-q" : "-1", migration);
        }
        for (Path verification : Schema.verifications(TestDatabase.SQL)) {
            psql(database, "-q", verification);
        }
    }

    @Test
    void a_migration_outside_its_transaction_refuses_to_run() throws Exception {
        String database = FreshDatabase.empty();
        try (Connection connection = as(SUPERUSER, database).getConnection();
                Statement statement = connection.createStatement()) {
            String file = Files.readString(TestDatabase.SQL.resolve("migrations/V1__clients_and_accounts.sql"));
            for (String first : file.split("(?<=;)\n", 4)) { // one by one, as psql without -1 would
                if (first.contains("RAISE")) {
                    String whole = file.substring(file.indexOf("DO $$"), file.indexOf("END $$;") + 7);
                    assertThatThrownBy(() -> statement.execute(whole))
                            .hasMessageContaining("this file must run in one transaction");
                    return;
                }
                statement.execute(first);
            }
        }
        throw new AssertionError("the migration has no such guard");
    }

    private static List<Path> shippedFiles() throws IOException {
        try (Stream<Path> files = Files.walk(TestDatabase.SQL)) {
            return files.filter(file -> file.toString().endsWith(".sql"))
                    .sorted()
                    .toList();
        }
    }

    private static Optional<String> unlessPsql() throws InterruptedException {
        try {
            new ProcessBuilder("psql", "--version").start().waitFor();
            return Optional.empty();
        } catch (IOException none) {
            return Optional.of("no psql here: apt-get install postgresql-client runs this test");
        }
    }

    private static void psql(String database, String option, Path file) throws IOException, InterruptedException {
        Process psql = new ProcessBuilder(
                        "psql",
                        option,
                        "-v",
                        "ON_ERROR_STOP=1",
                        "-f",
                        file.toString(),
                        TestDatabase.shared().libpqUri(database))
                .redirectErrorStream(true)
                .start();
        String output = new String(psql.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(psql.waitFor()).as(output).isZero();
    }
}
