package io.github.alexalink.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.TestDatabase;
import io.github.alexalink.run.Schema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

@DisplayName("The DBA's schema, made by the DBA's files")
class TheSchemaTest {

    @Test
    void the_war_finds_the_schema_it_was_built_for() throws Exception {
        assertThat(Schema.migrations(TestDatabase.SQL)).hasSize(SchemaRepository.BUILT_FOR);
        assertThat(repository().trouble()).isEmpty();
    }

    @Test
    void a_database_without_it_is_told_what_to_run() throws Exception {
        String database = emptyDatabase();
        PGSimpleDataSource source = (PGSimpleDataSource) TestDatabase.app();
        source.setDatabaseName(database);
        assertThat(new SchemaRepository(new Database(source)).trouble())
                .contains(
                        "there is no schema alexa: run sql/roles.sql and then sql/migrations/V1__*.sql to V5__*.sql in"
                                + " this database");
    }

    @Test
    void an_older_or_newer_one_is_told_too_and_one_version_either_way_is_fine() throws Exception {
        String database = migratedDatabase();
        SchemaRepository schema = new SchemaRepository(new Database(as("alexa_app", database)));
        assertThat(schema.trouble()).isEmpty();
        run(database, "DELETE FROM alexa.schema_version WHERE version = 5", true);
        assertThat(schema.trouble()).isEmpty();
        run(database, "DELETE FROM alexa.schema_version WHERE version = 4", true);
        assertThat(schema.trouble())
                .hasValueSatisfying(words -> assertThat(words).contains("run sql/migrations/V4__*.sql"));
        run(database, "INSERT INTO alexa.schema_version (version, description) VALUES (6, 'next')", true);
        assertThat(schema.trouble()).isEmpty();
        run(database, "INSERT INTO alexa.schema_version (version, description) VALUES (7, 'after next')", true);
        assertThat(schema.trouble())
                .hasValueSatisfying(words -> assertThat(words).contains("deploy the WAR that came with"));
    }

    @Test
    void without_a_partition_for_today_it_is_unhealthy_and_maintenance_mends_it() throws Exception {
        String database = migratedDatabase();
        SchemaRepository schema = new SchemaRepository(new Database(as("alexa_app", database)));
        run(
                database,
                "DO $$ BEGIN EXECUTE 'DROP TABLE alexa.access_token_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD');"
                        + " END $$",
                true);
        assertThat(schema.trouble()).hasValueSatisfying(words -> assertThat(words)
                .startsWith("a partition is missing (alexa.access_token_")
                .endsWith("): run SELECT * FROM alexa.maintain()"));
        assertThat(schema.maintain())
                .singleElement()
                .asString()
                .startsWith("access_token_")
                .endsWith(" created");
        assertThat(schema.trouble()).isEmpty();
        assertThat(schema.maintain()).isEmpty();
    }

    @Test
    void maintenance_drops_what_is_past_its_retention_and_nothing_else() throws Exception {
        String database = migratedDatabase();
        run(
                database,
                "SELECT alexa.create_partition('access_token', ((now() AT TIME ZONE 'UTC')::date - 3)),"
                        + " alexa.create_partition('access_token', ((now() AT TIME ZONE 'UTC')::date - 1)),"
                        + " alexa.create_partition('audit_event', ((now() AT TIME ZONE 'UTC')::date - 3))",
                true);
        List<String> done = new SchemaRepository(new Database(as("alexa_app", database))).maintain();
        assertThat(done).singleElement().asString().startsWith("access_token_").endsWith(" dropped");
    }

    @Test
    void two_maintainers_do_not_meet() throws Exception {
        String database = migratedDatabase();
        try (Connection first = as("alexa_app", database).getConnection();
                Statement statement = first.createStatement()) {
            first.setAutoCommit(false);
            statement.execute("SELECT pg_advisory_xact_lock(hashtext('alexa.maintain'))");
            run(
                    database,
                    "DO $$ BEGIN EXECUTE 'DROP TABLE alexa.access_token_' || to_char(now() AT TIME ZONE 'UTC',"
                            + " 'YYYYMMDD'); END $$",
                    true);
            SchemaRepository second = new SchemaRepository(new Database(as("alexa_app", database)));
            assertThat(second.maintain()).isEmpty();
            first.rollback();
            assertThat(second.maintain()).hasSize(1);
        }
    }

