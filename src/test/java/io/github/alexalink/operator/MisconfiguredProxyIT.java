package io.github.alexalink.operator;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.alexa.SignInMinute;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.ReverseProxy;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("thorough")
@DisplayName(
        "A proxy is configured in another way than tomcat-conf/proxy has it, and the operator's page says what is wrong")
class MisconfiguredProxyIT {

    private static final Path BASE = Path.of("target/it/misconfigured-proxy").toAbsolutePath();

    /** The lines that tell Tomcat who asks, in the files of all proxies. */
    private static final String FORWARDED = "(?m)^.*(?<!#)X-Forwarded-(For|Proto) .*$";

    private int port;
    private int tomcatPort;
    private TomcatProcess tomcat;
    private String olga;
    private ReverseProxy proxy;
    private Alexa alexa;
    private String anna;

    /** A Tomcat that remembers nothing: what arrived before a change is remembered until it is pushed out. */
    @BeforeEach
    void start() throws IOException, InterruptedException {
        CatalinaBase.delete(BASE);
        port = TestServers.freePort();
        tomcatPort = TestServers.freePort();
        TestServers.prepareBase(
                BASE, tomcatPort, Map.of("alexa.issuer", "https://music.example.org/alexa", "http.address", "0.0.0.0"));
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        tomcat = TestServers.startOwn(BASE, tomcatPort, "/alexa/health");
        olga = TestDatabase.addOperator("olga");
        anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, PASSWORD);
        alexa = Alexa.skill("http://127.0.0.1:" + port + "/alexa");
    }

    @AfterEach
    void stop() throws IOException {
        if (tomcat != null) {
            tomcat.close();
        }
        if (proxy != null) {
            proxy.close();
        }
    }

    private void behind(ReverseProxy.Kind kind, UnaryOperator<String> change) throws IOException, InterruptedException {
        proxy = ReverseProxy.changed(kind, port, tomcatPort, shipped -> {
            String changed = change.apply(shipped);
            assertThat(changed).isNotEqualTo(shipped);
            return saysHttps(changed);
        });
    }

    /** The proxy ends no TLS in this test, but says https as if it did. */
    private static String saysHttps(String configuration) {
        return configuration
                .replace("X-Forwarded-Proto $scheme", "X-Forwarded-Proto https")
                .replace("X-Forwarded-Proto \"expr=%{REQUEST_SCHEME}\"", "X-Forwarded-Proto https");
    }

    private ReverseProxy asShipped(ReverseProxy.Kind kind) throws IOException, InterruptedException {
        return ReverseProxy.changed(kind, port, tomcatPort, MisconfiguredProxyIT::saysHttps);
    }

    private static UnaryOperator<String> replacing(String what, String by) {
        return shipped -> shipped.replaceAll(what, by);
    }

    private void tokens() {
        assertThat(alexa.exchange(alexa.codeOf(anna)).statusCode()).isEqualTo(200);
    }

    /** What the page names, asked for on the machine itself. */
    private Map<String, Map<?, ?>> named() {
        return named("http://localhost:" + tomcatPort);
    }

    private Map<String, Map<?, ?>> named(String server) {
        JSONObject page = new JSONObject(Alexa.send(HttpRequest.newBuilder(URI.create(server + "/alexa/operator"))
                        .timeout(Duration.ofMinutes(1))
                        .header("Accept", "application/json")
                        .header("Authorization", Alexa.basic(olga, PASSWORD))
                        .build())
                .body());
        Map<String, Map<?, ?>> named = new HashMap<>();
        for (Object record :
                page.getJSONObject("checks").getJSONArray("records").toList()) {
            Map<?, ?> finding = (Map<?, ?>) record;
            String id = (String) finding.get("id");
            boolean ofTheWay = List.of(
                            "forwarded-missing", "forwarded-untrusted", "issuer-differs", "prefix-lost", "braked")
                    .contains(id);
            if (ofTheWay && !List.of("ok", "info", "skipped").contains(finding.get("severity"))) {
                named.put(id, finding);
            }
        }
        return named;
    }

    private String pageThroughTheProxy() {
        return Alexa.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/alexa/operator"))
                        .header("Authorization", Alexa.basic(olga, PASSWORD))
                        .build())
                .body();
    }

    @ParameterizedTest
    @EnumSource(
            value = ReverseProxy.Kind.class,
            names = {"NGINX", "APACHE", "HAPROXY"})
    void without_the_lines_for_the_headers_the_page_names_them_and_with_them_it_does_not(ReverseProxy.Kind kind)
            throws IOException, InterruptedException {
        behind(kind, replacing(FORWARDED, ""));
        tokens();
        assertThat(named()).containsOnlyKeys("forwarded-missing");
        assertThat((String) named().get("forwarded-missing").get("do"))
                .contains("proxy_set_header X-Forwarded-For $remote_addr;");
        proxy.close();

        proxy = asShipped(kind);
        tokens();
        assertThat(named()).isEmpty();
    }

    @Test
    void without_the_scheme_alone_the_page_names_the_scheme_alone() throws IOException, InterruptedException {
        behind(ReverseProxy.Kind.NGINX, shipped -> shipped.replaceAll("(?m)^.*X-Forwarded-Proto .*$", "")
                .replace("Host $host", "Host music.example.org"));
        tokens();
        assertThat(named()).containsOnlyKeys("forwarded-missing");
        assertThat(named().get("forwarded-missing").get("says")).isEqualTo("the proxy does not send X-Forwarded-Proto");
        assertThat(pageThroughTheProxy())
                .contains(
                        "Open this page by https", "forwarded-missing", "proxy_set_header X-Forwarded-Proto $scheme;");
    }

    @Test
    void a_proxy_behind_another_that_ends_tls_says_http_and_the_page_has_the_line_to_write()
            throws IOException, InterruptedException {
        proxy = ReverseProxy.changed(
                ReverseProxy.Kind.NGINX,
                port,
                tomcatPort,
                shipped -> shipped.replace("Host $host", "Host music.example.org"));
        tokens();
        assertThat(named()).containsOnlyKeys("forwarded-missing");
        assertThat(named().get("forwarded-missing").get("found")).isEqualTo("X-Forwarded-Proto: http");
        assertThat(pageThroughTheProxy())
                .contains("Open this page by https", "forwarded-missing", "proxy_set_header X-Forwarded-Proto https;");
        proxy.close();
        proxy = asShipped(ReverseProxy.Kind.NGINX);
        tokens();
        assertThat(named()).isEmpty();
    }

    @Test
    void without_a_valve_a_proxy_that_names_no_client_is_named_through_it_and_on_the_machine_itself()
            throws IOException, InterruptedException {
        tomcat.close();
        Path server = BASE.resolve("conf/server.xml");
        String shipped = Files.readString(server);
        String without =
                shipped.replaceFirst("(?s)<Valve className=\"org.apache.catalina.valves.RemoteIpValve\".*?/>", "");
        assertThat(without).isNotEqualTo(shipped);
        Files.writeString(server, without);
        tomcat = TestServers.startOwn(BASE, tomcatPort, "/alexa/health");
        behind(ReverseProxy.Kind.NGINX, replacing("(?m)^.*X-Forwarded-For .*$", ""));
        assertThat(named("http://127.0.0.1:" + port)).containsOnlyKeys("forwarded-missing");
        assertThat(named()).isEmpty(); // nobody has come to link
        alexa.codeOf(anna);
        tokens();
        assertThat(named()).containsOnlyKeys("forwarded-missing");
        assertThat(named().get("forwarded-missing").get("says")).isEqualTo("the proxy does not send X-Forwarded-For");
        assertThat(named("http://127.0.0.1:" + port)).isEqualTo(named());
        alexa.code(anna, PASSWORD);
        assertThat(named()).containsOnlyKeys("forwarded-missing");
        proxy.close();
        proxy = asShipped(ReverseProxy.Kind.NGINX);
        tokens();
        assertThat(named()).isEmpty();
        assertThat(named("http://127.0.0.1:" + port)).isEmpty();
    }

    @Test
    void a_port_behind_the_address_of_the_client_is_no_fault() throws IOException, InterruptedException {
        behind(
                ReverseProxy.Kind.NGINX,
                replacing("X-Forwarded-For \\$remote_addr", "X-Forwarded-For \"203.0.113.9:\\$remote_port\""));
        tokens();
        assertThat(named()).isEmpty();
    }

    @Test
    void a_proxy_at_an_address_that_tomcat_does_not_believe_is_named_once_and_not_by_what_follows() throws Exception {
        InetAddress own = ownAddress();
        behind(ReverseProxy.Kind.NGINX, replacing("127\\.0\\.0\\.1:8080", own.getHostAddress() + ":" + tomcatPort));
        tokens();
        assertThat(named()).containsOnlyKeys("forwarded-untrusted");
        Map<?, ?> finding = named().get("forwarded-untrusted");
        assertThat((String) finding.get("found"))
                .containsPattern("a (private|public) address")
                .doesNotContain(own.getHostAddress());
        assertThat((String) finding.get("do")).contains("org.apache.catalina.valves.RemoteIpValve", "internalProxies=");
        assertThat(pageThroughTheProxy())
                .contains("Open this page by https", "forwarded-untrusted", "org.apache.catalina.valves.RemoteIpValve")
                .doesNotContain(own.getHostAddress());
        SignInMinute.inOne(Duration.ZERO, () -> {
            for (int i = 0; i <= Limits.SIGN_INS_PER_MINUTE; i++) {
                alexa.press(alexa.authorize(), "allow", anna, "x".repeat(1001));
            }
            assertThat(alexa.press(alexa.authorize(), "allow", anna, PASSWORD).statusCode())
                    .isEqualTo(429);
        });
        assertThat(named()).containsOnlyKeys("forwarded-untrusted");
    }

    @Test
    void a_listener_who_signs_in_at_another_name_than_the_issuers_is_told_of()
            throws IOException, InterruptedException {
        behind(ReverseProxy.Kind.NGINX, replacing("Host \\$host", "Host old.example.org"));
        alexa.link(anna, PASSWORD);
        assertThat(named()).containsOnlyKeys("issuer-differs");
        assertThat(named().get("issuer-differs").get("found")).isEqualTo("old.example.org");
        assertThat(named().get("issuer-differs").get("wanted")).isEqualTo("music.example.org");
        proxy.close();
        behind(ReverseProxy.Kind.NGINX, replacing("Host \\$host", "Host music.example.org"));
        alexa.link(anna, PASSWORD);
        assertThat(named()).isEmpty();
    }

    @Test
    void a_prefix_that_comes_twice_is_named() throws IOException, InterruptedException {
        behind(
                ReverseProxy.Kind.NGINX,
                shipped -> shipped.replaceFirst(
                        "proxy_pass http://127\\.0\\.0\\.1:8080;", "proxy_pass http://127.0.0.1:8080/alexa/alexa/;"));
        assertThat(alexa.authorize().statusCode()).isEqualTo(404);
        assertThat(named()).containsOnlyKeys("prefix-lost");
        proxy.close();
        proxy = asShipped(ReverseProxy.Kind.NGINX);
        tokens();
        assertThat(named()).isEmpty();
    }

    @Test
    void many_sign_ins_through_a_proxy_that_names_nobody_are_everybodys() throws Exception {
        behind(ReverseProxy.Kind.NGINX, shipped -> shipped.replaceAll("(?m)^.*X-Forwarded-For .*$", "")
                .replace("X-Forwarded-Proto $scheme", "X-Forwarded-Proto https"));
        tokens();
        SignInMinute.inOne(Duration.ZERO, () -> {
            for (int i = 0; i <= Limits.SIGN_INS_PER_MINUTE; i++) {
                alexa.press(alexa.authorize(), "allow", anna, "x".repeat(1001));
            }
        });
        assertThat(named()).containsOnlyKeys("braked");
    }

    private static InetAddress ownAddress() throws SocketException {
        return Collections.list(NetworkInterface.getNetworkInterfaces()).stream()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .findFirst()
                .orElseGet(() -> {
                    LeftOut.because("this machine has no address but those of loopback");
                    return null;
                });
    }
}
