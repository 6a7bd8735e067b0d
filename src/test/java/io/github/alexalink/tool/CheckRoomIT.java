package io.github.alexalink.tool;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.Postgres;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import io.github.alexalink.fixture.servers.WrongClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A PostgreSQL and a Tomcat of their own. Each fault is built there, {@code check} names it alone, and then the lines that
 * it prints are run as a person would paste them.
 */
@Tag("thorough")
@DisplayName("check: a fault that can be seen from inside is named alone, and the lines to paste cure it")
class CheckRoomIT {

    private static final Path BASE = TestServers.folder("check-room");
    private static final Path DATA = TestServers.folder("check-room-postgres");
    private static final Path SHELL = TestServers.folder("check-room-shell");
    private static final int PORT = TestServers.freePort();
    private static final int DATABASE_PORT = TestServers.freePort();
    private static final String LISTENER = "listener-of-the-room";
    private static final String COMMAND = "(?:sudo |java |psql |PGOPTIONS=).*";
    private static final String URIS = "UPDATE alexa.client_redirect_uri SET redirect_uri = ";
    private static final List<String> TABLE = new ArrayList<>();

    private static Postgres postgres;
    private static TomcatProcess tomcat;
    private static String secret;

    @FunctionalInterface
    private interface Action {
        void run() throws Exception;
    }

    /**
     * A fault.
     *
     * @param cure what else is to be done than to run the lines to paste; null if they do
     */
    private record Fault(String name, String severity, String id, Action build, Action cure) {
        @Override
        public String toString() {
            return name;
        }
    }

    private record Checked(int status, String out, JSONObject json) {

        List<JSONObject> records() {
            return StreamSupport.stream(json.getJSONArray("records").spliterator(), false)
                    .map(JSONObject.class::cast)
                    .toList();
        }

        List<String> attention() {
            return records().stream()
                    .filter(record -> record.getString("severity").matches("fatal|error|warning"))
                    .map(record -> record.getString("severity") + " " + record.getString("id"))
                    .toList();
        }
    }

    @BeforeAll
    static void start() throws Exception {
        CatalinaBase.delete(DATA);
        postgres = Postgres.start(DATA, DATABASE_PORT, TestDatabase.SQL, TestDatabase.APP_PASSWORD);
        secret = ask(
                "SELECT client_secret FROM alexa.register_client(client_id => 'alexa', display_name => 'Amazon Alexa',"
                        + " redirect_uris => ARRAY['https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR',"
                        + "'https://layla.amazon.com/api/skill/link/M2TESTVENDOR','https://alexa.amazon.co.jp/api/skill/link/M2TESTVENDOR'])");
        sql("SELECT alexa.add_account('" + LISTENER + "', '" + "0".repeat(32) + "$1000$" + "0".repeat(64) + "')");
        sql("CREATE ROLE hog LOGIN PASSWORD 'hog'");
        TestServers.prepareBase(
                BASE, PORT, Map.of("alexa.db.url", "jdbc:postgresql://127.0.0.1:" + DATABASE_PORT + "/alexa"));
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        tomcat = TestServers.startOwn(BASE, PORT, "/alexa/health");
        Files.createDirectories(SHELL);
        Files.deleteIfExists(SHELL.resolve("alexa.war"));
        Files.createSymbolicLink(
                SHELL.resolve("alexa.war"), Path.of("target/alexa.war").toAbsolutePath());
    }

    @AfterAll
    static void stop() throws Exception {
        if (tomcat != null) {
            tomcat.close();
        }
        if (postgres != null) {
            postgres.close();
        }
        String table = String.join("\n", TABLE) + "\n";
        System.out.print(table);
        Files.writeString(Path.of("target/check-room.txt"), table);
    }

    private static void sql(String... statements) throws SQLException {
        try (Connection connection = postgres.superuser();
                Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        }
    }

    private static String ask(String query) throws SQLException {
        try (Connection connection = postgres.superuser();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            return row.next() ? row.getString(1) : null;
        }
    }

