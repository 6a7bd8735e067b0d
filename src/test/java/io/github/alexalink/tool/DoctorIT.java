package io.github.alexalink.tool;

import static io.github.alexalink.fixture.servers.Front.NONE;
import static io.github.alexalink.fixture.servers.Front.page;
import static io.github.alexalink.fixture.servers.Front.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.Certified;
import io.github.alexalink.fixture.servers.Front;
import io.github.alexalink.fixture.servers.Front.Fault;
import io.github.alexalink.fixture.servers.LocalAuthority;
import io.github.alexalink.fixture.servers.ReverseProxy;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.net.ssl.SSLContext;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Behind each front is the WAR, in a Tomcat whose issuer is the front's address. */
@DisplayName("doctor: each fault is built, and named, and nothing else with it")
class DoctorIT {

    private static final Path BASE = TestServers.folder("doctor");
    private static final Path FILES = TestServers.folder("doctor-files");
    private static final int TOMCAT = TestServers.freePort();
    private static final int PORT = TestServers.freePort();
    private static final String URL = "https://localhost:" + PORT + "/alexa";
    private static final String IPV4 = "127.0.0.1";
    private static final String USER = "doctors-patient";
    private static final String PASSWORD = "an account for trying 0815";

    private static final Map<String, Front> FRONTS = new HashMap<>();

    private static Certified certified;
    private static SSLContext good;
    private static Alexa alexa;
    private static TomcatProcess tomcat;

    /** What the doctor printed. */
    private record Report(Answer answer) {

        List<JSONObject> records() {
            return StreamSupport.stream(
                            new JSONObject(answer.out()).getJSONArray("records").spliterator(), false)
                    .map(JSONObject.class::cast)
                    .toList();
        }

        /** What somebody has to do something about: the id and how bad it is. */
        List<String> named() {
            return records().stream()
                    .filter(record -> List.of("fatal", "error", "warning").contains(record.getString("severity")))
                    .map(record -> record.getString("id") + " " + record.getString("severity"))
                    .toList();
        }

        JSONObject first() {
            return records().get(0);
        }

        /** One cause is named, and what it says can stand alone. */
        Report names(String id, String severity, String cure) {
            assertThat(named()).as(answer.out()).containsExactly(id + " " + severity);
            assertThat(answer.status()).isEqualTo(severity.equals("warning") ? 0 : 1);
            assertThat(first().getString("do")).contains(cure);
            for (String member : List.of("says", "found", "wanted", "do", "why", "source")) {
                assertThat(first().getString(member)).as(member).isNotBlank();
            }
            assertThat(answer.err()).isEmpty();
            return this;
        }

        Report found(String words) {
            assertThat(first().getString("found")).contains(words);
            return this;
        }
    }

    @BeforeAll
    static void start() throws Exception {
        CatalinaBase.delete(FILES);
        Files.createDirectories(FILES);
        TestServers.prepareBase(BASE, TOMCAT, Map.of("alexa.issuer", URL));
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        tomcat = TestServers.startOwn(BASE, TOMCAT, "/alexa/health");
        certified = Certified.in(TestServers.folder("certified"));
        good = certified.good();
        alexa = Alexa.skill(URL);
        TestDatabase.addAccount(USER, PASSWORD);
    }

    @AfterAll
    static void stop() {
        if (tomcat != null) {
            tomcat.close();
        }
    }

    private static Front front(SSLContext tls, Fault fault, String... versions) throws IOException {
        return front(IPV4, tls, fault, versions);
    }

    /** Starts one in the place of the one at that address. */
    private static Front front(String address, SSLContext tls, Fault fault, String... versions) throws IOException {
        if (FRONTS.containsKey(address)) {
            FRONTS.get(address).close();
        }
        Front front = Front.start(address, PORT, tls, TOMCAT, fault, versions);
        FRONTS.put(address, front);
        return front;
    }

