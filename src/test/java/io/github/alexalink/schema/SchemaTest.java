package io.github.alexalink.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import io.github.alexalink.store.TokenRepository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

@DisplayName("The DBA's schema, made by the DBA's files")
class SchemaTest {

    /** Whoever is the superuser where the tests run. */
    private static final String SUPERUSER = "a superuser";

    private static String template;

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
    void the_war_finds_the_schema_it_was_built_for() throws Exception {
        assertThat(Schema.migrations(TestDatabase.SQL)).hasSize(SchemaRepository.BUILT_FOR);
        assertThat(repository().trouble()).isEmpty();
    }

    @Test
    void a_database_without_the_schema_is_told_what_to_run() throws Exception {
        String database = emptyDatabase();
        PGSimpleDataSource source = (PGSimpleDataSource) TestDatabase.app();
        source.setDatabaseName(database);
        assertThat(new SchemaRepository(new Database(source)).trouble())
                .contains(
                        "there is no schema alexa: run sql/roles.sql and then sql/migrations/V1__*.sql to V7__*.sql in"
                                + " this database");
    }

    @Test
    void an_older_or_newer_schema_is_told_too_and_one_version_either_way_is_fine() throws Exception {
        String database = migratedDatabase();
        SchemaRepository schema = new SchemaRepository(new Database(as("alexa_app", database)));
        assertThat(schema.trouble()).isEmpty();
        int version = SchemaRepository.BUILT_FOR;
        run(database, "DELETE FROM alexa.schema_version WHERE version = " + version, true);
        assertThat(schema.trouble()).isEmpty();
        run(database, "DELETE FROM alexa.schema_version WHERE version = " + (version - 1), true);
        assertThat(schema.trouble()).hasValueSatisfying(words -> assertThat(words)
                .contains("run sql/migrations/V" + (version - 1) + "__*.sql"));
        run(
                database,
                "INSERT INTO alexa.schema_version (version, description) VALUES (" + (version + 1) + ", 'next')",
                true);
        assertThat(schema.trouble()).isEmpty();
        run(
                database,
                "INSERT INTO alexa.schema_version (version, description) VALUES (" + (version + 2) + ", 'later')",
                true);
        assertThat(schema.trouble())
                .hasValueSatisfying(words -> assertThat(words).contains("deploy the WAR that came with"));
    }