    private static Fault fault(String name, String severity, String id, String... statements) {
        return new Fault(name, severity, id, () -> sql(statements), null);
    }

    static Stream<Fault> faults() {
        return Stream.of(
                fault("no client", "error", "client-unknown", "DELETE FROM alexa.client"),
                fault("client disabled", "error", "client-disabled", "SELECT alexa.disable_client('alexa')"),
                fault(
                        "one region is missing",
                        "error",
                        "redirect-uri-missing",
                        "DELETE FROM alexa.client_redirect_uri WHERE redirect_uri LIKE '%layla%'"),
                fault(
                        "one region in small letters",
                        "error",
                        "redirect-uri-missing",
                        URIS
                                + "replace(redirect_uri, 'M2TESTVENDOR', 'm2testvendor') WHERE redirect_uri LIKE '%layla%'"),
                fault(
                        "all regions in small letters",
                        "error",
                        "redirect-uri-missing",
                        URIS + "replace(redirect_uri, 'M2TESTVENDOR', 'm2testvendor')"),
                fault(
                        "a capital letter in a host",
                        "error",
                        "redirect-uri-missing",
                        URIS + "replace(redirect_uri, 'layla', 'Layla')"),
                fault(
                        "a blank, as %20, at the end of one",
                        "error",
                        "redirect-uri-missing",
                        URIS + "redirect_uri || '%20' WHERE redirect_uri LIKE '%layla%'"),
                fault(
                        "a blank, as %20, at the end of all",
                        "error", "redirect-uri-missing", URIS + "redirect_uri || '%20'"),
                fault(
                        "another vendor id in one",
                        "error",
                        "redirect-uri-missing",
                        URIS + "replace(redirect_uri, 'M2TESTVENDOR', 'M9STRANGER') WHERE redirect_uri LIKE '%layla%'"),
                fault(
                        "secret expired",
                        "error",
                        "secret-expired",
                        "UPDATE alexa.client_secret SET expires_at = now() - interval '1 hour'"),
                fault(
                        "secret expires in an hour",
                        "warning",
                        "secret-expired",
                        "DELETE FROM alexa.client_secret WHERE expires_at IS NOT NULL",
                        "UPDATE alexa.client_secret SET expires_at = now() + interval '1 hour'"),
                fault("no scope", "error", "scopes-differ", "DELETE FROM alexa.client_scope"),
                fault(
                        "seventeen scopes",
                        "error",
                        "scopes-differ",
                        "INSERT INTO alexa.scope (scope, description) SELECT 's' || n, 'something' FROM generate_series(1, 15) n",
                        "INSERT INTO alexa.client_scope SELECT 'alexa', 's' || n FROM generate_series(1, 15) n"),
                fault(
                        "partition of today is missing",
                        "error",
                        "database-partition-missing",
                        "DO $$ BEGIN EXECUTE (SELECT format('DROP TABLE alexa.%I', partition_name) FROM alexa.partition"
                                + " WHERE table_name = 'access_token' AND now() >= starts_at AND now() < ends_at); END $$"),
                fault(
                        "upkeep is two days late",
                        "warning",
                        "database-maintenance-overdue",
                        "UPDATE alexa.maintenance SET last_run_at = now() - interval '2 days'"),
                fault(
                        "a right of a statement is taken away",
                        "error",
                        "database-schema-differs",
                        "REVOKE UPDATE (revoked_at) ON alexa.link FROM alexa_app"),
                fault(
                        "two rights are taken away",
                        "error",
                        "database-schema-differs",
                        "REVOKE SELECT ON alexa.refresh_token FROM alexa_app",
                        "REVOKE EXECUTE ON FUNCTION alexa.hold_account(text, uuid, timestamptz) FROM alexa_app"),
                fault("an index is gone", "warning", "database-schema-differs", "DROP INDEX alexa.link_subject_idx"),
                fault(
                        "search path of the role in this database",
                        "fatal",
                        "database-search-path",
                        "ALTER ROLE alexa_app IN DATABASE alexa SET search_path = public"),
                fault(
                        "search path of the role",
                        "fatal",
                        "database-search-path",
                        "ALTER ROLE alexa_app SET search_path = public"),
                new Fault(
                        "the right to use the schema is taken away",
                        "fatal",
                        "database-rights-missing",
                        () -> sql("REVOKE USAGE ON SCHEMA alexa FROM alexa_app"),
                        () -> sql("GRANT USAGE ON SCHEMA alexa TO alexa_app")),
                new Fault(
                        "schema too old",
                        "fatal",
                        "database-schema-old",
                        () -> sql("UPDATE alexa.schema_version SET version = version - 10"),
                        () -> sql("UPDATE alexa.schema_version SET version = version + 10")),
                new Fault(
                        "schema too new",
                        "fatal",
                        "database-schema-new",
                        () -> sql("UPDATE alexa.schema_version SET version = version + 10"),
                        () -> sql("UPDATE alexa.schema_version SET version = version - 10")),
                fault(
                        "database set to read-only",
                        "error",
                        "database-read-only",
                        "ALTER DATABASE alexa SET default_transaction_read_only = on"),
                fault(
                        "role set to read-only",
                        "error",
                        "database-read-only",
                        "ALTER ROLE alexa_app SET default_transaction_read_only = on"),
                fault(
                        "role set to read-only in this database",
                        "error",
                        "database-read-only",
                        "ALTER ROLE alexa_app IN DATABASE alexa SET default_transaction_read_only = on"),
                fault(
                        "server set to read-only",
                        "error",
                        "database-read-only",
                        "ALTER SYSTEM SET default_transaction_read_only = on",
                        "SELECT pg_reload_conf()"),
                fault(
                        "the right to connect is taken away",
                        "fatal",
                        "database-rights-missing",
                        "REVOKE CONNECT ON DATABASE alexa FROM PUBLIC, alexa_app"),
                fault(
                        "the role has another password",
                        "fatal",
                        "database-password-wrong",
                        "ALTER ROLE alexa_app PASSWORD 'another'"),
                new Fault(
                        "pg_hba.conf rejects the role",
                        "fatal",
                        "database-login-refused",
                        () -> firstLineOfHba("host all alexa_app all reject"),
                        CheckRoomIT::letIn),
                new Fault(
                        "all connections are taken",
                        "fatal",
                        "database-full",
                        CheckRoomIT::takeAllConnections,
                        CheckRoomIT::giveThemBack),
                new Fault(
                        "PostgreSQL is stopped",
                        "fatal",
                        "database-unreachable",
                        () -> postgres.close(),
                        () -> postgres =
                                Postgres.start(DATA, DATABASE_PORT, TestDatabase.SQL, TestDatabase.APP_PASSWORD)));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void a_fault_is_named_alone_and_cured(Fault fault) throws Exception {
        awaitGreen();
        fault.build().run();
        Instant begun = Instant.now();
        Checked checked;
        String text;
        String cured = "by hand";
        try {
            checked = check();
            Duration took = Duration.between(begun, Instant.now());
            TABLE.add(String.format(
                    Locale.ROOT,
                    "%-42s %-8s %-30s %4.1f s",
                    fault.name(),
                    fault.severity(),
                    fault.id(),
                    took.toMillis() / 1000.0));
            text = Answer.to("check", "--tomcat", BASE.toString()).out();
            assertThat(checked.attention()).as(checked.out()).containsExactly(fault.severity() + " " + fault.id());
            assertThat(checked.status()).isEqualTo(fault.severity().equals("warning") ? 0 : 1);
            fits(text);
            tellsNobody(checked.out() + text);
            String lines = paste(checked.records().get(0).getString("do"));
            if (fault.cure() == null) {
                assertThat(lines).as("no line to paste in " + checked.out()).isNotEmpty();
                cured = "by its lines";
            }
        } finally {
            if (fault.cure() != null) {
                fault.cure().run();
            }
        }
        awaitGreen();
        TABLE.set(TABLE.size() - 1, TABLE.get(TABLE.size() - 1) + "  cured " + cured);
    }

    private static Checked check() {
        Answer said = Answer.to("check", "--json", "--tomcat", BASE.toString());
        assertThat(said.err()).isEmpty();
        return new Checked(said.status(), said.out(), new JSONObject(said.out()));
    }

    /** The pool and the answer of /health are some seconds behind. */
    private static void awaitGreen() throws InterruptedException {
        Checked checked = check();
        for (int i = 0; i < 60 && !checked.attention().isEmpty(); i++) {
            Thread.sleep(1000);
            checked = check();
        }
        assertThat(checked.attention()).as(checked.out()).isEmpty();
    }

    private static void fits(String text) {
        assertThat(text.lines().filter(line -> line.length() > 80))
                .allSatisfy(line ->
                        assertThat(line.replaceFirst("^  \\w+ +|^ +", "")).matches("https://\\S+|host .*|" + COMMAND));
    }

    private static void tellsNobody(String said) {
        assertThat(said)
                .doesNotContain(secret, TestDatabase.APP_PASSWORD, postgres.superuserPassword(), LISTENER, "als_")
                .doesNotContainPattern("[0-9a-f]{32}");
    }

    /** Runs each line as in a shell, where PostgreSQL's superuser is logged in; returns what was run. */
    private static String paste(String cure) throws Exception {
        StringBuilder ran = new StringBuilder();
        for (String line : cure.split("\n", -1)) {
            if (line.matches(COMMAND) && !line.contains("alexa.war setup") && !line.contains("upgrade --from")) {
                ran.append(line).append('\n');
                ran.append(shell(line));
            }
        }
        return ran.toString();
    }

    private static String shell(String line) throws Exception {
        // without a terminal, so that psql reads a password from standard input
        // the tool refuses the placeholder: whoever pastes it writes the vendor id in its place
        String typed = line.replaceFirst("^sudo ", "").replace("M2EXAMPLE", "M2TESTVENDOR");
        ProcessBuilder bash = new ProcessBuilder("setsid", "-w", "bash", "-c", typed)
                .directory(SHELL.toFile())
                .redirectErrorStream(true);
        bash.environment().put("PGHOST", "127.0.0.1");
        bash.environment().put("PGPORT", Integer.toString(postgres.port()));
        bash.environment().put("PGUSER", postgres.superuserName());
        bash.environment().put("PGPASSWORD", postgres.superuserPassword());
        bash.environment().put("PATH", System.getProperty("java.home") + "/bin:" + System.getenv("PATH"));
        Process process;
        try {
            process = bash.start();
            process.getOutputStream()
                    .write((TestDatabase.APP_PASSWORD + "\n" + TestDatabase.APP_PASSWORD + "\n")
                            .getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().close();
        } catch (IOException ended) {
            LeftOut.because("no setsid and bash here, to paste a line into: " + ended.getMessage());
            throw ended;
        }
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        if (printed.contains("psql: command not found")) {
            LeftOut.because("no psql here: apt-get install postgresql-client runs what check says");
        }
        assertThat(status).as(line + "\n" + printed).isIn(0, line.contains("sql verify") ? 3 : 0);
        return printed;
    }

    @Test
    void the_line_to_paste_names_a_right_that_is_missing_with_the_statement_that_gives_it() throws Exception {
        awaitGreen();
        sql("REVOKE USAGE ON SCHEMA alexa FROM alexa_app");
        try {
            assertThat(paste(check().records().get(0).getString("do")))
                    .contains("GRANT USAGE ON SCHEMA alexa TO alexa_app");
        } finally {
            sql("GRANT USAGE ON SCHEMA alexa TO alexa_app");
        }
    }

    @Test
    void the_line_to_paste_lists_who_has_all_connections() throws Exception {
        awaitGreen();
        takeAllConnections();
        try {
            assertThat(paste(check().records().get(0).getString("do"))).containsPattern("hog +\\|");
        } finally {
            giveThemBack();
        }
        awaitGreen();
    }

    @Test
    void a_standby_is_read_only_until_it_is_promoted() throws Exception {
        Path folder = TestServers.folder("check-room-standby");
        Path base = TestServers.folder("check-room-standby-base");
        int port = TestServers.freePort();
        CatalinaBase.delete(base); // as a run before has left it
        try (Postgres standby = postgres.standby(folder, port, "room")) {
            TestServers.prepareBase(
                    base,
                    PORT,
                    Map.of(
                            "alexa.issuer",
                            TestServers.issuer(PORT),
                            "alexa.db.url",
                            "jdbc:postgresql://127.0.0.1:" + standby.port() + "/alexa"));
            Files.createSymbolicLink(
                    base.resolve("lib/catalina.jar"), TestServers.tomcatHome().resolve("lib/catalina.jar"));
            Files.createSymbolicLink(
                    base.resolve("webapps/alexa.war"),
                    Path.of("target/alexa.war").toAbsolutePath());
            JSONObject said = new JSONObject(
                    Answer.to("check", "--json", "--tomcat", base.toString()).out());
            JSONObject worst = said.getJSONArray("records").getJSONObject(0);
            assertThat(worst.getString("id")).isEqualTo("database-read-only");
            assertThat(worst.getString("found")).isEqualTo("a standby");
            assertThat(worst.getString("do")).startsWith("let alexa.db.url lead to the primary.");
        }
    }

    @Test
    void a_clock_of_the_database_that_is_an_hour_ahead_is_named_once() throws Exception {
        awaitGreen();
        restart(WrongClock.with(Map.of("FAKETIME", "+1h")));
        try {
            Checked checked = check();
            assertThat(checked.attention()).as(checked.out()).containsExactly("warning clock-off");
            assertThat(checked.records().get(0).getString("says"))
                    .matches("the clock of this machine is 3[56]\\d\\d s behind that of the database");
        } finally {
            restart(Map.of());
        }
        awaitGreen();
    }

    /** By PostgreSQL's own program, and as the server was started: our library knows no environment. */
    private static void restart(Map<String, String> environment) throws Exception {
        Path server = Path.of(postgres.processes().get(0).info().command().orElseThrow());
        List<String> command = new ArrayList<>(List.of(
                server.resolveSibling("pg_ctl").toString(),
                "restart",
                "-w",
                "-D",
                DATA.toString(),
                "-l",
                SHELL.resolve("postgres.log").toString()));
        if (Myself.isRoot()) {
            command.addAll(0, List.of("unshare", "-U")); // PostgreSQL refuses to run as root
        }
        ProcessBuilder restart = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(SHELL.resolve("pg_ctl.log").toFile());
        restart.environment().putAll(environment);
        assertThat(restart.start().waitFor())
                .as(Files.readString(SHELL.resolve("pg_ctl.log")))
                .isZero();
    }

    private static void firstLineOfHba(String line) throws Exception {
        Path hba = Path.of(ask("SHOW hba_file"));
        Files.writeString(hba, line + "\n" + Files.readString(hba));
        sql("SELECT pg_reload_conf()");
    }

    /** As the record says: its line becomes the first one. */
    private static void letIn() throws Exception {
        String line = check().records()
                .get(0)
                .getString("do")
                .lines()
                .filter(each -> each.startsWith("host "))
                .findFirst()
                .orElseThrow();
        firstLineOfHba(line);
        awaitGreen();
        Path hba = Path.of(ask("SHOW hba_file"));
        List<String> lines = Files.readAllLines(hba);
        Files.write(hba, lines.subList(2, lines.size()));
        sql("SELECT pg_reload_conf()");
    }

    private static final List<Connection> HELD = new ArrayList<>();

    private static void takeAllConnections() {
        try {
            while (HELD.size() < 1000) {
                HELD.add(DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + DATABASE_PORT + "/postgres", "hog", "hog"));
            }
        } catch (SQLException none) {
            assertThat(none.getSQLState()).isEqualTo("53300");
        }
    }

    private static void giveThemBack() throws SQLException {
        for (Connection connection : HELD) {
            connection.close();
        }
        HELD.clear();
    }
}
