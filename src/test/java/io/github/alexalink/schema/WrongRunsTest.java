package io.github.alexalink.schema;

import static io.github.alexalink.fixture.servers.FreshDatabase.ask;
import static io.github.alexalink.fixture.servers.FreshDatabase.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A DBA runs a file wrongly by psql: it does nothing and says the line to type")
class WrongRunsTest {

    private static final String V1 = "migrations/V1__tables.sql";
    private static final String V2 = "migrations/V2__administration.sql";
    private static final String V3 = "migrations/V3__upkeep.sql";

    /** A .psqlrc as DBAs have it, and none. */
    private static final List<String> HABITS = List.of(
            "",
            "\\set AUTOCOMMIT off\n",
            "\\set ON_ERROR_ROLLBACK on\n",
            "\\set ON_ERROR_STOP on\n",
            "\\set AUTOCOMMIT off\n\\set ON_ERROR_ROLLBACK on\n");

    @TempDir
    static Path home;

    @BeforeAll
    static void unlessPsql() throws InterruptedException {
        try {
            new ProcessBuilder("psql", "--version").start().waitFor();
        } catch (IOException none) {
            LeftOut.because("no psql here: apt-get install postgresql-client runs the files as a DBA does");
        }
    }

    @Tag("thorough")
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    migrations/V1__tables.sql         | roles.sql has not been run in database DB   | psql -X -v ON_ERROR_STOP=1 -d DB -f sql/roles.sql comes first
                    migrations/V2__administration.sql | V2__administration.sql follows V1__tables.sql, and Alexa Link is not in database DB | psql -X -d DB -f sql/install.sql
                    migrations/V3__upkeep.sql         | V3__upkeep.sql follows V2__administration.sql, and Alexa Link is not in database DB | psql -X -d DB -f sql/install.sql
                    verify.sql                        | Alexa Link is not in database DB            | psql -X -d DB -f sql/install.sql
                    """)
    void a_file_in_a_database_without_the_one_before_it(String file, String words, String hint) throws Exception {
        for (String psqlrc : HABITS) {
            String database = TestDatabase.create("schema", "");
            String before = everything(database);
            String said = psql(database, psqlrc, Map.of(), "-1", "-f", file);
            assertThat(said).as(psqlrc).contains(words.replace("DB", database)).contains(hint.replace("DB", database));
            assertThat(everything(database)).as(psqlrc).isEqualTo(before);
        }
    }

    @Test
    void files_in_the_wrong_order_or_twice() throws Exception {
        String database = FreshDatabase.empty();
        psql(database, "", Map.of(), "-1", "-v", "ON_ERROR_STOP=1", "-f", V1);
        for (String psqlrc : HABITS) {
            String before = everything(database);
            assertThat(psql(database, psqlrc, Map.of(), "-1", "-f", V3))
                    .contains("nothing was done: V3__upkeep.sql follows version 2, and this schema has 1");
            assertThat(psql(database, psqlrc, Map.of(), "-1", "-f", V1))
                    .contains("nothing was done: Alexa Link is installed in database " + database + " already");
            assertThat(everything(database)).as(psqlrc).isEqualTo(before);
        }
        psql(database, "", Map.of(), "-1", "-v", "ON_ERROR_STOP=1", "-f", V2);
        psql(database, "", Map.of(), "-1", "-v", "ON_ERROR_STOP=1", "-f", V3);
        FreshDatabase.verify(database);
        String before = everything(database);
        assertThat(psql(database, "", Map.of(), "-1", "-f", V2))
                .contains("nothing was done: V2__administration.sql follows version 1, and this schema has 3");
        assertThat(everything(database)).isEqualTo(before);
    }

    /** One ERROR among a page of CREATE TABLE, which psql goes on after: so most people type it. */
    @ParameterizedTest
    @ValueSource(strings = {V1, V2, V3})
    void a_migration_without_a_transaction(String file) throws Exception {
        String database = FreshDatabase.empty();
        for (String before : List.of(V1, V2, V3).subList(0, List.of(V1, V2, V3).indexOf(file))) {
            psql(database, "", Map.of(), "-1", "-v", "ON_ERROR_STOP=1", "-f", before);
        }
        String before = everything(database);
        for (String psqlrc : List.of("", "\\set ON_ERROR_ROLLBACK on\n", "\\set ON_ERROR_STOP on\n")) {
            assertThat(psql(database, psqlrc, Map.of(), "-f", file))
                    .contains("nothing was done: " + Path.of(file).getFileName() + " must run in one transaction")
                    .contains("psql -X -1 -v ON_ERROR_STOP=1 -d " + database + " -f sql/" + file);
            assertThat(everything(database)).as(psqlrc).isEqualTo(before);
        }
    }

    /** Each statement would be in a savepoint of its own, and what failed would be missing after the commit. */
    @Test
    void a_migration_whose_statements_can_fail_one_by_one() throws Exception {
        String database = FreshDatabase.empty();
        String said = psql(database, "\\set ON_ERROR_ROLLBACK on\n", Map.of(), "-1", "-f", V1);
        assertThat(said)
                .contains("nothing was done: the migration ran in savepoints")
                .contains("ON_ERROR_ROLLBACK off");
        assertThat(ask(database, "SELECT to_regnamespace('alexa')")).isNull();
    }

    @Tag("thorough")
    @ParameterizedTest
    @ValueSource(strings = {"roles.sql", V1, "install.sql"})
    void a_database_that_is_not_utf8(String file) throws Exception {
        for (String encoding : List.of("LATIN1", "SQL_ASCII", "EUC_JP")) {
            String database = TestDatabase.create(
                    "schema", "ENCODING " + encoding + " LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
            for (String psqlrc : HABITS) {
                String before = everything(database);
                assertThat(psql(database, psqlrc, Map.of(), "-1", "-f", file))
                        .contains("nothing was done: database " + database + " is " + encoding + " and not UTF8")
                        .contains("createdb -E UTF8 -T template0 alexa");
                assertThat(everything(database)).as(psqlrc).isEqualTo(before);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"roles.sql", V1, "install.sql"})
    void a_database_of_postgresql_itself(String file) throws Exception {
        for (String psqlrc : HABITS) {
            String before = everything("template1");
            assertThat(psql("template1", psqlrc, Map.of(), "-1", "-f", file))
                    .contains("nothing was done: this is database template1, which is not for applications")
                    .contains("createdb -E UTF8 -T template0 alexa");
            assertThat(everything("template1")).as(psqlrc).isEqualTo(before);
        }
    }

    @Test
    void a_role_without_rights() throws Exception {
        String database = FreshDatabase.migrated();
        String nobody = TestDatabase.unique("nobody").replace('-', '_');
        TestDatabase.change("CREATE ROLE " + nobody + " LOGIN PASSWORD '" + TestDatabase.APP_PASSWORD + "'");
        run(database, "GRANT CONNECT ON DATABASE " + database + " TO " + nobody, true);
        String before = everything(database);
        Map<String, String> as = Map.of("PGUSER", nobody, "PGPASSWORD", TestDatabase.APP_PASSWORD);
        String grant = "GRANT alexa_owner TO " + nobody;
        assertThat(psql(database, "", as, "-f", "roles.sql"))
                .contains("nothing was done: " + nobody + " does not own database " + database)
                .contains("ALTER DATABASE " + database + " OWNER TO " + nobody);
        assertThat(psql(database, "", as, "-1", "-f", V1))
                .contains("is not a member of alexa_owner")
                .contains(grant);
        assertThat(psql(database, "", as, "-1", "-f", V3))
                .contains("is not a member of alexa_owner")
                .contains(grant);
        assertThat(psql(database, "", as, "-f", "verify.sql"))
                .contains("is not a member of alexa_owner")
                .contains(grant);
        assertThat(psql(database, "", as, "-f", "undo.sql"))
                .contains("nothing was done: schema alexa belongs to alexa_owner, and " + nobody + " may not drop it")
                .contains(grant);
        assertThat(everything(database)).isEqualTo(before);

        run(database, "ALTER DATABASE " + database + " OWNER TO " + nobody, true);
        before = everything(database);
        assertThat(psql(database, "", as, "-f", "roles.sql"))
                .contains("nothing was done: role alexa_owner exists already, and " + nobody + " cannot become it")
                .contains(grant);
        assertThat(everything(database)).isEqualTo(before);
    }

    @Test
    void a_schema_alexa_that_others_have_made() throws Exception {
        String database = FreshDatabase.empty();
        run(database, "CREATE SCHEMA alexa AUTHORIZATION pg_monitor", true);
        String before = everything(database);
        assertThat(psql(database, "\\set ON_ERROR_ROLLBACK on\n", Map.of(), "-1", "-f", V1))
                .contains("nothing was done: pg_monitor owns a schema alexa in database " + database)
                .contains("DROP SCHEMA alexa CASCADE");
        assertThat(everything(database)).isEqualTo(before);
        run(database, "ALTER SCHEMA alexa OWNER TO alexa_owner; CREATE TABLE alexa.song (title text)", true);
        before = everything(database);
        assertThat(psql(database, "", Map.of(), "-1", "-f", V1))
                .contains("is not empty: song")
                .contains("use another database");
        assertThat(everything(database)).isEqualTo(before);
        run(database, "ALTER TABLE alexa.song SET SCHEMA public", true);
        assertThat(psql(database, "", Map.of(), "-f", "install.sql")).contains("Alexa Link is installed");
    }

    /** roles.sql and undo.sql are one statement each. */
    @Tag("thorough")
    @Test
    void a_file_that_is_one_statement_needs_no_option() throws Exception {
        for (String psqlrc : HABITS) {
            String database = TestDatabase.create("schema", "");
            String commit = psqlrc.contains("AUTOCOMMIT") ? "-1" : "-q";
            psql(database, psqlrc, Map.of(), commit, "-f", "roles.sql");
            for (String file : List.of(V1, V2, V3)) {
                psql(database, "", Map.of(), "-1", "-v", "ON_ERROR_STOP=1", "-f", file);
            }
            FreshDatabase.verify(database);
            psql(database, psqlrc, Map.of(), commit, "-f", "undo.sql");
            assertThat(ask(database, "SELECT to_regnamespace('alexa')"))
                    .as(psqlrc)
                    .isNull();
        }
    }

    /** The encodings that consoles of Windows and older Unix machines have. */
    @Tag("thorough")
    @ParameterizedTest
    @ValueSource(strings = {"WIN1252", "SJIS", "LATIN1", "EUC_JP", "WIN1256", "SQL_ASCII"})
    void the_console_s_encoding_changes_no_letter(String encoding) throws Exception {
        String database = TestDatabase.create("schema", "");
        Map<String, String> console = Map.of("PGCLIENTENCODING", encoding);
        assertThat(psql(database, "", console, "-f", "install.sql")).contains("Alexa Link is installed");
        psql(database, "", console, "-v", "ON_ERROR_STOP=1", "-f", "verify.sql");
        assertThat(
                        ask(
                                database,
                                "SELECT description FROM alexa.scope_description WHERE scope = 'music.read' AND language = 'ja'"))
                .isEqualTo("音楽ライブラリの閲覧");
        assertThat(
                        ask(
                                database,
                                "SELECT description FROM alexa.scope_description WHERE scope = 'music.read' AND language = 'fr'"))
                .isEqualTo("Consulter votre bibliothèque musicale");
    }

    /** pgAdmin and DBeaver send a whole file as one query, which PostgreSQL runs in one transaction. */
    @Test
    void a_graphical_client_that_sends_each_file_as_one_query_installs_it() throws Exception {
        String database = TestDatabase.create("schema", "");
        for (String file : List.of("roles.sql", V1, V2, V3, "verify.sql")) {
            psql(
                    database,
                    "",
                    Map.of(),
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-c",
                    Files.readString(TestDatabase.SQL.resolve(file)));
        }
        FreshDatabase.verify(database);
    }

    /** What a file could have changed: objects of the schema, rights and settings. */
    private static String everything(String database) throws SQLException {
        return ask(
                database,
                "SELECT concat((SELECT string_agg(concat(c.relname, c.relowner, c.relacl), ',' ORDER BY c.oid) FROM pg_class c"
                        + " WHERE c.relnamespace = to_regnamespace('alexa')),"
                        + " (SELECT string_agg(concat(p.proname, p.proacl), ',' ORDER BY p.oid) FROM pg_proc p"
                        + " WHERE p.pronamespace = to_regnamespace('alexa')),"
                        + " (SELECT nspacl FROM pg_namespace WHERE nspname = 'public'), (SELECT nspacl FROM pg_namespace WHERE nspname = 'alexa'),"
                        + " (SELECT datacl FROM pg_database WHERE datname = current_database()),"
                        + " (SELECT string_agg(m::text, ',') FROM pg_auth_members m),"
                        + " (SELECT string_agg(d::text, ',') FROM pg_default_acl d),"
                        + " (SELECT string_agg(rolname, ',' ORDER BY oid) FROM pg_roles WHERE rolname LIKE 'alexa%'),"
                        + " (SELECT string_agg(s.setconfig::text, ',' ORDER BY s.setrole) FROM pg_db_role_setting s))");
    }

    private static String psql(String database, String psqlrc, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        Files.writeString(home.resolve(".psqlrc"), psqlrc);
        List<String> command = new ArrayList<>(List.of("psql"));
        command.addAll(List.of(arguments));
        String uri = TestDatabase.shared().libpqUri(database);
        command.add(
                environment.containsKey("PGUSER")
                        ? uri.replaceAll("//[^@]*@", "//").replaceAll("\\?.*", "")
                        : uri);
        ProcessBuilder psql =
                new ProcessBuilder(command).directory(TestDatabase.SQL.toFile()).redirectErrorStream(true);
        psql.environment().put("PSQLRC", home.resolve(".psqlrc").toString());
        psql.environment().putAll(environment);
        Process process = psql.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }
}
