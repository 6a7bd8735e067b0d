package io.github.alexalink.store;

import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.InTime;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.alexa.Scraped;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("both")
@DisplayName("The database is away, hung or read-only: 503 in time, and never invalid_grant")
class DatabaseInTroubleIT extends OnTomcat {

    private static final String ANNA = TestDatabase.unique("anna");

    private static boolean suspended;

    private Alexa alexa;
    private String refreshToken;

    @BeforeAll
    static void account() {
        TestDatabase.addAccount(ANNA, PASSWORD);
    }

    @BeforeEach
    void link() {
        alexa = Alexa.skill(TestServers.issuer());
        refreshToken = alexa.link(ANNA, PASSWORD).getString("refresh_token");
    }

    @AfterEach
    void theDatabaseIsWellAgain() throws InterruptedException, IOException {
        if (suspended) {
            resume();
        }
        TestDatabase.change("ALTER ROLE alexa_app LOGIN");
        readOnly("RESET default_transaction_read_only");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (Alexa.get(ISSUER + "/health").statusCode() != 200) {
            assertThat(System.nanoTime()).as("the server recovers by itself").isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(200);
        }
        assertTokens(alexa.refresh(refreshToken));
    }

    @Test
    void while_the_war_cannot_log_in_to_the_database_answers_are_503() {
        String code = alexa.code(ANNA, PASSWORD);
        HttpResponse<String> page = alexa.authorize();
        TestDatabase.change("ALTER ROLE alexa_app NOLOGIN");
        TestDatabase.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'alexa_app'");

        assertUnavailable(() -> alexa.refresh(refreshToken));
        assertUnavailable(() -> alexa.exchange(code));
        assertTryLater(alexa.authorize());
        assertTryLater(alexa.press(page, "allow", ANNA, PASSWORD));
        HttpResponse<String> health = Alexa.get(ISSUER + "/health");
        assertThat(health.statusCode()).isEqualTo(503);
        assertThat(new JSONObject(health.body()).getString("message")).isEqualTo("database");

        TestDatabase.change("ALTER ROLE alexa_app LOGIN");
    }

    @Test
    void while_the_database_hangs_answers_are_503_in_time() throws Exception {
        suspend();
        assertUnavailable(() -> alexa.refresh(refreshToken));
        assertUnavailable(() -> alexa.refresh(refreshToken));
        long start = System.nanoTime();
        assertThat(Alexa.get(ISSUER + "/health").statusCode()).isEqualTo(503);
        InTime.assertAtMost(Duration.ofMillis(2800), start);
        resume();
    }

    @Test
    void while_the_database_is_read_only_answers_are_503_and_the_log_says_so_once_and_when_it_is_over() {
        int before = TestServers.log().length();
        readOnly("SET default_transaction_read_only = on");
        // the first 503 may still come from a connection that was just terminated
        for (int i = 0; i < 12; i++) {
            assertUnavailable(() -> alexa.refresh(refreshToken));
        }
        HttpResponse<String> health = Alexa.get(ISSUER + "/health");
        assertThat(health.statusCode()).isEqualTo(503);
        assertThat(new JSONObject(health.body()).getString("message")).isEqualTo("schema");
        readOnly("RESET default_transaction_read_only");
        String over = "token requests are answered again, after ";
        assertThat(Soon.within(
                        60,
                        () -> {
                            alexa.refresh(refreshToken);
                            return TestServers.log().substring(before);
                        },
                        log -> log.contains(over)))
                .contains(over);
        String failed = "token request failed: client";
        assertThat(TestServers.log()).containsPattern(" SEVERE .*" + failed);
        assertThat(TestServers.log().substring(before).lines())
                .filteredOn(line -> line.contains(" SEVERE ") && line.contains(failed))
                .as(
                        "of twelve requests: one line, and one for each other reason, such as a terminated connection; none if a"
                                + " test a moment before had the same trouble")
                .hasSizeLessThanOrEqualTo(3);
    }

