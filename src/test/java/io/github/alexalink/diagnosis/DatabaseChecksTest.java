package io.github.alexalink.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.Pasted;
import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.store.Database;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.postgresql.ds.PGSimpleDataSource;

/** CheckRoomIT builds every fault, and runs the lines to paste in a shell. */
@DisplayName("The checks in the database: a cause is named alone, with the line to paste")
class DatabaseChecksTest {

    private static String database;

    @BeforeAll
    static void withClient() throws Exception {
        database = FreshDatabase.migrated();
        FreshDatabase.ask(
                database,
                "SELECT client_secret FROM alexa.register_client(client_id => 'alexa', display_name => 'Amazon Alexa',"
                        + " redirect_uris => ARRAY['https://pitangui.amazon.com/api/skill/link/M2EXAMPLE',"
                        + "'https://layla.amazon.com/api/skill/link/M2EXAMPLE','https://alexa.amazon.co.jp/api/skill/link/M2EXAMPLE'])");
    }

    private static List<Finding> attention(PGSimpleDataSource login) {
        return new DatabaseChecks(new Database(login))
                .findings().stream()
                        .filter(finding -> finding.severity().needsAttention())
                        .toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            database-read-only      | ALTER DATABASE :d SET default_transaction_read_only = on      | SET transaction_read_only = off; ALTER DATABASE :d RESET default_transaction_read_only | PGOPTIONS='-c default_transaction_read_only=off' psql -X -d :d -c 'ALTER DATABASE :d RESET default_transaction_read_only'
            database-schema-differs | REVOKE UPDATE (revoked_at) ON alexa.link FROM alexa_app       | GRANT UPDATE (revoked_at) ON alexa.link TO alexa_app                        | psql -X -d :d -c 'GRANT UPDATE (revoked_at) ON alexa.link TO alexa_app'
            database-rights-missing | REVOKE CONNECT ON DATABASE :d FROM PUBLIC, alexa_app          | GRANT CONNECT ON DATABASE :d TO alexa_app                                   | psql -X -d :d -c 'GRANT CONNECT ON DATABASE :d TO alexa_app'
            database-full           | ALTER DATABASE :d CONNECTION LIMIT 0                          | ALTER DATABASE :d CONNECTION LIMIT -1                                       | psql -X -d postgres -c 'ALTER DATABASE :d CONNECTION LIMIT -1'
            database-search-path    | ALTER ROLE alexa_app IN DATABASE :d SET search_path = public  | ALTER ROLE alexa_app IN DATABASE :d RESET search_path                       | 'ALTER ROLE alexa_app IN DATABASE :d RESET search_path'
            redirect-uri-missing    | UPDATE alexa.client_redirect_uri SET redirect_uri = concat(redirect_uri, '%20') | UPDATE alexa.client_redirect_uri SET redirect_uri = replace(redirect_uri, '%20', '') | sudo java -jar alexa.war client uris alexa --alexa-vendor M2EXAMPLE
            """)
    void a_fault_is_named_alone(String id, String build, String mend, String line) throws Exception {
        FreshDatabase.run(database, of(build), true);
        try {
            List<Finding> findings = attention(FreshDatabase.as("alexa_app", database));
            assertThat(findings).extracting(Finding::id).containsExactly(id);
            assertThat(findings.get(0).cure()).contains(of(line));
        } finally {
            FreshDatabase.run(database, of(mend), true);
        }
        assertThat(attention(FreshDatabase.as("alexa_app", database))).isEmpty();
    }

    /** Roles of this test's own: alexa_app is the one of all tests of this server. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            database-login-refused  | NOLOGIN                    | psql -X -d postgres -c 'ALTER ROLE \"checks of it'\\''s\" LOGIN'
            database-full           | LOGIN CONNECTION LIMIT 0   | psql -X -d postgres -c 'ALTER ROLE \"checks of it'\\''s\" CONNECTION LIMIT -1'
            """)
    void a_limit_of_the_role_is_named_with_the_line_that_takes_it_away(String id, String limit, String line)
            throws Exception {
        String role = "checks of it's";
        FreshDatabase.run(database, "CREATE ROLE \"" + role + "\" PASSWORD 'p' " + limit, true);
        try {
            PGSimpleDataSource login = FreshDatabase.as("alexa_app", database);
            login.setUser(role);
            login.setPassword("p");
            List<Finding> findings = attention(login);
            assertThat(findings).extracting(Finding::id).containsExactly(id);
            assertThat(findings.get(0).cure()).contains(line).doesNotContain("pg_hba", "max_connections");
            Pasted.isGood(findings.get(0).cure());
        } finally {
            FreshDatabase.run(database, "DROP ROLE \"" + role + "\"", true);
        }
    }

