package io.github.alexalink.tool;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.OtherMajor;
import io.github.alexalink.fixture.servers.Postgres;
import io.github.alexalink.fixture.servers.Private;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TarballTomcat;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.ToolRun;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("thorough")
@DisplayName("java -jar alexa.war setup, with a Tomcat from its distribution and a PostgreSQL over TCP")
class SetupIT {

    private static final String PASSWORD = "correct horse battery staple";
    private static final String VENDOR = "M2TESTVENDOR";
    private static final Path DATA = Path.of(
                    "target", "test-postgres", ProcessHandle.current().pid() + "-setup")
            .toAbsolutePath();

    private static Postgres postgres;

    private TarballTomcat tomcat;

    @BeforeAll
    static void startServer() throws Exception {
        postgres = Postgres.startEmpty(DATA);
        // so that the number of the next transaction tells whether anything was written
        asSuperuser("postgres", "ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()", "DROP DATABASE alexa");
    }

    @AfterAll
    static void stopServer() throws Exception {
        postgres.close();
    }

    @AfterEach
    void leaveNothing() throws Exception {
        if (tomcat != null) {
            tomcat.close();
        }
        empty(postgres);
    }

    @Test
    void an_ordinary_user_sets_up_links_and_finds_all_there_the_second_time() throws Exception {
        tomcat = TarballTomcat.prepare("base").start();
        String[] options = setup();
        ToolRun done = run(options);
        assertThat(done.exit()).as(done.toString()).isZero();
        assertThat(done.out()).contains("/alexa/health is ok");
        linksAs("anna");
        String secret = Files.readString(secretFile()).strip();
        assertThat(done.arguments()).contains("-jar").doesNotContain(postgres.superuserPassword(), PASSWORD, secret);
        assertThat(done.out() + done.err()).doesNotContain(postgres.superuserPassword(), PASSWORD, secret);
        assertThat(rights(tomcat.base().resolve("conf/alexa.db.password"))).isEqualTo("rw-r-----");
        assertThat(rights(secretFile())).isEqualTo("rw-------");

        Map<String, String> files = tomcat.files();
        String clients = ask("alexa", "SELECT string_agg(secret_hash::text, ' ') FROM alexa.client_secret");
        ToolRun again = run(options);
        assertThat(again.exit()).as(again.toString()).isZero();
        assertThat(again.out()).doesNotContain("will be");
        assertThat(tomcat.files()).isEqualTo(files);
        assertThat(ask("alexa", "SELECT string_agg(secret_hash::text, ' ') FROM alexa.client_secret"))
                .isEqualTo(clients);
        linksAs("anna");
    }

    @Test
    void a_plan_shows_the_sql_and_the_files_and_changes_nothing() throws Exception {
        tomcat = TarballTomcat.prepare("base").start();
        String transaction = transaction();
        Map<String, String> files = tomcat.files();
        List<String> plan = new ArrayList<>(List.of(setup()));
        plan.add("--plan");

        ToolRun planned = run(plan.toArray(String[]::new));
        assertThat(planned.exit()).as(planned.toString()).isZero();
        assertThat(planned.out())
                .contains("CREATE DATABASE alexa ENCODING 'UTF8'", "CREATE TABLE alexa.client", "alexa.add_account(")
                .endsWith("Nothing was changed.\n");
        assertThat(tomcat.files()).isEqualTo(files);
        assertThat(transaction()).isEqualTo(transaction);
    }

    @Test
    void the_password_file_of_libpq_serves_as_well() throws Exception {
        tomcat = TarballTomcat.prepare("base");
        Path pgpass = password("pgpass", "127.0.0.1:*:*:postgres:" + postgres.superuserPassword());
        Files.setPosixFilePermissions(pgpass, PosixFilePermissions.fromString("rw-------"));
        refused(run(Map.of("PGPASSFILE", pgpass.toString()), setup()), "no lib/catalina.jar", "CATALINA_HOME=DIR java");
        ToolRun done = run(
                Map.of(
                        "PGPASSFILE",
                        pgpass.toString(),
                        "CATALINA_HOME",
                        tomcat.home().toString()),
                setup());
        assertThat(done.exit()).as(done.toString()).isZero();
        assertThat(done.out()).contains("Tomcat does not run: start it");
        tomcat.start();
        assertThat(tomcat.answers("/alexa/health", 200)).isTrue();
    }

