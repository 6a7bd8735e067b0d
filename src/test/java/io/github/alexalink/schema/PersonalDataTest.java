package io.github.alexalink.schema;

import static io.github.alexalink.fixture.servers.FreshDatabase.as;
import static io.github.alexalink.fixture.servers.FreshDatabase.ask;
import static io.github.alexalink.fixture.servers.FreshDatabase.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.tool.PasswordHash;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Finds the columns by [personal] in their comments, so that no new one is forgotten. */
@DisplayName("Renaming, deleting, exporting and erasing a person misses no column (GDPR articles 15 and 17)")
class PersonalDataTest {

    private static final Map<String, String> IN_THE_EXPORT = Map.of(
            "account", "account",
            "account_role", "account",
            "link", "links",
            "authorization_code", "codes",
            "refresh_token", "refresh_tokens",
            "access_token", "access_tokens",
            "audit_event", "events");

    private String database;

    /** Adds a person with a row in every table and with events that name only their link, and a second person. */
    @BeforeEach
    void addPerson() throws Exception {
        database = FreshDatabase.migrated();
        run(database, "SELECT alexa.register_client('alexa', 'Alexa', ARRAY['https://a.example/cb'])", true);
        for (String name : List.of("anna", "bert")) {
            run(
                    database,
                    "SELECT alexa.add_account('" + name + "', '" + PasswordHash.of("secret", TestDatabase.FEW_ROUNDS)
                            + "')",
                    true);
            run(
                    database,
                    "WITH l AS (INSERT INTO alexa.link (link_id, client_id, subject, scope, account_id)"
                            + " SELECT md5('" + name + "')::uuid, 'alexa', username, '{music.read}', account_id"
                            + " FROM alexa.account WHERE username = '" + name + "'),"
                            + " c AS (INSERT INTO alexa.authorization_code (link_id, code_hash, client_id, redirect_uri, subject,"
                            + " scope, expires_at, account_id, password_changed_at)"
                            + " SELECT md5('" + name
                            + "')::uuid, sha256('c'), 'alexa', 'https://a.example/cb', username,"
                            + " '{music.read}', now() + interval '1 minute', account_id, password_changed_at"
                            + " FROM alexa.account WHERE username = '" + name + "'),"
                            + " a AS (INSERT INTO alexa.access_token (minted_at, link_id, token_hash, expires_at)"
                            + " SELECT now(), md5('" + name + "')::uuid, sha256('a'), now() + interval '1 hour')"
                            + " INSERT INTO alexa.audit_event (event, client_id, link_id, subject)"
                            + " VALUES ('code_redeemed', 'alexa', md5('" + name + "')::uuid, '" + name + "'),"
                            + " ('refreshed_in_grace', 'alexa', md5('" + name + "')::uuid, NULL)",
                    true);
            run(
                    database,
                    "INSERT INTO alexa.refresh_token (link_id, token_hash) VALUES (md5('" + name
                            + "')::uuid, sha256('r'))",
                    true);
        }
    }

    @Test
    void the_export_has_every_personal_column_but_the_hash_of_the_password() throws Exception {
        JSONObject export = export("ANNA");
        List<String> columns = personalColumns();
        assertThat(columns).hasSizeGreaterThan(40).contains("link.subject", "access_token.issued_at");
        for (String column : columns) {
            String table = column.substring(0, column.indexOf('.'));
            Set<String> keys = new TreeSet<>();
            Object part = export.get(IN_THE_EXPORT.get(table));
            if (part instanceof JSONArray rows) {
                assertThat(rows).as(table).isNotEmpty();
                keys.addAll(rows.getJSONObject(0).keySet());
                rows.forEach(row -> keys.addAll(((JSONObject) row).keySet()));
            } else {
                keys.addAll(((JSONObject) part).keySet());
            }
            if (column.equals("account.password_hash")) {
                assertThat(keys).doesNotContain("password_hash");
            } else {
                assertThat(keys).as(column).contains(column.substring(column.indexOf('.') + 1));
            }
        }
        assertThat(export.toString()).doesNotContain("bert", "hash", "$1$");
        assertThat(export.getJSONArray("events"))
                .as("with those that only name the link")
                .hasSize(3);
    }

