package io.github.alexalink.config;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import io.github.alexalink.fixture.servers.WireTap;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** One Tomcat with the WAR once per mistake, each set up by a context descriptor as an operator would. */
@DisplayName("Alexa Link cannot start, and the music server does")
class NotStartingIT {

    private static final Path BASE = Path.of("target/it/not-starting").toAbsolutePath();
    private static final Path LOG = BASE.resolve("logs/console.log");
    private static final int nobody = TestServers.freePort();
    private static final int late = TestServers.freePort();

    private static int port;
    private static TomcatProcess tomcat;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        port = TestServers.freePort();
        CatalinaBase.delete(BASE);
        TestServers.prepareBase(BASE, TestServers.tomcatHome(), port, Map.of());
        String database = TestDatabase.shared().jdbcUrl();
        descriptor("well", Map.of());
        descriptor("issuer", Map.of("alexa.issuer", "http://music.example.org/alexa/"));
        descriptor("nothing", Map.of("alexa.issuer", ""));
        descriptor("url", Map.of("alexa.db.url", "postgres://anna:s3c/r@t-s3cret@db/alexa"));
        descriptor("two-passwords", Map.of("alexa.db.password.file", "/nowhere/alexa.db.password"));
        descriptor(
                "no-password-file",
                Map.of("alexa.db.password", "", "alexa.db.password.file", "/nowhere/alexa.db.password"));
        descriptor("no-url", Map.of("alexa.db.url", ""));
        descriptor("readers", Map.of("alexa.metrics.readers", "music.example.org"));
        descriptor("pool", Map.of("alexa.db.pool", "many"));
        descriptor("no-database", Map.of("alexa.db.url", "jdbc:postgresql://127.0.0.1:" + nobody + "/alexa"));
        descriptor("late-database", Map.of("alexa.db.url", "jdbc:postgresql://127.0.0.1:" + late + "/alexa"));
        descriptor("no-schema", Map.of("alexa.db.url", database.replaceFirst("/alexa$", "/template1")));
        descriptor("no-role", Map.of("alexa.db.user", "alexa_nobody", "alexa.db.password", "wr0ng"));
        descriptor("statement", Map.of(), warWithAnotherStatement());
        CatalinaBase.deploy(BASE, Path.of("target/alexa-music-server.war"), "music-server");
        tomcat = TestServers.startOwn(BASE, port, List.of("-Xmx384m"), Map.of(), "/music-server/");
    }

    @AfterAll
    static void stop() {
        if (tomcat != null) {
            tomcat.close();
        }
    }

    @Test
    void a_context_descriptor_with_parameters_holds_all_settings_it_needs() throws InterruptedException {
        assertThat(tomcat.answers("/well/health", 200, Duration.ofMinutes(2))).isTrue();
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, PASSWORD);
        Alexa alexa = Alexa.skill("http://127.0.0.1:" + port + "/well");
        assertThat(alexa.link(anna, PASSWORD).getString("token_type")).isEqualToIgnoringCase("bearer");
    }

    @Test
    void a_bad_setting_is_one_line_that_says_which_what_it_was_and_what_would_do() throws Exception {
        for (String context :
                List.of("issuer", "nothing", "url", "no-url", "pool", "readers", "two-passwords", "no-password-file")) {
            assertThat(tomcat.answers("/" + context + "/health", 404, Duration.ofMinutes(2)))
                    .as(context)
                    .isTrue();
        }
        List<String> lines = log().lines()
                .filter(line -> line.contains("Alexa Link does not start: "))
                .map(line -> line.substring(line.indexOf("start: ") + 7))
                .filter(line -> !line.startsWith("sql/"))
                .toList();
        String issuer = ": it must be the https address of this web application as Alexa sees it, for example"
                + " https://music.example.org/alexa, without query, fragment or slash at the end";
        String url = ": it must be the address of the database, for example jdbc:postgresql://127.0.0.1:5432/alexa";
        assertThat(lines)
                .containsExactlyInAnyOrder(
                        "alexa.issuer is [http://music.example.org/alexa/]" + issuer,
                        "alexa.issuer is not set" + issuer,
                        "alexa.db.url is [postgres://…]" + url,
                        "alexa.db.url is not set" + url,
                        "alexa.db.password and alexa.db.password.file are both set: leave one of them out",
                        "alexa.db.password.file is [/nowhere/alexa.db.password]: there is no such file. It must be the"
                                + " absolute path of a file with nothing but the password in one line, at most 4 KiB of"
                                + " UTF-8, and readable by the user that Tomcat runs as, ["
                                + System.getProperty("user.name") + "]",
                        "alexa.metrics.readers is [music.example.org]: it must be nobody, or a list with commas between:"
                                + " addresses such as 127.0.0.1, networks such as 10.0.0.0/8 or fd00::/8, and"
                                + " resource-servers",
                        "alexa.db.pool is [many]: it must be a number from 1 to 100");
    }

    @Test
    void a_statement_with_other_parameters_is_one_line_that_says_which() throws Exception {
        assertThat(tomcat.answers("/statement/health", 404, Duration.ofMinutes(2)))
                .isTrue();
        assertThat(log())
                .contains("Alexa Link does not start: sql/statements/refresh.sql has the parameters [access_token_hash,"
                        + " client_id, link_id, minted_at, refresh_token_hash, scope, secret_hashes, successor], and its repository"
                        + " binds [access_token_hash, client_id, link_id, minted_at, refresh_token_hash, scope, secret_hashes,"
                        + " successor_hash]");
    }

    @Test
    void the_log_says_what_the_database_lacks_and_health_is_503() throws Exception {
        for (String context : List.of("no-database", "no-schema", "no-role")) {
            assertThat(tomcat.answers("/" + context + "/health", 503, Duration.ofMinutes(2)))
                    .as(context)
                    .isTrue();
        }
        long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (log().split("no token can be issued: ", -1).length < 5 && System.nanoTime() < end) {
            Thread.sleep(100);
        }
        assertThat(log())
                .contains("no token can be issued: there is no schema alexa, or not all of it: run sql/install.sql")
                .containsPattern("no token can be issued: the database does not answer \\(.*refused")
                .containsPattern("no token can be issued: the database does not answer \\(.*alexa_nobody");
    }

    @Test
    void after_a_severe_that_is_over_the_log_says_that_it_is_over() throws Exception {
        assertThat(tomcat.answers("/late-database/health", 503, Duration.ofMinutes(2)))
                .isTrue();
        String severe = "[/late-database] no token can be issued: the database does not answer";
        assertThat(Soon.within(60, NotStartingIT::log, log -> log.contains(severe)))
                .contains(severe);
        WireTap network = WireTap.before(TestDatabase.shared().port(), late);
        try {
            assertThat(tomcat.answers("/late-database/health", 200, Duration.ofMinutes(2)))
                    .isTrue();
            for (String over : List.of(
                    "[/late-database] there are new connections to the database again",
                    "[/late-database] tokens can be issued now",
                    "[/late-database] healthy again")) {
                assertThat(Soon.within(60, NotStartingIT::log, log -> log.contains(over)))
                        .contains(over);
            }
            assertThat(log().lines()
                            .filter(line -> line.contains("[/late-database] no new connection to the database: ")))
                    .as("once, and not at each try")
                    .hasSize(1);
        } finally {
            network.close();
        }
    }

    @Test
    void no_stack_trace_buries_the_reason_and_no_password_is_in_the_log() throws Exception {
        assertThat(log()).doesNotContain("\n\tat ").doesNotContain("s3cret").doesNotContain("wr0ng");
    }

    @Test
    void a_context_that_did_not_start_leaves_no_driver_behind() throws Exception {
        assertThat(log()).doesNotContain("forcibly unregistered");
    }

    @Test
    void the_music_server_answers_although_alexa_link_did_not_start() throws InterruptedException {
        assertThat(tomcat.answers("/music-server/", 200, Duration.ofMinutes(2))).isTrue();
    }

    private static String log() throws IOException {
        return Files.readString(LOG);
    }

    private static void descriptor(String name, Map<String, String> trouble) throws IOException {
        descriptor(name, trouble, Path.of("target/alexa.war").toAbsolutePath());
    }

    /** One in which somebody changed a statement, and with it what it takes. */
    private static Path warWithAnotherStatement() throws IOException {
        Path war = Files.copy(Path.of("target/alexa.war").toAbsolutePath(), BASE.resolve("changed.war"));
        try (FileSystem files = FileSystems.newFileSystem(war)) {
            Path refresh = files.getPath("WEB-INF/classes/io/github/alexalink/store/statements/refresh.sql");
            Files.writeString(refresh, Files.readString(refresh).replace(":successor_hash", ":successor"));
        }
        return war;
    }

    private static void descriptor(String name, Map<String, String> trouble, Path war) throws IOException {
        Map<String, String> parameters = new HashMap<>(TestServers.settings(port));
        parameters.put("alexa.issuer", "http://127.0.0.1:" + port + "/" + name);
        parameters.put("alexa.maintenance", "false");
        parameters.putAll(trouble);
        CatalinaBase.describeAlexa(BASE, name, war, parameters);
    }
}
