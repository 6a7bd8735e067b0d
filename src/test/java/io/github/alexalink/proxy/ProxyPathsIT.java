package io.github.alexalink.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.ByHand;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.LocalAuthority;
import io.github.alexalink.fixture.servers.ReverseProxy;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import io.github.alexalink.fixture.servers.WireTap;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(ReverseProxy.Kind.class)
@DisplayName(
        "A proxy with our file passes on the paths of alexa.war, character by character, and nothing else of that Tomcat")
class ProxyPathsIT {

    private static final String MUSIC = "Demo music server";
    private static final String ADMIN = "for the house only";
    private static final String HEALTH = "/alexa/health";
    private static final Path FOLDER = Path.of("target/it/proxy-paths").toAbsolutePath();
    private static final Path BASE = FOLDER.resolve("tomcat");
    private static final Path TABLE = FOLDER.resolve("table.txt");
    private static final InetAddress HERE = InetAddress.getLoopbackAddress();

    private static ReverseProxy.Kind kind;
    private static int port;
    private static int tomcatPort;
    private static TomcatProcess tomcat;
    private static LocalAuthority authority;
    private static SSLContext tls;
    private static Set<String> ours;

    private static WireTap tap;
    private static ReverseProxy proxy;
    private static ByHand client;

    private int before;

    ProxyPathsIT(ReverseProxy.Kind kind) {
        assertThat(kind).isNotNull();
    }

    @BeforeAll
    static void start() throws IOException, InterruptedException, GeneralSecurityException {
        CatalinaBase.delete(FOLDER);
        authority = LocalAuthority.in(FOLDER.resolve("authority"));
        tls = authority.trusted();
        port = TestServers.freePort();
        tomcatPort = TestServers.freePort();
        TestServers.prepareBase(BASE, tomcatPort);
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        CatalinaBase.deploy(BASE, Path.of("target/alexa-music-server.war"), "music-server");
        Path admin = BASE.resolve("webapps/admin");
        Files.createDirectories(admin.resolve("META-INF"));
        Files.writeString(admin.resolve("index.html"), ADMIN);
        Files.writeString(admin.resolve("META-INF/context.xml"), """
                <Context>
                  <Valve className="org.apache.catalina.valves.RemoteCIDRValve" allow="127.0.0.0/8,::1/128"/>
                </Context>
                """);
        tomcat = TestServers.startOwn(BASE, tomcatPort, HEALTH, "/music-server/", "/admin/index.html");
        ours = paths();
    }

    /**
     * The endpoints that /health lists, those it does not list, the static files, what leads to the linked apps, and the
     * metadata at the root.
     */
    private static Set<String> paths() throws IOException {
        String health = atTomcat(HEALTH);
        Set<String> paths = new LinkedHashSet<>(Set.of(HEALTH, "/alexa/metrics", "/alexa", "/alexa/"));
        for (Object path : new JSONObject(health.substring(health.indexOf('{'), health.lastIndexOf('}') + 1))
                .getJSONArray("endpoints")) {
            paths.add((String) path);
        }
        try (Stream<Path> files = Files.list(Path.of("webapp"))) {
            files.filter(Files::isRegularFile).forEach(file -> paths.add("/alexa/" + file.getFileName()));
        }
        assertThat(paths).contains("/alexa/token", "/alexa/style.css", "/alexa/icon.svg");
        paths.add("/.well-known/oauth-authorization-server/alexa");
        return paths;
    }

    @AfterAll
    static void stop() {
        if (tomcat != null) {
            tomcat.close();
        }
    }

    @BeforeParameterizedClassInvocation
    static void startProxy(ReverseProxy.Kind which) throws IOException, InterruptedException {
        kind = which;
        tap = WireTap.before(tomcatPort);
        proxy = ReverseProxy.start(kind, authority, port, tap.port());
        client = new ByHand(tls, port);
    }

    @AfterParameterizedClassInvocation
    static void stopProxy() throws IOException {
        if (proxy != null) {
            proxy.close();
            proxy = null;
        }
        if (tap != null) {
            tap.close();
            tap = null;
        }
    }

    @BeforeEach
    void begin() {
        before = tap.targets().size();
    }

    @AfterEach
    void the_proxy_asks_tomcat_for_no_path_but_ours() {
        assertThat(tap.targets().stream().skip(before).filter(target -> !ours.contains(path(target))))
                .as("paths that arrived and are not ours")
                .isEmpty();
    }

    @Test
    void each_of_our_paths_arrives_as_it_is_with_its_query() throws IOException {
        for (String query : List.of("", "?a;b=c", "?/..;/music-server/", "?%2e%2e;%2f%5c%00%253b", "?a?b//../c;")) {
            for (String path : ours) {
                if (!(path + query).equals(HEALTH)) {
                    List<String> arrived = arriving(() -> client.send("GET " + path + query + " HTTP/1.1" + head()));
                    assertThat(arrived).containsExactly(path + query);
                }
            }
        }
        assertThat(client.send(HERE, "GET " + HEALTH, Map.of(), ""))
                .startsWith("HTTP/1.1 200")
                .contains("\"ok\"");
        assertThat(client.http2(HEALTH)).contains("\"ok\"");
        assertThat(client.http2(HEALTH + "?/..;/music-server/")).contains("\"ok\"");
        assertThat(client.send(HERE, "GET /alexa/style.css", Map.of(), "")).contains("text/css");
    }

