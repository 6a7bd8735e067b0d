package io.github.alexalink.tool;

import static io.github.alexalink.fixture.servers.Front.NONE;
import static io.github.alexalink.fixture.servers.Front.page;
import static io.github.alexalink.fixture.servers.Front.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.Pasted;
import io.github.alexalink.fixture.Thorough;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.Front;
import io.github.alexalink.fixture.servers.Front.Fault;
import io.github.alexalink.fixture.servers.LocalAuthority;
import io.github.alexalink.fixture.servers.ReverseProxy;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import io.github.alexalink.fixture.servers.ToolRun;
import io.github.alexalink.fixture.servers.WrongClock;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("doctor: one fault is built, and it is named, and nothing else with it")
class DoctorIT extends BehindAFront {

    @Test
    @Tag("thorough")
    void a_good_server_has_no_fault() throws Exception {
        Report report = look(NONE);
        assertThat(report.named()).as(report.answer().out()).isEmpty();
        assertThat(report.answer().status()).isZero();
        assertThat(new JSONObject(report.answer().out()).getString("summary")).isEqualTo("ok");
    }

    @Test
    void a_good_server_links_refreshes_and_unlinks() throws Exception {
        String before = TestDatabase.ask("SELECT count(*) FROM alexa.link WHERE revoked_at IS NULL");
        Alexa own = Alexa.skill(URL);
        Report report = link(own, NONE);
        assertThat(report.named()).as(report.answer().out()).isEmpty();
        assertThat(report.answer().out()).contains("\"refresh-fails\"").contains("\"refusals\"");
        assertThat(TestDatabase.ask("SELECT count(*) FROM alexa.link WHERE revoked_at IS NULL"))
                .isEqualTo(before);
        assertThat(TestDatabase.ask("SELECT count(*) FROM alexa.link WHERE client_id = ?", own.clientId()))
                .as("one with PKCE and one without")
                .isEqualTo("2");
    }

    @ParameterizedTest
    @EnumSource(
            value = ReverseProxy.Kind.class,
            names = {"NGINX", "CADDY", "APACHE", "HAPROXY"})
    @Tag("thorough")
    void behind_a_proxy_as_it_is_shipped_there_is_no_fault(ReverseProxy.Kind kind) throws Exception {
        behind(kind, TOMCAT);
    }

    @Test
    void a_chain_that_is_cut_is_named() throws Exception {
        front(certified.withoutIntermediate(), NONE);
        look().names("chain-incomplete", "error", "fullchain.pem").found("CN=intermediate");
    }

    static final List<String> HOSTILE = Pasted.HOSTILE;

    /** A stranger at the address sends this, with a certificate that nobody trusts. */
    @ParameterizedTest
    @FieldSource("HOSTILE")
    void a_redirect_with_commands_of_a_shell_in_it_gets_into_no_line_to_paste(String text) throws Exception {
        String line = text.replaceAll("\\s*\\n\\s*", " ");
        for (String location : List.of(
                "https://music.example.org/" + line + "/health",
                "https://" + line + ".example/alexa/health",
                "//evil.example/alexa" + line + "/health")) {
            front(
                    certified.selfSigned(),
                    (asked, behind, out) -> out.write(reply("301 Moved", "Location: " + location, "")));
            Report report = look();
            for (JSONObject record : report.records()) {
                Pasted.leavesNoMark(record.getString("do"));
            }
            assertThat(report.answer().out()).contains("redirected");
        }
    }

