package io.github.alexalink.metrics;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.alexa.Scraped;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.Manager;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.SchemaRepository;
import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Reading the metrics")
class ReadingTheMetricsIT extends UnderAttack {

    private static final String NONE = "none";

    private final Cases cases = Cases.of("metrics");

    @Test
    void a_resource_server_reads_the_metrics_with_its_credentials_for_introspection() {
        HttpResponse<String> reply = read("/alexa/metrics", Alexa.basic(musicServer, musicServerSecret));
        cases.fine(reply, 200);
        assertThat(reply.headers().firstValue("Content-Type")).contains("text/plain;version=0.0.4;charset=utf-8");
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(Scraped.of(reply.body()).names())
                .contains(
                        "alexa_requests_seconds_bucket",
                        "alexa_requests_seconds_max",
                        "alexa_audit_events_total",
                        "alexa_database_up",
                        "hikaricp_connections_active",
                        "jvm_memory_used_bytes",
                        "jvm_threads_live_threads");
    }

    @Test
    void a_client_in_a_named_network_reads_the_metrics_if_the_proxy_names_its_address() {
        cases.fine(RawHttp.send("GET /alexa/metrics HTTP/1.1\nX-Forwarded-For: 192.0.2.7", ""), 200);
        HttpResponse<String> head = RawHttp.send("HEAD /alexa/metrics HTTP/1.1\nX-Forwarded-For: 192.0.2.7", "");
        cases.fine(head, 200);
        assertThat(head.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "192.0.2.7:50001",
                "\"192.0.2.7:50001\"",
                "\"192.0.2.7\"",
                "::ffff:192.0.2.7",
                "[::ffff:192.0.2.7]:443",
                "198.51.100.7:50001, 192.0.2.7:50001",
                "192.0.2.7:50001, 127.0.0.1:40000",
                "198.51.100.7\nX-Forwarded-For: 192.0.2.7:50001"
            })
    void a_port_behind_the_address_or_another_spelling_keeps_no_reader_out(String written) {
        cases.fine(RawHttp.send("GET /alexa/metrics HTTP/1.1\nX-Forwarded-For: " + written, ""), 200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "198.51.100.7",
                "198.51.100.7:50001",
                "192.0.2.7:50001, 198.51.100.7:50001",
                "192.0.2.7:50001\nX-Forwarded-For: 198.51.100.7:50001",
                "192.0.2.7:50001:1",
                "[192.0.2.7]:1",
                "192.0.2.7, 198.51.100.7",
                "192.0.2.7.example.org",
                "::ffff:192.0.2",
                "192.0.2.7/24",
                "localhost",
                "unknown",
                "192.0.2.7;192.0.2.8"
            })
    void outside_the_named_networks_credentials_are_asked_for(String address) {
        cases.unauthorized(RawHttp.send("GET /alexa/metrics HTTP/1.1\nX-Forwarded-For: " + address, ""), true);
    }

    @Test
    void credentials_of_anybody_else_are_refused_in_the_words_of_introspection() {
        cases.unauthorized(RawHttp.get("/alexa/metrics"), true);
        cases.unauthorized(read("/alexa/metrics", alexa.basic()), true);
        cases.unauthorized(read("/alexa/metrics", Alexa.basic(musicServer, "x")), true);
        cases.unauthorized(read("/alexa/metrics", Alexa.basic(anna, PASSWORD)), true);
        cases.unauthorized(read("/alexa/metrics", Alexa.basic("nobody", "x")), true);
        cases.unauthorized(read("/alexa/metrics", "Bearer x"), true);
        cases.unauthorized(
                RawHttp.get("/alexa/metrics?"
                        + Alexa.encoded(Map.of("client_id", musicServer, "client_secret", musicServerSecret))),
                true);
        assertThat(new JSONObject(read("/alexa/metrics", Alexa.basic(musicServer, "x"))
                                .body())
                        .getString("error_description"))
                .isEqualTo("client authentication failed");
        cases.json(
                RawHttp.send("GET /alexa/metrics HTTP/1.1\nAuthorization: Basic eDp5\nAuthorization: Basic eDp5", ""),
                400,
                "invalid_request");
    }