    @AfterEach
    void close() throws IOException {
        for (Front front : FRONTS.values()) {
            front.close();
        }
        FRONTS.clear();
    }

    /** As a program runs it, without a link. */
    private static Report look(String... options) throws Exception {
        return run(Stream.concat(Stream.of("--no-link"), Stream.of(options)).toList());
    }

    private static Report look(Fault fault) throws Exception {
        front(good, fault);
        return look();
    }

    private static Report run(List<String> options) throws Exception {
        List<String> all = new ArrayList<>(List.of("doctor", URL, "--json", "--allow-private"));
        if (!options.contains("--ca")) {
            all.addAll(List.of("--ca", certified.root().toString()));
        }
        if (options.stream().noneMatch(option -> option.startsWith("localhost="))) {
            all.addAll(List.of("--resolve", "localhost=" + IPV4));
        }
        all.addAll(options);
        Instant began = Instant.now();
        Answer answer = Answer.to(all.toArray(String[]::new));
        assertThat(Duration.between(began, Instant.now())).isLessThan(Duration.ofSeconds(60));
        for (String secret : Alexa.SECRETS.all()) {
            assertThat(answer.out()).doesNotContain(secret);
        }
        assertThat(answer.out()).doesNotContain(USER, PASSWORD, IPV4);
        return new Report(answer);
    }

    private static Path file(String content) throws IOException {
        return Files.writeString(Files.createTempFile(FILES, "secret", ""), content);
    }

    private static List<String> who(Alexa client) throws IOException {
        return List.of(
                "--client-id",
                client.clientId(),
                "--client-secret-file",
                file(client.secret() + "\n").toString(),
                "--redirect-uri",
                client.redirectUri(),
                "--scope",
                "music.read music.control",
                "--username",
                USER,
                "--password-file",
                file(PASSWORD + "\r\n").toString());
    }

    private static Report link(Alexa client, Fault fault) throws Exception {
        front(good, fault);
        return run(who(client));
    }

