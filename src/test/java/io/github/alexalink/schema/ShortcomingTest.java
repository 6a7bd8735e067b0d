package io.github.alexalink.schema;

import static io.github.alexalink.fixture.servers.FreshDatabase.as;
import static io.github.alexalink.fixture.servers.FreshDatabase.ask;
import static io.github.alexalink.fixture.servers.FreshDatabase.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import java.nio.file.Files;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The WAR, /health and sql/verify.sql name what is not as the migrations made it, with the line to type")
class ShortcomingTest {

    /** Tokens can be issued all the same, so /health stays 200. */
    @Tag("thorough")
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ALTER TABLE alexa.retention OWNER TO CURRENT_USER; GRANT ALL ON alexa.retention TO alexa_owner \
                                                                                    | ALTER TABLE alexa.retention OWNER TO alexa_owner
                    ALTER VIEW alexa.linked OWNER TO CURRENT_USER                   | ALTER VIEW alexa.linked OWNER TO alexa_owner
                    ALTER FUNCTION alexa.maintain() OWNER TO CURRENT_USER           | ALTER FUNCTION alexa.maintain() OWNER TO alexa_owner
                    DELETE FROM alexa.schema_version WHERE version = 2              | schema_version lacks 2
                    DROP INDEX alexa.link_subject_idx                               | CREATE INDEX link_subject_idx ON alexa.link USING btree (subject)
                    DROP INDEX alexa.audit_event_link_idx                           | CREATE INDEX audit_event_link_idx ON alexa.audit_event USING btree
                    UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'alexa.link_subject_idx'::regclass \
                                                                                    | REINDEX INDEX CONCURRENTLY alexa.link_subject_idx
                    ALTER TABLE alexa.access_token DROP CONSTRAINT access_token_pkey | ALTER TABLE alexa.access_token ADD CONSTRAINT access_token_pkey PRIMARY KEY
                    ALTER TABLE alexa.client DROP CONSTRAINT public_clients_rotate  | ALTER TABLE alexa.client ADD CONSTRAINT public_clients_rotate CHECK
                    DROP FUNCTION alexa.erase_user(text)                            | missing: function erase_user(subject text): sql/migrations/V
                    DROP TRIGGER account_deletion_is_noted ON alexa.account         | CREATE TRIGGER account_deletion_is_noted AFTER DELETE ON alexa.account
                    ALTER TABLE alexa.link DISABLE TRIGGER revoked_is_now           | ALTER TABLE alexa.link ENABLE TRIGGER revoked_is_now
                    ALTER TABLE alexa.client ALTER code_seconds DROP DEFAULT        | ALTER TABLE alexa.client ALTER COLUMN code_seconds SET DEFAULT 300
                    DROP VIEW alexa.linked                                          | missing: view linked: sql/migrations/V
                    ALTER TABLE alexa.account DROP COLUMN created_at CASCADE         | ALTER TABLE alexa.account ADD COLUMN created_at timestamp with time zone
                    REVOKE SELECT ON alexa.linked FROM alexa_support                | GRANT SELECT ON alexa.linked TO alexa_support
                    CREATE RULE nothing AS ON DELETE TO alexa.link DO INSTEAD NOTHING | DROP RULE nothing ON alexa.link
                    UPDATE alexa.scope_description SET description = convert_from(convert_to(description, 'UTF8'), 'LATIN1') WHERE language = 'ja' \
                                                                                    | the files were read in another encoding
                    """)
    void the_war_works_and_names(String change, String words) throws Exception {
        String database = FreshDatabase.migrated();
        run(database, change, true);
        SchemaRepository schema = new SchemaRepository(new Database(as("alexa_app", database)));
        assertThat(schema.shortcoming())
                .hasValueSatisfying(said -> assertThat(said).contains(words));
        assertThat(schema.whyNotReady()).isEmpty();
        assertThatThrownBy(() -> FreshDatabase.verify(database)).hasMessageContaining(words);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    REVOKE SELECT ON alexa.refresh_token FROM alexa_app             | GRANT SELECT ON alexa.refresh_token TO alexa_app
                    REVOKE UPDATE (superseded_at) ON alexa.refresh_token FROM alexa_app | GRANT UPDATE (superseded_at) ON alexa.refresh_token TO alexa_app
                    REVOKE EXECUTE ON FUNCTION alexa.hold_account(text, uuid, timestamptz) FROM alexa_app \
                                                                                    | GRANT EXECUTE ON FUNCTION alexa.hold_account(subject text
                    REVOKE USAGE ON SEQUENCE alexa.audit_event_id_seq FROM alexa_app | GRANT USAGE ON SEQUENCE alexa.audit_event_id_seq TO alexa_app
                    ALTER SCHEMA alexa OWNER TO CURRENT_USER                        | ALTER SCHEMA alexa OWNER TO alexa_owner
                    ALTER TABLE alexa.link OWNER TO CURRENT_USER                    | ALTER TABLE alexa.link OWNER TO alexa_owner
                    DROP TABLE alexa.account_role                                   | missing: table account_role: sql/migrations/V
                    DROP FUNCTION alexa.maintain()                                  | missing: function maintain(): sql/migrations/V
                    DROP VIEW alexa.realm_account                                   | missing: view realm_account: sql/migrations/V
                    ALTER TABLE alexa.authorization_code DROP COLUMN code_challenge CASCADE | ALTER TABLE alexa.authorization_code ADD COLUMN code_challenge text
                    ALTER TABLE alexa.link ENABLE ROW LEVEL SECURITY                | ALTER TABLE alexa.link DISABLE ROW LEVEL SECURITY
                    ALTER TABLE alexa.link ALTER created_at DROP DEFAULT            | ALTER TABLE alexa.link ALTER COLUMN created_at SET DEFAULT now()
                    ALTER TABLE alexa.link ADD COLUMN extra text NOT NULL           | ALTER TABLE alexa.link ALTER COLUMN extra DROP NOT NULL
                    ALTER TABLE alexa.link RENAME COLUMN subject TO subj            | missing: column subject of link: ALTER TABLE alexa.link ADD COLUMN subject text
                    """)
    void no_token_can_be_issued_and_the_war_says_why(String change, String words) throws Exception {
        String database = FreshDatabase.migrated();
        run(database, change, true);
        SchemaRepository schema = new SchemaRepository(new Database(as("alexa_app", database)));
        assertThat(schema.whyNotReady())
                .hasValueSatisfying(said -> assertThat(said).contains(words));
        assertThatThrownBy(() -> FreshDatabase.verify(database)).hasMessageContaining(words);
    }

    /** What a DBA adds in the schema or does to a partition is nobody's shortcoming. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE alexa.mine (x int); ALTER TABLE alexa.mine ENABLE ROW LEVEL SECURITY",
                "CREATE INDEX mine ON alexa.link (client_id)",
                "CREATE INDEX mine ON alexa.audit_event (client_id)",
                "ALTER TABLE alexa.link ADD COLUMN mine text",
                "CREATE FUNCTION alexa.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "DO $$ BEGIN EXECUTE (SELECT format('ALTER TABLE alexa.audit_event DETACH PARTITION alexa.%I', partition_name)"
                        + " FROM alexa.partition WHERE table_name = 'audit_event' ORDER BY starts_at DESC LIMIT 1); END $$",
                "DO $$ BEGIN EXECUTE (SELECT format('ALTER TABLE alexa.%I OWNER TO CURRENT_USER', partition_name)"
                        + " FROM alexa.partition WHERE table_name = 'audit_event' LIMIT 1); END $$",
                "ALTER TABLE alexa.link ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON alexa.link USING (true)"
            })
    void a_dba_s_own_object_stops_nothing(String change) throws Exception {
        String database = FreshDatabase.migrated();
        run(database, change, true);
        SchemaRepository schema = new SchemaRepository(new Database(as("alexa_app", database)));
        assertThat(schema.whyNotReady()).isEmpty();
        if (!change.contains("POLICY")) {
            assertThat(schema.shortcoming()).isEmpty();
        }
    }

    /** The statement that alexa.inventory keeps makes the object again. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    DROP INDEX alexa.audit_event_link_idx                          | index      | audit_event_link_idx |
                    ALTER TABLE alexa.access_token DROP CONSTRAINT access_token_pkey | constraint | access_token       | access_token_pkey
                    DROP TRIGGER revoked_is_now ON alexa.link                      | trigger    | link                 | revoked_is_now
                    REVOKE ALL ON alexa.refresh_token FROM alexa_app               | right      | refresh_token        |
                    """)
    void the_line_to_type_mends_it(String change, String kind, String object, String part) throws Exception {
        String database = FreshDatabase.migrated();
        run(database, change, true);
        String remedy = ask(
                database,
                "SELECT string_agg(remedy, ';') FROM alexa.inventory WHERE kind = '" + kind + "' AND object = '"
                        + object + "' AND part " + (part == null ? "IS NOT NULL" : "= '" + part + "'"));
        run(database, "SET ROLE alexa_owner;" + remedy, true);
        FreshDatabase.verify(database);
    }

    /** As after pg_restore --no-owner: it works, because the functions have the same owner. */
    @Test
    void a_schema_that_another_role_owns_from_end_to_end_works_and_is_named() throws Exception {
        String database = FreshDatabase.migrated();
        run(
                database,
                "DO $$ DECLARE c text; BEGIN"
                        + " FOREACH c IN ARRAY ARRAY(SELECT format('ALTER %s alexa.%I OWNER TO CURRENT_USER', kind, object)"
                        + "            FROM alexa.inventory WHERE kind IN ('table', 'view')"
                        + "          UNION ALL SELECT format('ALTER FUNCTION %s OWNER TO CURRENT_USER', oid::regprocedure)"
                        + "            FROM pg_proc WHERE pronamespace = 'alexa'::regnamespace"
                        + "          UNION ALL SELECT 'ALTER SCHEMA alexa OWNER TO CURRENT_USER') LOOP EXECUTE c; END LOOP; END $$",
                true);
        SchemaRepository schema = new SchemaRepository(new Database(as("alexa_app", database)));
        assertThat(schema.whyNotReady()).isEmpty();
        assertThat(schema.shortcoming())
                .hasValueSatisfying(said -> assertThat(said).contains("OWNER TO alexa_owner"));
        assertThat(schema.maintain()).isEmpty();
    }

    @Test
    void the_undo_of_a_migration_forgets_what_it_made() throws Exception {
        String database = FreshDatabase.migrated();
        run(
                database,
                "CREATE TABLE alexa.later (x int); INSERT INTO alexa.schema_version (version, description) VALUES (4, 'later')",
                true);
        assertThat(ask(database, "SELECT since FROM alexa.inventory WHERE kind = 'table' AND object = 'later'"))
                .isEqualTo("4");
        run(database, "DROP TABLE alexa.later; DELETE FROM alexa.schema_version WHERE version = 4", true);
        assertThat(new SchemaRepository(new Database(as("alexa_app", database))).shortcoming())
                .isEmpty();
    }

    @Test
    void many_shortcomings_are_counted_and_three_named() throws Exception {
        String database = FreshDatabase.migrated();
        run(database, "REVOKE ALL ON ALL TABLES IN SCHEMA alexa FROM alexa_support", true);
        assertThat(new SchemaRepository(new Database(as("alexa_app", database))).shortcoming())
                .hasValueSatisfying(said -> assertThat(said)
                        .matches("alexa_support lacks .*; alexa_support lacks .*; alexa_support lacks .*;"
                                + " and \\d+ more, which sql/verify.sql lists"));
    }

    @Test
    void a_setting_of_alexa_app_that_a_dba_changed_in_this_database_is_named() throws Exception {
        String database = FreshDatabase.migrated();
        run(database, "ALTER ROLE alexa_app IN DATABASE " + database + " SET jit = on", true);
        SchemaRepository schema = new SchemaRepository(new Database(as("alexa_app", database)));
        assertThat(schema.shortcoming())
                .contains("alexa_app has jit=on and not off: run sql/roles.sql, and ALTER ROLE alexa_app IN DATABASE "
                        + database + " RESET ALL if it is set there");
        assertThat(Files.readString(TestDatabase.SQL.resolve("roles.sql"))).contains("('jit', 'off', NULL)");
    }
}