    @Tag("thorough")
    @Test
    void while_the_database_hangs_an_address_gets_metrics_and_a_resource_server_gets_503() throws Exception {
        String server = TestDatabase.unique("music");
        String secret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'M')",
                server);
        suspend();
        TimeUnit.SECONDS.sleep(11); // metrics keep what they read for ten seconds
        assertUnavailable(() -> alexa.refresh(refreshToken));
        long start = System.nanoTime();
        Scraped scraped = Scraped.now();
        InTime.assertAtMost(Duration.ofMillis(2800), start);
        assertThat(scraped.value("alexa_database_up")).isZero();
        for (String unknown : new String[] {
            "alexa_database_writable",
            "alexa_schema_version",
            "alexa_schema_known",
            "alexa_partitions_ready",
            "alexa_maintenance_last_run_timestamp_seconds"
        }) {
            assertThat(scraped.names()).contains(unknown);
            assertThat(scraped.value(unknown)).as(unknown).isNaN();
        }
        assertThat(scraped.requests("token", "refresh_token", "temporarily_unavailable", "503"))
                .isPositive();
        start = System.nanoTime();
        Scraped.now();
        InTime.assertAtMost(Duration.ofMillis(900), start); // no second query within ten seconds
        assertUnavailable(
                () -> RawHttp.send("GET /alexa/metrics HTTP/1.1\nAuthorization: " + Alexa.basic(server, secret), ""));
        resume();
        TimeUnit.SECONDS.sleep(11);
        assertThat(Scraped.ofADatabaseThatIsUp().value("alexa_database_up")).isEqualTo(1);
    }

    @Test
    void health_reports_overdue_upkeep_and_tokens_are_still_issued() throws InterruptedException {
        TestDatabase.change("UPDATE alexa.maintenance SET last_run_at = now() - interval '25 hours'");
        int before = TestServers.log().length();
        HttpResponse<String> health = Alexa.get(ISSUER + "/health");
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(new JSONObject(health.body()).getString("status")).isEqualTo("ok");
        assertThat(new JSONObject(health.body()).getString("message"))
                .as("a word for the world")
                .isEqualTo("upkeep");
        for (int i = 0; i < 20; i++) {
            Alexa.get(ISSUER + "/health");
        }
        assertTokens(alexa.refresh(refreshToken));
        TestDatabase.ask("SELECT count(*) FROM alexa.maintain()");
        assertThat(new JSONObject(Alexa.get(ISSUER + "/health").body()).getString("message"))
                .isEqualTo("tokens can be issued");
        String log = Soon.within(60, () -> TestServers.log().substring(before), said -> said.contains("healthy again"));
        assertThat(log).contains("healthy again");
        assertThat(log.lines().filter(line -> line.contains("healthy, but maintenance has not run since ")))
                .as("the words for the operator, once and not at every request")
                .hasSize(1);
    }

    @Test
    void the_log_says_that_an_outage_is_over_though_upkeep_is_overdue_all_the_while() throws InterruptedException {
        TestDatabase.change("UPDATE alexa.maintenance SET last_run_at = now() - interval '25 hours'");
        assertThat(healthMessage()).isEqualTo("upkeep");
        int before = TestServers.log().length();
        readOnly("SET default_transaction_read_only = on");
        assertThat(Soon.within(10, DatabaseInTroubleIT::healthMessage, "schema"::equals))
                .isEqualTo("schema");
        readOnly("RESET default_transaction_read_only");
        assertThat(Soon.within(10, DatabaseInTroubleIT::healthMessage, "upkeep"::equals))
                .isEqualTo("upkeep");
        assertThat(Soon.within(10, () -> TestServers.log().substring(before), said -> said.contains("healthy again")))
                .contains("healthy again");
        TestDatabase.ask("SELECT count(*) FROM alexa.maintain()");
        assertThat(Soon.within(10, DatabaseInTroubleIT::healthMessage, "tokens can be issued"::equals))
                .isEqualTo("tokens can be issued");
    }

    private static String healthMessage() {
        return new JSONObject(Alexa.get(ISSUER + "/health").body()).getString("message");
    }

    private static void readOnly(String setting) {
        TestDatabase.change("ALTER ROLE alexa_app " + setting);
        TestDatabase.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'alexa_app'");
    }

    private static void assertUnavailable(Supplier<HttpResponse<String>> request) {
        long start = System.nanoTime();
        HttpResponse<String> reply = request.get();
        InTime.assertAtMost(Duration.ofSeconds(4), start);
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(503);
        assertThat(reply.headers().firstValue("Retry-After")).isPresent();
        assertThat(new JSONObject(reply.body()).getString("error")).isEqualTo("temporarily_unavailable");
    }

    private static void assertTryLater(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).isEqualTo(503);
        assertThat(reply.headers().firstValue("Retry-After")).isPresent();
        assertThat(reply.body()).contains("Please try again later").doesNotContain("wrong");
    }

    /** Stops every process of PostgreSQL with SIGSTOP: sockets stay open and nothing answers. */
    private static void suspend() throws IOException, InterruptedException {
        TestDatabase.shared().signal("STOP");
        suspended = true;
    }

    private static void resume() throws IOException, InterruptedException {
        TestDatabase.shared().signal("CONT");
        suspended = false;
    }
}