    @Test
    void if_only_addresses_are_named_other_clients_are_403_with_any_credentials() throws Exception {
        deploy("elsewhere", "198.51.100.0/24,2001:db8::/32");
        try {
            for (RawHttp.Reply reply : new RawHttp.Reply[] {
                RawHttp.get("/elsewhere/metrics"),
                read("/elsewhere/metrics", Alexa.basic(musicServer, musicServerSecret)),
                RawHttp.send("GET /elsewhere/metrics HTTP/1.1\nX-Forwarded-For: 192.0.2.7", "")
            }) {
                cases.json(reply, 403, "access_denied");
            }
            cases.fine(RawHttp.send("GET /elsewhere/metrics HTTP/1.1\nX-Forwarded-For: 198.51.100.9", ""), 200);
            cases.fine(RawHttp.send("GET /elsewhere/metrics HTTP/1.1\nX-Forwarded-For: 2001:db8::1", ""), 200);
            cases.fine(RawHttp.send("GET /elsewhere/metrics HTTP/1.1\nX-Forwarded-For: [2001:db8::1]:443", ""), 200);
        } finally {
            Manager.undeploy("elsewhere");
        }
    }

    @Test
    void a_proxy_that_does_not_say_for_whom_it_asks_is_no_reader_though_its_address_is_named() throws Exception {
        deploy("local", "127.0.0.1, 10.0.0.0/8");
        try {
            cases.fine(RawHttp.get("/local/metrics"), 200);
            for (String header : new String[] {
                "X-Forwarded-Proto: https",
                "X-Forwarded-Host: music.example.org",
                "x-forwarded-server: proxy",
                "Forwarded: proto=https",
                "Forwarded: for=10.0.0.5",
                "Via: 1.1 proxy",
                "X-Real-IP: 10.0.0.5",
                "CF-Connecting-IP: 10.0.0.5",
                "X-Forwarded-For: ",
                "X-Forwarded-For: unknown",
                "X-Forwarded-Proto: https\nX-Forwarded-For: 127.0.0.1"
            }) {
                cases.json(RawHttp.send("GET /local/metrics HTTP/1.1\n" + header, ""), 403, "access_denied");
            }
            cases.fine(
                    RawHttp.send(
                            "GET /local/metrics HTTP/1.1\nX-Forwarded-For: 10.0.0.5\nX-Forwarded-Proto: https\nVia: 1.1 x",
                            ""),
                    200);
            assertThat(Soon.within(60, ReadingTheMetricsIT::log, said -> said.contains("metrics: [127.0.0.1]")))
                    .contains(
                            "metrics: [127.0.0.1] is a reader, but here it is the address of a proxy that does not say for"
                                    + " whom it asks, so it does not count: the proxy must send X-Forwarded-For");
        } finally {
            Manager.undeploy("local");
        }
    }

    @Test
    void if_no_reader_is_named_metrics_are_404_and_nothing_is_counted() throws Exception {
        deploy("uncounted", "nobody");
        try {
            cases.page(
                    read("/uncounted/metrics", Alexa.basic(musicServer, musicServerSecret)),
                    404,
                    "There is nothing here");
            cases.answered(RawHttp.send("POST /uncounted/metrics HTTP/1.1", "x=1"), 405, 404);
            assertThat(Manager.beans("alexa-link/uncounted:*")).startsWith("OK - Number of results: 0");
        } finally {
            Manager.undeploy("uncounted");
        }
    }

