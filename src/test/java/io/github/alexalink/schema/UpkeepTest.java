package io.github.alexalink.schema;

import static io.github.alexalink.fixture.servers.FreshDatabase.SUPERUSER;
import static io.github.alexalink.fixture.servers.FreshDatabase.as;
import static io.github.alexalink.fixture.servers.FreshDatabase.ask;
import static io.github.alexalink.fixture.servers.FreshDatabase.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("alexa.maintain() makes partitions ahead, drops and deletes, and reports what it could not do")
class UpkeepTest {

    private static final String OF_TODAY = "SELECT partition_name FROM alexa.partition"
            + " WHERE starts_at <= now() AND ends_at > now() AND table_name = '%s'";
    private static final String EVENT = "INSERT INTO alexa.audit_event (event) VALUES ('client_changed')";

    private String database;
    private SchemaRepository schema;

    @BeforeEach
    void fresh() throws Exception {
        database = FreshDatabase.migrated();
        schema = new SchemaRepository(new Database(as("alexa_app", database)));
    }

    @Test
    void a_new_installation_has_the_partitions_it_needs_and_no_more() throws Exception {
        assertThat(ask(database, "SELECT count(*) FROM alexa.partition")).isEqualTo("9");
        assertThat(ask(
                        database,
                        "SELECT string_agg(partition_name, ' ' ORDER BY starts_at) FROM alexa.partition"
                                + " WHERE table_name = 'access_token'"))
                .matches("(access_token_p\\d{8} ?){6}");
        assertThat(ask(
                        database,
                        "SELECT bool_and(partition_name = table_name || to_char(starts_at AT TIME ZONE 'UTC',"
                                + " '\"_p\"YYYYMMDD')) FROM alexa.partition"))
                .as("as pg_partman names them")
                .isEqualTo("t");
        assertThat(status("words")).isEqualTo("as it should be");
        assertThat(Integer.parseInt(status("days_ready"))).isEqualTo(3);
        assertThat(schema.maintain()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"access_token, DETACH", "access_token, DROP", "audit_event, DETACH", "audit_event, DROP"})
    void a_partition_of_now_that_is_missing_is_noticed_and_made_again(String table, String how) throws Exception {
        String partition = ask(database, OF_TODAY.formatted(table));
        run(
                database,
                how.equals("DROP")
                        ? "DROP TABLE alexa." + partition
                        : "ALTER TABLE alexa." + table + " DETACH PARTITION alexa." + partition,
                true);
        assertThat(status("words"))
                .isEqualTo("no partition of " + table + " for now: run SELECT * FROM alexa.maintain()");
        assertThat(status("well")).isEqualTo("f");
        assertThat(schema.whyNotReady())
                .contains("no row can be written into " + table
                        + " now, a partition is missing: run SELECT * FROM alexa.maintain()");
        assertThatThrownBy(() -> FreshDatabase.verify(database)).hasMessageContaining("no partition of " + table);

        assertThat(schema.maintain()).containsExactly(partition + (how.equals("DROP") ? "" : "_again") + " created");
        assertThat(schema.whyNotReady()).isEmpty();
        assertThat(status("words")).isEqualTo("as it should be");
        FreshDatabase.verify(database);
    }

    @Test
    void a_missing_partition_of_a_coming_day_is_reported_before_that_day() throws Exception {
        String tomorrow = ask(
                database,
                "SELECT partition_name FROM alexa.partition WHERE table_name = 'access_token'"
                        + " AND starts_at > now() ORDER BY starts_at LIMIT 1");
        run(database, "DROP TABLE alexa." + tomorrow, true);
        assertThat(schema.whyNotReady()).isEmpty();
        assertThat(schema.maintenanceWarning()).hasValueSatisfying(words -> assertThat(words)
                .startsWith("partitions are ready until ")
                .endsWith(" 00:00 UTC only: run SELECT * FROM alexa.maintain()"));
        assertThat(schema.maintain()).containsExactly(tomorrow + " created");
        assertThat(schema.maintenanceWarning()).isEmpty();
    }

