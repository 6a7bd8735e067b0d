package io.github.alexalink.introspect;

import static io.github.alexalink.fixture.cases.Neighbour.bearer;
import static io.github.alexalink.fixture.cases.Neighbour.get;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.Manager;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.FileAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import springneighbour.Application;
import springneighbour.ContainersUser;
import springneighbour.EchoController;
import springneighbour.OwnChains;
import springneighbour.Security;

/**
 * Without the Valve, because Spring Security would not ask the container for the user. The configuration of the music
 * servers here is compiled from the text of docs/music-servers.md.
 */
@Tag("thorough")
@DisplayName("A music server with Spring Security and filter chains of its own asks by introspection")
class SpringMusicServerIT extends OnTomcat {

    private static final String IMPORTS = """
            package springneighbour;
            import jakarta.servlet.DispatcherType;
            import jakarta.servlet.http.HttpServletRequest;
            import org.springframework.context.annotation.*;
            import org.springframework.core.Ordered;
            import org.springframework.core.annotation.Order;
            import org.springframework.http.HttpMethod;
            import org.springframework.http.client.SimpleClientHttpRequestFactory;
            import org.springframework.http.client.support.BasicAuthenticationInterceptor;
            import org.springframework.security.authentication.AccountStatusUserDetailsChecker;
            import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
            import org.springframework.security.config.annotation.web.builders.HttpSecurity;
            import org.springframework.security.config.http.SessionCreationPolicy;
            import org.springframework.security.core.Authentication;
            import org.springframework.security.core.userdetails.*;
            import org.springframework.security.oauth2.core.OAuth2AuthenticatedPrincipal;
            import org.springframework.security.oauth2.server.resource.introspection.*;
            import org.springframework.security.web.SecurityFilterChain;
            import org.springframework.web.client.RestTemplate;
            """;

    /** What a stranger may ask for: each kind of path, and spellings of them that a filter may take for another. */
    private static final List<String> PATHS = List.of(
            "/",
            "/library",
            "/library/songs",
            "/library/later",
            "/library/missing",
            "/player/play",
            "/ext",
            "/ext/songs",
            "/admin",
            "/admin/users",
            "/open/door",
            "/open/../library/songs",
            "/open/..;/library/songs",
            "/library;x=y/songs",
            "/library/%73ongs",
            "/LIBRARY/songs",
            "//library/songs",
            "/library//songs",
            "/library/songs?access_token=x",
            "/open/%2e%2e/library/songs",
            "/error",
            "/login",
            "/nowhere");

    private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH");

    private static final String CONSTRAINT = """
            <security-constraint>
              <web-resource-collection><web-resource-name>library</web-resource-name>
                <url-pattern>/library/*</url-pattern></web-resource-collection>
              <auth-constraint><role-name>**</role-name></auth-constraint>
            </security-constraint>
            """;

    private static final List<Class<?>> OWN_CHAINS = List.of(OwnChains.class);

    private static String id;
    private static HttpServer odd;
    private static volatile int oddStatus;
    private static volatile String oddBody = "";

    private final Alexa alexa = Alexa.skill(TestServers.issuer());
    private final String carl = TestDatabase.unique("carl");
    private final JSONObject tokens = alexa.linked(carl);
    private final String access = tokens.getString("access_token");