    /** What the settings of another server say, and what was typed for it. */
    @ParameterizedTest
    @FieldSource("HOSTILE")
    @Tag("thorough")
    void commands_of_a_shell_in_an_issuer_and_in_options_get_into_no_line_to_paste(String text) throws Exception {
        front(good, changing("/.well-known/", head -> head, body -> new JSONObject(body)
                .put("issuer", "https://music.example.org/" + text)
                .toString()));
        Report report = look("--client-id", text, "--redirect-uri", "M2EXAMPLE");
        assertThat(report.answer().out()).contains("issuer-differs", "client-unknown");
        for (JSONObject record : report.records()) {
            Pasted.leavesNoMark(record.getString("do"));
        }
        front(good, NONE);
        String uri = "https://layla.amazon.com/api/skill/link/M" + text;
        for (String client : List.of(alexa.clientId(), text)) {
            Answer answer = Answer.to(
                    "doctor",
                    URL,
                    "--json",
                    "--allow-private",
                    "--ca",
                    certified.root().toString(),
                    "--client-id",
                    client,
                    "--redirect-uri",
                    uri);
            Pasted.leavesNoMark(answer.err());
            if (answer.status() == 2) { // it is no URI
                assertThat(answer.err()).contains("--redirect-uri");
            } else {
                for (JSONObject record : new Report(answer).records()) {
                    Pasted.leavesNoMark(record.getString("do"));
                }
            }
        }
        assertThat(Answer.to("doctor", "https://localhost/" + text, "--no-link").status())
                .isEqualTo(2);
        for (String typed : List.of("http://localhost/", "https://localhost /")) {
            Answer refused = Answer.to("doctor", typed + text, "--no-link");
            assertThat(refused.status()).isEqualTo(2);
            for (String line : refused.err()
                    .lines()
                    .filter(each -> each.startsWith("    "))
                    .toList()) {
                Pasted.isGood(line);
            }
        }
    }

    @Test
    void plain_http_at_the_port_is_named() throws Exception {
        front(null, NONE);
        look().names("plain-http", "fatal", "listen 443 ssl");
    }

    @Test
    @Tag("thorough")
    void another_protocol_at_the_port_is_named_by_what_it_says() throws Exception {
        try (ServerSocket ssh = new ServerSocket(PORT, 50, InetAddress.getLoopbackAddress())) {
            Thread thread = new Thread(() -> greeting(ssh), "ssh");
            thread.setDaemon(true);
            thread.start();
            look().names("not-me", "fatal", "forward").found("SSH-2.0-OpenSSH");
        }
    }