    /** An answer of Tomcat's with another head or body, and the length of that. */
    private static byte[] changed(byte[] answer, UnaryOperator<String> head, UnaryOperator<String> body) {
        String text = new String(answer, StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n") + 4;
        String newBody = body.apply(text.substring(end));
        String newHead = head.apply(
                text.substring(0, end).replaceFirst("(?i)content-length: \\d+", "Content-Length: " + newBody.length()));
        return (newHead + newBody).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static Fault changing(String path, UnaryOperator<String> head, UnaryOperator<String> body) {
        return (asked, behind, out) -> out.write(
                asked.line().contains(path) ? changed(behind.answer(asked), head, body) : behind.answer(asked));
    }

    private static Fault at(String path, Fault fault) {
        return (asked, behind, out) -> (asked.line().contains(path) ? fault : NONE).answer(asked, behind, out);
    }

    private static String header(String head, String line) {
        return head.substring(0, head.length() - 2) + line + "\r\n\r\n";
    }

    @Test
    void a_good_server_has_no_fault() throws Exception {
        Report report = look(NONE);
        assertThat(report.named()).as(report.answer().out()).isEmpty();
        assertThat(report.answer().status()).isZero();
        assertThat(new JSONObject(report.answer().out()).getString("summary")).isEqualTo("ok");
    }

    @Test
    void a_good_server_links_refreshes_and_unlinks() throws Exception {
        String before = TestDatabase.ask("SELECT count(*) FROM alexa.link WHERE revoked_at IS NULL");
        Report report = link(alexa, NONE);
        assertThat(report.named()).as(report.answer().out()).isEmpty();
        assertThat(report.answer().out()).contains("\"refresh-fails\"").contains("\"refusals\"");
        assertThat(TestDatabase.ask("SELECT count(*) FROM alexa.link WHERE revoked_at IS NULL"))
                .isEqualTo(before);
        assertThat(TestDatabase.ask("SELECT count(*) FROM alexa.link WHERE client_id = ?", alexa.clientId()))
                .as("one with PKCE and one without")
                .isEqualTo("2");
    }

    @ParameterizedTest
    @EnumSource(
            value = ReverseProxy.Kind.class,
            names = {"NGINX", "CADDY", "APACHE", "HAPROXY"})
    @Tag("thorough")
    void behind_a_proxy_as_it_is_shipped_there_is_no_fault(ReverseProxy.Kind kind) throws Exception {
        Path folder = TestServers.folder("doctors-authority-" + kind);
        CatalinaBase.delete(folder);
        LocalAuthority authority = LocalAuthority.in(folder);
        try (ReverseProxy proxy = ReverseProxy.start(kind, authority, PORT, TOMCAT)) {
            List<String> options = new ArrayList<>(who(alexa));
            options.addAll(List.of("--ca", authority.root().toString()));
            Report report = run(options);
            assertThat(report.named()).as(report.answer().out()).isEmpty();
            assertThat(proxy.accessLog())
                    .as("the state decodes to ids of people")
                    .doesNotContain("state=");
        }
    }

    @Test
    void a_chain_that_is_cut_is_named() throws Exception {
        front(certified.withoutIntermediate(), NONE);
        look().names("chain-incomplete", "error", "fullchain.pem").found("CN=intermediate");
    }

    @Test
    @Tag("thorough")
    void a_self_signed_certificate_is_named_once() throws Exception {
        front(certified.selfSigned(), NONE);
        look().names("root-unknown", "error", "certificate").found("itself");
    }

    @Test
    @Tag("thorough")
    void no_secret_is_sent_to_a_server_whose_certificate_is_not_good() throws Exception {
        Front front = front(certified.selfSigned(), NONE);
        Report report = run(who(alexa)).names("root-unknown", "error", "certificate");
        assertThat(report.answer().out()).contains("a link: not checked, because of root-unknown");
        assertThat(front.lines()).noneMatch(line -> line.contains("/approve"));
    }

    @Test
    void plain_http_at_the_port_is_named() throws Exception {
        front(null, NONE);
        look().names("plain-http", "fatal", "listen 443 ssl");
    }

    @Test
    @Tag("thorough")
    void a_closed_port_is_named() throws Exception {
        look().names("port-closed", "fatal", "forwards port 443");
    }

    @Test
    @Tag("thorough")
    void tls_1_3_alone_is_named() throws Exception {
        front(good, NONE, "TLSv1.3");
        look().names("tls-too-new", "error", "TLSv1.2 TLSv1.3");
    }

    @Test
    @Tag("thorough")
    void tls_1_2_alone_is_no_fault() throws Exception {
        front(good, NONE, "TLSv1.2");
        assertThat(look().named()).isEmpty();
    }

    @Test
    @Tag("thorough")
    void a_redirect_of_the_token_request_is_named() throws Exception {
        look(at(
                        "/token",
                        (asked, behind, out) ->
                                out.write(reply("301 Moved Permanently", "Location: " + URL + "/token/", ""))))
                .names("redirected", "error", "redirect");
    }

    @Test
    void authorization_that_is_lost_is_named() throws Exception {
        Fault fault = (asked, behind, out) -> out.write(behind.answer(asked.without("Authorization")));
        look(fault).names("authorization-lost", "error", "Credentials in request body");
        link(alexa, fault).names("authorization-lost", "error", "Credentials in request body");
    }

    @ParameterizedTest
    @CsvSource({"'^(\\w+) /alexa/', '$1 /', /alexa", "'^(\\w+) /', '$1 /alexa/', /alexa/alexa"})
    void a_prefix_that_is_taken_away_or_doubled_is_named(String from, String to, String found) throws Exception {
        look((asked, behind, out) -> out.write(behind.answer(asked.asking(from, to))))
                .names("prefix-lost", "fatal", "proxy_pass http://localhost:8080;")
                .found("/health");
    }

    @Test
    void a_proxy_without_a_tomcat_behind_it_is_named() throws Exception {
        look((asked, behind, out) -> out.write(page("502 Bad Gateway", "<h1>502 Bad Gateway</h1>")))
                .names("not-me", "fatal", "alexa.war check")
                .found("502");
    }

    @Test
    @Tag("thorough")
    void a_routers_page_is_named_with_the_router() throws Exception {
        front(
                certified.selfSigned(),
                (asked, behind, out) -> out.write(
                        page("200 OK", "<html><head><title>FRITZ!Box</title><script>x()</script></head></html>")));
        Report report = look().names("not-me", "fatal", "forward port").found("FRITZ!Box");
        assertThat(report.first().getString("says")).contains("FRITZ!Box");
    }

    @Test
    @Tag("thorough")
    void a_page_with_script_in_our_place_is_named() throws Exception {
        look((asked, behind, out) ->
                        out.write(page("200 OK", "<html><title>Wait</title><script src='/check.js'></script></html>")))
                .names("challenge-in-front", "fatal", "without it");
    }

    @Test
    @Tag("thorough")
    void a_sign_in_of_the_proxys_is_named() throws Exception {
        look((asked, behind, out) -> out.write(reply(
                        "401 Unauthorized",
                        "WWW-Authenticate: Basic realm=\"home\"\nContent-Type: text/html",
                        "<h1>401</h1>")))
                .names("challenge-in-front", "fatal", "auth_basic off");
    }

    @Test
    @Tag("thorough")
    void a_challenge_for_a_post_alone_is_named() throws Exception {
        look((asked, behind, out) -> out.write(
                        asked.is("POST")
                                ? page("403 Forbidden", "<title>Just a moment...</title><script></script>")
                                : behind.answer(asked)))
                .names("challenge-in-front", "error", "/alexa/");
    }

    @Test
    @Tag("thorough")
    void a_challenge_for_amazons_user_agent_alone_is_named() throws Exception {
        look((asked, behind, out) -> out.write(
                        asked.is("POST")
                                        && asked.header("User-Agent").orElse("").startsWith("Apache")
                                ? page("403 Forbidden", "<h1>403</h1>")
                                : behind.answer(asked)))
                .names("challenge-in-front", "error", "User-Agent");
    }

    @Test
    @Tag("thorough")
    void a_body_that_is_changed_is_named() throws Exception {
        look(changing("/token", head -> head.replace("application/json", "text/html"), body -> body))
                .names("body-changed", "error", "sub_filter");
    }

    @Test
    @Tag("thorough")
    void an_error_page_of_the_proxys_is_named() throws Exception {
        look((asked, behind, out) -> {
                    byte[] answer = behind.answer(asked);
                    String text = new String(answer, StandardCharsets.ISO_8859_1);
                    out.write(
                            text.matches("(?s)HTTP/1.1 40[01].*") && asked.is("POST")
                                    ? page("401 Unauthorized", "<h1>Oh no</h1>")
                                    : answer);
                })
                .names("body-changed", "error", "proxy_intercept_errors off");
    }

    @Test
    @Tag("thorough")
    void no_store_that_is_lost_is_named() throws Exception {
        look(changing("/token", head -> head.replaceAll("(?im)^Cache-Control:.*\r\n", ""), body -> body))
                .names("body-changed", "error", "cache")
                .found("Cache-Control: none");
    }

    @Test
    @Tag("thorough")
    void a_policy_of_the_proxys_that_stops_the_form_is_named() throws Exception {
        Fault fault = changing(
                "/authorize", head -> header(head, "Content-Security-Policy: form-action 'self'"), body -> body);
        look(fault).names("page-not-shown", "error", "Content-Security-Policy");
        link(alexa, fault).names("page-not-shown", "error", "Content-Security-Policy");
    }

    @Test
    @Tag("thorough")
    void a_state_that_is_cut_is_named() throws Exception {
        link(alexa, (asked, behind, out) -> out.write(behind.answer(asked.asking("(state=[^& ]{600})[^& ]*", "$1"))))
                .names("state-cut", "error", "large_client_header_buffers");
    }

    @Test
    @Tag("thorough")
    void a_plus_that_becomes_a_blank_is_named() throws Exception {
        link(alexa, (asked, behind, out) -> out.write(behind.answer(asked.asking("%2B", "%20"))))
                .names("state-cut", "error", "query as it came");
    }

    @Test
    @Tag("thorough")
    void an_address_that_is_too_long_for_the_proxy_is_named() throws Exception {
        look((asked, behind, out) -> out.write(
                        asked.line().length() > 1000 ? page("414 URI Too Long", "<h1>414</h1>") : behind.answer(asked)))
                .names("state-cut", "error", "large_client_header_buffers");
    }

    @Test
    @Tag("thorough")
    void another_issuer_is_named() throws Exception {
        look(changing("/.well-known/", head -> head, body -> body.replace("https://localhost", "https://old.example")))
                .names("issuer-differs", "warning", "setup --issuer " + URL);
    }

    @Test
    @Tag("thorough")
    void a_clock_that_is_off_is_named() throws Exception {
        look(changing("", head -> head.replaceFirst("Date: .*", "Date: Mon, 30 Nov 2015 10:00:00 GMT"), body -> body))
                .names("clock-off", "warning", "set-ntp true");
    }

    @Test
    @Tag("thorough")
    void resets_now_and_then_are_named() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        look((request, behind, out) -> {
                    if (asked.incrementAndGet() % 3 != 0) {
                        out.write(behind.answer(request));
                    }
                })
                .names("unsteady", "warning", "error log");
    }

    @Test
    @Tag("thorough")
    void bad_gateways_now_and_then_are_named() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        look((request, behind, out) -> out.write(
                        asked.incrementAndGet() % 3 == 0
                                ? page("502 Bad Gateway", "<h1>502</h1>")
                                : behind.answer(request)))
                .names("unsteady", "warning", "error log");
    }

