package io.github.alexalink.tool;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import io.github.alexalink.fixture.servers.WrongClock;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Each test has a database of its own; the Tomcat that answers has the first one. */
@Tag("thorough")
@DisplayName("check: each cause is named, and nothing else with it")
class CheckIT {

    private static final Path BASE = TestServers.folder("check");
    private static final int PORT = TestServers.freePort();
    private static final String URIS = "ARRAY['https://pitangui.amazon.com/api/skill/link/M2EXAMPLE',"
            + "'https://layla.amazon.com/api/skill/link/M2EXAMPLE','https://alexa.amazon.co.jp/api/skill/link/M2EXAMPLE']";

    private static String database;
    private static String broken;
    private static TomcatProcess tomcat;

    /** What the tool printed, and its exit status. */
    private record Printed(int status, String out, String err) {

        JSONObject json() {
            assertThat(err).isEmpty();
            return new JSONObject(out);
        }

        /** The ids for which somebody has to do something. */
        List<String> ids() {
            return StreamSupport.stream(json().getJSONArray("records").spliterator(), false)
                    .map(JSONObject.class::cast)
                    .filter(record -> List.of("fatal", "error", "warning").contains(record.getString("severity")))
                    .map(record -> record.getString("id"))
                    .toList();
        }

        List<JSONObject> records(String id) {
            return StreamSupport.stream(json().getJSONArray("records").spliterator(), false)
                    .map(JSONObject.class::cast)
                    .filter(record -> record.getString("id").equals(id))
                    .toList();
        }

        String of(String id, String member) {
            return StreamSupport.stream(json().getJSONArray("records").spliterator(), false)
                    .map(JSONObject.class::cast)
                    .filter(record -> record.getString("id").equals(id)) // the worst one comes first
                    .findFirst()
                    .map(record -> record.getString(member))
                    .orElse("no record");
        }
    }

    @BeforeAll
    static void start() throws Exception {
        database = withClient();
        broken = withClient();
        TestServers.prepareBase(BASE, PORT, Map.of("alexa.db.url", url(database)));
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        tomcat = TestServers.startOwn(BASE, PORT, "/alexa/health");
    }

    @AfterAll
    static void stop() {
        if (tomcat != null) {
            tomcat.close();
        }
    }

    private static String withClient() throws Exception {
        String name = FreshDatabase.migrated();
        FreshDatabase.ask(
                name,
                "SELECT client_secret FROM alexa.register_client(client_id => 'alexa', display_name => 'Amazon Alexa',"
                        + " redirect_uris => " + URIS + ")");
        return name;
    }

    private static String url(String database) {
        return FreshDatabase.as("alexa_app", database).getURL().replaceFirst("\\?.*", "");
    }

    /** Another folder for the same Tomcat: with these settings, as if it had been started with them. */
    private static Path withSettings(Map<String, String> changed) throws Exception {
        Path base = TestServers.folder("check-" + TestDatabase.unique("base"));
        Map<String, String> settings = new HashMap<>(Map.of(
                "http.port",
                Integer.toString(PORT),
                "alexa.issuer",
                TestServers.issuer(PORT),
                "alexa.db.url",
                url(database)));
        settings.putAll(changed);
        TestServers.prepareBase(base, PORT, settings);
        Files.createSymbolicLink(
                base.resolve("lib/catalina.jar"), TestServers.tomcatHome().resolve("lib/catalina.jar"));
        Files.createSymbolicLink(
                base.resolve("webapps/alexa.war"), Path.of("target/alexa.war").toAbsolutePath());
        return base;
    }

    private static Printed check(Path base, String... options) {
        List<String> arguments = new ArrayList<>(List.of("check", "--tomcat", base.toString()));
        arguments.addAll(List.of(options));
        Answer said = Answer.to(arguments.toArray(String[]::new));
        return new Printed(said.status(), said.out(), said.err());
    }