    /** The DBA's partition begins before or after the time of day at which maintain() runs, and ends days later. */
    @ParameterizedTest
    @ValueSource(strings = {"-1 hour", "1 hour"})
    void a_partition_with_a_dba_s_own_name_and_bounds_leaves_no_gap_and_is_dropped_after_its_retention(String aside)
            throws Exception {
        run(
                database,
                "CREATE TABLE alexa.archive PARTITION OF alexa.access_token"
                        + " FOR VALUES FROM (now() - interval '9 days 5 hours') TO (now() - interval '8 days 3 hours');"
                        + "CREATE TABLE alexa.ahead PARTITION OF alexa.access_token FOR VALUES"
                        + " FROM (now() + interval '5 days' + interval '" + aside + "')"
                        + " TO (date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '8 days');"
                        + "UPDATE alexa.retention SET steps_ahead = 9 WHERE what = 'access_token'",
                true);
        assertThat(schema.maintain())
                .anyMatch(line -> line.equals("archive dropped"))
                .anyMatch(line -> line.endsWith(" created"));
        assertThat(ask(
                        database,
                        "SELECT max(starts_at - ends) FROM (SELECT starts_at, lag(ends_at) OVER (ORDER BY starts_at) AS ends"
                                + " FROM alexa.partition WHERE table_name = 'access_token') AS p"))
                .as("no gap")
                .isEqualTo("00:00:00");
        assertThat(ask(
                        database,
                        "SELECT max(ends_at) - date_trunc('day', now()) FROM alexa.partition"
                                + " WHERE table_name = 'access_token'"))
                .isEqualTo("10 days");
        assertThat(schema.maintain()).isEmpty();
    }

    @Test
    void a_step_that_fails_stops_no_other_and_is_reported_until_it_succeeds() throws Exception {
        run(
                database,
                "ALTER TABLE alexa.refresh_token RENAME COLUMN superseded_at TO gone;"
                        + "UPDATE alexa.retention SET steps_ahead = 4 WHERE what = 'access_token';"
                        + "SELECT alexa.create_partition('access_token', 'day', now() - interval '20 days')",
                true);
        assertThat(schema.maintain())
                .anyMatch(line -> line.matches("access_token_p\\d{8} created"))
                .anyMatch(line -> line.startsWith("delete_a_batch failed: column other.superseded_at does not exist"))
                .anyMatch(line -> line.matches("access_token_p\\d{8} dropped"));
        assertThat(schema.maintenanceWarning()).hasValueSatisfying(words -> assertThat(words)
                .contains("a step of maintenance failed at ")
                .contains("delete_a_batch: column other.superseded_at does not exist"));
        run(database, "ALTER TABLE alexa.refresh_token RENAME COLUMN gone TO superseded_at", true);
        schema.maintain();
        assertThat(schema.maintenanceWarning()).isEmpty();
    }

    @Test
    void a_locked_table_delays_its_own_partition_and_no_other() throws Exception {
        run(database, "UPDATE alexa.retention SET steps_ahead = steps_ahead + 1 WHERE step IS NOT NULL", true);
        try (Connection analyzing =
                        FreshDatabase.as(FreshDatabase.SUPERUSER, database).getConnection();
                Statement statement = analyzing.createStatement()) {
            analyzing.setAutoCommit(false);
            statement.execute("LOCK TABLE alexa.access_token IN SHARE UPDATE EXCLUSIVE MODE"); // as ANALYZE does
            assertThat(schema.maintain())
                    .anyMatch(line -> line.startsWith("access_token failed: ") && line.endsWith("lock timeout"))
                    .anyMatch(line -> line.matches("audit_event_p\\d{8} created"));
        }
        assertThat(schema.maintain()).singleElement().asString().matches("access_token_p\\d{8} created");
    }

    @Test
    void a_partition_in_another_schema_is_dropped_there_and_no_table_of_its_name_here() throws Exception {
        run(
                database,
                "CREATE SCHEMA other AUTHORIZATION alexa_owner; SET ROLE alexa_owner;"
                        + "CREATE TABLE other.authorization_code PARTITION OF alexa.audit_event"
                        + " FOR VALUES FROM ('2019-01-01') TO ('2019-02-01'); RESET ROLE",
                true);
        assertThat(schema.maintain()).containsExactly("other.authorization_code dropped");
        assertThat(ask(database, "SELECT to_regclass('other.authorization_code')"))
                .isNull();
        assertThat(ask(database, "SELECT to_regclass('alexa.authorization_code')"))
                .isNotNull();
    }

    @Test
    void tables_of_a_dba_and_bounds_without_end_stop_no_token() throws Exception {
        run(
                database,
                "CREATE TABLE alexa.mine (i int) PARTITION BY RANGE (i);"
                        + "CREATE TABLE alexa.ever PARTITION OF alexa.audit_event DEFAULT;"
                        + "DROP TABLE alexa." + ask(database, OF_TODAY.formatted("access_token")) + ";"
                        + "DO $$ BEGIN EXECUTE format('CREATE TABLE alexa.today PARTITION OF alexa.access_token"
                        + " FOR VALUES FROM (%L) TO (%L) PARTITION BY HASH (link_id)',"
                        + " date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',"
                        + " date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '1 day'); END $$;"
                        + "CREATE TABLE alexa.half PARTITION OF alexa.today FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
                true);
        assertThat(schema.whyNotReady()).isEmpty();
        assertThat(schema.maintain()).isEmpty();
        run(database, token("0"), true);
    }