    @Test
    @Tag("thorough")
    void a_database_that_is_away_is_named_as_health_says_it() throws Exception {
        look(changing(
                        "/health",
                        head -> head.replaceFirst("200 OK|200", "503 Service Unavailable"),
                        body -> body.replace("\"ok\"", "\"unavailable\"").replace("tokens can be issued", "database")))
                .names("unavailable", "fatal", "alexa.war check")
                .found("503, database");
    }

    @Test
    @Tag("thorough")
    void an_answer_that_is_cut_off_is_named() throws Exception {
        look(at("/token", (asked, behind, out) -> {
                    byte[] answer = behind.answer(asked);
                    out.write(answer, 0, answer.length - 10);
                }))
                .names("answer-broken", "fatal", "error log");
    }

    @Test
    @Tag("thorough")
    void fifty_megabytes_are_not_read() throws Exception {
        look(at("/token", (asked, behind, out) -> {
                    out.write(
                            "HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    byte[] much = new byte[65_536];
                    for (int i = 0; i < 800; i++) {
                        out.write(much);
                    }
                }))
                .names("answer-broken", "fatal", "bodies")
                .found("too large");
    }

    @Test
    @Tag("thorough")
    void an_answer_without_an_end_is_given_up() throws Exception {
        look((asked, behind, out) -> drip(out, 1, 200)).names("answer-broken", "fatal", "bodies");
        look((asked, behind, out) -> drip(out, 100_000, 100_000)).names("answer-broken", "fatal", "bodies");
    }

    private static void drip(OutputStream out, int bytes, int times) throws IOException {
        out.write("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < times; i++) {
            out.write(" ".repeat(bytes).getBytes(StandardCharsets.US_ASCII));
            out.flush();
            try {
                TimeUnit.MILLISECONDS.sleep(100);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    @Tag("thorough")
    void five_seconds_for_each_answer_are_too_slow() throws Exception {
        look((asked, behind, out) -> {
                    try {
                        TimeUnit.SECONDS.sleep(5);
                    } catch (InterruptedException stopped) {
                        Thread.currentThread().interrupt();
                    }
                    out.write(behind.answer(asked));
                })
                .names("too-slow", "error", "alexa.war check");
    }

    @Test
    @Tag("thorough")
    void a_server_that_says_nothing_is_given_up() throws Exception {
        look(at("/token", (asked, behind, out) -> {
                    try {
                        TimeUnit.SECONDS.sleep(30);
                    } catch (InterruptedException stopped) {
                        Thread.currentThread().interrupt();
                    }
                }))
                .names("too-slow", "error", "alexa.war check");
    }

    @Test
    @Tag("thorough")
    void an_ipv6_address_that_is_dead_is_named() throws Exception {
        front(good, NONE);
        look("--resolve", "localhost=127.0.0.1,::1").names("ipv6-dead", "error", "AAAA");
    }

    @Test
    @Tag("thorough")
    void two_addresses_with_two_answers_are_named() throws Exception {
        front(good, NONE);
        front("127.0.0.2", good, (asked, behind, out) -> out.write(page("404 Not Found", "<h1>404</h1>")));
        look("--resolve", "localhost=127.0.0.1,127.0.0.2")
                .names("addresses-differ", "error", "old address")
                .found("address 2 of 2");
        close();
        front(good, NONE);
        look("--resolve", "localhost=127.0.0.1,127.0.0.2").names("addresses-differ", "error", "old address");
    }

    @Test
    @Tag("thorough")
    void a_certificate_of_one_address_is_named_with_the_address() throws Exception {
        front(good, NONE);
        front("127.0.0.2", certified.withoutIntermediate(), NONE);
        Report report =
                look("--resolve", "localhost=127.0.0.1,127.0.0.2").names("chain-incomplete", "error", "fullchain.pem");
        assertThat(report.first().getString("says")).contains("address 2 of 2");
    }

    @Test
    @Tag("thorough")
    void a_private_address_is_named() throws Exception {
        Answer answer = Answer.to("doctor", URL, "--json", "--no-link", "--resolve", "localhost=192.168.178.20");
        Report report =
                new Report(answer).names("address-private", "fatal", "hotspot").found("192.168.…");
        assertThat(report.answer().out()).doesNotContain("178.20");
        new Report(Answer.to("doctor", URL, "--json", "--no-link", "--resolve", "localhost=100.64.1.2"))
                .names("address-private", "fatal", "carrier-grade NAT")
                .found("100.64.…");
    }

    @Test
    @Tag("thorough")
    void a_name_that_nobody_knows_is_named() {
        new Report(Answer.to("doctor", "https://music.invalid/alexa", "--json", "--no-link"))
                .names("name-unknown", "fatal", "nslookup music.invalid");
    }

    @Test
    @Tag("thorough")
    void certificates_that_are_wrong_in_other_ways_are_named() throws Exception {
        front(certified.expired(), NONE);
        look().names("certificate-expired", "error", "renew");
        front(certified.notYetValid(), NONE);
        look().names("certificate-not-yet", "error", "clock");
        front(certified.forAWeek(), NONE);
        look().names("certificate-soon", "warning", "--dry-run");
        front(certified.forAnotherName(), NONE);
        look().names("name-not-in-certificate", "error", "localhost").found("music.example.net");
        front(certified.ofAnUnknownRoot(), NONE);
        look().names("root-unknown", "error", "public CA").found("CN=stranger");
        front(certified.inAnotherOrder(), NONE);
        assertThat(look().named()).isEmpty();
    }

    @Test
    @Tag("thorough")
    void a_client_that_is_unknown_or_disabled_is_named() throws Exception {
        Alexa disabled = Alexa.skill(URL);
        TestDatabase.ask("SELECT 'done', alexa.disable_client(?)", disabled.clientId());
        link(disabled, NONE).names("client-unknown", "error", "client enable " + disabled.clientId());
    }

    @Test
    @Tag("thorough")
    void a_redirect_uri_that_is_missing_is_named() throws Exception {
        Alexa one = Alexa.skill(URL);
        TestDatabase.ask(
                "SELECT 'done', alexa.set_redirect_uris(?, ARRAY[?, ?])", one.clientId(), Alexa.PITANGUI, Alexa.JAPAN);
        link(one, NONE)
                .names("redirect-uri-missing", "error", "--alexa-vendor M2TESTVENDOR")
                .found(Alexa.LAYLA);
    }

    @Test
    @Tag("thorough")
    void a_secret_that_is_wrong_is_named() throws Exception {
        link(alexa.withSecret("als_ThisIsNotTheSecretAndNeverWas1234567890abcd"), NONE)
                .names("secret-wrong", "error", "client secret " + alexa.clientId());
        link(alexa.withSecret(alexa.secret() + " "), NONE)
                .names("secret-wrong", "error", "client secret")
                .found("blank");
    }

    @Test
    @Tag("thorough")
    void a_scope_that_is_not_allowed_is_named() throws Exception {
        List<String> asking = new ArrayList<>(who(alexa));
        asking.set(asking.indexOf("music.read music.control"), "music.read music.delete");
        front(good, NONE);
        run(asking).names("scopes-differ", "error", "client list").found("music.delete");
    }

    @Test
    @Tag("thorough")
    void pkce_that_is_demanded_is_named() throws Exception {
        Alexa strict = Alexa.skill(URL);
        TestDatabase.ask(
                "SELECT 'done', alexa.change_client(client_id => ?, pkce_required => true)", strict.clientId());
        link(strict, NONE).names("pkce-differs", "warning", "pkce_required => false");
    }

    @Test
    @Tag("thorough")
    void a_wrong_password_is_tried_once() throws Exception {
        List<String> mistyped = new ArrayList<>(who(alexa));
        mistyped.set(mistyped.size() - 1, file("not the password of anybody").toString());
        Front front = front(good, NONE);
        run(mistyped).names("sign-in-failed", "error", "account list");
        assertThat(front.lines().stream().filter(line -> line.contains("/approve")))
                .hasSize(1);
    }

    @Test
    void without_a_terminal_nobody_is_asked() throws Exception {
        front(good, NONE);
        run(List.of("--client-id", alexa.clientId())).names("link-not-tried", "warning", "--no-link");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://localhost/alexa",
                "https://localhost/alexa --resolve elsewhere=127.0.0.1",
                "https://localhost/alexa --resolve localhost=elsewhere",
                "https://localhost/alexa --ca nowhere.pem",
                "https://localhost/alexa --password-file nowhere",
                "https:///alexa",
                "https://localhost/alexa --client-secret-file - --password-file -"
            })
    void wrong_usage_is_2_and_prints_no_report(String arguments) {
        Answer answer = Answer.to(("doctor --json " + arguments).split(" "));
        assertThat(answer.status()).isEqualTo(2);
        assertThat(answer.out()).isEmpty();
        assertThat(answer.err()).isNotBlank().doesNotContain("Exception");
    }

    @Test
    void the_text_fits_a_terminal() throws Exception {
        front(certified.withoutIntermediate(), NONE);
        Answer answer = Answer.to(
                "doctor",
                URL,
                "--no-link",
                "--allow-private",
                "--ca",
                certified.root().toString());
        assertThat(answer.out()).contains("error     chain-incomplete").contains("ssl_certificate /etc/letsencrypt");
        assertThat(answer.out().lines().filter(line -> line.length() > 80))
                .allMatch(line -> line.matches(" {10}\\S.*"));
        assertThat(answer.status()).isEqualTo(1);
    }
}