    static List<OtherMajor> majors() throws IOException {
        return OtherMajor.here().stream().filter(major -> major.major() >= 15).toList();
    }

    @ParameterizedTest
    @MethodSource("majors")
    void a_role_with_createdb_and_createrole_is_enough(OtherMajor major) throws Exception {
        tomcat = TarballTomcat.prepare("base");
        Path data = major.data("setup");
        Postgres managed = major.startEmpty(data);
        try {
            try (Connection connection = superuser(managed, "postgres");
                    Statement statement = connection.createStatement()) {
                statement.execute("DROP DATABASE alexa; ");
                statement.execute("CREATE ROLE cloud LOGIN CREATEDB CREATEROLE PASSWORD 'of cloud';"
                        + " REVOKE ALL ON DATABASE postgres FROM PUBLIC; GRANT CONNECT ON DATABASE postgres TO cloud;"
                        + " REVOKE ALL ON SCHEMA public FROM PUBLIC");
            }
            String[] options = setup("--db", "postgresql://cloud@127.0.0.1:" + managed.port() + "/alexa");
            Map<String, String> environment = Map.of(
                    "PGPASSWORD", "of cloud", "CATALINA_HOME", tomcat.home().toString());
            ToolRun done = run(environment, options);
            assertThat(done.exit()).as(done.toString()).isZero();
            assertThat(done.out())
                    .contains("only a superuser")
                    .contains("ALTER ROLE alexa_app SET log_parameter_max_length = '0'")
                    .contains("ALTER ROLE alexa_app SET lc_messages = 'C'");
            ToolRun again = run(environment, options);
            assertThat(again.exit()).as(again.toString()).isZero();
            assertThat(again.out()).doesNotContain("will be");
            try (Connection connection = superuser(managed, "alexa")) {
                Schema.verify(connection);
            }
            tomcat.start();
            assertThat(tomcat.answers("/alexa/health", 200)).isTrue();
        } finally {
            OtherMajor.stop(managed, data);
        }
    }

    @Test
    void two_people_set_up_their_sides_one_after_the_other() throws Exception {
        tomcat = TarballTomcat.prepare("base").start();
        Path dba = Files.createDirectory(tomcat.folder().resolve("dba"));
        Files.setPosixFilePermissions(dba, PosixFilePermissions.fromString("rwx------"));
        ToolRun.As theDba = ToolRun.As.MYSELF;
        if (ToolRun.As.isRoot()) {
            theDba = new ToolRun.As(List.of("setpriv", "--reuid=65533", "--regid=65533", "--clear-groups"));
            assertThat(new ProcessBuilder("chown", "65533:65533", dba.toString())
                            .start()
                            .waitFor())
                    .isZero();
        }
        String database = "postgresql://postgres@127.0.0.1:" + postgres.port() + "/alexa";
        String[] databaseOnly = {
            "setup",
            "--yes",
            "--only",
            "database",
            "--db",
            database,
            "--db-password-file",
            dba.resolve("for-tomcat").toString(),
            "--alexa-vendor",
            VENDOR
        };
        Path theirFile = password("from-the-dba", "not yet known");

        ToolRun tooEarly = run(
                Map.of(),
                "setup",
                "--yes",
                "--only",
                "tomcat",
                "--tomcat",
                tomcat.base().toString(),
                "--issuer",
                issuer("/alexa"),
                "--db",
                "postgresql://127.0.0.1:" + postgres.port() + "/alexa");
        refused(tooEarly, "the password of the role alexa_app is not known", "--db-password-file F");

        ToolRun first =
                ToolRun.of(tomcat.war(), theDba, Map.of("PGPASSWORD", postgres.superuserPassword()), databaseOnly);
        assertThat(first.exit()).as(first.toString()).isZero();
        assertThat(first.out()).contains("--only tomcat --db postgresql://127.0.0.1:" + postgres.port() + "/alexa");
        try (Stream<Path> made = Files.list(dba)) {
            for (Path file : made.toList()) {
                assertThat(rights(file)).as(file.toString()).isEqualTo("rw-------");
            }
        }
        assertThat(dba.resolve("alexa.client-secret")).exists();
        ToolRun firstAgain =
                ToolRun.of(tomcat.war(), theDba, Map.of("PGPASSWORD", postgres.superuserPassword()), databaseOnly);
        assertThat(firstAgain.exit()).as(firstAgain.toString()).isZero();
        assertThat(firstAgain.out()).doesNotContain("will be");

        Files.writeString(theirFile, Files.readString(dba.resolve("for-tomcat")));
        String[] tomcatOnly = {
            "setup",
            "--yes",
            "--only",
            "tomcat",
            "--tomcat",
            tomcat.base().toString(),
            "--issuer",
            issuer("/alexa"),
            "--db",
            "postgresql://127.0.0.1:" + postgres.port() + "/alexa",
            "--db-password-file",
            theirFile.toString()
        };
        ToolRun second = run(Map.of(), tomcatOnly);
        assertThat(second.exit()).as(second.toString()).isZero();
        assertThat(second.out()).contains("/alexa/health is ok");
        Map<String, String> files = tomcat.files();
        ToolRun secondAgain = run(Map.of(), tomcatOnly);
        assertThat(secondAgain.exit()).as(secondAgain.toString()).isZero();
        assertThat(secondAgain.out()).doesNotContain("will be");
        assertThat(tomcat.files()).isEqualTo(files);
    }

