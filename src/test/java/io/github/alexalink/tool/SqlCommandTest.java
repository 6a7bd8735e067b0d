package io.github.alexalink.tool;

import static io.github.alexalink.fixture.servers.FreshDatabase.ask;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("java -jar alexa.war sql … | psql")
class SqlCommandTest {

    /**
     * Every object with its comment and rights, as the migrations noted them, and every function's text. What is made in one
     * transaction is noted with the first of its versions.
     */
    private static final String ALL_OF_IT =
            "SELECT md5((SELECT string_agg(j, E'\\n' ORDER BY j) FROM alexa.inventory i, concat(to_jsonb(i) - 'since') AS j)"
                    + " || (SELECT string_agg(pg_get_functiondef(p.oid), '' ORDER BY p.oid::regprocedure::text) FROM pg_proc p"
                    + " WHERE p.pronamespace = 'alexa'::regnamespace)"
                    + " || (SELECT string_agg(concat(d.objoid::regclass, d.description), '' ORDER BY d.objoid::regclass::text, d.objsubid)"
                    + " FROM pg_description d JOIN pg_class c ON c.oid = d.objoid WHERE c.relnamespace = 'alexa'::regnamespace"
                    + " AND d.classoid = 'pg_class'::regclass)"
                    + " || (SELECT string_agg(s::text, '' ORDER BY s::text) FROM alexa.scope_description s))";

    private static String byTheFiles;

    @Test
    void install_makes_what_the_files_make_and_verify_finds_it_well() throws Exception {
        String database = TestDatabase.create("schema", "");
        assertThat(psql(database, Answer.to("sql", "install").out()))
                .contains(
                        "Alexa Link is installed in database " + database + ", at schema version " + Scripts.newest());
        assertThat(ask(database, ALL_OF_IT)).isEqualTo(ask(byTheFiles(), ALL_OF_IT));
        assertThat(psql(database, Answer.to("sql", "verify").out()))
                .contains("tables: as they should be")
                .doesNotContain("SET\n", "DO\n");
        FreshDatabase.run(database, "REVOKE SELECT ON alexa.account_role FROM alexa_app", true);
        assertThat(refused(database, Answer.to("sql", "verify").out()))
                .as("psql's status without ON_ERROR_STOP of its own")
                .contains("alexa_app lacks a right");
    }

    @Test
    void verify_in_the_database_that_every_server_has_says_which_one_to_name() throws Exception {
        assertThat(refused("postgres", Answer.to("sql", "verify").out()))
                .contains("Alexa Link is not in database postgres", "-d alexa names it")
                .doesNotContain("install");
    }

    @Test
    void upgrade_from_1_makes_what_install_makes() throws Exception {
        String database = TestDatabase.create("schema", "");
        for (String file : List.of("roles.sql", "migrations/V1__tables.sql")) {
            psql(database, "", "-1", "-f", TestDatabase.SQL.resolve(file).toString());
        }
        psql(database, Answer.to("sql", "upgrade", "--from", "1").out());
        assertThat(ask(database, ALL_OF_IT)).isEqualTo(ask(byTheFiles(), ALL_OF_IT));
        assertThat(refused(database, Answer.to("sql", "upgrade", "--from", "1").out()))
                .contains("nothing was done: V2__administration.sql follows version 1, and this schema has 3");
    }

    /** As a DBA may do by habit; psql takes -1 with -f only. */
    @Test
    void install_works_in_a_transaction_of_psqls_own() throws Exception {
        String database = TestDatabase.create("schema", "");
        psql(database, Answer.to("sql", "install").out(), "-1", "-f", "-");
        FreshDatabase.verify(database);
    }

    @ParameterizedTest
    @CsvSource({
        "3, schema version 3 is not older than this WAR, there is nothing to do",
        "4, schema version 4 is not older than this WAR, take the WAR that made it",
        "0, the first schema version is 1, java -jar alexa.war sql install"
    })
    void upgrade_from_a_version_that_cannot_be_prints_no_sql(String from, String why, String cure) {
        Answer answer = Answer.to("sql", "upgrade", "--from", from);
        assertThat(answer.status()).isEqualTo(1);
        assertThat(answer.out()).isEmpty();
        assertThat(answer.err()).startsWith(why).contains(cure);
    }

    @Test
    void a_migration_that_runs_outside_a_transaction_is_put_outside() throws Exception {
        String example = Files.readString(Path.of("src/test/resources/sql/migrations/V4__example.sql"));
        assertThat(Scripts.withinTransaction(example)).startsWith("COMMIT;\n").endsWith("\nBEGIN;");
        String ours = Scripts.read("migrations/V2__administration.sql");
        assertThat(Scripts.withinTransaction(ours)).isEqualTo(ours.strip());
    }

    /** A database as a DBA installs it, with the files of the repository. */
    private static synchronized String byTheFiles() throws Exception {
        if (byTheFiles == null) {
            String database = TestDatabase.create("schema", "");
            psql(database, "", "-f", TestDatabase.SQL.resolve("install.sql").toString());
            byTheFiles = database;
        }
        return byTheFiles;
    }

    private static String psql(String database, String script, String... options) throws Exception {
        return psql(database, script, 0, options);
    }

    private static String refused(String database, String script) throws Exception {
        return psql(database, script, 3);
    }

    private static String psql(String database, String script, int status, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("psql", "-X"));
        command.addAll(List.of(options));
        command.add(TestDatabase.shared().libpqUri(database));
        Process psql;
        try {
            psql = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException none) {
            LeftOut.because("no psql here: apt-get install postgresql-client takes what sql prints, as a DBA does");
            throw none;
        }
        // it stops reading at the first error
        Thread writer = new Thread(() -> {
            try (OutputStream in = psql.getOutputStream()) {
                in.write(script.getBytes(StandardCharsets.UTF_8));
            } catch (IOException ended) {
                // its status says whether it should have
            }
        });
        writer.start();
        String printed = new String(psql.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        writer.join();
        assertThat(psql.waitFor()).as(printed).isEqualTo(status);
        return printed;
    }
}