    @Test
    void a_link_from_the_page_to_a_refresh_is_counted_by_what_was_decided() {
        Scraped before = Scraped.now();
        HttpResponse<String> page = alexa.authorize();
        alexa.press(page, "deny", anna, PASSWORD);
        alexa.press(page, "allow", anna, "wrong");
        alexa.press(page, "allow", anna, "");
        JSONObject tokens = new JSONObject(alexa.exchange(Alexa.codeIn(alexa.press(page, "allow", anna, PASSWORD)))
                .body());
        alexa.refresh(tokens.getString("refresh_token"));
        alexa.refresh("alr_unknown");
        alexa.withSecret("als_wrong").refresh(tokens.getString("refresh_token"));
        alexa.exchange("alc_unknown");
        alexa.token(Map.of("grant_type", "password"));
        introspect(tokens.getString("access_token"));
        introspect("x");
        post("/revoke", "token=" + tokens.getString("refresh_token"));
        alexa.authorize(with("redirect_uri", "https://evil.example/"));
        alexa.authorize(with("client_id", "nobody"));
        alexa.authorize(with("scope", "everything"));
        alexa.post("/approve", "x=1", Map.of("Sec-Fetch-Site", "cross-site"));
        Alexa.get(ISSUER + "/token");
        Alexa.get(ISSUER + "/links");
        Alexa.get(ISSUER + "/health");
        Alexa.get(ISSUER + "/.well-known/oauth-authorization-server");

        assertCounted(before, "authorize", NONE, "ok", "200");
        assertCounted(before, "approve", NONE, "access_denied", "303");
        assertCounted(before, "approve", NONE, "sign_in_failed", "200");
        assertCounted(before, "approve", NONE, "form_again", "200");
        assertCounted(before, "approve", NONE, "issued", "303");
        assertCounted(before, "token", "authorization_code", "issued", "200");
        assertCounted(before, "token", "refresh_token", "issued", "200");
        assertCounted(before, "token", "refresh_token", "invalid_grant", "400");
        assertCounted(before, "token", "refresh_token", "invalid_client", "401");
        assertCounted(before, "token", "authorization_code", "invalid_grant", "400");
        assertCounted(before, "token", NONE, "unsupported_grant_type", "400");
        assertCounted(before, "token", NONE, "invalid_request", "405");
        assertCounted(before, "introspect", NONE, "active", "200");
        assertCounted(before, "introspect", NONE, "inactive", "200");
        assertCounted(before, "revoke", NONE, "ok", "200");
        assertCounted(before, "authorize", NONE, "invalid_redirect_uri", "400");
        assertCounted(before, "authorize", NONE, "invalid_client", "400");
        assertCounted(before, "authorize", NONE, "invalid_scope", "303");
        assertCounted(before, "approve", NONE, "cross_site", "403");
        assertCounted(before, "links", NONE, "ok", "200");
        assertCounted(before, "health", NONE, "ok", "200");
        assertCounted(before, "metadata", NONE, "ok", "200");

        Scraped after = Scraped.now();
        for (String event : new String[] {
            "access_denied", "sign_in_failed", "code_issued", "code_redeemed", "token_refreshed", "link_revoked"
        }) {
            assertThat(after.events(event) - before.events(event)).as(event).isEqualTo(1);
        }
        // two unknown tokens, one wrong secret
        assertThat(after.events("token_refused") - before.events("token_refused"))
                .isEqualTo(3);
        assertThat(after.events("authorization_refused") - before.events("authorization_refused"))
                .isEqualTo(2);
    }

    /** A refresh is counted, and only a row if something was odd about it. */
    @Test
    void every_event_that_is_counted_can_be_written_into_the_trail() {
        String known = TestDatabase.ask("SELECT pg_get_constraintdef(oid) FROM pg_constraint"
                + " WHERE conname = 'event_is_known' AND conrelid = 'alexa.audit_event'::regclass");
        assertThat(Scraped.now().labels("alexa_audit_events_total", "event"))
                .hasSizeGreaterThan(10)
                .filteredOn(event -> !event.equals("token_refreshed"))
                .allSatisfy(event -> assertThat(known).contains("'" + event + "'"));
    }

    @Test
    void each_timer_has_the_buckets_that_matter_to_alexa() {
        assertThat(Scraped.now().labels("alexa_requests_seconds_bucket", "le"))
                .containsExactlyInAnyOrder("0.05", "0.1", "0.25", "0.5", "1.0", "2.0", "4.0", "4.5", "+Inf");
    }

    /** An unknown token in the right form: the Valve asks about no others. */
    private static final String UNKNOWN =
            Token.issue(TokenKind.ACCESS_TOKEN, Token.newLinkId()).value();