    @Test
    void a_retention_beyond_all_calendars_is_refused() {
        assertThatThrownBy(() -> run(database, "UPDATE alexa.retention SET keep = '178000000 years'", true))
                .hasMessageContaining("keeps_what_is_good");
    }

    @Test
    void health_does_not_wait_for_a_partition_that_a_dba_has_locked() throws Exception {
        String ahead = ask(
                database,
                "SELECT partition_name FROM alexa.partition WHERE table_name = 'access_token'"
                        + " ORDER BY starts_at DESC LIMIT 1");
        try (Connection locking =
                        FreshDatabase.as(FreshDatabase.SUPERUSER, database).getConnection();
                Statement statement = locking.createStatement()) {
            locking.setAutoCommit(false);
            statement.execute("LOCK TABLE alexa." + ahead + " IN ACCESS EXCLUSIVE MODE"); // as VACUUM FULL does
            assertThat(schema.whyNotReady()).isEmpty();
            assertThat(schema.maintenanceWarning()).isEmpty();
            assertThat(schema.state()).isPresent();
        }
    }

    @Test
    void a_table_that_depends_on_a_partition_only_keeps_that_partition_from_being_dropped() throws Exception {
        String old = ask(database, "SELECT alexa.create_partition('access_token', 'day', now() - interval '20 days')");
        run(database, "SELECT alexa.create_partition('access_token', 'day', now() - interval '19 days')", true);
        run(database, "SELECT alexa.create_partition('access_token', 'day', now() - interval '20 days')", true);
        run(database, "CREATE TABLE public.hanging (x alexa." + old + ")", true);
        assertThat(schema.maintain())
                .anyMatch(line -> line.matches("access_token_p\\d{8} dropped"))
                .anyMatch(line -> line.startsWith(old + " not dropped: ") && line.contains("public.hanging"));
        assertThatThrownBy(() -> FreshDatabase.verify(database))
                .hasMessageContaining(old + " is to be dropped since yesterday: not dropped: ");
    }

    @Test
    void an_auditor_s_open_transaction_delays_the_audit_trail_s_partitions_alone_and_is_reported_after_a_day()
            throws Exception {
        String events =
                ask(database, "SELECT alexa.create_partition('audit_event', 'month', now() - interval '8 months')");
        String tokens =
                ask(database, "SELECT alexa.create_partition('access_token', 'day', now() - interval '9 days')");
        for (String partition : List.of(
                "'audit_event', 'month', now() - interval '8 months'",
                "'access_token', 'day', now() - interval '9 days'")) {
            run(database, "SELECT alexa.create_partition(" + partition + ")", true);
        }
        try (Connection auditor =
                        FreshDatabase.as(FreshDatabase.SUPERUSER, database).getConnection();
                Statement statement = auditor.createStatement()) {
            auditor.setAutoCommit(false);
            statement.execute("SET LOCAL ROLE alexa_auditor");
            statement.execute("SELECT count(*) FROM alexa.audit_trail");
            assertThat(schema.maintain()).contains(events + " busy, next time", tokens + " dropped");
            assertThat(schema.maintenanceWarning()).hasValueSatisfying(words -> assertThat(words)
                    .endsWith(events + " is to be dropped since yesterday: busy, next time"));
        }
        assertThat(schema.maintain()).containsExactly(events + " dropped");
        assertThat(schema.maintenanceWarning()).isEmpty();
    }

    @Test
    void partitions_past_their_retention_are_dropped_and_no_others() throws Exception {
        String old =
                ask(database, "SELECT alexa.create_partition('access_token', 'day', now() - interval '8 days 1 hour')");
        run(
                database,
                "SELECT alexa.create_partition('access_token', 'day', now() - interval '8 days 1 hour'),"
                        + " alexa.create_partition('access_token', 'day', now() - interval '6 days'),"
                        + " alexa.create_partition('audit_event', 'month', now() - interval '80 days')",
                true);
        assertThat(schema.maintain()).containsExactly(old + " dropped");
        run(database, "UPDATE alexa.retention SET keep = '3 days' WHERE what = 'access_token'", true);
        assertThat(schema.maintain()).singleElement().asString().endsWith(" dropped");
        run(database, "UPDATE alexa.retention SET keep = NULL WHERE what = 'audit_event'", true);
        run(database, "SELECT alexa.create_partition('audit_event', 'month', now() - interval '5 years')", true);
        assertThat(schema.maintain()).as("NULL is for ever").isEmpty();
        assertThat(status("words")).isEqualTo("as it should be");
    }