    @Test
    void no_way_out_leads_to_a_neighbour() throws IOException {
        List<String> arrived = new ArrayList<>();
        for (String out : ProxyPathsTable.waysOut()) {
            for (String neighbour : List.of("music-server/", "admin/index.html")) {
                arrived.addAll(refused("GET " + out + neighbour + " HTTP/1.1" + head()));
            }
            arrived.addAll(refused("GET " + out + "music-server/ HTTP/1.0" + head()));
            arrived.addAll(refused("GET " + out + "music-server/?a=b HTTP/1.1" + head()));
            arrived.addAll(refused("GET " + out + "music-server/\r\n"));
            arrived.addAll(refused("GET https://localhost:" + port + out + "music-server/ HTTP/1.1" + head()));
            arrived.addAll(refused("GET http://evil.example" + out + "music-server/ HTTP/1.1" + head()));
            arrived.addAll(refused("get " + out + "music-server/ HTTP/1.1" + head()));
            arrived.addAll(refused("GET  " + out + "music-server/  HTTP/1.1" + head()));
            arrived.addAll(refused("GET\t" + out + "music-server/\tHTTP/1.1" + head()));
            arrived.addAll(refused("GET " + out + "music-server/ HTTP/1.1" + head().replace("\r", "")));
            arrived.addAll(refused("GET " + out + "music-server/ HTTP/1.1\r\nUpgrade: h2c" + head()));
            arrived.addAll(refused("HEAD " + out + "music-server/ HTTP/1.1" + head()));
            arrived.addAll(refused("TRACE " + out + "music-server/ HTTP/1.1" + head()));
            arrived.addAll(refused("POST " + out + "music-server/ HTTP/1.1\r\nTransfer-Encoding: chunked" + head()
                    + "3\r\na=b\r\n0\r\n\r\n"));
        }
        assertThat(arrived).isEmpty();
    }

    @Test
    void no_way_out_leads_to_a_neighbour_by_http_2() throws IOException {
        List<String> arrived = new ArrayList<>();
        for (String out : ProxyPathsTable.waysOut()) {
            for (String path :
                    List.of(out + "music-server/", out + "admin/index.html?a=b", "https://localhost" + out)) {
                arrived.addAll(arriving(() -> {
                    String body = client.http2(path);
                    note("h2 " + path, body);
                    return body;
                }));
            }
        }
        assertThat(arrived).isEmpty();
    }

    @Test
    void another_spelling_of_our_paths_is_refused_or_arrives_as_it_should_be_spelt() throws IOException {
        List<String> spellings = new ArrayList<>(ProxyPathsTable.otherSpellings());
        spellings.add("https://localhost:" + port + "/alexa/token");
        spellings.add("http://localhost:" + port + "/alexa/token?a=b");
        for (String spelling : spellings) {
            for (String method : List.of("GET", "POST", "OPTIONS", "TRACE")) {
                arriving(() -> sent(method + " " + spelling + " HTTP/1.1" + head()));
            }
            arriving(() -> {
                String body = client.http2(spelling);
                note("h2 " + spelling, body);
                return body;
            });
        }
    }

    @Test
    void a_request_hidden_in_the_body_of_another_reaches_no_neighbour() throws IOException {
        String hidden = "GET /music-server/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
        for (Map.Entry<String, String> length : ProxyPathsTable.lengths(hidden).entrySet()) {
            for (String line :
                    List.of("POST /alexa/token HTTP/1.1", "GET /alexa/health HTTP/1.1", "POST /alexa/token HTTP/1.0")) {
                String answers = sent(line + "\r\nHost: localhost:" + port + "\r\n" + length.getKey() + "\r\n\r\n"
                        + length.getValue() + "GET " + HEALTH + " HTTP/1.1" + head());
                assertThat(answers).as(line + length.getKey()).doesNotContain(MUSIC, ADMIN);
            }
        }
        before = tap.targets().size(); // which takes the lines of a body for requests
    }

    @Test
    void a_connection_through_the_proxy_is_refused() throws IOException {
        for (String target : List.of("localhost:" + tomcatPort, "127.0.0.1:8080", "/alexa/..;/music-server/")) {
            assertThat(refused("CONNECT " + target + " HTTP/1.1" + head())).isEmpty();
        }
        assertThat(refused("OPTIONS * HTTP/1.1" + head())).isEmpty();
    }