    @BeforeAll
    static void deployNeighbours() throws IOException {
        id = TestDatabase.unique("music");
        String secret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'Music')",
                id);
        Alexa.SECRETS.add(secret);
        odd = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        odd.createContext("/", exchange -> {
            byte[] body = oddBody.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.getResponseHeaders().set("Location", "/elsewhere");
            exchange.sendResponseHeaders(oddStatus, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        odd.start();
        int closed;
        try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = unused.getLocalPort();
        }
        String here = ISSUER + "/introspect";
        String alexaLink = block("    @Configuration\n    class AlexaLink {");
        String others = "@Configuration\nclass NoOwnChain {\n"
                + block("    @Bean\n    SecurityFilterChain others(HttpSecurity http)") + "}\n";
        deploy("before", Map.of(), OWN_CHAINS);
        deploy("spring", Map.of("AlexaLink", at(here, id, secret, alexaLink)), OWN_CHAINS);
        deploy("spring-wrong", Map.of("AlexaLink", at(here, id, secret + "x", alexaLink)), OWN_CHAINS);
        deploy(
                "spring-down",
                Map.of("AlexaLink", at("http://127.0.0.1:" + closed + "/introspect", id, secret, alexaLink)),
                OWN_CHAINS);
        deploy(
                "spring-odd",
                Map.of(
                        "AlexaLink",
                        at("http://127.0.0.1:" + odd.getAddress().getPort() + "/introspect", id, secret, alexaLink)),
                OWN_CHAINS);
        deploy("spring-alone", Map.of("AlexaLink", at(here, id, secret, alexaLink)), List.of());
        deploy("spring-others", Map.of("AlexaLink", at(here, id, secret, alexaLink), "NoOwnChain", others), List.of());
        deploy("spring-valve", Map.of(), List.of(ContainersUser.class));
    }

    @AfterAll
    static void undeployNeighbours() {
        for (String name : List.of(
                "before",
                "spring",
                "spring-wrong",
                "spring-down",
                "spring-odd",
                "spring-alone",
                "spring-others",
                "spring-valve")) {
            Manager.undeploy(name);
        }
        odd.stop(0);
    }

    /** A block of code in docs/music-servers.md, by its first lines, as a reader pastes it. */
    private static String block(String begin) throws IOException {
        String document = Files.readString(Path.of("docs/music-servers.md"));
        Matcher block = Pattern.compile(Pattern.quote(begin) + ".*\n(?:    .*\n|\n(?=    ))*")
                .matcher(document);
        assertThat(block.find()).as("docs/music-servers.md has " + begin).isTrue();
        return block.group().replaceAll("(?m)^    ", "");
    }

    private static String at(String uri, String id, String secret, String alexaLink) {
        String mine = alexaLink
                .replace("http://127.0.0.1:8080/alexa/introspect", uri)
                .replace("\"music-server\"", '"' + id + '"')
                .replace("\"als_…\"", '"' + secret + '"');
        assertThat(mine).contains(uri, id, secret);
        return mine;
    }

    private static void deploy(String name, Map<String, String> sources, List<Class<?>> configurations)
            throws IOException {
        File[] libraries = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .map(File::new)
                .filter(jar -> jar.getName().matches("(spring-|micrometer-|jackson-(core|databind|annotations)-).*"))
                .toArray(File[]::new);
        WebArchive war = ShrinkWrap.create(WebArchive.class)
                .addClasses(Application.class, Application.Everything.class, Security.class, EchoController.class)
                .addAsLibraries(libraries)
                .setWebXML(new StringAsset(
                        """
                        <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
                          <error-page><location>/error</location></error-page>%s
                        </web-app>""".formatted(configurations.contains(ContainersUser.class) ? CONSTRAINT : "")));
        configurations.forEach(war::addClass);
        if (configurations.contains(ContainersUser.class)) {
            war.addAsManifestResource(
                    new StringAsset(
                            "<Context><Valve className=\"io.github.alexalink.bearer.BearerAuthenticator\"/></Context>"),
                    "context.xml");
        }
        Path folder = Files.createTempDirectory(Path.of("target"), name);
        List<String> command = new ArrayList<>(List.of("-proc:none", "-d", folder.toString()));
        for (Map.Entry<String, String> source : sources.entrySet()) {
            command.add(Files.writeString(folder.resolve(source.getKey() + ".java"), IMPORTS + source.getValue())
                    .toString());
        }
        if (!sources.isEmpty()) {
            assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, command.toArray(String[]::new)))
                    .isZero();
            try (Stream<Path> compiled = Files.list(folder.resolve("springneighbour"))) {
                compiled.forEach(file ->
                        war.add(new FileAsset(file.toFile()), "WEB-INF/classes/springneighbour/" + file.getFileName()));
            }
        }
        assertThat(Manager.deploy(name, war)).startsWith("OK");
    }

    @Test
    void a_token_is_let_in_by_its_scopes_as_the_applications_own_user_without_roles() {
        String may = "may [SCOPE_music.control, SCOPE_music.read]";
        assertThat(get("/spring/library/songs", bearer(access)).body().lines())
                .contains("path /library/songs", "user " + carl, may);
        assertThat(get("/spring/player/play", bearer(access)).body().lines())
                .contains("path /player/play", "user " + carl, may);
        JSONObject less = new JSONObject(alexa.token(Map.of(
                        "grant_type",
                        "refresh_token",
                        "refresh_token",
                        tokens.getString("refresh_token"),
                        "scope",
                        "music.read"))
                .body());
        String reading = less.getString("access_token");
        assertThat(get("/spring/library/songs", bearer(reading)).body().lines()).contains("may [SCOPE_music.read]");
        assertRefused(get("/spring/player/play", bearer(reading)), 403, "Bearer");
    }

    @Test
    void a_token_may_change_something_without_a_csrf_token() {
        assertThat(RawHttp.send("POST /spring/player/play HTTP/1.1\n" + bearer(access), "x=y")
                        .body())
                .contains("path /player/play");
    }

    @Test
    void an_answer_in_a_second_dispatch_and_an_error_of_the_application_reach_alexa() {
        assertThat(get("/spring/library/later", bearer(access)).body().lines())
                .contains("path /library/later", "user " + carl);
        RawHttp.Reply missing = get("/spring/library/missing", bearer(access));
        assertThat(missing.statusCode()).isEqualTo(404);
        assertThat(missing.body()).contains("an error page of the application");
    }

    @Test
    void a_token_opens_no_path_that_no_scope_is_named_for() {
        for (String path : PATHS) {
            if ((path.startsWith("/library") && !path.contains("//")) || path.equals("/player/play")) {
                continue;
            }
            for (String method : METHODS) {
                RawHttp.Reply reply = RawHttp.send(method + " /spring" + path + " HTTP/1.1\n" + bearer(access), "");
                assertThat(reply.statusCode()).as(method + " " + path).isBetween(400, 405);
                assertThat(reply.body()).as(method + " " + path).doesNotContain("path /");
            }
        }
        for (String method : METHODS) {
            RawHttp.Reply reply = RawHttp.send(method + " /spring/library/songs HTTP/1.1\n" + bearer(access), "");
            assertThat(reply.statusCode()).as(method).isEqualTo(method.equals("GET") ? 200 : 403);
        }
    }

    @Test
    void a_value_that_is_no_live_access_token_is_refused_by_alexa_links_chain_or_the_applications_own() {
        assertRefused(get("/spring/library/songs", bearer("ala_x")), 401, "error=\"invalid_token\"");
        assertRefused(
                get("/spring/library/songs", "Authorization: bEARER ala_" + "A".repeat(70)),
                401,
                "error=\"invalid_token\"");
        for (String header : List.of(
                bearer(tokens.getString("refresh_token")),
                bearer("x"),
                bearer("eyJhbGciOiJub25lIn0.e30."),
                "Authorization: Bearer",
                "Authorization: Bearer  " + access,
                "Authorization: " + access,
                "Authorization: Basic YTpi",
                "X-Nothing: x")) {
            assertSameAsBefore(header);
        }
    }

    @Test
    void a_request_without_a_token_finds_what_it_found_before() {
        assertSameAsBefore("X-Nothing: x");
        assertSameAsBefore("Authorization: " + Alexa.basic(carl, "secret"));
        assertSameAsBefore("Authorization: " + Alexa.basic(carl, "wrong"));
        assertThat(get("/spring/ext/songs", "Authorization: " + Alexa.basic(carl, "secret"))
                        .body()
                        .lines())
                .contains("user " + carl, "may [ROLE_ADMIN, ROLE_USER]");
    }

    @Test
    void a_session_of_the_application_opens_what_it_opened_before_and_a_token_beside_it_decides_alone() {
        String cookie = signedIn("spring");
        String other = signedIn("before");
        for (String path : PATHS) {
            if (!path.equals("/login")) { // its form has another CSRF token each time
                assertThat(seen(get("/spring" + path, cookie), "spring"))
                        .as(path)
                        .isEqualTo(seen(get("/before" + path, other), "before"));
            }
        }
        assertThat(get("/spring/admin", cookie).body()).contains("path /admin");
        assertThat(get("/spring/admin", cookie, bearer(access)).statusCode()).isEqualTo(403);
        assertThat(get("/spring/library/songs", cookie, bearer(access)).body())
                .contains("may [SCOPE_music.control, SCOPE_music.read]");
        assertThat(get("/spring/library/songs", cookie, bearer("ala_x")).statusCode())
                .isEqualTo(401);
        assertThat(get("/spring/library/songs", bearer(access)).headers().firstValue("Set-Cookie"))
                .isEmpty();
    }

    @Test
    void a_name_that_is_no_user_of_the_application_and_a_user_who_is_disabled_are_refused() {
        for (String name : List.of("eve", "dora")) {
            String theirs = alexa.linked(TestDatabase.unique(name)).getString("access_token");
            assertRefused(get("/spring/library/songs", bearer(theirs)), 401, "Bearer");
        }
    }

    @Test
    void a_token_of_a_client_that_the_resource_server_is_not_for_is_refused() {
        String limit = "SELECT alexa.limit_resource_server(client_id => ?, introspects => ARRAY[?])";
        TestDatabase.ask(limit, id, Alexa.skill(TestServers.issuer()).clientId());
        try {
            assertRefused(get("/spring/library/songs", bearer(access)), 401, "error=\"invalid_token\"");
            TestDatabase.ask(limit, id, alexa.clientId());
            assertThat(get("/spring/library/songs", bearer(access)).statusCode())
                    .isEqualTo(200);
        } finally {
            TestDatabase.ask("SELECT alexa.limit_resource_server(client_id => ?, introspects => NULL)", id);
        }
    }

    @Test
    void a_revoked_token_is_refused_at_the_very_next_request() {
        assertThat(get("/spring/library/songs", bearer(access)).statusCode()).isEqualTo(200);
        alexa.post("/revoke", "token=" + access, Map.of("Authorization", alexa.basic()));
        assertRefused(get("/spring/library/songs", bearer(access)), 401, "error=\"invalid_token\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"spring-wrong", "spring-down"})
    void with_a_wrong_secret_and_without_alexa_link_no_token_is_let_in_and_other_requests_go_on(String name) {
        RawHttp.Reply reply = get("/" + name + "/library/songs", bearer(access));
        assertThat(reply.statusCode()).isEqualTo(500);
        assertThat(reply.body()).doesNotContain("path /");
        assertThat(get("/" + name + "/open/door").statusCode()).isEqualTo(200);
        assertThat(get("/" + name + "/library/songs").statusCode()).isEqualTo(302);
    }

    @Test
    void an_odd_answer_to_the_introspection_lets_nobody_in() {
        String good = "{\"active\":true,\"sub\":\"" + carl + "\",\"scope\":\"music.read\"}";
        oddStatus = 200;
        oddBody = good;
        assertThat(get("/spring-odd/library/songs", bearer(access)).statusCode())
                .as("a good answer of the odd server")
                .isEqualTo(200);
        List<Map.Entry<Integer, String>> answers = List.of(
                Map.entry(200, ""),
                Map.entry(200, "<html><body>Welcome</body></html>"),
                Map.entry(200, "null"),
                Map.entry(200, "[]"),
                Map.entry(200, "{}"),
                Map.entry(200, "{\"active\":false,\"sub\":\"" + carl + "\",\"scope\":\"music.read\"}"),
                Map.entry(200, "{\"active\":null,\"sub\":\"" + carl + "\",\"scope\":\"music.read\"}"),
                Map.entry(200, "{\"active\":true,\"scope\":\"music.read\"}"),
                Map.entry(200, "{\"active\":true,\"sub\":\"" + carl + "\"}"),
                Map.entry(200, "{\"active\":true,\"sub\":\"eve\",\"scope\":\"music.read\"}"),
                Map.entry(200, good.substring(0, good.length() - 1)),
                Map.entry(204, ""),
                Map.entry(302, good),
                Map.entry(401, good),
                Map.entry(404, good),
                Map.entry(503, good));
        for (Map.Entry<Integer, String> answer : answers) {
            oddStatus = answer.getKey();
            oddBody = answer.getValue();
            RawHttp.Reply reply = get("/spring-odd/library/songs", bearer(access));
            assertThat(reply.statusCode()).as(answer.toString()).isIn(401, 403, 500);
            assertThat(reply.body()).as(answer.toString()).doesNotContain("path /");
        }
    }

    @Test
    void without_any_other_chain_the_others_of_the_document_keep_it_shut() {
        assertThat(get("/spring-alone/admin").body())
                .as("what the document warns of")
                .contains("path /admin");
        for (String path : PATHS) {
            RawHttp.Reply reply = get("/spring-others" + path);
            assertThat(reply.statusCode()).as(path).isBetween(400, 404);
            assertThat(reply.body()).as(path).doesNotContain("path /");
        }
        assertThat(get("/spring-others/library/songs", bearer(access)).body()).contains("user " + carl);
    }

    @Test
    void with_pre_authentication_the_valve_and_a_constraint_open_nothing_without_a_token() {
        for (String path : PATHS) {
            assertThat(get("/spring-valve" + path).body()).as(path).doesNotContain("path /");
        }
        RawHttp.Reply reply = get("/spring-valve/library/songs", bearer(access));
        assertThat(reply.body().lines())
                .contains("path /library/songs", "user " + carl, "may [ROLE_music.control, ROLE_music.read]");
        String session = cookie(reply);
        alexa.post("/revoke", "token=" + access, Map.of("Authorization", alexa.basic()));
        assertThat(get("/spring-valve/player/play", session).body())
                .as("what the document warns of")
                .contains("user " + carl);
        assertThat(get("/spring-valve/library/songs", session).body()).doesNotContain("path /");
        assertThat(get("/spring-valve/library/songs", session, bearer(access)).statusCode())
                .isEqualTo(401);
    }

    /** Asserts that the application answers each path and method as it did without Alexa Link's chain. */
    private static void assertSameAsBefore(String header) {
        for (String path : PATHS) {
            for (String method : path.equals("/login") ? List.of("POST", "OPTIONS") : METHODS) {
                assertThat(seen(RawHttp.send(method + " /spring" + path + " HTTP/1.1\n" + header, ""), "spring"))
                        .as(method + " " + path + " with " + header)
                        .isEqualTo(
                                seen(RawHttp.send(method + " /before" + path + " HTTP/1.1\n" + header, ""), "before"));
            }
        }
    }

    /** What a caller sees, without what differs at each request and the name of the application. */
    private static Map<String, Object> seen(RawHttp.Reply reply, String name) {
        Map<String, Object> seen = new LinkedHashMap<>();
        seen.put("status", reply.statusCode());
        seen.put("body", reply.body().replace("/" + name, "/NAME"));
        for (String header : List.of("Location", "WWW-Authenticate", "Allow", "Cache-Control", "X-Frame-Options")) {
            seen.put(
                    header,
                    reply.headers().allValues(header).stream()
                            .map(value -> value.replace("/" + name, "/NAME").replaceAll(";jsessionid=\\w+", ""))
                            .toList());
        }
        return seen;
    }

    /** Signs carl in by the application's own form, and returns his cookie. */
    private String signedIn(String name) {
        RawHttp.Reply page = get("/" + name + "/login");
        String form = "username=" + carl + "&password=secret&_csrf="
                + found("name=\"_csrf\"[^>]*value=\"([^\"]+)", page.body());
        RawHttp.Reply in = RawHttp.send(
                "POST /" + name + "/login HTTP/1.1\n" + cookie(page)
                        + "\nContent-Type: application/x-www-form-urlencoded",
                form);
        assertThat(in.headers().firstValue("Location").orElse("")).doesNotContain("error");
        return cookie(in);
    }

    private static String cookie(RawHttp.Reply reply) {
        return "Cookie: "
                + reply.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
    }

    private static String found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern + " in " + text).isTrue();
        return matcher.group(1);
    }

    private static void assertRefused(RawHttp.Reply reply, int status, String challenge) {
        assertThat(reply.statusCode()).isEqualTo(status);
        assertThat(reply.headers().firstValue("WWW-Authenticate").orElse("")).contains(challenge);
        assertThat(reply.body()).doesNotContain("path /");
    }
}