    @Test
    void a_table_without_a_row_in_retention_still_gets_partitions_and_loses_none() throws Exception {
        run(database, "DELETE FROM alexa.retention WHERE what = 'audit_event'", true);
        run(database, "DROP TABLE alexa." + ask(database, OF_TODAY.formatted("audit_event")), true);
        assertThat(schema.maintain()).singleElement().asString().matches("audit_event_p\\d{8} created");
        run(database, EVENT, true);
        assertThat(schema.maintenanceWarning()).hasValueSatisfying(words -> assertThat(words)
                .startsWith("alexa.retention has no row for audit_event"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    INSERT INTO alexa.retention (what, keep) VALUES ('acces_token', '1 day')    | what_is_known
                    UPDATE alexa.retention SET keep = '71 hours' WHERE what = 'access_token'    | keeps_what_is_good
                    UPDATE alexa.retention SET keep = '23 hours' WHERE what = 'link'            | keeps_what_is_good
                    UPDATE alexa.retention SET steps_ahead = 1 WHERE what = 'access_token'      | partitions_are_made_ahead
                    UPDATE alexa.retention SET step = NULL WHERE what = 'audit_event'           | partitions_are_made_ahead
                    UPDATE alexa.retention SET step = 'week' WHERE what = 'audit_event'         | step_is_known
                    """)
    void a_retention_that_would_delete_good_tokens_is_refused(String change, String constraint) {
        assertThatThrownBy(() -> run(database, change, true)).hasMessageContaining(constraint);
    }

    @Test
    void codes_are_deleted_a_week_after_they_expired() throws Exception {
        run(
                database,
                "INSERT INTO alexa.authorization_code (link_id, code_hash, client_id, redirect_uri, subject, scope,"
                        + " issued_at, expires_at) SELECT gen_random_uuid(), sha256(ago::text::bytea), 'alexa', 'https://a.example/',"
                        + " 'anna', '{music.read}', now() - ago - interval '5 minutes', now() - ago"
                        + " FROM unnest(ARRAY['7 days 1 minute', '6 days 23 hours', '0']::interval[]) AS ago",
                true);
        assertThat(schema.maintain()).containsExactly("1 authorization codes deleted");
        assertThat(ask(database, "SELECT count(*) FROM alexa.authorization_code"))
                .isEqualTo("2");
    }

    @Test
    void unused_links_end_only_if_the_operator_wants_it_and_are_deleted_later() throws Exception {
        run(
                database,
                "SELECT alexa.register_client('alexa', 'Alexa', ARRAY['https://a.example/cb']);"
                        + "INSERT INTO alexa.link (link_id, client_id, subject, scope, created_at) SELECT"
                        + " md5(n::text)::uuid, 'alexa', 'anna', '{music.read}', now() - interval '3 years' FROM generate_series(1, 2500) n;"
                        + "INSERT INTO alexa.refresh_token (link_id, token_hash, issued_at, last_used_at) SELECT"
                        + " md5(n::text)::uuid, sha256('x'), now() - interval '3 years',"
                        + " CASE n % 10 WHEN 0 THEN now() - interval '1 day' WHEN 1 THEN NULL ELSE now() - interval '25 months' END"
                        + " FROM generate_series(1, 2500) n",
                true);
        assertThat(schema.maintain()).as("never, unless the operator says when").isEmpty();
        run(database, "UPDATE alexa.retention SET keep = '2 years' WHERE what = 'unused_link'", true);
        assertThat(schema.maintain())
                .containsExactly("1000 unused links ended", "1000 unused links ended", "250 unused links ended");
        assertThat(ask(database, "SELECT count(*) FROM alexa.link WHERE revoked_because = 'unused'"))
                .isEqualTo("2250");
        assertThat(ask(
                        database,
                        "SELECT count(*) || ' ' || min(reason) FROM alexa.audit_event WHERE event = 'link_revoked'"))
                .isEqualTo("2250 nobody has used it for 2 years");
        assertThat(schema.maintain()).as("not again within a day").isEmpty();
        run(
                database,
                "UPDATE alexa.link SET revoked_at = now() - interval '91 days' WHERE revoked_at IS NOT NULL",
                true);
        assertThat(schema.maintain())
                .containsExactly(
                        "1000 revoked links deleted", "1000 revoked links deleted", "250 revoked links deleted");
    }

    @Test
    void a_tomcat_whose_clock_is_a_day_and_a_half_off_finds_a_partition_for_its_tokens() throws Exception {
        for (String off : new String[] {"-36 hours", "36 hours"}) {
            run(database, token(off), true);
        }
        assertThatThrownBy(() -> run(database, token("36 hours 1 minute"), true))
                .hasMessageContaining("minted_when_issued");
    }

    private static String token(String off) {
        return "INSERT INTO alexa.access_token (minted_at, link_id, token_hash, expires_at)"
                + " VALUES (now() + interval '" + off + "', gen_random_uuid(), sha256('x'), now() + interval '1 hour')";
    }

    private String status(String column) throws SQLException {
        return ask(database, "SELECT " + column + " FROM alexa.maintenance_status");
    }

    /** The last upkeep may also have been that long ago: only a DBA can tell. */
    @Test
    void upkeep_deletes_nothing_if_the_clock_may_have_jumped_ahead() throws Exception {
        run(
                database,
                "SELECT alexa.create_partition('access_token', 'day', now() - interval '20 days');"
                        + "UPDATE alexa.maintenance SET last_run_at = now() - interval '400 days'",
                true);
        assertThat(schema.maintain())
                .singleElement()
                .asString()
                .contains("maintain deletes nothing: the clock says ")
                .endsWith("If the clock is right: UPDATE alexa.maintenance SET last_run_at = now()");
        assertThat(schema.whyNotReady()).isEmpty();
        assertThat(schema.maintenanceWarning()).hasValueSatisfying(words -> assertThat(words)
                .contains("UPDATE alexa.maintenance SET last_run_at = now()"));
        assertThat(schema.maintain()).hasSize(1);
        run(database, "UPDATE alexa.maintenance SET last_run_at = now()", true);
        assertThat(schema.maintain()).singleElement().asString().endsWith("dropped");
        assertThat(schema.maintenanceWarning()).isEmpty();
    }

    @Test
    void an_error_that_stops_every_partition_of_a_table_is_reported_once() throws Exception {
        run(
                database,
                "UPDATE alexa.retention SET steps_ahead = 31 WHERE what = 'access_token';"
                        + "CREATE FUNCTION public.full() RETURNS event_trigger LANGUAGE plpgsql"
                        + " AS $$ BEGIN RAISE EXCEPTION 'no space left'; END $$;"
                        + "CREATE EVENT TRIGGER full_disk ON ddl_command_start WHEN TAG IN ('CREATE TABLE')"
                        + " EXECUTE FUNCTION public.full()",
                true);
        assertThat(schema.maintain()).containsExactly("access_token failed: no space left");
        assertThat(schema.maintenanceWarning())
                .hasValueSatisfying(words -> assertThat(words).endsWith("access_token: no space left"));
    }

    /** With max_connections = 20 and the default of 64 a transaction, PostgreSQL has room for 1,280 locks. */
    @Tag("thorough")
    @Test
    void a_trail_of_seven_years_needs_few_locks() throws Exception {
        run(
                database,
                "UPDATE alexa.retention SET keep = '2555 days' WHERE what = 'audit_event';"
                        + "DO $$ BEGIN FOR i IN 1..84 LOOP PERFORM alexa.create_partition('audit_event', 'month', now() - make_interval(months => i)); END LOOP; END $$;"
                        + "SELECT alexa.add_account('anna', repeat('5a17ed00', 4) || '$210000$' || repeat('c0ffee99', 8));"
                        + "INSERT INTO alexa.audit_event (occurred_at, event, subject)"
                        + " SELECT now() - make_interval(days => g * 25), 'sign_in_failed', 'anna' FROM generate_series(0, 100) AS g",
                true);
        for (String asked : List.of(
                "SELECT alexa.export_user('anna')",
                "SELECT * FROM alexa.linked WHERE subject = 'anna'",
                "SELECT alexa.rename_account('anna', 'berta')",
                "SELECT * FROM alexa.erase_user('anna')")) {
            try (Connection connection = as(SUPERUSER, database).getConnection();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute(asked);
                try (ResultSet row =
                        statement.executeQuery("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()")) {
                    row.next();
                    assertThat(row.getInt(1)).as(asked).isBetween(1, 500);
                }
                connection.rollback();
            }
        }
    }
}