    @Test
    void a_chunked_form_arrives() throws IOException {
        String form = "grant_type=refresh_token&refresh_token=x";
        assertThat(client.send("POST /alexa/token HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                        + "Transfer-Encoding: chunked" + head() + Integer.toHexString(form.length()) + "\r\n" + form
                        + "\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 401")
                .contains("invalid_client");
    }

    /**
     * Runs the check from docs/operator.md and the head of each file; it shows 200 if a path leads out, whatever Tomcat
     * has.
     */
    @Test
    void the_check_of_the_docs_shows_that_no_path_leads_out() throws IOException {
        String check = "/alexa/..;/alexa/health";
        assertThat(atTomcat(check)).startsWith("HTTP/1.1 200").contains("\"status\"");
        assertThat(client.send(HERE, "GET " + check, Map.of(), ""))
                .startsWith("HTTP/1.1 " + (kind == ReverseProxy.Kind.APACHE ? 403 : 404))
                .doesNotContain("\"status\"");
    }

    /** Traefik and cloudflared compare the decoded path with a regular expression, but send the original one. */
    @Test
    void the_files_that_cannot_be_run_here_have_a_pattern_for_the_same_paths() throws IOException {
        for (String file : List.of("traefik.yml", "cloudflared.yml")) {
            Matcher quoted = Pattern.compile("[`\"](\\^/.*\\$)[`\"]")
                    .matcher(Files.readString(Path.of("tomcat-conf/proxy", file)));
            assertThat(quoted.find()).isTrue();
            Pattern passed = Pattern.compile(quoted.group(1).replace("$", "\\z")); // $ in Go means \z
            assertThat(quoted.find()).isFalse();
            assertThat(ours).as(file).allMatch(path -> passed.matcher(path).find());
            assertThat(ProxyPathsTable.waysOut()).as(file).noneMatch(out -> passed.matcher(
                            decoded(out) + "music-server/")
                    .find());
            assertThat(ProxyPathsTable.otherSpellings())
                    .as(file)
                    .noneMatch(
                            spelling -> passed.matcher(decoded(spelling)).find() && !ours.contains(decoded(spelling)));
        }
    }

    private static String decoded(String path) {
        return URLDecoder.decode(path.replaceAll("%(?![0-9A-Fa-f]{2})", "%25"), StandardCharsets.ISO_8859_1);
    }

    // ---- Tomcat itself, behind a proxy that is not configured by us

    @Test
    void no_way_out_of_alexa_leads_to_a_neighbour_without_a_proxy_either() throws IOException {
        for (String out : ProxyPathsTable.waysOut()) {
            for (String neighbour : List.of("music-server/", "admin/index.html")) {
                if (!out.startsWith("/music-server/")) { // no proxy takes this path for one of alexa.war
                    assertThat(atTomcat(out + neighbour)).as(out + neighbour).doesNotContain(MUSIC, ADMIN);
                }
            }
        }
        assertThat(atTomcat("/music-server/x/..;/")).as("a detour of its own").contains(MUSIC);
        assertThat(atTomcat("/alexa/..;/music-server/")).startsWith("HTTP/1.1 403");
        assertThat(atTomcat("/music-server/?/../;")).startsWith("HTTP/1.1 200").contains(MUSIC);
    }

    @Test
    void the_guard_of_a_neighbour_sees_the_address_of_the_client() throws IOException {
        assertThat(atTomcat("/admin/index.html")).contains(ADMIN);
        assertThat(ByHand.plain(
                        HERE,
                        tomcatPort,
                        ByHand.request(
                                "GET /admin/index.html", Map.of("X-Forwarded-For", "203.0.113.9"), "", tomcatPort)))
                .startsWith("HTTP/1.1 403")
                .doesNotContain(ADMIN);
    }

    private static String atTomcat(String target) throws IOException {
        return ByHand.plain(HERE, tomcatPort, ByHand.request("GET " + target, Map.of(), "", tomcatPort));
    }

    // ---- the requests that were sent, and those that arrived

    private interface Visit {
        String happens() throws IOException;
    }

    /** The requests that Tomcat received meanwhile, without /health, which HAProxy sends by itself. */
    private static List<String> arriving(Visit visit) throws IOException {
        int before = tap.targets().size();
        String answer = visit.happens();
        List<String> since = new ArrayList<>(tap.targets());
        since.subList(0, before).clear();
        since.removeIf(HEALTH::equals);
        if (answer.contains(MUSIC) || answer.contains(ADMIN)) {
            since.add("a neighbour answered: " + answer);
        }
        return since;
    }

    private static List<String> refused(String request) throws IOException {
        return arriving(() -> sent(request));
    }

    private static String sent(String request) throws IOException {
        String answer = client.send(request);
        note(request.lines().findFirst().orElseThrow(), answer);
        return answer;
    }

    private static String path(String target) {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    private static String head() {
        return "\r\nHost: localhost:" + port + "\r\nConnection: close\r\n\r\n";
    }

    private static void note(String what, String answer) throws IOException {
        String status = answer.startsWith("HTTP/") ? answer.substring(9, 12) : answer.isEmpty() ? "-" : "body";
        String whose = answer.contains(MUSIC) || answer.contains(ADMIN) ? " THE NEIGHBOUR" : "";
        Files.writeString(
                TABLE,
                kind + "\t" + status + whose + "\t" + what.replace("\t", "\\t").replace("\0", "\\0") + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }
}