    @Test
    void an_erased_person_is_in_no_column_of_any_table() throws Exception {
        Object before = ask(database, "SELECT count(*) FROM alexa.audit_event");
        assertThat(whereItStands("anna")).contains("account.username", "link.subject", "audit_event.subject");
        run(database, "SELECT alexa.erase_user('anna')", true);
        assertThat(whereItStands("anna")).isEmpty();
        assertThat(whereItStands("bert")).contains("account.username", "link.subject", "audit_event.subject");
        assertThatThrownBy(() -> export("anna")).hasMessageContaining("nothing is stored about this person");
        assertThat(ask(database, "SELECT count(*) - 2 FROM alexa.audit_event"))
                .as("its events and that of the deletion stay, without the name")
                .isEqualTo(before);
        assertThat(ask(database, "SELECT count(*) FROM alexa.refresh_token WHERE link_id = md5('anna')::uuid"))
                .isEqualTo("0");
    }

    @Test
    void a_renamed_person_is_found_by_the_new_name_alone_and_erased_by_it() throws Exception {
        for (String rename : List.of(
                "SELECT alexa.rename_account('ANNA', 'anna.smith')",
                "UPDATE alexa.account SET username = 'anna.jones' WHERE username = 'anna.smith'")) {
            run(database, rename, true);
        }
        assertThat(whereItStands("anna")).as("exactly this name").isEmpty();
        assertThat(whereItStands("anna.smith")).isEmpty();
        assertThat(whereItStands("anna.jones")).contains("account.username", "link.subject", "audit_event.subject");
        assertThat(
                        ask(
                                database,
                                "SELECT string_agg(event || ' ' || subject, ', ') FROM alexa.audit_event WHERE event = 'account_renamed'"))
                .isEqualTo("account_renamed anna.jones, account_renamed anna.jones");
        assertThat(ask(database, "SELECT state FROM alexa.linked WHERE subject = 'anna.jones'"))
                .isEqualTo("live");
        assertThatThrownBy(() -> run(database, "SELECT alexa.rename_account('anna.jones', 'BERT')", true))
                .hasMessageContaining("account \"BERT\" exists already");
        run(database, "SELECT alexa.rename_account('anna.jones', 'Anna.Jones')", true);
        run(database, "SELECT alexa.erase_user('anna.jones')", true);
        assertThat(ask(
                        database,
                        "SELECT count(*) FROM alexa.audit_event WHERE subject ILIKE 'anna%' OR reason ILIKE '%anna%'"))
                .isEqualTo("0");
    }

    @Test
    void deleting_an_account_by_function_or_by_hand_ends_its_links_and_leaves_an_event() throws Exception {
        run(database, "SELECT alexa.delete_account('Anna')", true);
        run(database, "DELETE FROM alexa.account WHERE username = 'bert'", true);
        for (String name : List.of("anna", "bert")) {
            assertThat(ask(database, "SELECT revoked_because FROM alexa.link WHERE subject = '" + name + "'"))
                    .isEqualTo("account_deleted");
            assertThat(ask(
                            database,
                            "SELECT redeemed_at IS NOT NULL FROM alexa.authorization_code WHERE subject = '" + name
                                    + "'"))
                    .isEqualTo("t");
            assertThat(ask(
                            database,
                            "SELECT count(*) FROM alexa.audit_event WHERE event = 'account_deleted' AND subject = '"
                                    + name + "'"))
                    .isEqualTo("1");
        }
        assertThatThrownBy(() -> run(database, "SELECT alexa.delete_account('anna')", true))
                .hasMessageContaining("there is no account \"anna\"");
    }

    private JSONObject export(String subject) throws SQLException {
        return new JSONObject(ask(database, "SELECT alexa.export_user('" + subject + "')"));
    }

    private List<String> personalColumns() throws SQLException {
        return List.of(ask(
                        database,
                        "SELECT string_agg(c.relname || '.' || a.attname, ' ' ORDER BY c.relname, a.attnum) FROM pg_class c"
                                + " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.relnamespace = 'alexa'::regnamespace"
                                + " AND NOT c.relispartition AND col_description(c.oid, a.attnum) LIKE '%[personal%'")
                .split(" ", -1));
    }

    /** The text columns in which a value is this word or contains it. */
    private List<String> whereItStands(String name) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Connection connection = as(FreshDatabase.SUPERUSER, database).getConnection();
                Statement statement = connection.createStatement();
                Statement look = connection.createStatement();
                ResultSet column =
                        statement.executeQuery("SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a"
                                + " ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relnamespace = 'alexa'::regnamespace"
                                + " AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
                                + " AND a.atttypid IN ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype)")) {
            while (column.next()) {
                try (ResultSet hit = look.executeQuery("SELECT count(*) FROM alexa." + column.getString(1)
                        + " WHERE concat(' ', " + column.getString(2) + "::text, ' ') LIKE '% " + name + " %'")) {
                    hit.next();
                    if (hit.getInt(1) > 0) {
                        found.add(column.getString(1) + "." + column.getString(2));
                    }
                }
            }
        }
        return found;
    }
}