    @Test
    void every_verification_passes_and_changes_nothing() throws Exception {
        String database = migratedDatabase();
        for (Path verification : files("verify")) {
            assertThatCode(() -> run(database, Files.readString(verification), false))
                    .as(verification.toString())
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void a_verification_fails_in_words() throws Exception {
        String database = migratedDatabase();
        run(database, "GRANT DELETE ON alexa.link TO alexa_app", true);
        assertThatThrownBy(() -> run(database, Files.readString(TestDatabase.SQL.resolve("verify/roles.sql")), false))
                .hasMessageContaining("alexa_app can delete from or truncate alexa.link");
    }

    @Test
    void what_was_done_can_be_undone_and_done_again() throws Exception {
        String database = migratedDatabase();
        List<Path> migrations = Schema.migrations(TestDatabase.SQL);
        for (int i = migrations.size() - 1; i >= 0; i--) {
            Path undo =
                    TestDatabase.SQL.resolve("undo").resolve(migrations.get(i).getFileName());
            try (Connection connection = as("postgres", database).getConnection()) {
                Schema.run(connection, undo);
            }
        }
        try (Connection connection = as("postgres", database).getConnection()) {
            Schema.migrate(connection, TestDatabase.SQL);
        }
        assertThat(new SchemaRepository(new Database(as("alexa_app", database))).trouble())
                .isEmpty();
    }

    @Test
    void flyway_runs_the_same_files() throws Exception {
        String database = emptyDatabase();
        String dba = TestDatabase.unique("dba").replace('-', '_');
        TestDatabase.change("CREATE ROLE " + dba + " LOGIN");
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
        for (Path verification : files("verify")) {
            run(database, Files.readString(verification), false);
        }
    }

    @Test
    void psql_runs_the_same_files() throws Exception {
        Optional<String> none = unlessPsql();
        if (none.isPresent()) {
            System.out.println("SKIPPED: " + none.get());
            org.junit.jupiter.api.Assumptions.abort(none.get());
        }
        String database = emptyDatabase();
        for (Path migration : Schema.migrations(TestDatabase.SQL)) {
            boolean alone = Files.readString(migration).contains("NOT in one transaction");
            psql(database, alone ? "-q" : "-1", migration);
        }
        for (Path verification : files("verify")) {
            psql(database, "-q", verification);
        }
    }

    @Test
    void a_migration_outside_its_transaction_refuses_to_run() throws Exception {
        String database = emptyDatabase();
        try (Connection connection = as("postgres", database).getConnection();
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

    @Test
    void a_renamed_account_keeps_its_links_and_a_new_one_of_that_name_gets_none() {
        String old = TestDatabase.unique("old");
        String renamed = TestDatabase.unique("new");
        String client = TestDatabase.unique("client");
        TestDatabase.register(client, List.of("https://a.example/cb"));
        TestDatabase.addAccount(old, "a password of some length");
        TestDatabase.change(
                "INSERT INTO alexa.link (link_id, client_id, subject, scope) VALUES (gen_random_uuid(), ?, ?, '{a}')",
                client,
                old);
        TestDatabase.change("UPDATE alexa.account SET username = ? WHERE username = ?", renamed, old);
        assertThat(TestDatabase.ask("SELECT subject FROM alexa.link WHERE client_id = ?", client))
                .isEqualTo(renamed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE alexa.mine (x int)",
                "DROP TABLE alexa.link",
                "TRUNCATE alexa.audit_event",
                "DELETE FROM alexa.audit_event",
                "UPDATE alexa.audit_event SET reason = ''",
                "SELECT * FROM alexa.audit_event",
                "DELETE FROM alexa.link",
                "UPDATE alexa.link SET subject = 'me'",
                "UPDATE alexa.refresh_token SET expires_at = NULL",
                "SELECT password_hash FROM alexa.account",
                "UPDATE alexa.account SET disabled_at = NULL",
                "INSERT INTO alexa.client_secret (client_id, secret_hash) VALUES ('alexa', sha256('x'))",
                "SELECT alexa.new_secret()",
                "SELECT alexa.add_account('x', 'y')",
                "SET ROLE alexa_owner"
            })
    void the_war_s_role_may_not(String statement) throws Exception {
        assertThatThrownBy(() -> {
                    try (Connection connection = TestDatabase.app().getConnection();
                            Statement asked = connection.createStatement()) {
                        asked.execute(statement);
                    }
                })
                .isInstanceOfSatisfying(SQLException.class, refused -> assertThat(refused.getSQLState())
                        .as(refused.getMessage())
                        .isEqualTo("42501"));
    }

    @Test
    void the_war_s_role_gives_up_after_two_seconds() throws Exception {
        try (Connection connection = TestDatabase.app().getConnection();
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("SELECT pg_sleep(3)")).hasMessageContaining("statement timeout");
        }
    }

    private static SchemaRepository repository() {
        return new SchemaRepository(new Database(TestDatabase.app()));
    }

    private static String emptyDatabase() throws SQLException, IOException {
        String name = TestDatabase.unique("schema").replace('-', '_');
        TestDatabase.change("CREATE DATABASE " + name);
        try (Connection connection = as("postgres", name).getConnection()) {
            Schema.run(connection, TestDatabase.SQL.resolve("roles.sql"));
        }
        return name;
    }

    private static String migratedDatabase() throws SQLException, IOException {
        String name = emptyDatabase();
        try (Connection connection = as("postgres", name).getConnection()) {
            Schema.migrate(connection, TestDatabase.SQL);
        }
        return name;
    }

    private static PGSimpleDataSource as(String role, String database) {
        PGSimpleDataSource source = (PGSimpleDataSource) TestDatabase.app();
        source.setUser(role);
        source.setDatabaseName(database);
        return source;
    }

    private static void run(String database, String sql, boolean commit) throws SQLException {
        try (Connection connection = as("postgres", database).getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(sql);
            if (commit) {
                connection.commit();
            } else {
                connection.rollback();
            }
        }
    }

    private static List<Path> files(String folder) throws IOException {
        try (Stream<Path> files = Files.list(TestDatabase.SQL.resolve(folder))) {
            return files.sorted().toList();
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
                        "postgresql://postgres@127.0.0.1:"
                                + TestDatabase.shared().port() + "/" + database)
                .redirectErrorStream(true)
                .start();
        String output = new String(psql.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(psql.waitFor()).as(output).isZero();
    }
}