    /** As docs/operator.md says: the settings in catalina.properties, the password in a file, the WAR in webapps. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void an_installation_by_hand_is_found_there_and_only_what_is_asked_for_is_changed(boolean passwordInFile)
            throws Exception {
        tomcat = TarballTomcat.prepare("base");
        installByHand(passwordInFile);
        tomcat.start();
        assertThat(tomcat.answers("/alexa/health", 200)).isTrue();
        Map<String, String> files = tomcat.files();

        ToolRun all = run("setup", "--yes", "--tomcat", tomcat.base().toString(), "--db", database("alexa"));
        assertThat(all.exit()).as(all.toString()).isZero();
        assertThat(all.out()).doesNotContain("will be");
        assertThat(tomcat.files()).isEqualTo(files);

        ToolRun named = run(
                "setup",
                "--yes",
                "--tomcat",
                tomcat.base().toString(),
                "--db",
                database("alexa"),
                "--name",
                "Küche & \"Bad\"");
        assertThat(named.exit()).as(named.toString()).isZero();
        assertThat(named.out()).contains("settings", "will be made: " + descriptor("alexa"));
        assertThat(Alexa.get(issuer("/alexa/links")).body()).contains("Küche &amp; ");
        files = tomcat.files();
        ToolRun namedAgain = run(
                "setup",
                "--yes",
                "--tomcat",
                tomcat.base().toString(),
                "--db",
                database("alexa"),
                "--name",
                "Küche & \"Bad\"");
        assertThat(namedAgain.exit()).as(namedAgain.toString()).isZero();
        assertThat(namedAgain.out()).doesNotContain("will be");
        assertThat(tomcat.files()).isEqualTo(files);
    }

    @Test
    void a_descriptor_that_somebody_changed_keeps_their_lines_and_the_old_file() throws Exception {
        tomcat = TarballTomcat.prepare("base");
        installByHand(true);
        String realm = "<Realm className=\"org.apache.catalina.realm.JNDIRealm\" connectionURL=\"ldap://127.0.0.1:389\""
                + " userPattern=\"uid={0},ou=people\"/>";
        String byHand = Files.readString(Path.of("webapp/META-INF/context.xml"))
                .replaceFirst("(?s)<Realm.*</Realm>", realm)
                .replace(
                        "</Context>",
                        "  <Parameter\n     override='false' value='Old name' name='alexa.name'></Parameter>\n</Context>");
        Path file = Files.createDirectories(descriptor("alexa").getParent()).resolve("alexa.xml");
        Files.writeString(file, byHand);
        tomcat.belongsToItsUser(tomcat.base().resolve("conf/Catalina"));
        tomcat.start();
        assertThat(tomcat.answers("/alexa/health", 200)).isTrue();

        ToolRun done = run(
                "setup",
                "--yes",
                "--tomcat",
                tomcat.base().toString(),
                "--db",
                database("alexa"),
                "--name",
                "New name",
                "--issuer",
                issuer("/alexa"));
        assertThat(done.exit()).as(done.toString()).isZero();
        assertThat(done.out()).contains("will be changed: " + file + "; the old file is kept as alexa.xml.old");
        assertThat(file.resolveSibling("alexa.xml.old")).hasContent(byHand);
        assertThat(Files.readString(file)).contains(realm, "New name").doesNotContain("Old name");
        assertThat(tomcat.answers("/alexa/health", 200)).isTrue();
        assertThat(Alexa.get(issuer("/alexa/links")).body()).contains("New name");

        // a newer WAR
        String changed = Files.readString(file);
        newerWar();
        ToolRun newer = run("setup", "--yes", "--tomcat", tomcat.base().toString(), "--db", database("alexa"));
        assertThat(newer.exit()).as(newer.toString()).isZero();
        assertThat(newer.out()).contains("will be changed: " + tomcat.base().resolve("webapps/alexa.war"));
        assertThat(file).hasContent(changed);
    }

    @Test
    void a_descriptor_that_setup_wrote_is_written_anew_for_a_newer_war_and_one_changed_since_is_not() throws Exception {
        tomcat = TarballTomcat.prepare("base").start();
        ToolRun first = run(setup("--name", "Küche $x $1 \\ 'n'"));
        assertThat(first.exit()).as(first.toString()).isZero();
        String written = Files.readString(descriptor("alexa"));
        assertThat(written).doesNotContain("keepaliveTime=\"110000\"");
        newerWar();
        ToolRun newer = run("setup", "--yes", "--tomcat", tomcat.base().toString(), "--db", database("alexa"));
        assertThat(newer.exit()).as(newer.toString()).isZero();
        String anew = Files.readString(descriptor("alexa"));
        assertThat(anew).contains("keepaliveTime=\"110000\"");
        assertThat(Alexa.get(issuer("/alexa/links")).body()).contains("Küche $x $1 \\ &#39;n&#39;");
        assertThat(descriptor("alexa").resolveSibling("alexa.xml.old")).doesNotExist();
        linksAs("anna");

        Files.writeString(descriptor("alexa"), anew.replace("keepaliveTime=\"110000\"", "keepaliveTime=\"100000\""));
        Files.copy(Path.of("target/alexa.war"), tomcat.war(), StandardCopyOption.REPLACE_EXISTING);
        ToolRun third = run("setup", "--yes", "--tomcat", tomcat.base().toString(), "--db", database("alexa"));
        assertThat(third.exit()).as(third.toString()).isZero();
        assertThat(Files.readString(descriptor("alexa"))).contains("keepaliveTime=\"100000\"");
    }

    @Test
    void the_path_of_the_issuer_says_where_the_war_goes_and_nobody_elses_place_is_taken() throws Exception {
        tomcat = TarballTomcat.prepare("base");
        Path root = Files.createDirectories(tomcat.base().resolve("webapps/ROOT"));
        Files.writeString(root.resolve("index.html"), "somebody else's");
        tomcat.belongsToItsUser(root);
        tomcat.start();
        Map<String, String> files = tomcat.files();
        String transaction = transaction();
        refused(run(setup("--issuer", issuer(""))), root + " is another web application's", "--issuer http");
        assertThat(tomcat.files()).isEqualTo(files);
        assertThat(transaction()).isEqualTo(transaction);

        ToolRun house = run(setup("--issuer", issuer("/house/alexa")));
        assertThat(house.exit()).as(house.toString()).isZero();
        assertThat(tomcat.base().resolve("webapps/house#alexa.war")).exists();
        assertThat(descriptor("house#alexa")).exists();
        assertThat(house.out()).contains("/house/alexa/health is ok");
        ToolRun again = run(setup("--issuer", issuer("/house/alexa")));
        assertThat(again.out()).as(again.toString()).doesNotContain("will be");
        // as long as Tomcat unpacks the WAR, the folder has a part of it
        Files.delete(tomcat.base().resolve("webapps/house#alexa/WEB-INF/classes/io/github/alexalink/AlexaLink.class"));
        assertThat(run(setup("--issuer", issuer("/house/alexa"))).exit()).isZero();
        // without the option it is found where it is
        ToolRun found = run("setup", "--yes", "--tomcat", tomcat.base().toString(), "--db", database("alexa"));
        assertThat(found.out()).as(found.toString()).doesNotContain("will be");

        CatalinaBase.delete(root);
        refused(
                run(setup("--issuer", issuer(""))),
                "Alexa Link is at /house/alexa in this Tomcat already",
                "keep the path: --issuer http");
        Files.delete(tomcat.base().resolve("webapps/house#alexa.war"));
        ToolRun free = run(setup("--issuer", issuer("")));
        assertThat(free.exit()).as(free.toString()).isZero();
        assertThat(Alexa.get(issuer("/health")).statusCode()).isEqualTo(200);
    }

    @Test
    void another_database_of_the_same_server_does_not_change_the_password_of_the_first() throws Exception {
        tomcat = TarballTomcat.prepare("base").start();
        assertThat(run(setup()).exit()).isZero();
        String password = Files.readString(tomcat.base().resolve("conf/alexa.db.password"));
        Path file = tomcat.folder().resolve("another");
        String[] second = {
            "setup", "--yes", "--only", "database", "--db", database("second"), "--db-password-file", file.toString()
        };
        String transaction = transaction();
        refused(
                run(second),
                "alexa_app has a password already, for every database of this server",
                "--new-db-password");
        assertThat(transaction()).isEqualTo(transaction);

        password("another", password.strip());
        ToolRun shared = run(second);
        assertThat(shared.exit()).as(shared.toString()).isZero();
        assertThat(shared.out()).contains("password of alexa_app     there already");
        linksAs("anna");
    }

    @Test
    void a_database_that_is_not_for_applications_is_refused_before_a_plan() throws Exception {
        tomcat = TarballTomcat.prepare("base").start();
        List<String> options = new ArrayList<>(List.of(setup()));
        options.set(options.indexOf("--db") + 1, database("postgres"));
        ToolRun refused = run(options.toArray(String[]::new));
        refused(refused, "database postgres is not for applications", "and setup makes it");
        assertThat(refused.out()).isEmpty();
    }

    @Test
    void a_database_of_another_application_is_shared_only_if_it_is_named() throws Exception {
        tomcat = TarballTomcat.prepare("base").start();
        asSuperuser("postgres", "CREATE DATABASE alexa", "CREATE DATABASE music");
        asSuperuser("alexa", "CREATE TABLE public.song (title text)");
        asSuperuser("music", "CREATE TABLE public.song (title text)");
        String transaction = transaction();
        Map<String, String> files = tomcat.files();
        List<String> options = new ArrayList<>(List.of(setup()));
        options.subList(options.indexOf("--db"), options.indexOf("--db") + 2).clear();
        Map<String, String> environment = Map.of(
                "PGPASSWORD",
                postgres.superuserPassword(),
                "PGHOST",
                "127.0.0.1",
                "PGPORT",
                Integer.toString(postgres.port()),
                "PGUSER",
                "postgres");
        refused(run(environment, options.toArray(String[]::new)), "database alexa is somebody else's", "--db");
        assertThat(transaction()).isEqualTo(transaction);
        assertThat(tomcat.files()).isEqualTo(files);
        ToolRun shared = run(setup("--db", database("music")));
        assertThat(shared.exit()).as(shared.toString()).isZero();
        linksAs("anna");
        assertThat(ask("music", "SELECT count(*) FROM public.song")).isEqualTo("0");
    }

    @Test
    void setup_refuses_what_cannot_be_in_a_line_with_the_cure_and_changes_nothing() throws Exception {
        tomcat = TarballTomcat.prepare("base").start();
        int closed = TestServers.freePort();
        String transaction = transaction();
        Map<String, String> files = tomcat.files();
        refused(run(Map.of("PGPASSWORD", "wrong"), setup()), "password", "postgres");
        refused(run(Map.of(), setup()), "password", "PGPASSWORD");
        refused(run(setup("--db", "postgresql://postgres@127.0.0.1:" + closed + "/alexa")), "127.0.0.1:" + closed);
        refused(run(setup("--db", "postgresql://postgres@no-such-host.invalid:5432/alexa")), "no-such-host.invalid");
        refused(run(setup("--db", "mysql://localhost/alexa")), "--db is no address of a PostgreSQL database");
        refused(
                run(setup("--issuer", "http://music.example.org/alexa")),
                "alexa.issuer is [http://music.example.org/alexa]");
        refused(run(setup("--alexa-vendor", "X1")), "[X1] is no vendor id");
        refused(run(setup("--name", "x".repeat(61))), "alexa.name is [xx");
        refused(run(setup("--name", "${catalina.base}")), "alexa.name is [${catalina.base}]");
        refused(run(setup("--tomcat", "/nonexistent")), "/nonexistent");
        refused(run(setup("--password-file", "/nonexistent")), "/nonexistent");
        assertThat(transaction()).isEqualTo(transaction);
        assertThat(tomcat.files()).isEqualTo(files);
        if (ToolRun.As.isRoot()) {
            Path conf = tomcat.base().resolve("conf");
            assertThat(new ProcessBuilder("chown", "root", conf.toString())
                            .start()
                            .waitFor())
                    .isZero();
            refused(run(setup()), "nobody may not write to " + conf, "sudo java -jar alexa.war setup");
            assertThat(transaction()).isEqualTo(transaction);
        }
    }

    /** Setup prints the name of a step, does it, and prints what it did. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "database alexa ",
                "roles, tables, functions ",
                "password of alexa_app ",
                "client alexa ",
                "account anna ",
                "the WAR ",
                "settings "
            })
    void killed_in_or_after_any_step_it_goes_on_the_next_time(String step) throws Exception {
        for (boolean ended : new boolean[] {false, true}) {
            tomcat = TarballTomcat.prepare("base");
            Map<String, String> environment = Map.of(
                    "PGPASSWORD",
                    postgres.superuserPassword(),
                    "CATALINA_HOME",
                    tomcat.home().toString());
            Process first = ToolRun.builder(tomcat.war(), ToolRun.As.ordinaryUser(), environment, setup())
                    .redirectErrorStream(true)
                    .start();
            StringBuilder said = new StringBuilder();
            try (Reader out = new InputStreamReader(first.getInputStream(), StandardCharsets.UTF_8)) {
                int begun = -1;
                for (int letter = out.read(); letter >= 0; letter = out.read()) {
                    said.append((char) letter);
                    begun = said.indexOf("\n  " + step, said.indexOf("\n\n  ", said.indexOf("will be")) + 1);
                    if (begun >= 0 && (!ended || said.indexOf("\n", begun + 1) > 0)) {
                        break;
                    }
                }
                assertThat(begun).as(said.toString()).isPositive();
            }
            first.destroyForcibly().waitFor();

            ToolRun second = run(environment, setup());
            assertThat(second.exit()).as(second.toString()).isZero();
            isWhole(environment);
            tomcat.close();
            empty(postgres);
        }
    }

    @Test
    void of_two_at_the_same_moment_one_is_refused_or_finds_all_there() throws Exception {
        tomcat = TarballTomcat.prepare("base");
        Map<String, String> environment = Map.of(
                "PGPASSWORD",
                postgres.superuserPassword(),
                "CATALINA_HOME",
                tomcat.home().toString());
        String[] options = setup();
        FutureTask<ToolRun> other = new FutureTask<>(() -> run(environment, options));
        new Thread(other).start();
        List<ToolRun> both = List.of(run(environment, options), other.get());
        assertThat(both)
                .anySatisfy(run -> assertThat(run.exit()).as(run.toString()).isZero());
        for (ToolRun run : both) {
            if (run.exit() != 0) {
                refused(run, "");
            }
        }
        isWhole(environment);
    }

    /** Nothing is left to do, the files' secrets are those of PostgreSQL, and no file is left over. */
    private void isWhole(Map<String, String> environment) throws Exception {
        ToolRun last = run(environment, setup());
        assertThat(last.exit()).as(last.toString()).isZero();
        assertThat(last.out()).doesNotContain("will be");
        assertThat(ask(
                        "alexa",
                        "SELECT string_agg((secret_hash = alexa.hash_of('"
                                + Files.readString(secretFile()).strip() + "'))::text, ' ') FROM alexa.client_secret"))
                .isEqualTo("true");
        assertThat(
                        ask(
                                "alexa",
                                "SELECT string_agg(username || ' ' || role_name, ', ' ORDER BY role_name) FROM alexa.account_role"))
                .isEqualTo("anna alexa-operator, anna listener");
        DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + postgres.port() + "/alexa",
                        "alexa_app",
                        Files.readString(tomcat.base().resolve("conf/alexa.db.password"))
                                .strip())
                .close();
        assertThat(tomcat.files().keySet()).noneMatch(file -> file.contains(".new") || file.contains(".old"));
    }

    private ToolRun run(String... arguments) throws Exception {
        return run(Map.of("PGPASSWORD", postgres.superuserPassword()), arguments);
    }

    private ToolRun run(Map<String, String> environment, String... arguments) throws Exception {
        return ToolRun.of(tomcat.war(), ToolRun.As.ordinaryUser(), environment, arguments);
    }

    /** The options of a whole setup without questions, and more of them; of two the last counts. */
    private String[] setup(String... more) throws Exception {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--tomcat", tomcat.base().toString());
        options.put("--db", database("alexa"));
        options.put("--issuer", issuer("/alexa"));
        options.put("--alexa-vendor", VENDOR);
        options.put("--account", "anna");
        options.put("--password-file", password("password of anna", PASSWORD).toString());
        for (int i = 0; i < more.length; i += 2) {
            options.put(more[i], more[i + 1]);
        }
        List<String> all = new ArrayList<>(List.of("setup", "--yes"));
        options.forEach((name, value) -> all.addAll(List.of(name, value)));
        return all.toArray(String[]::new);
    }

    private static String database(String name) {
        return "postgresql://postgres@127.0.0.1:" + postgres.port() + "/" + name;
    }

    private Path descriptor(String baseName) {
        return tomcat.base().resolve("conf/Catalina/localhost/" + baseName + ".xml");
    }

    private static void refused(ToolRun run, String... saying) {
        assertThat(run.exit()).as(run.toString()).isEqualTo(1);
        assertThat(run.err()).contains(saying).doesNotContain("Exception", "\tat ");
        assertThat(run.err().lines().count()).as(run.err()).isLessThanOrEqualTo(2);
    }

    private void installByHand(boolean passwordInFile) throws Exception {
        asSuperuser("postgres", "CREATE DATABASE alexa");
        try (Connection connection = superuser(postgres, "alexa")) {
            Schema.migrate(connection, TestDatabase.SQL);
        }
        asSuperuser(
                "alexa",
                "ALTER ROLE alexa_app PASSWORD 'chosen by hand'",
                "SELECT alexa.register_client(client_id => 'alexa', display_name => 'Amazon Alexa', redirect_uris =>"
                        + " ARRAY['https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR',"
                        + " 'https://layla.amazon.com/api/skill/link/M2TESTVENDOR',"
                        + " 'https://alexa.amazon.co.jp/api/skill/link/M2TESTVENDOR'])",
                "SELECT alexa.add_account('anna', '" + PasswordHash.of(PASSWORD, 1_000) + "')");
        Path file = tomcat.base().resolve("conf/alexa.db.password");
        if (passwordInFile) {
            Files.writeString(file, "chosen by hand\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            tomcat.belongsToItsUser(file);
        }
        Files.writeString(
                tomcat.base().resolve("conf/catalina.properties"),
                "\nalexa.issuer=" + issuer("/alexa")
                        + "\nalexa.name=Über uns\nalexa.db.url=jdbc:postgresql://127.0.0.1:"
                        + postgres.port() + "/alexa\nalexa.db.user=alexa_app\n"
                        + (passwordInFile
                                ? "alexa.db.password.file=" + file + "\n"
                                : "alexa.db.password=chosen by hand\n"),
                StandardOpenOption.APPEND);
        Files.copy(Path.of("target/alexa.war"), tomcat.base().resolve("webapps/alexa.war"));
        tomcat.belongsToItsUser(tomcat.base().resolve("webapps/alexa.war"));
    }

    /** The WAR of a version to come, whose own descriptor differs. */
    private void newerWar() throws Exception {
        Path newer = tomcat.folder().resolve("newer.war");
        try (ZipFile old = new ZipFile(tomcat.war().toFile());
                ZipOutputStream made = new ZipOutputStream(Files.newOutputStream(newer))) {
            for (ZipEntry entry : (Iterable<ZipEntry>) old.stream().map(ZipEntry.class::cast)::iterator) {
                byte[] content = old.getInputStream(entry).readAllBytes();
                made.putNextEntry(new ZipEntry(entry.getName()));
                made.write(
                        entry.getName().endsWith(".jar") && entry.getName().contains("tool")
                                ? withNewerDescriptor(content)
                                : entry.getName().endsWith("META-INF/context.xml")
                                        ? newerDescriptor(content)
                                        : content);
                made.closeEntry();
            }
        }
        Files.move(newer, tomcat.war(), StandardCopyOption.REPLACE_EXISTING);
    }

    private static byte[] withNewerDescriptor(byte[] jar) throws IOException {
        ByteArrayOutputStream newer = new ByteArrayOutputStream();
        try (ZipInputStream old = new ZipInputStream(new ByteArrayInputStream(jar));
                ZipOutputStream made = new ZipOutputStream(newer)) {
            for (ZipEntry entry = old.getNextEntry(); entry != null; entry = old.getNextEntry()) {
                byte[] content = old.readAllBytes();
                made.putNextEntry(new ZipEntry(entry.getName()));
                made.write(entry.getName().endsWith("/context.xml") ? newerDescriptor(content) : content);
                made.closeEntry();
            }
        }
        return newer.toByteArray();
    }

    private static byte[] newerDescriptor(byte[] descriptor) {
        String text = new String(descriptor, StandardCharsets.UTF_8);
        assertThat(text).contains("keepaliveTime=\"120000\"");
        return text.replace("keepaliveTime=\"120000\"", "keepaliveTime=\"110000\"")
                .getBytes(StandardCharsets.UTF_8);
    }

    private void linksAs(String account) throws Exception {
        Alexa alexa = Alexa.registered(
                issuer("/alexa"), "alexa", Files.readString(secretFile()).strip());
        String refreshToken = alexa.redirectingTo("https://layla.amazon.com/api/skill/link/" + VENDOR)
                .link(account, PASSWORD)
                .getString("refresh_token");
        assertThat(alexa.refresh(refreshToken).statusCode()).isEqualTo(200);
    }

    private String issuer(String path) {
        return "http://127.0.0.1:" + tomcat.port() + path;
    }

    private Path secretFile() {
        return tomcat.base().resolve("conf/alexa.client-secret");
    }

    private Path password(String name, String password) throws Exception {
        Path file = Private.write(tomcat.folder().resolve(name), password + "\n");
        tomcat.belongsToItsUser(file);
        return file;
    }

    private static String rights(Path file) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private static String transaction() throws SQLException {
        return ask("postgres", "SELECT pg_snapshot_xmax(pg_current_snapshot())");
    }

    private static Connection superuser(Postgres server, String database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + server.port() + "/" + database,
                server.superuserName(),
                server.superuserPassword());
    }

    private static String ask(String database, String sql) throws SQLException {
        try (Connection connection = superuser(postgres, database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : null;
        }
    }

    private static void asSuperuser(String database, String... commands) throws SQLException {
        try (Connection connection = superuser(postgres, database);
                Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    /** Drops all databases and roles that a test made. */
    private static void empty(Postgres server) throws SQLException {
        try (Connection connection = superuser(server, "postgres")) {
            for (String drop : List.of(
                    "SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database"
                            + " WHERE datname <> 'postgres' AND NOT datistemplate",
                    "SELECT format('DROP OWNED BY %1$I; DROP ROLE %1$I', rolname) FROM pg_roles"
                            + " WHERE rolname <> 'postgres' AND rolname NOT LIKE 'pg\\_%'")) {
                try (Statement statement = connection.createStatement();
                        Statement dropping = connection.createStatement();
                        ResultSet row = statement.executeQuery(drop)) {
                    while (row.next()) {
                        dropping.execute(row.getString(1));
                    }
                }
            }
        }
    }
}