    private static void greeting(ServerSocket listening) {
        while (!listening.isClosed()) {
            try (Socket socket = listening.accept()) {
                socket.getOutputStream().write("SSH-2.0-OpenSSH_9.2p1\r\n".getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().flush();
                socket.setSoTimeout(2_000);
                socket.getInputStream().readNBytes(65_536);
            } catch (IOException closed) {
                // the test is over, or the client has gone
            }
        }
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
                .names("prefix-lost", "fatal", "proxy_pass http://127.0.0.1:8080;")
                .found("/health");
    }

    /** As nginx does it with {@code proxy_pass http://127.0.0.1:8080/alexa/alexa/}. */
    @Test
    void a_prefix_that_is_put_in_the_place_of_the_path_twice_is_named() throws Exception {
        look((asked, behind, out) -> out.write(
                        asked.line().contains(" /alexa/")
                                ? behind.answer(asked.asking("^(\\w+) /alexa/", "$1 /alexa/alexa/"))
                                : page("404 Not Found", "<h1>404 Not Found</h1><hr><center>nginx</center>")))
                .names("prefix-lost", "fatal", "proxy_pass http://127.0.0.1:8080;")
                .found("Alexa Link's own");
    }

    /** As nginx does it with {@code proxy_pass http://127.0.0.1:8080$uri}. */
    @Test
    void a_query_that_does_not_arrive_is_named() throws Exception {
        Fault fault = (asked, behind, out) -> out.write(behind.answer(asked.asking("^(\\w+ [^ ?]+)\\?[^ ]*", "$1")));
        look(fault).names("query-lost", "error", "$request_uri");
        link(alexa, fault).names("query-lost", "error", "$request_uri");
    }

    /** A page for errors of the proxy's, for this status alone: as it is, with another status, and with a file that is missing. */
    @ParameterizedTest
    @CsvSource({"401, 401 Unauthorized", "401, 200 OK", "401, 404 Not Found", "40[01], 404 Not Found"})
    void a_page_of_the_proxys_in_the_place_of_a_refusal_is_named(String refused, String status) throws Exception {
        look((asked, behind, out) -> {
                    byte[] answer = behind.answer(asked);
                    out.write(
                            asked.is("POST")
                                            && new String(answer, StandardCharsets.ISO_8859_1)
                                                    .matches("(?s)HTTP/1.1 " + refused + ".*")
                                    ? page(status, "<h1>Oh no</h1>")
                                    : answer);
                })
                .names("body-changed", "error", "proxy_intercept_errors off");
    }

    @Test
    void a_token_endpoint_that_is_missing_in_the_proxys_list_of_paths_is_named() throws Exception {
        look(at("/token", (asked, behind, out) -> out.write(page("404 Not Found", "<h1>404 Not Found</h1>"))))
                .names("not-me", "error", "add /alexa/token to the paths")
                .found("POST /alexa/token: status 404");
    }

    /** The certificate is of today: on a clock that is two days behind nobody can say whether it is good. */
    @Test
    @Tag("thorough")
    void a_clock_that_is_behind_a_new_certificate_is_named_alone_and_no_secret_is_sent() throws Exception {
        front(good, NONE);
        List<String> options = new ArrayList<>(List.of("doctor", URL, "--allow-private", "--json"));
        options.addAll(List.of("--ca", certified.root().toString(), "--resolve", "localhost=" + IPV4));
        options.addAll(who(alexa));
        ToolRun run = ToolRun.of(
                Path.of("target/alexa.war").toAbsolutePath(),
                ToolRun.As.MYSELF,
                WrongClock.with(Map.of("FAKETIME", "-2d")),
                options.toArray(String[]::new));
        Report report = new Report(new Answer(run.exit(), run.out(), run.err()));
        report.names("clock-off", "warning", "set-ntp true");
        assertThat(run.out())
                .contains("a link: not checked, because of clock-off")
                .doesNotContain("seen-from-here");
    }

    /** The server has one answer for all paths. */
    @Test
    void a_server_that_answers_each_path_with_the_same_json_is_one_error() throws Exception {
        look((asked, behind, out) -> out.write(
                        reply(
                                "200 OK",
                                "Content-Type: application/json",
                                "{\"status\":\"ok\",\"message\":\"tokens can be issued\",\"endpoints\":[\"/alexa/authorize\"]}")))
                .names("not-me", "error", "to Tomcat");
    }

    /** A browser that sends no Sec-Fetch-Site is told from a stranger by Origin alone. */
    @Test
    void an_origin_that_the_proxy_changes_is_named() throws Exception {
        Fault fault = (asked, behind, out) -> out.write(behind.answer(new Front.Asked(
                asked.head().replaceFirst("(?i)\\r\\nOrigin: .*", "\r\nOrigin: http://127.0.0.1:8080"), asked.body())));
        link(alexa, fault).names("page-not-shown", "warning", "Origin");
        front(good, fault);
        look().names("page-not-shown", "warning", "Origin");
    }

    @Test
    @Tag("thorough")
    void a_proxy_without_a_tomcat_behind_it_is_named() throws Exception {
        look((asked, behind, out) -> out.write(page("502 Bad Gateway", "<h1>502 Bad Gateway</h1>")))
                .names("not-me", "fatal", "alexa.war check")
                .found("502");
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

    /** Three seconds for each answer leave no time for a link, which is said. */
    @ParameterizedTest
    @CsvSource({"3050, 0, TLS handshake takes most", "0, 3050, alexa.war check"})
    @Tag("thorough")
    void answers_near_the_limit_are_named_and_that_no_link_was_tried(int handshake, int answer, String cure)
            throws Exception {
        front(IPV4, good, socket -> wait(handshake), (asked, behind, out) -> {
            wait(answer);
            out.write(behind.answer(asked));
        });
        Report report = run(who(alexa));
        assertThat(report.named()).containsExactly("too-slow warning", "link-not-tried warning");
        assertThat(report.answer().status()).isZero();
        assertThat(report.first().getString("says")).contains("near the limit");
        assertThat(report.first().getString("do")).contains(cure);
        assertThat(report.records().get(1).getString("found")).contains("ms on average");
        assertThat(report.answer().out()).doesNotContain("no fault is seen");
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
    void without_a_terminal_nobody_is_asked() throws Exception {
        front(good, NONE);
        String line = "doctor " + URL + " --client-id " + alexa.clientId() + " --redirect-uri ";
        run(List.of("--client-id", alexa.clientId()))
                .names("link-not-tried", "warning", "doctor " + URL + " --no-link")
                .does(line + "M2EXAMPLE\n");
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
    @Tag("thorough")
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

    @ParameterizedTest
    @EnumSource(
            value = ReverseProxy.Kind.class,
            names = {"NGINX", "CADDY"})
    @Tag("thorough")
    void behind_a_proxy_on_tomcat_10_there_is_no_fault(ReverseProxy.Kind kind) throws Exception {
        Path home = Path.of(System.getProperty("tomcat-10.home"));
        if (!Files.exists(home.resolve("bin/bootstrap.jar"))) {
            LeftOut.evenInCi("no Tomcat 10.1 here: ./mvnw -Pthorough verify downloads it");
        }
        int port = TestServers.freePort();
        Path folder = TestServers.folder("doctors-tomcat-10");
        Map<String, String> settings = new HashMap<>(TestServers.settings(port));
        settings.put("alexa.issuer", URL);
        TestServers.prepareBase(folder, home, port, settings);
        CatalinaBase.deploy(folder, Path.of("target/alexa.war"), "alexa");
        try (TomcatProcess ten = TomcatProcess.start(
                home,
                folder,
                port,
                List.of("-Xmx256m"),
                ProcessBuilder.Redirect.to(folder.resolve("logs/console.log").toFile()))) {
            assertThat(ten.answers("/alexa/health", 200, Duration.ofMinutes(2))).isTrue();
            behind(kind, port);
        }
    }

    private static void behind(ReverseProxy.Kind kind, int tomcatPort) throws Exception {
        Path folder = TestServers.folder("doctors-authority-" + kind);
        CatalinaBase.delete(folder);
        LocalAuthority authority = LocalAuthority.in(folder);
        try (ReverseProxy proxy = ReverseProxy.start(kind, authority, PORT, tomcatPort)) {
            List<String> options = new ArrayList<>(who(alexa));
            options.addAll(List.of("--ca", authority.root().toString()));
            Report report = run(options);
            assertThat(report.named()).as(report.answer().out()).isEmpty();
            assertThat(report.answer().out()).contains("\"refusals\"");
            assertThat(proxy.accessLog())
                    .as("the state decodes to ids of people")
                    .doesNotContain("state=");
        }
    }

    /** The front sees every code, state, token and verifier that the doctor sends or gets. */
    @Test
    @Tag("both")
    void a_report_and_what_else_is_printed_hold_no_secret_of_a_whole_link() throws Exception {
        Set<String> secrets = ConcurrentHashMap.newKeySet();
        front(good, (asked, behind, out) -> {
            byte[] answer = behind.answer(asked);
            secretsIn(asked.line() + "&" + asked.body() + "&", secrets);
            secretsIn(new String(answer, StandardCharsets.ISO_8859_1), secrets);
            out.write(answer);
        });
        List<String> options = new ArrayList<>(List.of("doctor", URL, "--allow-private"));
        options.addAll(List.of("--ca", certified.root().toString(), "--resolve", "localhost=" + IPV4));
        options.addAll(who(alexa));
        for (String json : Thorough.RUNS ? List.of("--json", "") : List.of("--json")) {
            List<String> all = new ArrayList<>(options);
            all.remove(json);
            if (!json.isEmpty()) {
                all.add(json);
            }
            ToolRun run = ToolRun.of(
                    Path.of("target/alexa.war").toAbsolutePath(),
                    ToolRun.As.MYSELF,
                    Map.of(),
                    all.toArray(String[]::new));
            assertThat(run.exit()).as(run.toString()).isZero();
            assertThat(run.err()).isEmpty();
            secrets.addAll(List.of(USER, PASSWORD, IPV4, alexa.secret(), alexa.redirectUri()));
            assertThat(secrets).as("codes, states, tokens, verifiers").hasSizeGreaterThan(15);
            assertThat(run.out()).doesNotContain(secrets);
            assertThat(run.out()).contains(json.isEmpty() ? "ok        " : "{\"summary\":\"ok\"");
            if (!json.isEmpty()) {
                assertThat(run.out()).matches("(?s)\\{.*}\\R");
                new JSONObject(run.out());
            }
        }
    }

    /** Stops the doctor when the first code is redeemed; it waits then for a refresh that is not answered. */
    private static ToolRun stoppedWithALink(Alexa own, Fault revoke) throws Exception {
        CountDownLatch linked = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        front(good, (asked, behind, out) -> {
            if (asked.line().contains("/revoke")) {
                revoke.answer(asked, behind, out);
            } else if (linked.getCount() == 0) {
                await(over);
            } else {
                byte[] answer = behind.answer(asked);
                out.write(answer);
                if (new String(answer, StandardCharsets.ISO_8859_1).contains("\"refresh_token\":\"")) {
                    out.flush();
                    linked.countDown();
                }
            }
        });
        List<String> options = new ArrayList<>(List.of("doctor", URL, "--allow-private", "--json"));
        options.addAll(List.of("--ca", certified.root().toString(), "--resolve", "localhost=" + IPV4));
        options.addAll(who(own));
        Path err = file("");
        Process doctor = ToolRun.builder(
                        Path.of("target/alexa.war").toAbsolutePath(),
                        ToolRun.As.MYSELF,
                        Map.of(),
                        options.toArray(String[]::new))
                .redirectError(err.toFile())
                .redirectOutput(file("").toFile())
                .start();
        try {
            assertThat(linked.await(2, TimeUnit.MINUTES)).as("a link").isTrue();
            doctor.destroy(); // SIGTERM
            assertThat(doctor.waitFor(1, TimeUnit.MINUTES)).as("the end").isTrue();
            return new ToolRun(doctor.exitValue(), "", Files.readString(err), Set.of());
        } finally {
            doctor.destroyForcibly();
            over.countDown();
        }
    }

    private static void await(CountDownLatch over) {
        try {
            over.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private static String liveLinks(Alexa client) {
        return TestDatabase.ask(
                "SELECT count(*) || ' of ' || (SELECT count(*) FROM alexa.link WHERE client_id = ?)"
                        + " FROM alexa.link WHERE client_id = ? AND revoked_at IS NULL",
                client.clientId(),
                client.clientId());
    }

    @Test
    @Tag("both")
    void a_doctor_that_is_stopped_after_it_has_linked_revokes_the_link() throws Exception {
        Alexa own = Alexa.skill(URL);
        ToolRun run = stoppedWithALink(own, NONE);
        assertThat(liveLinks(own)).as(run.toString()).isEqualTo("0 of 1");
        assertThat(run.err()).contains("is revoked").doesNotContain("Exception");
    }

    @Test
    @Tag("thorough")
    void a_doctor_that_is_stopped_and_cannot_revoke_says_where_to_unlink() throws Exception {
        Alexa own = Alexa.skill(URL);
        CountDownLatch over = new CountDownLatch(1);
        ToolRun run = stoppedWithALink(own, (asked, behind, out) -> await(over));
        over.countDown();
        assertThat(liveLinks(own)).as(run.toString()).isEqualTo("1 of 1");
        assertThat(run.err()).contains("link-left", URL + "/links").doesNotContain("Exception");
    }

    /** The values of parameters and members that nobody may see, as they are and decoded. */
    private static void secretsIn(String text, Set<String> secrets) {
        Matcher matcher = Pattern.compile("\"?\\b(code|state|refresh_token|access_token|code_verifier|code_challenge"
                        + "|token|client_secret)\"?(?:=|\":\"|\" value=\")([^&\" \\r\\n]{12,})")
                .matcher(text);
        while (matcher.find()) {
            secrets.add(matcher.group(2));
            secrets.add(URLDecoder.decode(matcher.group(2), StandardCharsets.UTF_8));
        }
    }

    @Test
    @Tag("thorough")
    void at_a_terminal_it_asks_for_what_is_missing_and_shows_no_secret() throws Exception {
        if (!Files.isExecutable(Path.of("/usr/bin/script"))) {
            LeftOut.because("no script here: apt-get install util-linux types a password at a terminal");
        }
        Front front = front(good, NONE);
        String tool = "'" + Path.of(System.getProperty("java.home"), "bin", "java") + "' -jar '"
                + Path.of("target/alexa.war").toAbsolutePath() + "' doctor " + URL + " --allow-private --ca '"
                + certified.root().toAbsolutePath() + "' --resolve localhost=" + IPV4;
        Process script = new ProcessBuilder("script", "-qec", tool, "/dev/null")
                .redirectErrorStream(true)
                .start();
        StringBuilder shown = new StringBuilder();
        List<String[]> typed = List.of(
                new String[] {"Client ID", alexa.clientId()},
                new String[] {"Secret of client " + alexa.clientId(), alexa.secret()},
                new String[] {"vendor id", "M2TESTVENDOR"},
                new String[] {"User name", USER},
                new String[] {"Password of account " + USER, PASSWORD});
        try (OutputStream keys = script.getOutputStream();
                InputStream screen = script.getInputStream()) {
            for (String[] answer : typed) {
                int from = shown.length();
                while (!shown.substring(from).matches("(?s).*" + answer[0] + ".*: ?")) {
                    int octet = screen.read();
                    assertThat(octet).as(shown.toString()).isNotNegative();
                    shown.append((char) octet);
                }
                keys.write((answer[1] + "\n").getBytes(StandardCharsets.UTF_8));
                keys.flush();
            }
            shown.append(new String(screen.readAllBytes(), StandardCharsets.UTF_8));
        }
        assertThat(script.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(script.exitValue()).as(shown.toString()).isZero();
        assertThat(shown).contains("they are refreshed").doesNotContain(PASSWORD, alexa.secret());
        assertThat(front.lines()).anyMatch(line -> line.startsWith("POST /alexa/revoke"));
    }

    /** Each part takes almost as long as it may, and each first answer has to be asked for again. */
    @Test
    @Tag("thorough")
    void at_its_own_limit_it_ends_and_says_so() throws Exception {
        Set<String> asked = ConcurrentHashMap.newKeySet();
        front(IPV4, good, socket -> wait(3_800), (request, behind, out) -> {
            wait(3_800);
            out.write(
                    asked.add(request.line())
                            ? page("502 Bad Gateway", "<h1>502 Bad Gateway</h1>")
                            : behind.answer(request));
        });
        Report report = run(who(alexa)).names("too-slow", "error", "alexa.war check");
        report.found("the doctor's own time was over");
        assertThat(report.answer().out()).contains("not checked, because of");
    }

    private static void wait(int millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            localhost:PORT/alexa
            https://localhost:PORT/alexa/
            https://LocalHost:PORT/alexa
            https://localhost.:PORT/alexa
            https:/localhost:PORT/alexa
            https//localhost:PORT//alexa
            https://localhost:PORT/alexa/authorize
            https://localhost:PORT/alexa/.well-known/oauth-authorization-server
            '  https://localhost:PORT/alexa/operator  '
            """)
    @Tag("thorough")
    void an_address_that_is_typed_carelessly_is_understood(String typed) throws Exception {
        front(good, NONE);
        Answer answer = Answer.to(
                "doctor",
                typed.replace("PORT", Integer.toString(PORT)),
                "--json",
                "--no-link",
                "--allow-private",
                "--ca",
                certified.root().toString());
        assertThat(new Report(answer).named()).as(answer.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://192.0.2.7/alexa", "https://[2001:db8::7]/alexa"})
    void an_ip_address_is_told_that_amazon_wants_a_name(String typed) {
        new Report(Answer.to("doctor", typed, "--json", "--no-link")).names("name-wanted", "fatal", "--allow-private");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            http://localhost/alexa                   | doctor https://localhost/alexa
            http:/localhost/alexa                    | doctor https://localhost/alexa
            https://anna:se/cr@t-word@localhost/alexa| doctor https://localhost/alexa
            anna:se/cr@t-word@localhost/alexa        | doctor https://localhost/alexa
            https://local host/alexa                 | doctor https://localhost/alexa
            ftp://localhost/alexa                    | doctor https://music.example.org/alexa
            https://my_music.example.org/alexa       | letters, digits, hyphens and dots
            https://localhost:99999/alexa            | from 1 to 65535
            https://localhost/alexa?x=t-word         | doctor https://localhost/alexa
            https://localhost/alexa/authorize?state=x| doctor https://localhost/alexa
            https://localhost/#alexa                 | leave out what is after
            """)
    void an_address_that_cannot_be_one_is_refused_with_the_line_to_type(String typed, String line) {
        Answer answer = Answer.to("doctor", typed, "--json", "--no-link");
        assertThat(answer.status()).isEqualTo(2);
        assertThat(answer.out()).isEmpty();
        assertThat(answer.err()).contains(line).doesNotContain("t-word", "Exception");
    }
}