    /** As a person runs it: with the libraries that the launcher takes from the WAR. */
    private static Printed asAProcess(Map<String, String> environment, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                "target/alexa.war",
                "check",
                "--tomcat",
                BASE.toString()));
        command.addAll(List.of(options));
        ProcessBuilder tool = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        tool.environment().putAll(environment);
        Process process = tool.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Printed(process.waitFor(), out, "");
    }

    private static Printed checkDatabase(String name) throws Exception {
        return check(withSettings(Map.of("alexa.db.url", url(name))), "--json");
    }

    @Test
    void a_good_installation_has_nothing_to_say_but_ok() throws Exception {
        Printed checked = check(BASE, "--json");
        assertThat(checked.err()).isEmpty();
        assertThat(checked.ids()).isEmpty();
        assertThat(checked.status()).isZero();
        assertThat(checked.json().getString("summary")).isEqualTo("ok");
        assertThat(checked.json().keySet()).containsExactlyInAnyOrder("summary", "records");
        Printed text = asAProcess(Map.of());
        assertThat(text.status()).as(text.out()).isZero();
        assertThat(text.out().lines().filter(line -> line.matches("\\w.*")))
                .allMatch(line -> line.startsWith("ok  ")
                        || line.startsWith("info      nothing-seen")
                        || line.startsWith("info      forwarded-missing"));
        assertThat(text.out().lines())
                .allMatch(line -> line.length() <= 80 || line.matches(" +(?:java -jar|https?://).*"));
        assertThat(text.out()).contains("the redirect URIs of all three regions");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            database-schema-old          | fatal   | UPDATE alexa.schema_version SET version = version - 3                                      | UPDATE alexa.schema_version SET version = version + 3
            database-schema-new          | fatal   | UPDATE alexa.schema_version SET version = version + 10                                     | UPDATE alexa.schema_version SET version = version - 10
            database-rights-missing      | fatal   | REVOKE USAGE ON SCHEMA alexa FROM alexa_app                                                | GRANT USAGE ON SCHEMA alexa TO alexa_app
            database-schema-differs      | error   | REVOKE UPDATE (revoked_at) ON alexa.link FROM alexa_app                                    | GRANT UPDATE (revoked_at) ON alexa.link TO alexa_app
            database-schema-differs      | warning | ALTER INDEX alexa.link_subject_idx RENAME TO mine                                          | ALTER INDEX alexa.mine RENAME TO link_subject_idx
            database-maintenance-overdue | warning | UPDATE alexa.maintenance SET last_run_at = now() - interval '2 days'                       | UPDATE alexa.maintenance SET last_run_at = now()
            client-unknown               | error   | UPDATE alexa.client_redirect_uri SET redirect_uri = replace(redirect_uri, 'skill', 'other')  | UPDATE alexa.client_redirect_uri SET redirect_uri = replace(redirect_uri, 'other', 'skill')
            client-disabled              | error   | SELECT alexa.disable_client('alexa')                                                       | SELECT alexa.enable_client('alexa')
            redirect-uri-missing         | error   | UPDATE alexa.client_redirect_uri SET redirect_uri = replace(redirect_uri, 'layla', 'other')  | UPDATE alexa.client_redirect_uri SET redirect_uri = replace(redirect_uri, 'other', 'layla')
            redirect-uri-missing         | error   | UPDATE alexa.client_redirect_uri SET redirect_uri = lower(redirect_uri) WHERE redirect_uri LIKE '%layla%' | UPDATE alexa.client_redirect_uri SET redirect_uri = replace(redirect_uri, 'm2example', 'M2EXAMPLE')
            secret-expired               | error   | UPDATE alexa.client_secret SET expires_at = now() - interval '1 hour'                      | UPDATE alexa.client_secret SET expires_at = NULL
            secret-expired               | warning | UPDATE alexa.client_secret SET expires_at = now() + interval '1 hour'                      | UPDATE alexa.client_secret SET expires_at = NULL
            scopes-differ                | error   | DELETE FROM alexa.client_scope                                                             | INSERT INTO alexa.client_scope SELECT 'alexa', scope FROM alexa.scope
            """)
    void a_cause_in_the_database_is_named_alone(String id, String severity, String breaking, String mending)
            throws Exception {
        FreshDatabase.run(broken, breaking, true);
        Printed checked;
        try {
            checked = checkDatabase(broken);
        } finally {
            FreshDatabase.run(broken, mending, true);
        }
        assertThat(checked.ids()).as(checked.out()).containsExactly(id);
        assertThat(checked.of(id, "severity")).isEqualTo(severity);
        assertThat(checked.json().getString("summary")).isEqualTo(severity);
        assertThat(checked.status()).isEqualTo(severity.equals("warning") ? 0 : 1);
        for (String member : List.of("says", "found", "wanted", "do", "why", "source")) {
            assertThat(checked.of(id, member)).as(member).isNotBlank();
        }
    }

    @Test
    void a_database_without_the_schema_is_named() throws Exception {
        String name = FreshDatabase.empty();
        Printed checked = checkDatabase(name);
        assertThat(checked.ids()).containsExactly("database-schema-missing");
        assertThat(checked.of("database-schema-missing", "do"))
                .isEqualTo("java -jar alexa.war sql install | psql -X -p "
                        + FreshDatabase.as("alexa_app", name).getPortNumbers()[0] + " -d " + name);
    }

    @Test
    void a_missing_partition_of_today_is_named_and_the_line_to_paste_makes_it() throws Exception {
        String partition = FreshDatabase.ask(
                broken,
                "SELECT partition_name FROM alexa.partition WHERE table_name = 'access_token'"
                        + " AND now() >= starts_at AND now() < ends_at");
        FreshDatabase.run(broken, "DROP TABLE alexa." + partition, true);
        Printed checked = checkDatabase(broken);
        assertThat(checked.ids()).containsExactly("database-partition-missing");
        String line = checked.of("database-partition-missing", "do");
        FreshDatabase.run(broken, line.replaceFirst("psql -X -p \\d+ -d \\w+ -c '(.*)'", "$1"), true);
        assertThat(checkDatabase(broken).ids()).isEmpty();
    }

    @Test
    void seventeen_scopes_are_more_than_amazons_form_takes() throws Exception {
        FreshDatabase.run(broken, """
                INSERT INTO alexa.scope (scope, description) SELECT 's' || n, 'something' FROM generate_series(1, 15) n;
                INSERT INTO alexa.client_scope (client_id, scope) SELECT 'alexa', 's' || n FROM generate_series(1, 15) n
                """, true);
        Printed checked = checkDatabase(broken);
        FreshDatabase.run(broken, """
                DELETE FROM alexa.client_scope WHERE scope LIKE 's%';
                DELETE FROM alexa.scope WHERE scope LIKE 's%'
                """, true);
        assertThat(checked.ids()).containsExactly("scopes-differ");
        assertThat(checked.of("scopes-differ", "found")).isEqualTo("17 scopes");
    }

    @Test
    void the_line_to_paste_mends_the_redirect_uris_and_keeps_those_of_an_app() throws Exception {
        String name = broken;
        FreshDatabase.run(name, """
                DELETE FROM alexa.client_redirect_uri WHERE redirect_uri LIKE '%layla%';
                INSERT INTO alexa.client_redirect_uri VALUES ('alexa', 'https://app.example/linked')
                """, true);
        String line = checkDatabase(name).of("redirect-uri-missing", "do");
        assertThat(line).startsWith("sudo java -jar alexa.war client uris alexa ");
        String[] arguments = line.replaceFirst("^sudo java -jar alexa.war ", "")
                .replaceFirst(" --db .*", "")
                .replace("'", "")
                .split(" ", -1);
        List<String> all = new ArrayList<>(List.of(arguments));
        PGSimpleDataSource superuser = FreshDatabase.as(FreshDatabase.SUPERUSER, name);
        all.addAll(List.of(
                "--db",
                "postgresql://" + superuser.getUser() + ":" + superuser.getPassword() + "@"
                        + superuser.getServerNames()[0] + ":" + superuser.getPortNumbers()[0] + "/" + name));
        StringWriter said = new StringWriter();
        assertThat(Tool.run(
                        Path.of("target/alexa.war"),
                        new PrintWriter(said),
                        new PrintWriter(said),
                        all.toArray(String[]::new)))
                .as(said.toString())
                .isZero();
        assertThat(checkDatabase(name).ids()).isEmpty();
        assertThat(FreshDatabase.ask(name, "SELECT count(*) FROM alexa.client_redirect_uri"))
                .isEqualTo("4");
        FreshDatabase.run(name, "DELETE FROM alexa.client_redirect_uri WHERE redirect_uri LIKE '%app.example%'", true);
    }

    @Test
    void an_address_at_which_no_database_listens_is_unreachable() throws Exception {
        Printed checked = check(
                withSettings(
                        Map.of("alexa.db.url", "jdbc:postgresql://127.0.0.1:" + TestServers.freePort() + "/alexa")),
                "--json");
        assertThat(checked.ids()).containsExactly("database-unreachable");
        assertThat(checked.json().getString("summary")).isEqualTo("fatal");
        assertThat(checked.out()).doesNotContain("127.0.0.1:5").contains("because of database-unreachable");
    }

    @ParameterizedTest
    @CsvSource({
        "alexa.db.password, wrong, database-password-wrong",
        "alexa.db.user, nobody_of_this_name, database-password-wrong",
        "alexa.db.user, alexa_apq, database-password-wrong",
        "alexa.db.url, no_database, database-unknown"
    })
    void a_login_that_postgresql_refuses_is_named_without_the_password(String setting, String value, String id)
            throws Exception {
        Printed checked = check(withSettings(Map.of(setting, setting.endsWith("url") ? url(value) : value)), "--json");
        assertThat(checked.ids()).as(checked.out()).containsExactly(id);
        assertThat(checked.out()).doesNotContain(TestDatabase.APP_PASSWORD);
    }

    @ParameterizedTest
    @CsvSource({
        "alexa.issuer, http://music.example.org/alexa",
        "alexa.issuer, https://music.example.org/alexa/",
        "alexa.db.url, postgres://127.0.0.1/alexa",
        "alexa.db.pool, many",
        "alexa.name, ' '",
    })
    void a_setting_that_the_war_refuses_is_named(String setting, String value) throws Exception {
        Printed checked = check(withSettings(Map.of(setting, value)), "--json");
        if (value.isBlank()) { // counts as not set, and there is a default
            assertThat(checked.ids()).isEmpty();
        } else {
            assertThat(checked.ids()).as(checked.out()).containsExactly("setting-refused");
            assertThat(checked.of("setting-refused", "found")).startsWith(setting + " is [");
            assertThat(checked.of("setting-refused", "wanted")).startsWith("it must be ");
        }
    }

    @Test
    void a_pool_of_the_operators_own_is_left_to_the_web_application() throws Exception {
        Path base = withSettings(Map.of("alexa.db.url", ""));
        CatalinaBase.describe(base, "alexa", """
                <Context>
                  <Resource name="jdbc/alexa" type="javax.sql.DataSource" jdbcUrl="jdbc:postgresql://127.0.0.1/alexa"
                            factory="com.zaxxer.hikari.HikariJNDIFactory"/>
                </Context>
                """);
        Printed checked = check(base, "--json");
        assertThat(checked.ids()).as(checked.out()).isEmpty();
        assertThat(checked.of("client-unknown", "severity")).isEqualTo("skipped");
        assertThat(checked.of("unavailable", "severity")).isEqualTo("ok");
    }

    @Test
    void an_issuer_that_was_changed_after_the_start_is_named() throws Exception {
        Printed checked = check(withSettings(Map.of("alexa.issuer", "https://music.example.org/alexa")), "--json");
        assertThat(checked.ids()).containsExactly("issuer-differs");
        assertThat(checked.of("issuer-differs", "severity")).isEqualTo("warning");
        assertThat(checked.out()).contains("restart Tomcat");
    }

    @Test
    void an_issuer_of_another_path_is_named_once_for_the_settings_and_once_for_the_running_one() throws Exception {
        Printed checked = check(withSettings(Map.of("alexa.issuer", "https://music.example.org/music")), "--json");
        assertThat(checked.ids()).containsOnly("issuer-differs");
        assertThat(checked.of("issuer-differs", "found")).isEqualTo("[/music]");
        assertThat(checked.of("issuer-differs", "wanted")).isEqualTo("[/alexa]");
        assertThat(checked.status()).isZero();
    }

    @Test
    void a_tomcat_that_does_not_run_is_named() throws Exception {
        Printed checked = check(withSettings(Map.of("http.port", Integer.toString(TestServers.freePort()))), "--json");
        assertThat(checked.ids()).as(checked.out()).containsExactly("unavailable");
        assertThat(checked.of("unavailable", "found")).isEqualTo("no connection");
    }

    @Test
    void a_tomcat_without_the_web_application_is_named() throws Exception {
        Path base = withSettings(Map.of("alexa.issuer", "http://127.0.0.1:" + PORT + "/elsewhere"));
        Files.move(base.resolve("webapps/alexa.war"), base.resolve("webapps/elsewhere.war"));
        Printed checked = check(base, "--json");
        assertThat(checked.ids()).as(checked.out()).containsExactly("unavailable");
        assertThat(checked.of("unavailable", "found")).isEqualTo("status 404");
    }

    @Test
    void a_web_application_with_other_settings_than_the_files_is_named() throws Exception {
        FreshDatabase.run(database, "ALTER DATABASE " + database + " SET default_transaction_read_only = on", true);
        try {
            FreshDatabase.ask(
                    "postgres",
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '" + database + "'");
            Printed checked = checkDatabase(broken);
            assertThat(checked.ids()).as(checked.out()).containsExactly("unavailable");
            assertThat(checked.of("unavailable", "found")).isEqualTo("status 503, schema");
            assertThat(check(BASE, "--json").ids()).containsExactly("database-read-only");
        } finally {
            FreshDatabase.run(
                    database,
                    "SET transaction_read_only = off; ALTER DATABASE " + database
                            + " RESET default_transaction_read_only",
                    true);
            FreshDatabase.ask(
                    "postgres",
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '" + database + "'");
        }
    }

    /** The server accepts, and then says nothing, says it drop by drop, or never ends. */
    @ParameterizedTest
    @ValueSource(strings = {"nothing", "a drip", "an endless answer"})
    void a_database_and_a_web_application_that_hang_are_named_within_twenty_seconds(String how) throws Exception {
        ExecutorService clients = Executors.newCachedThreadPool();
        try (ServerSocket hanging = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            clients.execute(() -> accept(hanging, how, clients));
            Path base = withSettings(Map.of(
                    "alexa.db.url",
                    "jdbc:postgresql://127.0.0.1:" + hanging.getLocalPort() + "/alexa",
                    "http.port",
                    Integer.toString(hanging.getLocalPort())));
            Instant begun = Instant.now();
            Printed checked = check(base, "--json");
            assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofSeconds(20));
            assertThat(checked.ids()).as(checked.out()).hasSize(2);
            assertThat(checked.ids().get(0)).isEqualTo("database-unreachable");
            assertThat(checked.ids().get(1)).isIn("unavailable", "check-failed", "not-me");
            assertThat(checked.status()).isEqualTo(1);
        } finally {
            clients.shutdownNow();
        }
    }

    private static void accept(ServerSocket hanging, String how, ExecutorService clients) {
        try {
            while (true) {
                Socket client = hanging.accept();
                clients.execute(() -> {
                    try (client) {
                        OutputStream out = client.getOutputStream();
                        while (!Thread.currentThread().isInterrupted()) {
                            if (!how.equals("nothing")) {
                                out.write(how.equals("a drip") ? new byte[1] : new byte[8192]);
                                out.flush();
                            }
                            if (!how.equals("an endless answer")) {
                                Thread.sleep(500);
                            }
                        }
                    } catch (IOException | InterruptedException over) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    /** What a stranger can bring about is a warning; what happened after somebody had signed in is an error. */
    @ParameterizedTest
    @CsvSource({"false, warning, 0", "true, error, 1"})
    void the_last_attempt_that_failed_is_named_once_with_what_the_record_says(
            boolean signedIn, String severity, int status) throws Exception {
        String name = withClient();
        FreshDatabase.run(
                name,
                signedIn
                        ? "INSERT INTO alexa.audit_event (event, client_id, link_id, subject, occurred_at) VALUES ('code_issued', 'alexa',"
                                + " gen_random_uuid(), 'anna', now() - interval '5 minutes')"
                        : "INSERT INTO alexa.audit_event (event, client_id, reason) VALUES ('authorization_refused', 'alexa',"
                                + " 'scope_unregistered')",
                true);
        Printed checked = checkDatabase(name);
        assertThat(checked.ids()).as(checked.out()).hasSize(1);
        String id = checked.ids().get(0);
        assertThat(id).isEqualTo(signedIn ? "code-not-fetched" : "scopes-differ");
        assertThat(checked.records(id))
                .extracting(record -> record.getString("vantage"))
                .contains("record");
        assertThat(checked.of(id, "severity")).isEqualTo(severity);
        assertThat(checked.status()).isEqualTo(status);
        assertThat(checked.out()).doesNotContain("anna");
    }

    @Test
    void a_warning_that_a_stranger_causes_hides_no_error_with_the_same_id() throws Exception {
        String name = withClient();
        FreshDatabase.run(name, """
                WITH link AS (SELECT gen_random_uuid() AS link_id)
                INSERT INTO alexa.audit_event (event, client_id, link_id, reason, occurred_at)
                SELECT event, 'alexa', link_id, reason, now() - age FROM link, (VALUES
                    ('code_issued', NULL, interval '5 minutes'), ('token_refused', 'secret_wrong', interval '4 minutes')
                ) AS happened (event, reason, age);
                INSERT INTO alexa.audit_event (event, client_id, reason) VALUES ('token_refused', 'alexa', 'secret_wrong')
                """, true);
        Printed checked = checkDatabase(name);
        assertThat(checked.ids()).as(checked.out()).containsExactly("secret-wrong");
        assertThat(checked.of("secret-wrong", "severity")).isEqualTo("error");
        assertThat(checked.status()).isEqualTo(1);
    }

    @Test
    void a_warning_of_now_hides_no_error_of_the_record_with_the_same_id() throws Exception {
        String name = withClient();
        FreshDatabase.run(name, """
                UPDATE alexa.client_secret SET expires_at = now() + interval '1 hour';
                WITH link AS (SELECT gen_random_uuid() AS link_id)
                INSERT INTO alexa.audit_event (event, client_id, link_id, reason, occurred_at)
                SELECT event, 'alexa', link_id, reason, now() - age FROM link, (VALUES
                    ('code_issued', NULL, interval '5 minutes'), ('token_refused', 'secret_expired', interval '4 minutes')
                ) AS happened (event, reason, age)
                """, true);
        Printed checked = checkDatabase(name);
        assertThat(checked.records("secret-expired"))
                .as(checked.out())
                .extracting(record -> record.getString("severity"))
                .containsExactlyInAnyOrder("error", "warning");
        assertThat(checked.status()).isEqualTo(1);
    }

    @Test
    void a_second_one_in_the_same_tomcat_is_told_of_with_the_option_that_looks_at_it() throws Exception {
        Path base = withSettings(Map.of());
        Files.createSymbolicLink(
                base.resolve("webapps/house#alexa.war"),
                Path.of("target/alexa.war").toAbsolutePath());
        Printed checked = check(base, "--json");
        assertThat(checked.ids()).as(checked.out()).isEmpty();
        assertThat(checked.of("another-here", "says")).endsWith(": /house/alexa");
        assertThat(checked.of("another-here", "do")).startsWith("sudo java -jar alexa.war check --path /house/alexa");
        Printed other = check(base, "--json", "--path", "/house/alexa");
        assertThat(other.of("another-here", "says")).endsWith(": /alexa");
        assertThat(other.ids()).as(other.out()).contains("issuer-differs");
        Printed none = check(base, "--path", "/elsewhere");
        assertThat(none.status()).isEqualTo(1);
        assertThat(none.err()).contains("--path takes one of these: /alexa, /house/alexa");
    }

    @Test
    void check_says_that_it_does_not_look_at_what_the_proxy_says() {
        Printed checked = check(BASE, "--json");
        assertThat(checked.of("forwarded-missing", "severity")).isEqualTo("info");
        assertThat(checked.of("forwarded-missing", "says"))
                .isEqualTo("what the proxy says of visitors is not looked at here; the operator's page shows it");
    }

    /** The record, what is asked first, and the clients, which are not taken for good ones. */
    @ParameterizedTest
    @ValueSource(strings = {"audit_event", "schema_version", "client"})
    void a_table_that_cannot_be_read_because_of_a_lock_is_named_as_a_slow_database_alone(String table)
            throws Exception {
        try (Connection dba =
                        FreshDatabase.as(FreshDatabase.SUPERUSER, database).getConnection();
                Statement statement = dba.createStatement()) {
            dba.setAutoCommit(false);
            statement.execute("LOCK TABLE alexa." + table + " IN ACCESS EXCLUSIVE MODE");
            Printed checked = check(BASE, "--json");
            dba.rollback();
            assertThat(checked.ids()).as(checked.out()).containsExactly("database-slow");
            assertThat(checked.of("database-slow", "severity")).isEqualTo("error");
            assertThat(checked.status()).isEqualTo(1);
            assertThat(checked.of("database-slow", "do")).contains("pg_blocking_pids");
        }
    }

    @Test
    void a_file_of_the_password_that_is_gone_is_named_with_the_setup_that_makes_another() throws Exception {
        Path base = withSettings(Map.of("alexa.db.password", "", "alexa.db.password.file", "/nowhere/db-password"));
        Printed checked = check(base, "--json");
        assertThat(checked.ids()).as(checked.out()).containsExactly("setting-refused");
        assertThat(checked.of("setting-refused", "do")).contains("sudo java -jar alexa.war setup --new-db-password");
    }

    @Test
    void a_descriptor_that_is_no_xml_is_one_record_for_a_program() throws Exception {
        Path base = withSettings(Map.of());
        CatalinaBase.describe(base, "alexa", "<Context>");
        Printed checked = check(base, "--json");
        assertThat(checked.ids()).containsExactly("check-failed");
        assertThat(checked.of("check-failed", "found")).contains("alexa.xml is no XML");
        assertThat(checked.status()).isEqualTo(1);
        assertThat(check(base).err()).contains("alexa.xml is no XML");
    }

    /** This machine has PostgreSQL at another port than 5432, and more than one Tomcat; each line is run as it is printed. */
    @Test
    void the_line_to_paste_leads_to_this_tomcat_and_to_its_database() throws Exception {
        FreshDatabase.run(broken, "SELECT alexa.disable_client('alexa')", true);
        try {
            PGSimpleDataSource superuser = FreshDatabase.as(FreshDatabase.SUPERUSER, broken);
            String line = checkDatabase(broken).of("client-disabled", "do");
            assertThat(line)
                    .isEqualTo("sudo java -jar alexa.war client enable alexa --db postgresql://:"
                            + superuser.getPortNumbers()[0] + "/" + broken);
            Answer said = Answer.to(line.replaceFirst("^sudo java -jar alexa.war ", "")
                    .replace("//:", "//" + superuser.getUser() + ":" + superuser.getPassword() + "@127.0.0.1:")
                    .split(" ", -1));
            assertThat(said.status()).as(said.err()).isZero();
            assertThat(checkDatabase(broken).ids()).isEmpty();
        } finally {
            FreshDatabase.run(broken, "SELECT alexa.enable_client('alexa')", true);
        }
        Path base = withSettings(Map.of("alexa.db.pool", "many"));
        assertThat(check(base, "--json").of("setting-refused", "do"))
                .contains("setup --tomcat " + base + " --db postgresql://:");
    }

    /** The shell reads the folder as it is, whatever its name is. */
    @Test
    void a_tomcat_in_a_folder_with_a_blank_and_a_quotation_mark_has_lines_that_a_shell_takes() throws Exception {
        Path base = withSettings(Map.of("alexa.db.url", url(broken)));
        Path odd = base.resolveSibling(base.getFileName() + " my tom'cat $x`\"");
        Files.move(base, odd);
        try {
            FreshDatabase.run(database, "ALTER DATABASE " + database + " SET default_transaction_read_only = on", true);
            FreshDatabase.ask(
                    "postgres",
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '" + database + "'");
            Files.createDirectories(odd.resolve("logs"));
            Files.writeString(odd.resolve("logs/catalina.1.log"), "WARNING not healthy: read-only\n");
            Printed checked = check(odd, "--json");
            assertThat(checked.ids()).as(checked.out()).containsExactly("unavailable");
            String line = checked.of("unavailable", "do")
                    .lines()
                    .filter(each -> each.startsWith("sudo sh -c "))
                    .findFirst()
                    .orElseThrow();
            Process shell = new ProcessBuilder("bash", "-c", line.replaceFirst("^sudo ", ""))
                    .redirectErrorStream(true)
                    .start();
            assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("WARNING not healthy: read-only\n");
        } finally {
            FreshDatabase.run(
                    database,
                    "SET transaction_read_only = off; ALTER DATABASE " + database
                            + " RESET default_transaction_read_only",
                    true);
            FreshDatabase.ask(
                    "postgres",
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '" + database + "'");
            CatalinaBase.delete(odd);
        }
    }

    @Test
    void a_folder_that_this_user_may_not_look_into_is_named_and_not_taken_for_an_empty_one() throws Exception {
        Path closed = Files.createTempDirectory("closed");
        Path base = Files.createDirectories(closed.resolve("tomcat"));
        Files.createDirectories(base.resolve("conf"));
        Files.writeString(base.resolve("conf/server.xml"), "<Server/>");
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
        try {
            List<String> command = new ArrayList<>();
            if (Myself.name().equals("root")) {
                command.addAll(List.of("setpriv", "--reuid=65533", "--regid=65533", "--clear-groups"));
            }
            command.addAll(List.of(
                    Path.of(System.getProperty("java.home"), "bin/java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-jar",
                    Path.of("target/alexa.war").toAbsolutePath().toString(),
                    "check",
                    "--tomcat",
                    base.toString()));
            Process process = new ProcessBuilder(command)
                    .directory(Path.of("/").toFile())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(said).isEqualTo(1);
            assertThat(said)
                    .contains("may not look into " + closed, "sudo java -jar alexa.war")
                    .doesNotContain("CATALINA_BASE");
        } finally {
            Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
            CatalinaBase.delete(closed);
        }
    }

    @Test
    void a_clock_that_is_an_hour_ahead_is_named() throws Exception {
        Printed checked = asAProcess(WrongClock.with(Map.of("FAKETIME", "+1h")), "--json");
        assertThat(checked.status()).as(checked.out()).isZero();
        assertThat(checked.ids()).as(checked.out()).containsExactly("clock-off");
        assertThat(checked.of("clock-off", "says")).matches("the clock of this machine is 3(59\\d|600) s ahead of .*");
        assertThat(checked.json().getString("summary")).isEqualTo("warning");
    }

    @Test
    void the_worst_comes_first_and_fits_eighty_columns() throws Exception {
        String name = FreshDatabase.migrated();
        FreshDatabase.run(name, """
                SELECT alexa.register_client('alexa', 'Amazon Alexa', ARRAY['https://layla.amazon.com/api/skill/link/M2EXAMPLE']);
                UPDATE alexa.maintenance SET last_run_at = now() - interval '2 days'
                """, true);
        Printed checked = check(withSettings(Map.of("alexa.db.url", url(name))));
        List<String> first = checked.out()
                .lines()
                .filter(line -> line.matches("\\w.*"))
                .map(line -> line.split(" ", -1)[0])
                .collect(Collectors.toList());
        assertThat(first.subList(0, 3)).containsExactly("error", "warning", "info");
        assertThat(checked.out().lines())
                .allMatch(line -> line.length() <= 80
                        || line.matches("  source  \\S+|(?:  do)? +(?:sudo java -jar |java -jar |psql |https?://).*"));
        assertThat(checked.out())
                .contains(
                        "  do      sudo java -jar alexa.war client uris alexa --alexa-vendor M2EXAMPLE --db postgresql://:");
    }

    @ParameterizedTest
    @CsvSource({"--nonsense", "more"})
    void wrong_usage_is_status_2(String argument) {
        assertThat(check(BASE, argument).status()).isEqualTo(2);
    }
}