    @Test
    void look_ups_by_the_valve_are_counted() {
        String token = alexa.linked(anna).getString("access_token");
        Scraped before = Scraped.now();
        for (String each : new String[] {token, UNKNOWN}) {
            Alexa.send(HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + RawHttp.port() + "/music-server/api/library"))
                    .header("Authorization", "Bearer " + each)
                    .build());
        }
        assertCounted(before, "bearer", NONE, "active", NONE);
        assertCounted(before, "bearer", NONE, "inactive", NONE);
    }

    @Test
    void a_client_that_hangs_up_counts_as_gone_and_not_as_our_error() throws Exception {
        Scraped before = Scraped.now();
        try (Socket client = RawHttp.connect()) {
            client.getOutputStream()
                    .write(("POST /alexa/token HTTP/1.1\r\nHost: x\r\nContent-Type: " + FORM
                                    + "\r\nContent-Length: 100\r\n\r\ngrant_type=")
                            .getBytes(StandardCharsets.US_ASCII));
        }
        assertCounted(before, "token", NONE, "client_gone", "400");
    }

    @Test
    void no_text_of_a_request_gets_into_a_label() {
        for (String word : new String[] {"made_up", "a\"} 1\nx{b=\"", "\u00e4", "x".repeat(500)}) {
            alexa.token(Map.of("grant_type", word));
            alexa.authorize(with("response_type", word));
            alexa.authorize(with("client_id", word));
            RawHttp.get("/alexa/authorize;made_up=" + "x".repeat(20));
            RawHttp.send("MADE_UP /alexa/token HTTP/1.1", "");
            RawHttp.get("/alexa/made_up");
        }
        String text = read("/alexa/metrics", Alexa.basic(musicServer, musicServerSecret))
                .body();
        assertThat(text).doesNotContainIgnoringCase("made_up").doesNotContain("xxx", "\u00e4", anna, alexa.clientId());
        Scraped scraped = Scraped.of(text);
        assertThat(scraped.labels("alexa_requests", "endpoint"))
                .isSubsetOf(
                        "authorize",
                        "approve",
                        "token",
                        "revoke",
                        "introspect",
                        "metadata",
                        "links",
                        "operator",
                        "health",
                        "bearer");
        assertThat(scraped.labels("alexa_requests", "grant_type"))
                .containsExactly("authorization_code", NONE, "refresh_token");
    }

    @Test
    void the_metrics_show_the_state_of_the_database() throws InterruptedException {
        Instant before = Instant.now();
        TestDatabase.ask("SELECT count(*) FROM alexa.maintain()");
        Instant after = Instant.now();
        TimeUnit.SECONDS.sleep(11); // the state is at most ten seconds old
        Scraped scraped = Scraped.ofADatabaseThatIsUp();
        assertThat(scraped.value("alexa_database_up")).isEqualTo(1);
        assertThat(scraped.value("alexa_database_writable")).isEqualTo(1);
        assertThat(scraped.value("alexa_schema_known")).isEqualTo(1);
        assertThat(scraped.value("alexa_schema_version")).isEqualTo(SchemaRepository.BUILT_FOR);
        assertThat(scraped.value("alexa_partitions_ready")).isEqualTo(3);
        assertThat(scraped.value("alexa_maintenance_last_run_timestamp_seconds"))
                .isBetween(before.getEpochSecond() - 1.0, after.getEpochSecond() + 1.0);
        assertThat(scraped.value("hikaricp_connections_max{pool=\"alexa\"}")).isEqualTo(10);
    }

    @Test
    void jmx_shows_the_metrics_without_their_buckets() {
        alexa.refresh("alr_unknown");
        String refused = "alexaRequests.endpoint.token.grant_type.refresh_token.outcome.invalid_grant.status.400";
        String beans = Soon.within(60, () -> Manager.beans("alexa-link/alexa:*"), all -> all.contains(refused));
        assertThat(beans)
                .contains(refused)
                .contains("alexaAuditEvents.event.token_refused")
                .contains("alexaDatabaseUp")
                .contains("hikaricpConnectionsActive.pool.alexa")
                .contains("jvmMemoryUsed")
                .doesNotContain("Histogram.le");
    }

    /** Asserts that one such request was counted; the metrics count it a moment after its response. */
    private static void assertCounted(
            Scraped before, String endpoint, String grantType, String outcome, String status) {
        assertThat(Soon.within(
                        60,
                        () -> Scraped.now().requests(endpoint, grantType, outcome, status)
                                - before.requests(endpoint, grantType, outcome, status),
                        count -> count > 0))
                .as(endpoint + " " + grantType + " " + outcome + " " + status)
                .isEqualTo(1);
    }

    private static String log() throws IOException {
        try (Stream<Path> logs = Files.list(TestServers.tomcatBase().resolve("logs"))) {
            Path newest = logs.filter(file -> file.getFileName().toString().startsWith("catalina."))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
            return Files.readString(newest);
        }
    }

    private static RawHttp.Reply read(String path, String authorization) {
        return RawHttp.send("GET " + path + " HTTP/1.1\nAuthorization: " + authorization, "");
    }

    private static void deploy(String name, String readers) throws IOException {
        String parameters = "<Parameter name=\"alexa.issuer\" value=\"http://127.0.0.1:" + RawHttp.port() + "/" + name
                + "\"/><Parameter name=\"alexa.metrics.readers\" value=\"" + readers + "\"/>";
        WebArchive war = ShrinkWrap.create(WebArchive.class, name + ".war")
                .merge(ShrinkWrap.createFromZipFile(WebArchive.class, new File("target/alexa.war")))
                .addAsManifestResource(
                        new StringAsset(Files.readString(Path.of("webapp/META-INF/context.xml"))
                                .replace("</Context>", parameters + "</Context>")),
                        "context.xml");
        assertThat(Manager.deploy(name, war)).startsWith("OK");
    }
}
