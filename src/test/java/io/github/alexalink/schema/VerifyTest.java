package io.github.alexalink.schema;

import static io.github.alexalink.fixture.servers.FreshDatabase.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.nio.file.Files;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("sql/verify.sql says what is wrong with a schema, and changes nothing")
class VerifyTest {

    private static String shared;

    @BeforeAll
    static void create() throws Exception {
        shared = FreshDatabase.migrated();
    }

    @Tag("thorough")
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
                "ALTER TABLE alexa.link DISABLE TRIGGER revoked_stays_revoked",
                "DROP TRIGGER redeemed_stays_redeemed ON alexa.authorization_code",
                "DROP TRIGGER account_renaming_is_noted ON alexa.account",
                "DO $$ BEGIN EXECUTE format('ALTER TABLE alexa.%I DISABLE TRIGGER ALL',"
                        + " (SELECT partition_name FROM alexa.partition WHERE table_name = 'access_token' LIMIT 1)); END $$",
                "ALTER TABLE alexa.link ENABLE ROW LEVEL SECURITY",
                "CREATE RULE nothing AS ON INSERT TO alexa.audit_event DO INSTEAD NOTHING",
                "REVOKE USAGE ON SCHEMA alexa FROM alexa_app",
                "REVOKE ALL ON SEQUENCE alexa.audit_event_id_seq FROM alexa_app",
                "REVOKE EXECUTE ON FUNCTION alexa.hold_account(text, uuid, timestamptz) FROM alexa_app",
                "REVOKE EXECUTE ON FUNCTION alexa.maintain() FROM alexa_app",
                "ALTER ROLE alexa_app NOLOGIN",
                "ALTER ROLE alexa_app CONNECTION LIMIT 0",
                "ALTER ROLE alexa_app SET default_transaction_read_only = on",
                "ALTER ROLE alexa_app SET statement_timeout = 0",
                "DO $$ BEGIN EXECUTE format('ALTER ROLE alexa_app IN DATABASE %I SET lock_timeout = 0', current_database()); END $$",
                "GRANT CREATE ON SCHEMA alexa TO alexa_support",
                "GRANT CREATE ON SCHEMA alexa TO pg_monitor",
                "GRANT SELECT (password_hash) ON alexa.account TO PUBLIC",
                "GRANT SELECT ON alexa.link TO alexa_support WITH GRANT OPTION",
                "GRANT SELECT (subject) ON alexa.link TO alexa_support WITH GRANT OPTION",
                "GRANT TRIGGER ON alexa.link TO pg_monitor",
                "GRANT UPDATE (password_hash) ON alexa.account TO pg_monitor",
                "DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO alexa_support', current_database()); END $$",
                "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO alexa_app', current_database()); END $$",
                "ALTER DEFAULT PRIVILEGES FOR ROLE alexa_owner GRANT SELECT ON TABLES TO alexa_support",
                "ALTER DEFAULT PRIVILEGES FOR ROLE alexa_owner IN SCHEMA alexa GRANT SELECT ON TABLES TO PUBLIC",
                "ALTER FUNCTION alexa.maintain() SET search_path = pg_catalog, pg_temp, public",
                "ALTER FUNCTION alexa.erase_user(text) SECURITY DEFINER",
                "ALTER FUNCTION alexa.hold_account(text, uuid, timestamptz) SECURITY INVOKER",
                "GRANT EXECUTE ON FUNCTION alexa.erase_user(text) TO alexa_support"
            })
    void verify_reports_a_right_that_a_role_should_not_have(String more) throws Exception {
        String verify = Files.readString(TestDatabase.SQL.resolve("verify.sql"));
        assertThatThrownBy(() -> run(shared, more + ";" + verify, false))
                .isInstanceOfSatisfying(SQLException.class, raised -> assertThat(raised.getSQLState())
                        .as("said by the file itself: " + raised.getMessage())
                        .isEqualTo("P0001"));
        run(shared, verify, false); // what was run before is taken back
    }

    @Test
    void verify_passes_and_changes_nothing() throws Exception {
        String database = FreshDatabase.migrated();
        assertThatCode(() -> FreshDatabase.verify(database)).doesNotThrowAnyException();
    }

    @Test
    void verify_fails_with_a_sentence() throws Exception {
        String database = FreshDatabase.migrated();
        run(database, "GRANT DELETE ON alexa.link TO alexa_app", true);
        assertThatThrownBy(() -> run(database, Files.readString(TestDatabase.SQL.resolve("verify.sql")), false))
                .hasMessageContaining("alexa_app can delete from or truncate alexa.link");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    DROP INDEX alexa.refresh_token_idle_idx                        | missing: index refresh_token_idle_idx: CREATE INDEX
                    GRANT UPDATE ON alexa.refresh_token TO alexa_app               | more than our roles should have: alexa_app UPDATE of refresh_token
                    REVOKE UPDATE (superseded_at) ON alexa.refresh_token FROM alexa_app \
                                                                                   | alexa_app lacks a right: GRANT UPDATE (superseded_at) ON alexa.refresh_token TO alexa_app
                    REVOKE SELECT ON alexa.partition FROM alexa_monitor            | alexa_monitor lacks a right: GRANT SELECT ON alexa.partition TO alexa_monitor
                    ALTER ROLE alexa_app RESET enable_seqscan                      | alexa_app has enable_seqscan=nothing and not off
                    DELETE FROM alexa.schema_version WHERE version = 2             | schema_version lacks 2
                    DELETE FROM alexa.maintenance                                  | alexa.maintenance has no row
                    DELETE FROM alexa.retention WHERE what = 'audit_event'         | alexa.retention has no row for audit_event
                    CREATE TABLE alexa.mine (x int)                                | is your own, ALTER TABLE … SET SCHEMA
                    CREATE TABLE alexa.mine (x int); COMMENT ON TABLE alexa.mine IS 'x'; COMMENT ON COLUMN alexa.mine.x IS 'x'; \
                        ALTER TABLE alexa.mine OWNER TO pg_monitor                 | ALTER TABLE alexa.mine OWNER TO alexa_owner
                    """)
    void verify_reports_what_is_wrong(String change, String words) throws Exception {
        String database = FreshDatabase.migrated();
        run(
                database,
                "SELECT alexa.register_client('app', 'App', ARRAY['https://a.example/cb'], public => true)",
                true);
        String verification = Files.readString(TestDatabase.SQL.resolve("verify.sql"));
        run(database, verification, false);
        assertThatThrownBy(() -> run(database, change + "; " + verification, false))
                .hasMessageContaining(words);
    }
}
