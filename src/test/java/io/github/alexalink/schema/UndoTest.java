package io.github.alexalink.schema;

import static io.github.alexalink.fixture.servers.FreshDatabase.SUPERUSER;
import static io.github.alexalink.fixture.servers.FreshDatabase.as;
import static io.github.alexalink.fixture.servers.FreshDatabase.ask;
import static io.github.alexalink.fixture.servers.FreshDatabase.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("sql/undo.sql removes everything, and if households are linked only with alexa.undo set")
class UndoTest {

    private static final Path UNDO = TestDatabase.SQL.resolve("undo.sql");

    @Test
    void undo_removes_the_schema_and_it_can_be_installed_again() throws Exception {
        String database = FreshDatabase.migrated();
        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            Schema.run(connection, UNDO);
            assertThat(ask(database, "SELECT to_regnamespace('alexa')")).isNull();
            assertThat(ask(
                            database,
                            "SELECT rolname FROM pg_roles WHERE has_database_privilege(rolname, current_database(),"
                                    + " 'CONNECT') AND rolname LIKE 'alexa\\_%'"))
                    .as("roles stay, because the database of the other tests uses them, but without rights here")
                    .isNull();
            Schema.migrate(connection, TestDatabase.SQL);
        }
        FreshDatabase.verify(database);
        assertThat(new SchemaRepository(new Database(as("alexa_app", database))).whyNotReady())
                .isEmpty();
    }

    @Test
    void undo_refuses_if_households_are_linked_and_the_dba_does_not_insist() throws Exception {
        String database = FreshDatabase.migrated();
        run(
                database,
                "SELECT alexa.register_client('alexa', 'Alexa', ARRAY['https://a.example/cb']);"
                        + "INSERT INTO alexa.link (link_id, client_id, subject, scope)"
                        + " VALUES (gen_random_uuid(), 'alexa', 'anna', '{music.read}')",
                true);
        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            assertThatThrownBy(() -> Schema.run(connection, UNDO))
                    .hasMessageContaining("nothing was done: there are live links (1)")
                    .hasMessageContaining("SET alexa.undo = 'everything'");
        }
        assertThat(ask(database, "SELECT count(*) FROM alexa.link")).isEqualTo("1");
        run(database, "SET alexa.undo = 'everything';" + Files.readString(UNDO), true);
        assertThat(ask(database, "SELECT to_regnamespace('alexa')")).isNull();
    }

    @Test
    void objects_of_others_are_not_undone_by_mistake() throws Exception {
        String database = FreshDatabase.migrated();
        run(
                database,
                "CREATE VIEW public.report AS SELECT count(*) FROM alexa.link;"
                        + "CREATE TABLE public.notes (username text REFERENCES alexa.account)",
                true);
        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            assertThatThrownBy(() -> Schema.run(connection, UNDO))
                    .hasMessageContaining("would go or lose a foreign key: public.notes, public.report");
        }
        assertThat(ask(database, "SELECT to_regclass('alexa.link')")).isNotNull();
    }

    @Test
    void an_undo_leaves_no_right_behind_that_keeps_a_role() throws Exception {
        String database = FreshDatabase.migrated();
        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            Schema.run(connection, UNDO);
        }
        assertThat(ask(database, "SELECT count(*) FROM pg_default_acl")).isEqualTo("0");
    }
}
