package io.github.alexalink.proxy;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.InTime;
import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.ByHand;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.alexa.SignInMinute;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.LocalAuthority;
import io.github.alexalink.fixture.servers.Private;
import io.github.alexalink.fixture.servers.ReverseProxy;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(ReverseProxy.Kind.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@DisplayName(
        "Behind nginx, Apache httpd, Caddy, HAProxy and Home Assistant's nginx, with the files that tomcat-conf/proxy has for them")
class BehindAProxyIT {

    private static final String ANNA = TestDatabase.unique("anna");
    private static final Path FOLDER = Path.of("target/it/proxy").toAbsolutePath();
    private static final Path BASE = FOLDER.resolve("tomcat");

    private static LocalAuthority authority;
    private static SSLContext tls;
    private static HttpClient browser;

    private static int port;
    private static int tomcatPort;
    private static TomcatProcess tomcat;
    private static ReverseProxy proxy;
    private static ReverseProxy.Kind which;
    private static String issuer;

    private Alexa alexa;

    BehindAProxyIT(ReverseProxy.Kind kind) {
        assertThat(kind).isNotNull();
    }

    /** Starts one Tomcat for all proxies. They run one after the other at one port, which is in the issuer. */
    @BeforeAll
    static void start() throws IOException, InterruptedException, GeneralSecurityException {
        CatalinaBase.delete(FOLDER);
        authority = LocalAuthority.in(FOLDER.resolve("authority"));
        tls = authority.trusted();
        browser = HttpClient.newBuilder()
                .sslContext(tls)
                .connectTimeout(Duration.ofSeconds(30))
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
        TestDatabase.addAccount(ANNA, PASSWORD);
        port = TestServers.freePort();
        tomcatPort = TestServers.freePort();
        issuer = "https://localhost:" + port + "/alexa";
        Map<String, String> settings = new HashMap<>(TestServers.settings(tomcatPort));
        settings.remove("alexa.db.password"); // the descriptor names a file
        TestServers.prepareBase(BASE, TestServers.tomcatHome(), tomcatPort, settings);
        Path password = Private.write(BASE.resolve("conf/alexa.db.password"), TestDatabase.APP_PASSWORD + "\n");
        replaceIn("server.xml", Map.of("pattern=\"%h", "buffered=\"false\" pattern=\"[%p %h] %U%q"));
        CatalinaBase.describe(
                BASE,
                "alexa",
                Files.readString(Path.of("webapp/META-INF/context.xml"))
                        .replace("</Context>", """
                          <Parameter name="alexa.issuer" value="%s"/>
                          <Parameter name="alexa.db.password.file" value="%s"/>
                        </Context>
                        """.formatted(issuer, password)));
        CatalinaBase.describe(BASE, "music-server", Files.readString(Path.of("tomcat-conf/contexts/music-server.xml")));
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        CatalinaBase.deploy(BASE, Path.of("target/alexa-music-server.war"), "music-server");
        startTomcat();
    }

    @AfterAll
    static void stop() {
        if (tomcat != null) {
            tomcat.close();
        }
    }

    @BeforeParameterizedClassInvocation
    static void startProxy(ReverseProxy.Kind kind) throws IOException, InterruptedException {
        proxy = ReverseProxy.withHsts(kind, authority, port, tomcatPort);
        which = kind;
    }

    @AfterParameterizedClassInvocation
    static void stopProxy() throws IOException {
        if (proxy != null) {
            proxy.close();
            proxy = null;
        }
    }

    private static void replaceIn(String file, Map<String, String> changes) throws IOException {
        Path path = BASE.resolve("conf").resolve(file);
        String text = Files.readString(path);
        for (Map.Entry<String, String> change : changes.entrySet()) {
            assertThat(text).contains(change.getKey());
            text = text.replace(change.getKey(), change.getValue());
        }
        Files.writeString(path, text);
    }

    /** Starts Tomcat on all addresses, so that a client can also go past the proxy. */
    private static void startTomcat() throws IOException, InterruptedException {
        List<String> options = new ArrayList<>(List.of("-Dhttp.address=0.0.0.0"));
        if (Runtime.version().feature() >= 21) {
            options.add("-Dtomcat.virtualThreads=true"); // as setenv.sh does
        }
        tomcat = TestServers.startOwn(BASE, tomcatPort, options, Map.of(), "/alexa/health");
    }

    @BeforeEach
    void skill() {
        alexa = Alexa.skill(issuer);
    }

    /** First, because other tests send what no proxy of ours would. */
    @Order(0)
    @Test
    void the_operators_page_comes_through_and_finds_nothing_amiss_with_the_proxy() {
        String olga = TestDatabase.addOperator("olga");
        assertThat(press(get(alexa.authorizationUrl()), Map.of(), PASSWORD).statusCode())
                .isEqualTo(303);
        assertThat(token(alexa.codeRequest(alexa.codeOf(ANNA)), alexa.basic()).statusCode())
                .isEqualTo(200);
        assertThat(get(issuer + "/operator").statusCode()).isEqualTo(401);
        HttpResponse<String> page = send(HttpRequest.newBuilder(URI.create(issuer + "/operator"))
                .header("Accept", "application/json")
                .header("Authorization", Alexa.basic(olga, PASSWORD)));
        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        assertThat(new JSONObject(page.body())
                        .getJSONObject("checks")
                        .getJSONArray("records")
                        .toList())
                .filteredOn(record -> String.valueOf(((Map<?, ?>) record).get("id"))
                        .matches("forwarded-.*|prefix-lost|braked|issuer-differs"))
                .hasSizeGreaterThanOrEqualTo(4)
                .allSatisfy(record -> assertThat(((Map<?, ?>) record).get("severity"))
                        .as(record.toString())
                        .isEqualTo("ok"));
    }

    @Test
    void a_link_from_the_page_to_the_refresh() throws IOException {
        HttpResponse<String> page = get(alexa.authorizationUrl());
        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        HttpResponse<String> redirect = press(page, Map.of("Sec-Fetch-Site", "same-origin"), PASSWORD);
        assertThat(redirect.statusCode()).as(redirect.body()).isEqualTo(303);
        assertThat(Alexa.parameter(Alexa.location(redirect), "state")).isEqualTo(Alexa.STATE);
        assertThat(Alexa.parameter(Alexa.location(redirect), "iss")).isEqualTo(issuer);
        JSONObject tokens = new JSONObject(
                token(alexa.codeRequest(Alexa.codeIn(redirect)), alexa.basic()).body());
        HttpResponse<String> refreshed = token(
                Map.of("grant_type", "refresh_token", "refresh_token", tokens.getString("refresh_token")),
                alexa.basic());
        assertThat(refreshed.statusCode()).isEqualTo(200);
        assertThat(proxy.accessLog())
                .as("the proxy's own log has no state either")
                .doesNotContain("state=");
    }

    @Test
    void authorization_origin_and_sec_fetch_site_arrive() {
        HttpResponse<String> refused = token(
                Map.of("grant_type", "refresh_token", "refresh_token", "none"),
                alexa.withSecret("wrong").basic());
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("WWW-Authenticate"))
                .hasValueSatisfying(challenge -> assertThat(challenge).startsWith("Basic"));
        assertThat(new JSONObject(refused.body()).getString("error")).isEqualTo("invalid_client");

        HttpResponse<String> page = get(alexa.authorizationUrl());
        assertThat(press(page, Map.of("Sec-Fetch-Site", "cross-site"), PASSWORD).statusCode())
                .isEqualTo(403);
        assertThat(press(page, Map.of("Origin", "https://evil.example"), PASSWORD)
                        .statusCode())
                .isEqualTo(403);
        assertThat(press(page, Map.of("Origin", "https://localhost:" + port), PASSWORD)
                        .statusCode())
                .isEqualTo(303);
    }

    @Test
    void errors_are_ours_although_the_site_has_pages_of_its_own() {
        HttpResponse<String> asked = get(issuer + "/token");
        assertThat(asked.statusCode()).isEqualTo(405);
        assertThat(new JSONObject(asked.body()).getString("error")).isEqualTo("invalid_request");
        HttpResponse<String> unknown = get(issuer + "/authorize?client_id=unknown");
        assertThat(unknown.statusCode()).isEqualTo(400);
        assertThat(unknown.body()).contains("This link does not work");
    }

    @Test
    void a_request_line_of_8_KiB_passes_and_its_state_comes_back() throws Exception {
        Map<String, String> others = alexa.authorizationRequest();
        others.remove("state");
        String before = "/alexa/authorize?" + Alexa.encoded(others) + "&state=" + "%2B".repeat(1900);
        int rest = 8192 - ("GET " + before + " HTTP/1.1").length();
        String target = before + "%78".repeat(rest / 3) + "x".repeat(rest % 3);
        String state = "+".repeat(1900) + "x".repeat(rest / 3 + rest % 3); // so that the Location is longer than 6 KiB
        assertThat("GET " + target + " HTTP/1.1").hasSize(8192);

        assertThat(raw(InetAddress.getLoopbackAddress(), "GET " + target, Map.of()))
                .startsWith("HTTP/1.1 200");
        HttpResponse<String> page = get("https://localhost:" + port + target);
        assertThat(page.statusCode()).isEqualTo(200);
        HttpResponse<String> redirect = press(page, Map.of(), PASSWORD);
        assertThat(redirect.statusCode()).isEqualTo(303);
        assertThat(Alexa.parameter(Alexa.location(redirect), "state")).isEqualTo(state);
    }

    @Test
    void every_encoding_in_state_comes_back_byte_for_byte() throws Exception {
        String state = "a+b/c==%26%2B%252F&d;e#f?g h\"i<j>k'l\\m^n`o{p|q}r~s:@!$*(),";
        String upper = URLEncoder.encode(state, StandardCharsets.UTF_8);
        Map<String, String> others = alexa.authorizationRequest();
        others.remove("state");
        for (String encoded : List.of(upper, upper.replace("%2B", "%2b").replace("+", "%20"))) {
            String page = raw(
                    InetAddress.getLoopbackAddress(),
                    "GET /alexa/authorize?" + Alexa.encoded(others) + "&state=" + encoded,
                    Map.of());
            assertThat(page).startsWith("HTTP/1.1 200");
            Map<String, String> form = Alexa.hidden(page);
            assertThat(form).containsEntry("state", state);
            form.putAll(Map.of("username", ANNA, "password", PASSWORD, "decision", "allow"));
            HttpResponse<String> redirect = post("/approve", form, Map.of());
            assertThat(Alexa.parameter(Alexa.location(redirect), "state")).isEqualTo(state);
        }
    }

    @Test
    void the_metadata_are_at_the_root_too_and_nothing_else_of_tomcat_is() {
        String root = "https://localhost:" + port;
        HttpResponse<String> metadata = get(root + "/.well-known/oauth-authorization-server/alexa");
        assertThat(metadata.statusCode()).isEqualTo(200);
        assertThat(metadata.body()).startsWith("{\"issuer\":\"" + issuer + "\"");
        assertThat(get(issuer + "/.well-known/oauth-authorization-server").body())
                .isEqualTo(metadata.body());
        assertThat(get(root + "/music-server/").body()).doesNotContain("Demo music server");
    }

    @Test
    void the_path_of_the_war_alone_leads_into_it() {
        HttpResponse<String> bare = get("https://localhost:" + port + "/alexa");
        assertThat(bare.statusCode()).isEqualTo(302);
        assertThat(bare.uri().resolve(bare.headers().firstValue("Location").orElseThrow()))
                .hasToString("https://localhost:" + port + "/alexa/links");
    }

    /** HTTP/3 leaves nginx no Host header, and neither does HTTP/1.0; the site asks Tomcat by HTTP/1.1, as newer ones do. */
    @Test
    void a_request_arrives_whatever_it_says_of_its_host() throws Exception {
        String path = "/alexa/.well-known/oauth-authorization-server";
        String host = "localhost:" + port;
        List<String> requests = new ArrayList<>(List.of(
                "GET " + path + " HTTP/1.1\r\nHost: localhost",
                "GET " + path + " HTTP/1.1\r\nHost: " + host,
                "GET " + path + " HTTP/1.1\r\nHost: LOCALHOST:" + port,
                "GET " + path + " HTTP/1.0\r\nHost: " + host,
                "GET https://" + host + path + " HTTP/1.1\r\nHost: " + host,
                "GET https://localhost" + path + " HTTP/1.1\r\nHost: localhost"));
        // httpd and Caddy themselves refuse a client that names a host by TLS and none by HTTP
        if (!List.of(ReverseProxy.Kind.CADDY, ReverseProxy.Kind.APACHE).contains(which)) {
            requests.add("GET " + path + " HTTP/1.0");
        }
        ByHand client = new ByHand(tls, port);
        for (String request : requests) {
            String answer = client.send(request + "\r\nConnection: close\r\n\r\n");
            assertThat(answer)
                    .as(request)
                    .matches("(?s)HTTP/1\\.[01] 200 .*")
                    .contains("\"issuer\":\"" + issuer + "\"");
        }
        assertThat(client.http2(path)).as("with :authority and no Host").startsWith("{\"issuer\":\"" + issuer + "\"");
    }

    @Test
    void hsts_comes_from_the_proxy_if_the_operator_switches_its_line_on() {
        // the add-on has an option for it, and its file no line
        List<String> wanted = which == ReverseProxy.Kind.HOME_ASSISTANT ? List.of() : List.of("max-age=31536000");
        for (String path : List.of("/links", "/token", "/.well-known/oauth-authorization-server")) {
            assertThat(get(issuer + path).headers().allValues("Strict-Transport-Security"))
                    .as(path)
                    .isEqualTo(wanted);
        }
    }

    @Test
    void no_forged_header_changes_a_url() throws Exception {
        Map<String, String> forged = new LinkedHashMap<>();
        for (String header : List.of("Forwarded", "X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host")) {
            forged.put(header, "Forwarded".equals(header) ? "for=203.0.113.9;host=evil.example" : "evil.example");
        }
        for (String header : List.of("X-Forwarded-Prefix", "X-Forwarded-Path", "X-Original-URL", "X-Rewrite-URL")) {
            forged.put(header, "/evil.example");
        }
        forged.put("X-Forwarded-Proto", "gopher");
        forged.put("X-Forwarded-Port", "70");
        InetAddress here = InetAddress.getLoopbackAddress();
        for (String path : List.of(
                alexa.authorizationUrl().substring(issuer.length()),
                "/.well-known/oauth-authorization-server",
                "/links",
                "/authorize?client_id=unknown")) {
            String honest = raw(here, "GET /alexa" + path, Map.of());
            String answer = raw(here, "GET /alexa" + path, forged);
            assertThat(answer.lines().findFirst()).isEqualTo(honest.lines().findFirst());
            assertThat(answer).doesNotContain("evil.example", "gopher");

            Map<String, String> otherHost = new LinkedHashMap<>(forged);
            otherHost.put("Host", "evil.example");
            assertThat(raw(here, "GET /alexa" + path, otherHost)).doesNotContain("evil.example", "gopher");
        }
        assertThat(raw(here, "GET /alexa/.well-known/oauth-authorization-server", forged))
                .contains("\"token_endpoint\":\"" + issuer + "/token\"");
    }

    @Test
    void tomcat_sees_the_address_of_the_client_and_not_the_proxys() throws Exception {
        InetAddress outside = addressOfThisMachine();
        Map<String, String> forged =
                Map.of("X-Forwarded-For", "203.0.113.9", "X-Real-IP", "203.0.113.9", "Forwarded", "for=203.0.113.9");
        assertThat(loggedFor(path -> raw(outside, "GET " + path, forged)))
                .as("port 443: Tomcat knows that it was https")
                .startsWith("[443 " + outside.getHostAddress() + "]");
        assertThat(loggedFor(path -> raw(InetAddress.getLoopbackAddress(), "GET " + path, forged)))
                .as("also where the client is on the proxy's own machine")
                .startsWith("[443 127.0.0.1]");
    }

    /**
     * A proxy removes headers that a client names in Connection (RFC 9110 §7.6.1); X-Forwarded-For must survive that.
     */
    @Tag("thorough")
    @Test
    void no_client_has_the_proxy_take_away_who_asks() throws Exception {
        InetAddress outside = addressOfThisMachine();
        for (String named : List.of(
                "close, X-Forwarded-For, X-Forwarded-Proto",
                "X-FORWARDED-FOR,close",
                "close\t,x-forwarded-for",
                "close\r\nConnection: X-Forwarded-For")) {
            assertThat(loggedFor(path -> raw(outside, "GET " + path, Map.of("Connection", named))))
                    .as(named)
                    .startsWith("[443 " + outside.getHostAddress() + "]");
        }
    }

    @Test
    void one_sign_in_too_many_of_an_address_waits_whatever_its_headers_claim() throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            InetAddress outside = addressOfThisMachine();
            // a password that long is counted and refused without being hashed
            String form = Alexa.encoded(Map.of("username", ANNA, "password", "x".repeat(1001), "decision", "allow"))
                    + "&" + Alexa.encoded(alexa.authorizationRequest());
            for (int i = 1; i <= Limits.SIGN_INS_PER_MINUTE; i++) {
                assertThat(signIn(outside, form, i)).as("sign-in " + i).startsWith("HTTP/1.1 200");
            }
            assertThat(signIn(outside, form, Limits.SIGN_INS_PER_MINUTE + 1)).startsWith("HTTP/1.1 429");
            assertThat(Files.readString(BASE.resolve("logs/console.log")))
                    .contains("request " + (Limits.SIGN_INS_PER_MINUTE + 1) + " for a sign-in from ["
                            + outside.getHostAddress() + "] within a minute");

            assertThat(press(get(alexa.authorizationUrl()), Map.of(), PASSWORD).statusCode())
                    .as("somebody else, by the same proxy")
                    .isEqualTo(303);
        });
    }

    private static String signIn(InetAddress from, String form, int number) throws IOException {
        return raw(
                from,
                "POST /alexa/approve",
                Map.of("X-Forwarded-For", "203.0.113." + number, "Forwarded", "for=203.0.113." + number),
                form);
    }

    @Test
    void a_proxy_that_tomcat_was_not_told_of_is_not_believed() throws Exception {
        InetAddress outside = addressOfThisMachine();
        assertThat(loggedFor(path -> plain(
                        outside,
                        "GET " + path,
                        Map.of("X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "https"))))
                .as("nor that it was https: the port is the one of the Host header")
                .startsWith("[" + port + " " + outside.getHostAddress() + "]");
    }

    /**
     * nginx and HAProxy wait for a form before they ask Tomcat, whose threads are 200 on Java 17. Caddy and httpd cut off a
     * form that trickles; httpd has a thread of its own for each until then, so nobody is asked there meanwhile.
     */
    @Test
    @Tag("faults")
    void two_hundred_forms_that_trickle_keep_no_refresh_waiting_or_are_cut_off() throws Exception {
        JSONObject tokens = new JSONObject(
                token(alexa.codeRequest(alexa.codeOf(ANNA)), alexa.basic()).body());
        Map<String, String> refresh =
                Map.of("grant_type", "refresh_token", "refresh_token", tokens.getString("refresh_token"));
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                Socket form = new ByHand(tls, port).connect();
                slow.add(form);
                form.getOutputStream()
                        .write(ByHand.request("POST /alexa/approve", Map.of("Content-Length", "1000"), "a", port)
                                .getBytes(StandardCharsets.US_ASCII));
            }
            for (int i = 0; i < 24; i++) {
                if (which != ReverseProxy.Kind.APACHE) {
                    long before = System.nanoTime();
                    assertThat(token(refresh, alexa.basic()).statusCode()).isEqualTo(200);
                    InTime.assertAtMost(Duration.ofMillis(4_500), before); // Alexa hangs up
                }
                TimeUnit.MILLISECONDS.sleep(500);
                for (Socket form : slow) {
                    try {
                        form.getOutputStream().write('a');
                    } catch (IOException cutOff) {
                        // as it should be
                    }
                }
            }
            if (List.of(ReverseProxy.Kind.APACHE, ReverseProxy.Kind.CADDY).contains(which)) {
                for (Socket form : slow) {
                    form.setSoTimeout(60_000);
                    try {
                        assertThat(form.getInputStream().readAllBytes()).hasSizeLessThan(10_000);
                    } catch (SocketTimeoutException stillOpen) {
                        throw new AssertionError("a form was not cut off", stillOpen);
                    } catch (IOException reset) {
                        // cut off
                    }
                }
            }
        } finally {
            for (Socket form : slow) {
                form.close();
            }
        }
    }

    /** Runs last: a Tomcat that restarts forgets the counts of sign-ins, so the next proxy begins at 0. */
    @Test
    @Order(Integer.MAX_VALUE)
    @Tag("both")
    void tomcat_is_down_and_up_again() throws Exception {
        String code = Alexa.codeIn(press(get(alexa.authorizationUrl()), Map.of(), PASSWORD));
        JSONObject tokens =
                new JSONObject(token(alexa.codeRequest(code), alexa.basic()).body());
        Map<String, String> refresh =
                Map.of("grant_type", "refresh_token", "refresh_token", tokens.getString("refresh_token"));
        tomcat.close();
        long before = System.nanoTime();
        assertThat(token(refresh, alexa.basic()).statusCode()).isIn(502, 503);
        InTime.assertAtMost(Duration.ofSeconds(4), before); // well before Alexa hangs up
        startTomcat();
        assertThat(token(refresh, alexa.basic()).statusCode()).as("at once").isEqualTo(200);
    }

    // ---- a browser and Amazon's server, which trust our certificate authority

    private static HttpResponse<String> get(String url) {
        return send(HttpRequest.newBuilder(URI.create(url)).GET());
    }

    private static HttpResponse<String> press(HttpResponse<String> page, Map<String, String> headers, String password) {
        Map<String, String> form = Alexa.hidden(page.body());
        form.putAll(Map.of("username", ANNA, "password", password, "decision", "allow"));
        return post("/approve", form, headers);
    }

    private HttpResponse<String> token(Map<String, String> form, String authorization) {
        Map<String, String> sent = new LinkedHashMap<>(form);
        sent.put("client_id", alexa.clientId());
        return post("/token", sent, Map.of("Authorization", authorization));
    }

    private static HttpResponse<String> post(String path, Map<String, String> form, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(issuer + path))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(Alexa.encoded(form)));
        headers.forEach(request::header);
        return send(request);
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return browser.send(request.timeout(Duration.ofMinutes(1)).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException broken) {
            throw new IllegalStateException("no answer", broken);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", stopping);
        }
    }

    // ---- requests written by hand

    /** Sends a request from an address of this machine; returns the whole response as text. */
    private static String raw(InetAddress by, String methodAndTarget, Map<String, String> headers) throws IOException {
        return raw(by, methodAndTarget, headers, "");
    }

    private static String raw(InetAddress by, String methodAndTarget, Map<String, String> headers, String body)
            throws IOException {
        return new ByHand(tls, port).send(by, methodAndTarget, headers, body);
    }

    /** Sends a request to Tomcat itself, past the proxy. */
    private static String plain(InetAddress by, String methodAndTarget, Map<String, String> headers)
            throws IOException {
        return ByHand.plain(by, tomcatPort, ByHand.request(methodAndTarget, headers, "", port));
    }

    private interface Visit {
        String to(String path) throws IOException;
    }

    /** The line that Tomcat wrote into its access log for a request. */
    private static String loggedFor(Visit visit) throws IOException, InterruptedException {
        // asks no database, which a loaded machine may keep from answering within health's second
        String path = "/alexa/.well-known/oauth-authorization-server?" + UUID.randomUUID();
        assertThat(visit.to(path)).startsWith("HTTP/1.1 200");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (System.nanoTime() < end) {
            try (Stream<Path> logs = Files.list(BASE.resolve("logs"))) {
                for (Path log : (Iterable<Path>)
                        logs.filter(file -> file.getFileName().toString().startsWith("access"))::iterator) {
                    for (String line : Files.readAllLines(log)) {
                        if (line.contains(path)) {
                            return line;
                        }
                    }
                }
            }
            TimeUnit.MILLISECONDS.sleep(20); // Tomcat writes it after the response
        }
        throw new AssertionError("not in the access log: " + path);
    }

    /**
     * An address of this machine other than 127.0.0.1, whose sign-ins are not limited because it may be the proxy's.
     */
    private static InetAddress addressOfThisMachine() throws IOException {
        InetAddress address = NetworkInterface.networkInterfaces()
                .filter(network -> {
                    try {
                        return network.isUp() && !network.isLoopback();
                    } catch (IOException gone) {
                        return false;
                    }
                })
                .flatMap(NetworkInterface::inetAddresses)
                .filter(Inet4Address.class::isInstance)
                .findFirst()
                .orElse(null);
        if (address == null) {
            String reason = "this machine has no address but 127.0.0.1: nobody can come from outside";
            LeftOut.evenInCi(reason);
        }
        return address;
    }
}
