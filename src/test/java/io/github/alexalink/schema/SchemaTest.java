package io.github.alexalink.schema;

import static io.github.alexalink.fixture.servers.FreshDatabase.as;
import static io.github.alexalink.fixture.servers.FreshDatabase.ask;
import static io.github.alexalink.fixture.servers.FreshDatabase.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

@DisplayName("The DBA's schema, made by the DBA's files")
class SchemaTest {

    @Test
    void the_war_finds_the_schema_it_was_built_for() throws Exception {
        assertThat(Schema.migrations(TestDatabase.SQL)).hasSize(SchemaRepository.BUILT_FOR);
        assertThat(repository().whyNotReady()).isEmpty();
    }

    @Test
    void the_operator_of_a_database_without_the_schema_is_told_what_to_run() throws Exception {
        String database = FreshDatabase.empty();
        PGSimpleDataSource source = (PGSimpleDataSource) TestDatabase.app();
        source.setDatabaseName(database);
        assertThat(new SchemaRepository(new Database(source)).whyNotReady())
                .contains("there is no schema alexa, or not all of it: run sql/install.sql in this database");
    }

    @Test
    void a_war_accepts_one_schema_version_more_and_reports_two() throws Exception {
        String database = FreshDatabase.migrated();
        SchemaRepository schema = new SchemaRepository(new Database(as("alexa_app", database)));
        int version = SchemaRepository.BUILT_FOR;
        run(
                database,
                "INSERT INTO alexa.schema_version (version, description) VALUES (" + (version + 1) + ", 'next')",
                true);
        assertThat(schema.whyNotReady()).isEmpty();
        run(
                database,
                "INSERT INTO alexa.schema_version (version, description) VALUES (" + (version + 2) + ", 'later')",
                true);
        assertThat(schema.whyNotReady())
                .hasValueSatisfying(words -> assertThat(words).contains("deploy the WAR that came with"));
    }

    @Test
    void a_second_session_that_maintains_reports_that_the_first_is_busy() throws Exception {
        String database = FreshDatabase.migrated();
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT pg_advisory_lock(hashtext('alexa.maintain'))",
                "SELECT * FROM alexa.maintenance_status",
                "SELECT * FROM alexa.partition",
                "SELECT * FROM alexa.capacity"
            })
    void a_role_that_only_reads_cannot_stop_maintenance(String held) throws Exception {
        String database = FreshDatabase.migrated();
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE alexa.mine (x int)",
                "CREATE TEMPORARY TABLE mine (x int)",
                "SELECT created_at FROM alexa.account",
                "INSERT INTO alexa.access_token (minted_at, link_id, token_hash, issued_at, expires_at)"
                        + " VALUES (now(), gen_random_uuid(), sha256('x'), now(), now() + interval '1 hour')",
                "SELECT alexa.create_partition('access_token', 'day', now() + interval '60 days')",
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
    void the_war_s_role_may_not_send(String statement) throws Exception {
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

    /** alexa.maintain() would delete the row, and no event would say so. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "link SET revoked_at = '-infinity', revoked_because = 'unused'",
                "link SET revoked_at = now() + interval '10 years', revoked_because = 'unused'",
                "refresh_token SET superseded_at = now() - interval '8 days'",
                "refresh_token SET idle_until = now() - interval '91 days'"
            })
    void the_war_s_role_cannot_mark_for_another_moment_than_now(String mark) throws Exception {
        Listener.Tokens tokens = Listener.register(TestDatabase.shared()).link();
        try (Connection connection = TestDatabase.app().getConnection();
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("UPDATE alexa." + mark + " WHERE link_id = '"
                            + tokens.refresh().linkId() + "'"))
                    .hasMessageContaining("stays so, since the moment it was");
        }
    }

    @Test
    void the_war_s_role_cannot_take_back_what_was_revoked_superseded_or_redeemed() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared());
        Listener.Tokens tokens = anna.link();
        Object link = tokens.refresh().linkId();
        TestDatabase.change("UPDATE alexa.refresh_token SET superseded_at = now() WHERE link_id = ?", link);
        TestDatabase.change("UPDATE alexa.access_token SET revoked_at = now() WHERE link_id = ?", link);
        TestDatabase.change(
                "UPDATE alexa.link SET revoked_at = now(), revoked_because = 'unlinked' WHERE link_id = ?", link);
        for (String takingBack : List.of(
                "link SET revoked_at = NULL, revoked_because = NULL",
                "link SET revoked_at = now() + interval '1 day'",
                "link SET revoked_because = 'code_replayed'",
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

    private static SchemaRepository repository() {
        return new SchemaRepository(new Database(TestDatabase.app()));
    }
}