    @Test
    void without_a_partition_for_today_the_schema_is_unhealthy_and_maintenance_mends_it() throws Exception {
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
    void a_second_maintainer_says_that_the_first_is_at_it() throws Exception {
        String database = migratedDatabase();
        try (Connection first = as("alexa_app", database).getConnection();
                Statement statement = first.createStatement()) {
            first.setAutoCommit(false);
            statement.execute("SELECT * FROM alexa.maintain()");
            SchemaRepository second = new SchemaRepository(new Database(as("alexa_app", database)));
            assertThat(second.maintain()).containsExactly("maintain busy, another session runs it");
            first.rollback();
            assertThat(second.maintain()).isEmpty();
        }
    }

    @Test
    void a_table_that_hangs_on_a_partition_stops_nothing_but_the_end_of_that_partition() throws Exception {
        String database = migratedDatabase();
        run(
                database,
                "SELECT alexa.create_partition('access_token', (now() AT TIME ZONE 'UTC')::date - 5),"
                        + " alexa.create_partition('access_token', (now() AT TIME ZONE 'UTC')::date - 4)",
                true);
        run(
                database,
                "DO $$ BEGIN EXECUTE 'CREATE TABLE public.hanging (x alexa.access_token_'"
                        + " || to_char((now() AT TIME ZONE 'UTC')::date - 5, 'YYYYMMDD') || ')';"
                        + " EXECUTE 'DROP TABLE alexa.audit_event_'"
                        + " || to_char((now() AT TIME ZONE 'UTC')::date + 14, 'YYYYMMDD'); END $$",
                true);
        List<String> done = new SchemaRepository(new Database(as("alexa_app", database))).maintain();
        assertThat(done).anySatisfy(line -> assertThat(line).matches("audit_event_\\d{8} created"));
        assertThat(done).anySatisfy(line -> assertThat(line).matches("access_token_\\d{8} dropped"));
        assertThat(done)
                .anySatisfy(line -> assertThat(line).contains("not dropped: ").contains("public.hanging"));
        assertThatThrownBy(
                        () -> run(database, Files.readString(TestDatabase.SQL.resolve("verify/operations.sql")), false))
                .hasMessageContaining("past its retention for days");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GRANT alexa_app TO alexa_auditor",
                "GRANT SELECT ON alexa.client_secret TO alexa_auditor",
                "GRANT SELECT ON alexa.refresh_token TO alexa_support",
                "GRANT SELECT (password_hash) ON alexa.account TO alexa_support",
                "GRANT UPDATE (password_hash) ON alexa.account TO alexa_support",
                "GRANT pg_execute_server_program, pg_read_server_files TO alexa_monitor",
                "GRANT pg_read_all_settings TO alexa_app",
                "ALTER ROLE alexa_support LOGIN",
                "ALTER ROLE alexa_auditor CREATEROLE",
                "ALTER ROLE alexa_app REPLICATION",
                "GRANT USAGE ON SCHEMA alexa TO PUBLIC",
                "GRANT INSERT ON alexa.link TO alexa_app",
                "GRANT UPDATE (subject) ON alexa.link TO alexa_app",
                "ALTER TABLE alexa.link DISABLE TRIGGER revoked_stays_revoked"
            })
    void verify_notices_what_a_role_has_more_than_it_should(String more) throws Exception {
        String database = migratedDatabase();
        String verify = Files.readString(TestDatabase.SQL.resolve("verify/roles.sql"));
        run(database, verify, false);
        assertThatThrownBy(() -> run(database, more + ";" + verify, false)).isInstanceOf(SQLException.class);
        run(database, verify, false);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT pg_advisory_lock(hashtext('alexa.maintain'))",
                "SELECT * FROM alexa.maintenance_status",
                "SELECT * FROM alexa.partition",
                "SELECT * FROM alexa.capacity"
            })
    void nobody_who_only_reads_can_stop_maintenance(String held) throws Exception {
        String database = migratedDatabase();
        String watcher = TestDatabase.unique("watcher").replace('-', '_');
        TestDatabase.change(
                "CREATE ROLE " + watcher + " LOGIN IN ROLE alexa_monitor PASSWORD '" + TestDatabase.APP_PASSWORD + "'");
        try (Connection reading = as(watcher, database).getConnection();
                Statement statement = reading.createStatement()) {
            reading.setAutoCommit(false);
            statement.execute(held);
            for (String lock : List.of("FOR UPDATE", "FOR KEY SHARE")) {
                Savepoint before = reading.setSavepoint();
                assertThatThrownBy(() -> statement.execute("SELECT FROM alexa.maintenance " + lock))
                        .hasMessageContaining("permission denied");
                reading.rollback(before);
            }
            run(database, "UPDATE alexa.maintenance SET last_run_at = now() - interval '2 days'", true);
            new SchemaRepository(new Database(as("alexa_app", database))).maintain();
            assertThat(ask(database, "SELECT overdue FROM alexa.maintenance_status"))
                    .isEqualTo("f");
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

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    DROP INDEX alexa.refresh_token_idle_idx                        | missing: refresh_token_idle_idx
                    GRANT UPDATE ON alexa.refresh_token TO alexa_app               | can prolong a refresh token
                    REVOKE UPDATE (superseded_at) ON alexa.refresh_token FROM alexa_app \
                                                                                   | no client that rotates can refresh
                    ALTER TABLE alexa.client DROP CONSTRAINT public_clients_rotate; \
                        UPDATE alexa.client SET rotate_refresh_token = false       | without PKCE or rotation: app
                    """)
    void the_verification_of_the_policies_says_what_is_wrong(String change, String words) throws Exception {
        String database = migratedDatabase();
        run(
                database,
                "SELECT alexa.register_client('app', 'App', ARRAY['https://a.example/cb'], public => true)",
                true);
        String verification = Files.readString(TestDatabase.SQL.resolve("verify/client_policies.sql"));
        run(database, verification, false);
        assertThatThrownBy(() -> run(database, change + "; " + verification, false))
                .hasMessageContaining(words);
    }

    @Test
    void what_was_done_can_be_undone_and_done_again() throws Exception {
        String database = migratedDatabase();
        List<Path> migrations = Schema.migrations(TestDatabase.SQL);
        for (int i = migrations.size() - 1; i >= 0; i--) {
            Path undo =
                    TestDatabase.SQL.resolve("undo").resolve(migrations.get(i).getFileName());
            try (Connection connection = as(SUPERUSER, database).getConnection()) {
                Schema.run(connection, undo);
            }
        }
        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            Schema.migrate(connection, TestDatabase.SQL);
        }
        assertThat(new SchemaRepository(new Database(as("alexa_app", database))).trouble())
                .isEmpty();
    }

    @Test
    void an_undo_of_rotation_brings_no_token_back_to_life_and_keeps_those_that_are_good() throws Exception {
        String database = migratedDatabase();
        String secret = ask(
                database,
                "SELECT client_secret FROM alexa.register_client(client_id => 'alexa', display_name => 'Amazon Alexa',"
                        + " redirect_uris => ARRAY['https://a.example/cb'], rotate_refresh_token => true)");
        ask(database, "SELECT 'done', alexa.name_client('alexa', 'ja', 'アレクサ')");
        TokenRepository tokens = new TokenRepository(new Database(as("alexa_app", database)));
        Token good = stored(database, "now() + interval '1 day'");
        Token idle = stored(database, "now()");
        Token first = stored(database, "NULL");
        Token second = rotated(tokens, first, secret);
        Token third = rotated(tokens, second, secret);
        Token fourth = rotated(tokens, third, secret);
        assertThat(kept(database, first)).isTrue();

        undo(database, "V7__indexes_for_rotation.sql");
        undo(database, "V6__client_policies.sql");
        assertThat(kept(database, good)).isTrue();
        assertThat(kept(database, third)).isTrue();
        assertThat(kept(database, fourth)).isTrue();
        assertThat(kept(database, first)).isFalse();
        assertThat(kept(database, second)).isFalse();
        assertThat(kept(database, idle)).isFalse();
        assertThat(ask(database, "SELECT revoked_because FROM alexa.link WHERE link_id = '" + idle.linkId() + "'"))
                .isEqualTo("refresh_token_expired");
        assertThat(ask(database, "SELECT count(*) FROM alexa.link WHERE revoked_at IS NULL"))
                .isEqualTo("2");
        assertThat(ask(database, "SELECT to_regclass('alexa.client_name')")).isNull();
        assertThat(ask(
                        database,
                        "SELECT client_id FROM alexa.register_client(client_id => 'old', display_name => 'Old',"
                                + " redirect_uris => ARRAY['https://a.example/cb'], public => true)"))
                .isEqualTo("old");
        assertThat(ask(database, "SELECT count(*) FROM alexa.list_clients()")).isEqualTo("2");
        assertThat(new SchemaRepository(new Database(as("alexa_app", database))).maintain())
                .isEmpty();

        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            Schema.migrate(connection, TestDatabase.SQL);
        }
        for (Path verification : files("verify")) {
            run(database, Files.readString(verification), false);
        }
        assertThat(ask(database, "SELECT rotate_refresh_token FROM alexa.list_clients() WHERE client_id = 'old'"))
                .isEqualTo("t");
        run(database, "SELECT alexa.change_client('alexa', rotate_refresh_token => true)", true);
        rotated(tokens, fourth, secret);
        rotated(tokens, good, secret);
        for (Token dead : List.of(first, second, idle)) {
            assertThat(refreshed(tokens, dead, Token.issue(TokenKind.REFRESH_TOKEN, dead.linkId()), secret))
                    .isEmpty();
        }
    }

    @Test
    void what_the_operator_had_registered_and_described_is_respected_by_client_policies() throws Exception {
        String database = emptyDatabase();
        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            for (Path migration : Schema.migrations(TestDatabase.SQL)) {
                if (migration.endsWith("V6__client_policies.sql")) {
                    run(
                            database,
                            "UPDATE alexa.scope SET description = 'Do what I want' WHERE scope = 'music.control';"
                                    + "INSERT INTO alexa.client (client_id, kind, display_name, pkce_required)"
                                    + " VALUES ('app', 'public', 'App', true), ('alexa', 'confidential', 'A', false)",
                            true);
                }
                Schema.run(connection, migration);
            }
        }
        assertThat(ask(database, "SELECT string_agg(DISTINCT scope, ' ') FROM alexa.scope_description"))
                .isEqualTo("music.read");
        assertThat(ask(
                        database,
                        "SELECT string_agg(client_id || ' ' || rotate_refresh_token, ', ' ORDER BY client_id)"
                                + " FROM alexa.client"))
                .isEqualTo("alexa false, app true");
    }

    @Test
    void flyway_runs_the_files_of_the_dba() throws Exception {
        String database = emptyDatabase();
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
        for (Path verification : files("verify")) {
            run(database, Files.readString(verification), false);
        }
    }

    @Test
    void psql_runs_the_files_of_the_dba() throws Exception {
        Optional<String> none = unlessPsql();
        if (none.isPresent()) {
            LeftOut.because(none.get());
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
                "UPDATE alexa.link SET account_id = NULL",
                "INSERT INTO alexa.link (link_id, client_id, subject, scope, created_at)"
                        + " VALUES (gen_random_uuid(), 'alexa', 'anna', '{a}', now() - interval '1 year')",
                "INSERT INTO alexa.authorization_code (link_id, code_hash, client_id, redirect_uri, subject, scope,"
                        + " issued_at, expires_at)"
                        + " VALUES (gen_random_uuid(), sha256('x'), 'alexa', 'https://a.example/', 'anna', '{a}', now(), now())",
                "INSERT INTO alexa.audit_event (occurred_at, event) VALUES (now() - interval '7 days', 'link_revoked')",
                "INSERT INTO alexa.audit_event (event, written_by) VALUES ('link_revoked', 'the_dba')",
                "INSERT INTO alexa.audit_event (event, event_id) VALUES ('link_revoked', 1)",
                "UPDATE alexa.refresh_token SET expires_at = NULL",
                "UPDATE alexa.refresh_token SET predecessor_hash = NULL",
                "DELETE FROM alexa.refresh_token",
                "UPDATE alexa.client SET rotate_refresh_token = false",
                "INSERT INTO alexa.client_name (client_id, language, display_name) VALUES ('alexa', 'de', 'x')",
                "UPDATE alexa.scope_description SET description = 'Nothing much'",
                "SELECT alexa.name_client('alexa', 'de', 'x')",
                "SELECT alexa.describe_scope('music.read', 'Nothing much')",
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
    void the_war_s_role_cannot_take_back_what_was_revoked_superseded_or_redeemed() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared());
        Listener.Tokens tokens = anna.link();
        Object link = tokens.refresh().linkId();
        TestDatabase.change(
                "UPDATE alexa.refresh_token SET revoked_at = now(), superseded_at = now() WHERE link_id = ?", link);
        TestDatabase.change("UPDATE alexa.access_token SET revoked_at = now() WHERE link_id = ?", link);
        TestDatabase.change(
                "UPDATE alexa.link SET revoked_at = now(), revoked_because = 'unlinked' WHERE link_id = ?", link);
        for (String takingBack : List.of(
                "link SET revoked_at = NULL, revoked_because = NULL",
                "link SET revoked_at = now() + interval '1 day'",
                "link SET revoked_because = 'code_replayed'",
                "refresh_token SET revoked_at = NULL",
                "refresh_token SET superseded_at = NULL",
                "access_token SET revoked_at = NULL",
                "authorization_code SET redeemed_at = NULL",
                "authorization_code SET unanswered_since = now()")) {
            assertThatThrownBy(() -> {
                        try (Connection connection = TestDatabase.app().getConnection();
                                Statement statement = connection.createStatement()) {
                            statement.execute("UPDATE alexa." + takingBack + " WHERE link_id = '" + link + "'");
                        }
                    })
                    .as(takingBack)
                    .hasMessageContaining("what was revoked, superseded or redeemed stays so");
            try (Connection dba = TestDatabase.shared().superuser();
                    Statement statement = dba.createStatement()) {
                dba.setAutoCommit(false);
                assertThat(statement.executeUpdate("UPDATE alexa." + takingBack + " WHERE link_id = '" + link + "'"))
                        .isEqualTo(1);
                dba.rollback();
            }
        }
        assertThat(TestDatabase.ask("SELECT DISTINCT written_by FROM alexa.audit_event WHERE link_id = ?", link))
                .isEqualTo("alexa_app");
    }

    @Test
    void the_war_s_role_gives_up_after_two_seconds() throws Exception {
        try (Connection connection = TestDatabase.app().getConnection();
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("SELECT pg_sleep(3)")).hasMessageContaining("statement timeout");
        }
    }

    private static void undo(String database, String file) throws SQLException, IOException {
        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            Schema.run(connection, TestDatabase.SQL.resolve("undo").resolve(file));
        }
    }

    /** A refresh token of a link of its own. */
    private static Token stored(String database, String idleUntil) throws SQLException {
        Token token = Token.issue(TokenKind.REFRESH_TOKEN, Token.newLinkId());
        run(
                database,
                "INSERT INTO alexa.link (link_id, client_id, subject, scope) VALUES ('" + token.linkId()
                        + "', 'alexa', 'anna', '{music.read}');"
                        + "INSERT INTO alexa.refresh_token (link_id, token_hash, idle_until) VALUES ('"
                        + token.linkId() + "', " + literal(token) + ", " + idleUntil + ")",
                true);
        return token;
    }

    private static boolean kept(String database, Token token) throws SQLException {
        return ask(database, "SELECT 1 FROM alexa.refresh_token WHERE token_hash = " + literal(token)) != null;
    }

    private static String literal(Token token) {
        return "'\\x" + HexFormat.of().formatHex(token.hash().bytes()) + "'";
    }

    private static Token rotated(TokenRepository tokens, Token token, String secret) throws SQLException {
        Token successor = Token.issue(TokenKind.REFRESH_TOKEN, token.linkId());
        assertThat(refreshed(tokens, token, successor, secret))
                .hasValueSatisfying(granted -> assertThat(granted.rotated()).isTrue());
        return successor;
    }

    private static Optional<TokenRepository.Granted> refreshed(
            TokenRepository tokens, Token token, Token successor, String secret) throws SQLException {
        return tokens.refresh(
                new TokenRepository.Refresh(
                        new ClientCredentials("alexa", List.of(Sha256.of(secret)), true), token, Optional.empty()),
                Token.issue(TokenKind.ACCESS_TOKEN, token.linkId()),
                successor);
    }

    private static String ask(String database, String sql) throws SQLException {
        try (Connection connection = as(SUPERUSER, database).getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : null;
        }
    }

    private static SchemaRepository repository() {
        return new SchemaRepository(new Database(TestDatabase.app()));
    }

    private static String emptyDatabase() throws SQLException, IOException {
        String name = TestDatabase.unique("schema").replace('-', '_');
        TestDatabase.change("CREATE DATABASE " + name);
        try (Connection connection = as(SUPERUSER, name).getConnection()) {
            Schema.run(connection, TestDatabase.SQL.resolve("roles.sql"));
        }
        return name;
    }

    private static String migratedDatabase() throws SQLException, IOException {
        String name = TestDatabase.unique("schema").replace('-', '_');
        TestDatabase.change("CREATE DATABASE " + name + " TEMPLATE " + template());
        // what it says of the database itself is not copied
        try (Connection connection = as(SUPERUSER, name).getConnection()) {
            Schema.run(connection, TestDatabase.SQL.resolve("roles.sql"));
        }
        return name;
    }

    /** A database with the schema in it, made once by the files: to copy it takes a fifth of the time. */
    private static synchronized String template() throws SQLException, IOException {
        if (template == null) {
            String name = emptyDatabase();
            try (Connection connection = as(SUPERUSER, name).getConnection()) {
                Schema.migrate(connection, TestDatabase.SQL);
            }
            template = name;
        }
        return template;
    }

    private static PGSimpleDataSource as(String role, String database) {
        PGSimpleDataSource source = (PGSimpleDataSource) TestDatabase.app();
        source.setUser(role);
        if (role.equals(SUPERUSER)) {
            source.setUser(TestDatabase.shared().superuserName());
            source.setPassword(TestDatabase.shared().superuserPassword());
        }
        source.setDatabaseName(database);
        return source;
    }

    private static void run(String database, String sql, boolean commit) throws SQLException {
        try (Connection connection = as(SUPERUSER, database).getConnection();
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

    private static List<Path> shippedFiles() throws IOException {
        try (Stream<Path> files = Files.walk(TestDatabase.SQL)) {
            return files.filter(file -> file.toString().endsWith(".sql"))
                    .sorted()
                    .toList();
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
                        TestDatabase.shared().libpqUri(database))
                .redirectErrorStream(true)
                .start();
        String output = new String(psql.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(psql.waitFor()).as(output).isZero();
    }
}