    @ParameterizedTest
    @FieldSource("HOSTILE")
    void commands_of_a_shell_in_the_name_of_a_role_or_a_database_get_into_no_line_to_paste(String text)
            throws Exception {
        PGSimpleDataSource login = FreshDatabase.as("alexa_app", database);
        login.setUser(text);
        for (Finding finding : attention(login)) {
            Pasted.isGood(finding.cure());
            assertThat(finding.cure()).contains("alexa.db.user names another role than alexa_app");
        }
        login = FreshDatabase.as("alexa_app", database);
        login.setDatabaseName(text);
        for (Finding finding : attention(login)) {
            Pasted.isGood(finding.cure());
        }
        Pasted.isGood(new Psql(text).run("SELECT 1") + "\n" + new Psql(text).write("SELECT 1"));
    }

    @Test
    void a_host_that_nobody_knows_is_to_be_corrected_in_the_settings() {
        PGSimpleDataSource login = FreshDatabase.as("alexa_app", database);
        login.setServerNames(new String[] {"nobody-of-this-name.invalid"});
        List<Finding> findings = attention(login);
        assertThat(findings).extracting(Finding::id).containsExactly("database-unreachable");
        assertThat(findings.get(0).cure())
                .contains("correct the name in alexa.db.url")
                .doesNotContain("systemctl");
        assertThat(findings.toString()).doesNotContain("nobody-of-this-name");
    }

    static final List<String> HOSTILE = Pasted.HOSTILE;

    @ParameterizedTest
    @CsvSource({
        "a lock is waited for too long, -c lock_timeout=300",
        "a statement takes too long, -c lock_timeout=0 -c statement_timeout=300",
        "a request takes too long, -c lock_timeout=0 -c statement_timeout=0"
    })
    void a_database_that_is_only_slow_is_not_called_away(String what, String options) throws Exception {
        PGSimpleDataSource login = FreshDatabase.as("alexa_app", database);
        login.setOptions(options);
        try (Connection dba =
                        FreshDatabase.as(FreshDatabase.SUPERUSER, database).getConnection();
                Statement statement = dba.createStatement()) {
            dba.setAutoCommit(false);
            statement.execute("LOCK TABLE alexa.client IN ACCESS EXCLUSIVE MODE");
            assertThat(attention(login)).as(what).singleElement().satisfies(slow -> {
                assertThat(slow.id()).isEqualTo("database-slow");
                assertThat(slow.severity()).isEqualTo(Severity.ERROR);
                assertThat(slow.cure()).contains("pg_blocking_pids", "df -h").doesNotContain("systemctl");
            });
            dba.rollback();
        }
    }

    private static String of(String text) {
        return text.replace(":d", database);
    }

    @Test
    void a_password_that_is_refused_is_not_shown() {
        PGSimpleDataSource login = FreshDatabase.as("alexa_app", database);
        login.setPassword("not the password");
        List<Finding> findings = attention(login);
        assertThat(findings).extracting(Finding::id).containsExactly("database-password-wrong");
        assertThat(findings.toString()).doesNotContain("not the password", "127.0.0.1");
    }

    @Test
    void a_database_of_a_name_with_a_blank_and_a_quotation_mark_is_named_in_a_line_that_a_shell_takes() {
        Psql psql = new Psql("it's \"mine\"");
        assertThat(psql.run("SELECT 'a'")).isEqualTo("    psql -X -d 'it'\\''s \"mine\"' -c 'SELECT '\\''a'\\'''");
        assertThat(psql.identifier()).isEqualTo("\"it's \"\"mine\"\"\"");
    }
}
