package io.github.alexalink.schema;

import static io.github.alexalink.fixture.servers.FreshDatabase.SUPERUSER;
import static io.github.alexalink.fixture.servers.FreshDatabase.as;
import static io.github.alexalink.fixture.servers.FreshDatabase.ask;
import static io.github.alexalink.fixture.servers.FreshDatabase.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.servers.FreshDatabase;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

@DisplayName("An error of the database never prints a part of a hash, whatever the DBA types")
class HashInErrorsTest {

    private static final String SALT = "5a17ed5a17ed5a17ed5a17ed5a17ed5a";
    private static final String HASH = SALT + "$210000$" + "c0ffee99".repeat(8);

    /** Of the text 'secret': what codes, tokens and secrets of these tests hash to. */
    private static final String SHA256 = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

    private static String database;

    @BeforeAll
    static void one_row_of_each() throws Exception {
        database = FreshDatabase.migrated();
        run(
                database,
                "SELECT alexa.add_account('anna', '" + HASH + "');"
                        + "SELECT alexa.register_client('alexa', 'Alexa', ARRAY['https://a.example/cb']);"
                        + "INSERT INTO alexa.client_secret (client_id, secret_hash) VALUES ('alexa', sha256('secret'));"
                        + "INSERT INTO alexa.link (link_id, client_id, subject, scope)"
                        + " VALUES ('00000000-0000-0000-0000-000000000001', 'alexa', 'anna', '{music.read}');"
                        + "INSERT INTO alexa.refresh_token (link_id, token_hash)"
                        + " VALUES ('00000000-0000-0000-0000-000000000001', sha256('secret'));"
                        + "INSERT INTO alexa.authorization_code (link_id, code_hash, client_id, redirect_uri, subject, scope, expires_at)"
                        + " VALUES ('00000000-0000-0000-0000-000000000001', sha256('secret'), 'alexa', 'https://a.example/cb', 'anna',"
                        + " '{music.read}', now() + interval '5 minutes');"
                        + "INSERT INTO alexa.access_token (minted_at, link_id, token_hash, expires_at)"
                        + " VALUES (now(), '00000000-0000-0000-0000-000000000001', sha256('secret'), now() + interval '1 hour')",
                true);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    SELECT alexa.add_account('', 'HASH')                             | without blanks before or behind
                    SELECT alexa.add_account('berta', NULL)                          | as Tomcat's digest.sh prints it
                    SELECT alexa.add_account('berta', 'HASH ')                       | as Tomcat's digest.sh prints it
                    SELECT alexa.add_account('ANNA', 'HASH')                         | exists already
                    SELECT alexa.add_account('berta', 'HASH', ARRAY['a b'])          | role_name_is_a_word
                    SELECT alexa.add_account('berta', 'HASH', ARRAY[NULL])           | null value in column "role_name"
                    SELECT alexa.set_password_hash('anna', 'HASHx')                  | as Tomcat's digest.sh prints it
                    SELECT alexa.set_password_hash('anna', NULL)                     | as Tomcat's digest.sh prints it
                    SELECT alexa.set_password_hash('nobody', 'HASH')                 | there is no account
                    SELECT alexa.rename_account('anna', E'a\\nb')                    | without control characters
                    INSERT INTO alexa.account (username, password_hash) VALUES ('anna', 'HASH')  | account_pkey
                    INSERT INTO alexa.account (username, password_hash) VALUES ('Anna', 'HASH')  | account_username_idx
                    INSERT INTO alexa.account (username, password_hash) VALUES ('b ', 'HASH')    | username_is_printable
                    INSERT INTO alexa.account (username, password_hash) VALUES ('b', 'HASHx')    | password_hash_is_tomcats_format
                    INSERT INTO alexa.account (password_hash) VALUES ('HASH')                    | null value in column "username"
                    INSERT INTO alexa.account VALUES ('b', 'HASH', NULL)                         | null value in column "created_at"
                    UPDATE alexa.account SET username = 'anna ' WHERE username = 'anna'          | username_is_printable
                    INSERT INTO alexa.client_secret (client_id, secret_hash) VALUES ('alexa', sha256('secret'))   | client "alexa" has this secret already
                    INSERT INTO alexa.client_secret (client_id, secret_hash) VALUES ('nobody', sha256('secret'))  | client_secret_client_id_fkey
                    UPDATE alexa.client_secret SET secret_hash = sha256('secret') WHERE secret_hash <> sha256('secret') | has this secret already
                    UPDATE alexa.client_secret SET secret_hash = substr(secret_hash, 1, 16)      | secret_hash_is_sha256
                    UPDATE alexa.refresh_token SET predecessor_hash = substr(token_hash, 1, 16)  | predecessor_hash_is_sha256
                    UPDATE alexa.refresh_token SET token_hash = substr(token_hash, 1, 16)        | token_hash_is_sha256
                    UPDATE alexa.authorization_code SET code_hash = substr(code_hash, 1, 16)     | code_hash_is_sha256
                    UPDATE alexa.authorization_code SET code_challenge = 'x'                     | code_challenge_is_s256
                    UPDATE alexa.authorization_code SET subject = ''                             | subject_is_somebody
                    UPDATE alexa.authorization_code SET scope = '{}'                             | scope_is_a_set
                    UPDATE alexa.authorization_code SET account_id = gen_random_uuid()           | account_has_a_password
                    UPDATE alexa.authorization_code SET expires_at = 'infinity'                  | lives_ten_minutes_at_max
                    UPDATE alexa.access_token SET token_hash = substr(token_hash, 1, 16)         | token_hash_is_sha256
                    UPDATE alexa.access_token SET scope = '{NULL}'                               | scope_is_a_set
                    UPDATE alexa.access_token SET expires_at = issued_at                         | lives_a_day_at_max
                    UPDATE alexa.access_token SET issued_at = issued_at - interval '40 hours', expires_at = now() - interval '38 hours' | minted_when_issued
                    """)
    void the_error_of(String statement, String words) {
        assertSays(statement.replace("HASH", HASH), words);
    }

    /** Every constraint of the schema as it is now, so also one that is added later. */
    @Test
    void every_check_of_a_table_with_a_hash_is_tried_above() throws Exception {
        assertThat(
                        ask(
                                database,
                                "SELECT string_agg(DISTINCT k.conname, ' ' ORDER BY k.conname) FROM pg_constraint k"
                                        + " WHERE k.contype = 'c' AND k.conrelid IN (SELECT a.attrelid FROM pg_attribute a"
                                        + " JOIN pg_class c ON c.oid = a.attrelid WHERE a.attname LIKE '%\\_hash'"
                                        + " AND c.relnamespace = 'alexa'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition)"))
                .isEqualTo("account_has_a_password code_challenge_is_s256 code_hash_is_sha256 lives_a_day_at_max"
                        + " lives_ten_minutes_at_max minted_when_issued password_hash_is_tomcats_format"
                        + " predecessor_hash_is_sha256 scope_is_a_set secret_hash_is_sha256 subject_is_somebody"
                        + " token_hash_is_sha256 username_is_printable");
    }

    @Test
    void a_column_that_must_not_be_null_is_named_without_its_row() throws Exception {
        Set<String> columns = new TreeSet<>();
        try (Connection connection = as(SUPERUSER, database).getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnotnull"
                                + " AND a.attnum > 0 WHERE c.relnamespace = 'alexa'::regnamespace AND c.relkind IN ('r', 'p')"
                                + " AND NOT c.relispartition AND EXISTS (SELECT FROM pg_attribute h WHERE h.attrelid = c.oid"
                                + " AND h.attname LIKE '%\\_hash')")) {
            while (row.next()) {
                columns.add(row.getString(1) + " SET " + row.getString(2));
            }
        }
        assertThat(columns).hasSizeGreaterThan(20);
        for (String column : columns) {
            assertSays("UPDATE alexa." + column + " = NULL", "null value in column");
        }
    }

    /** PostgreSQL prints the line that it could not copy. */
    @ParameterizedTest
    @ValueSource(strings = {"alexa.account (username, password_hash)", "alexa.client_secret (client_id, secret_hash)"})
    void a_copy_is_refused_before_its_first_line(String table) throws Exception {
        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            assertThatThrownBy(() -> connection
                            .unwrap(PGConnection.class)
                            .getCopyAPI()
                            .copyIn("COPY " + table + " FROM STDIN", new StringReader("berta \t" + HASH + "x\n")))
                    .hasMessageContaining("is not loaded by COPY")
                    .hasMessageContaining("COPY into a temporary table, then INSERT INTO")
                    .satisfies(HashInErrorsTest::assertHasNoHash);
        }
    }

    @Test
    void accounts_are_loaded_by_way_of_a_table_of_one_s_own() throws Exception {
        try (Connection connection = as(SUPERUSER, database).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMPORARY TABLE mine (LIKE alexa.account INCLUDING DEFAULTS)");
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn(
                            "COPY mine (username, password_hash) FROM STDIN",
                            new StringReader("carl\t" + HASH + "\ndora\t" + HASH + "\n"));
            assertThat(statement.executeUpdate("INSERT INTO alexa.account SELECT * FROM mine"))
                    .isEqualTo(2);
        }
    }

    private static void assertSays(String statement, String words) {
        assertThatThrownBy(() -> run(database, statement, false))
                .as(statement)
                .isInstanceOf(SQLException.class)
                .hasMessageContaining(words)
                .satisfies(HashInErrorsTest::assertHasNoHash);
    }

    private static void assertHasNoHash(Throwable error) {
        assertThat(error.getMessage())
                .doesNotContain(SALT.substring(0, 6))
                .doesNotContain(HASH.substring(HASH.length() - 6))
                .doesNotContain("c0ffee")
                .doesNotContain(SHA256.substring(0, 6));
    }
}
