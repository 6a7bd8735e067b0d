package io.github.alexalink.schema;

import static io.github.alexalink.fixture.servers.FreshDatabase.SUPERUSER;
import static io.github.alexalink.fixture.servers.FreshDatabase.as;
import static io.github.alexalink.fixture.servers.FreshDatabase.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A DBA runs the files in sql/ by psql or Flyway")
class RunningTheFilesTest {

    @Test
    void every_shipped_file_pins_its_search_path_first_and_resets_it_last() throws IOException {
        for (Path file : shippedFiles()) {
            List<String> lines = Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("--") && !line.startsWith("\\"))
                    .toList();
            assertThat(lines.get(0)).as(file.toString()).isEqualTo("SET search_path = pg_catalog, pg_temp;");
            if (!file.endsWith("afterConnect.sql")) { // Flyway uses the connection further
                assertThat(lines.get(lines.size() - 1)).as(file.toString()).isEqualTo("RESET search_path;");
            }
        }
    }

    @Test
    void flyway_runs_the_files_of_the_dba_without_a_switch_of_its_own() throws Exception {
        String database = FreshDatabase.empty();
        String dba = TestDatabase.unique("dba").replace('-', '_');
        TestDatabase.change("CREATE ROLE " + dba + " LOGIN PASSWORD '" + TestDatabase.APP_PASSWORD + "'");
        TestDatabase.change("GRANT alexa_owner TO " + dba);
        Flyway flyway = Flyway.configure()
                .dataSource(as(dba, database))
                .schemas("alexa")
                .locations(
                        "filesystem:" + TestDatabase.SQL.resolve("migrations"),
                        "filesystem:" + TestDatabase.SQL.resolve("flyway"))
                .load();
        assertThat(flyway.migrate().migrationsExecuted).isEqualTo(SchemaRepository.BUILT_FOR);
        assertThat(flyway.migrate().migrationsExecuted).isZero();
        assertThat(new SchemaRepository(new Database(as("alexa_app", database))).whyNotReady())
                .isEmpty();
        FreshDatabase.verify(database);
    }

    @Test
    void psql_installs_everything_by_one_file_and_verifies_it() throws Exception {
        unlessPsql();
        String database = TestDatabase.create("schema", "");
        String output = psql(database, "-f", "install.sql");
        assertThat(output).contains("Alexa Link is installed in database " + database + ", at schema version");
        psql(database, "-v", "ON_ERROR_STOP=1", "-f", "verify.sql");
        assertThat(new SchemaRepository(new Database(as("alexa_app", database))).whyNotReady())
                .isEmpty();
        assertThat(refused(database, "-f", "install.sql"))
                .contains("is installed in database " + database + " already");
        psql(database, "-v", "ON_ERROR_STOP=1", "-f", "verify.sql");
    }

    /** psql options that a DBA may add by habit, with the DBA's own .psqlrc. */
    @ParameterizedTest
    @ValueSource(strings = {"-1", "-v ON_ERROR_STOP=0", "-v AUTOCOMMIT=off", "-v ON_ERROR_ROLLBACK=on", "-1 -q -A -t"})
    void install_works_with_a_dba_s_options_and_psqlrc(String options) throws Exception {
        unlessPsql();
        String database = TestDatabase.create("schema", "");
        psql(database, (options + " -f install.sql").split(" ", -1));
        FreshDatabase.verify(database);
    }

    @Test
    void install_runs_every_migration() throws IOException {
        String install = Files.readString(TestDatabase.SQL.resolve("install.sql"));
        assertThat(Pattern.compile("\\\\ir migrations/(.*)")
                        .matcher(install)
                        .results()
                        .map(found -> found.group(1)))
                .containsExactlyElementsOf(Schema.migrations(TestDatabase.SQL).stream()
                        .map(file -> file.getFileName().toString())
                        .toList());
    }

    @Test
    void an_install_that_fails_leaves_nothing_behind() throws Exception {
        unlessPsql();
        String database = TestDatabase.create("schema", "");
        run(database, "CREATE SCHEMA alexa AUTHORIZATION alexa_owner; CREATE DOMAIN alexa.linked AS text", true);
        assertThat(refused(database, "-f", "install.sql")).contains("type \"linked\" already exists");
        assertThat(FreshDatabase.ask(
                        database, "SELECT count(*) FROM pg_class WHERE relnamespace = 'alexa'::regnamespace"))
                .isEqualTo("0");
    }

    /** Another role that may create schemas, because it owns the database, was there first. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    CREATE SCHEMA alexa AUTHORIZATION pg_monitor                     | pg_monitor owns a schema alexa
                    CREATE SCHEMA alexa AUTHORIZATION alexa_owner; \
                        CREATE FUNCTION alexa.folded(varchar) RETURNS text LANGUAGE sql AS 'SELECT $1' | not empty: folded
                    CREATE SCHEMA alexa AUTHORIZATION alexa_owner; CREATE TABLE alexa.loot (who text)  | not empty: loot
                    CREATE SCHEMA alexa AUTHORIZATION alexa_owner; \
                        GRANT CREATE ON SCHEMA alexa TO pg_monitor                   | not empty: rights of pg_monitor
                    """)
    void a_schema_alexa_that_somebody_else_has_made_is_refused(String made, String words) throws Exception {
        String database = FreshDatabase.empty();
        run(database, made, true);
        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            Schema.run(connection, TestDatabase.SQL.resolve("roles.sql"));
            assertThatThrownBy(() -> Schema.run(
                            connection, Schema.migrations(TestDatabase.SQL).get(0)))
                    .hasMessageContaining("nothing was done: ")
                    .hasMessageContaining(words);
        }
    }

    static List<Path> filesOfOneTransaction() throws IOException {
        return Schema.migrations(TestDatabase.SQL);
    }

    /** Runs the file as {@code psql -f} does without -1 and ON_ERROR_STOP, which goes on after each error. */
    @ParameterizedTest
    @MethodSource("filesOfOneTransaction")
    void a_file_outside_its_transaction_does_nothing_and_says_so(Path file) throws Exception {
        int version = Schema.version(file);
        String database = FreshDatabase.empty();
        for (Path before : Schema.migrations(TestDatabase.SQL)) {
            if (Schema.version(before) < version) {
                try (Connection connection = as(SUPERUSER, database).getConnection()) {
                    Schema.run(connection, before);
                }
            }
        }
        String before = everything(database);
        List<String> said = new ArrayList<>();
        try (Connection connection = as(SUPERUSER, database).getConnection();
                Statement statement = connection.createStatement()) {
            for (String one : Schema.statements(file)) {
                try {
                    statement.execute(one);
                } catch (SQLException refused) {
                    said.add(refused.getMessage());
                }
            }
        }
        assertThat(said.get(0)).contains("nothing was done: " + file.getFileName() + " must run in one transaction");
        assertThat(everything(database)).isEqualTo(before);
    }

    /** What a file could have changed: objects of the schema, rights and settings. */
    private static String everything(String database) throws SQLException {
        return FreshDatabase.ask(
                database,
                "SELECT concat((SELECT string_agg(c.relname || coalesce(c.relacl::text, ''), ',' ORDER BY c.oid) FROM pg_class c"
                        + " WHERE c.relnamespace = to_regnamespace('alexa')),"
                        + " (SELECT string_agg(p.proname, ',' ORDER BY p.oid) FROM pg_proc p WHERE p.pronamespace = to_regnamespace('alexa')),"
                        + " (SELECT datacl FROM pg_database WHERE datname = current_database()),"
                        + " (SELECT string_agg(rolname, ',' ORDER BY oid) FROM pg_roles WHERE rolname LIKE 'alexa%'),"
                        + " (SELECT string_agg(s.setconfig::text, ',' ORDER BY s.setrole) FROM pg_db_role_setting s))");
    }

    @Test
    void a_file_in_the_wrong_order_does_nothing_even_if_psql_goes_on_after_each_error() throws Exception {
        unlessPsql();
        String database = FreshDatabase.empty();
        psql(database, "-1", "-v", "ON_ERROR_STOP=1", "-f", "migrations/V1__tables.sql");
        assertThat(output(database, "-1", "-v", "ON_ERROR_ROLLBACK=on", "-f", "migrations/V3__upkeep.sql"))
                .contains("nothing was done: schema version 3 does not follow the one before");
        assertThat(FreshDatabase.ask(database, "SELECT to_regclass('alexa.retention')"))
                .isNull();
    }

    @Test
    void a_database_of_postgresql_itself_is_refused() throws Exception {
        unlessPsql();
        assertThat(refused("template1", "-f", "install.sql")).contains("nothing was done: this is database template1");
    }

    @Test
    void a_file_in_the_wrong_order_does_nothing_and_says_which_version_is_there() throws Exception {
        String database = FreshDatabase.empty();
        List<Path> migrations = Schema.migrations(TestDatabase.SQL);
        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            Schema.run(connection, migrations.get(0));
            assertThatThrownBy(() -> Schema.run(connection, migrations.get(2)))
                    .hasMessageContaining("V3__upkeep.sql follows version 2, and this schema has 1");
            assertThatThrownBy(() -> Schema.run(connection, migrations.get(0)))
                    .hasMessageContaining("nothing was done: Alexa Link is installed in database " + database);
        }
    }

    private static List<Path> shippedFiles() throws IOException {
        try (Stream<Path> files = Files.walk(TestDatabase.SQL)) {
            return files.filter(file -> file.toString().endsWith(".sql"))
                    // the WAR and the tool send those, and their sessions have a pinned search path
                    .filter(file -> !file.getParent().endsWith("statements"))
                    .filter(file -> !file.getParent().endsWith("tool"))
                    .sorted()
                    .toList();
        }
    }

    private static void unlessPsql() throws InterruptedException {
        try {
            new ProcessBuilder("psql", "--version").start().waitFor();
        } catch (IOException none) {
            LeftOut.because("no psql here: apt-get install postgresql-client installs the schema as a DBA does");
        }
    }

    private static String psql(String database, String... arguments) throws IOException, InterruptedException {
        Process psql = started(database, arguments);
        String output = all(psql);
        assertThat(psql.waitFor()).as(output).isZero();
        return output;
    }

    private static String refused(String database, String... arguments) throws IOException, InterruptedException {
        Process psql = started(database, arguments);
        String output = all(psql);
        assertThat(psql.waitFor()).as(output).isNotZero();
        return output;
    }

    /** What it printed, however it ended. */
    private static String output(String database, String... arguments) throws IOException {
        return all(started(database, arguments));
    }

    private static String all(Process psql) throws IOException {
        return new String(psql.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static Process started(String database, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("psql", "-X"));
        command.addAll(List.of(arguments));
        command.add(TestDatabase.shared().libpqUri(database));
        return new ProcessBuilder(command)
                .directory(TestDatabase.SQL.toFile())
                .redirectErrorStream(true)
                .start();
    }
}
