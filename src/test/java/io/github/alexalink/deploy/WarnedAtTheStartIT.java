package io.github.alexalink.deploy;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One Tomcat with the WAR under many names, each set up by a context descriptor as an operator would. */
@Tag("thorough")
@DisplayName("The WAR under other names, at other addresses and behind other Realms: the log says what looks wrong")
class WarnedAtTheStartIT {

    private static final Path BASE = Path.of("target/it/warned-at-the-start").toAbsolutePath();
    private static final Path LOG = BASE.resolve("logs/console.log");

    private static int port;
    private static TomcatProcess tomcat;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        port = TestServers.freePort();
        CatalinaBase.delete(BASE);
        TestServers.prepareBase(BASE, TestServers.tomcatHome(), port, Map.of());
        describe("alexa", "/alexa");
        describe("alexa##2", "/alexa");
        describe("house#alexa", "/house/alexa");
        describe("mu sik", "/mu%20sik");
        describe("musik", "/alexa");
        describe("ROOT", "/alexa");
        describe("unlocked", "/unlocked");
        change(
                "unlocked",
                "org.apache.catalina.realm.LockOutRealm\" failureCount=\"5\" lockOutTime=\"300\" cacheSize=\"10000",
                "org.apache.catalina.realm.CombinedRealm");
        describe("ldap", "/ldap");
        change("ldap", "org.apache.catalina.realm.DataSourceRealm", "org.apache.catalina.realm.JNDIRealm");
        tomcat = TestServers.startOwn(BASE, port, List.of("-Xmx384m"), Map.of(), "/alexa/health", "/ldap/health");
    }

    @AfterAll
    static void stop() {
        if (tomcat != null) {
            tomcat.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/alexa", "/house/alexa", "/mu%20sik"})
    void a_war_at_the_path_of_its_issuer_is_not_warned(String path) throws Exception {
        assertThat(health(path).keySet()).doesNotContain("warning");
        assertThat(warnings())
                .noneMatch(line -> line.contains("alexa.issuer ends with [" + path + "]")
                        && line.contains("is at [" + path + "]"));
    }

    @ParameterizedTest
    @CsvSource({"/musik, [/musik]", "'', [/]"})
    void a_war_at_another_path_than_its_issuers_says_so_in_the_log_and_in_health_which_stays_200(
            String path, String shown) throws Exception {
        String words = "alexa.issuer ends with [/alexa] and this web application is at " + shown
                + ": right only if a proxy leads from the one to the other. Otherwise rename the WAR, or change"
                + " alexa.issuer";
        JSONObject health = health(path);
        assertThat(health.getString("status")).isEqualTo("ok");
        assertThat(health.getString("warning")).isEqualTo(words);
        assertThat(health.getJSONArray("endpoints")).contains("/alexa/authorize");
        assertThat(warnings())
                .filteredOn(line -> line.endsWith(shown + " " + words))
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"/unlocked, true", "/ldap, false", "/alexa, false"})
    void a_realm_without_a_lock_out_is_named(String path, boolean warned) throws Exception {
        health(path);
        assertThat(warnings())
                .filteredOn(line -> line.contains("has no LockOutRealm around it"))
                .filteredOn(line -> line.contains("[" + path + "] "))
                .hasSize(warned ? 1 : 0);
    }

    @Test
    void a_tomcat_without_a_known_fault_is_not_warned_of_one() throws Exception {
        health("/ldap");
        assertThat(warnings()).noneMatch(line -> line.contains("CVE-"));
    }

    @ParameterizedTest
    @CsvSource({
        "/alexa, ''",
        "/alexa, '[/alexa##2] '",
        "/musik, '[/musik] '",
        "'', '[/] '",
        "/house/alexa, '[/house/alexa] '"
    })
    void each_line_says_which_of_them_wrote_it_and_one_at_alexa_writes_as_ever(String path, String prefix)
            throws Exception {
        health(path);
        for (String line : List.of("onStartup %sAlexa Link ", "checkSchema %sschema alexa fits")) {
            String words = " io.github.alexalink.AlexaLink." + line.formatted(prefix);
            assertThat(Soon.within(60, () -> Files.readString(LOG), log -> log.contains(words)))
                    .contains(words);
        }
    }

    @Test
    void the_lines_of_requests_and_of_the_pool_say_which_of_them_wrote_them_too() throws Exception {
        health("/musik");
        assertThat(Alexa.get("http://127.0.0.1:" + port + "/musik/token?code=x").statusCode())
                .isEqualTo(405);
        assertThat(Alexa.get("http://127.0.0.1:" + port + "/musik/authorize").statusCode())
                .isEqualTo(400);
        assertThat(Files.readString(LOG)).containsPattern("Pages\\.problem \\[/musik] page 400 \\[");
        assertThat(Files.readString(LOG).lines().filter(line -> line.contains("] [/musik] [/musik]")))
                .as("the name twice")
                .isEmpty();
    }

    @Test
    void a_listener_links_at_a_war_whose_paths_a_proxy_translates() throws Exception {
        health("/musik");
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, PASSWORD);
        Alexa alexa = Alexa.skill("http://127.0.0.1:" + port + "/musik");
        assertThat(alexa.link(anna, PASSWORD).getString("token_type")).isEqualToIgnoringCase("bearer");
    }

    @Test
    void a_listener_who_signs_in_at_another_address_is_said_once_per_address_and_never_more_than_thrice()
            throws Exception {
        health("/house/alexa");
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, PASSWORD);
        Alexa alexa = Alexa.skill("http://127.0.0.1:" + port + "/house/alexa");
        String before = Files.readString(LOG);
        assertThat(signIn(alexa, anna, "wrong", "https://stranger.example")).isEqualTo(200);
        for (String origin : List.of(
                "http://127.0.0.1:" + port,
                "https://www.example.org",
                "https://www.example.org",
                "http://192.168.1.5:8095",
                "null",
                "https://www.example.org:8443/" + "x".repeat(4000),
                "https://one-too-many.example")) {
            assertThat(signIn(alexa, anna, PASSWORD, origin)).as(origin).isEqualTo(200);
        }
        List<String> said = Files.readString(LOG)
                .substring(before.length())
                .lines()
                .filter(line -> line.contains("a listener has signed in at"))
                .toList();
        assertThat(said).hasSize(3);
        assertThat(said.get(0))
                .contains("WARNING", "[https://www.example.org]", "alexa.issuer is at [http://127.0.0.1:" + port + "]");
        assertThat(said.get(1)).contains("[http://192.168.1.5:8095]");
        assertThat(said.get(2)).hasSizeLessThan(700);
        assertThat(Alexa.get("http://127.0.0.1:" + port + "/house/alexa/health").body())
                .doesNotContain("example");
    }

    private static int signIn(Alexa alexa, String username, String password, String origin) {
        return alexa.post(
                        "/links",
                        "action=show&username=" + username + "&password="
                                + URLEncoder.encode(password, StandardCharsets.UTF_8),
                        Map.of("Sec-Fetch-Site", "same-origin", "Origin", origin))
                .statusCode();
    }

    /** Health of one of them, as soon as it is 200. */
    private static JSONObject health(String path) throws InterruptedException {
        assertThat(tomcat.answers(path + "/health", 200, Duration.ofMinutes(2)))
                .as("%s, see %s", path, LOG)
                .isTrue();
        return new JSONObject(
                Alexa.get("http://127.0.0.1:" + port + path + "/health").body());
    }

    private static List<String> warnings() throws IOException {
        return Files.readString(LOG)
                .lines()
                .filter(line -> line.contains(" WARNING "))
                .toList();
    }

    private static void describe(String name, String issuerPath) throws IOException {
        Map<String, String> settings = new HashMap<>(TestServers.settings(port));
        settings.put("alexa.issuer", "http://127.0.0.1:" + port + issuerPath);
        settings.put("alexa.maintenance", "false");
        CatalinaBase.describeAlexa(BASE, name, Path.of("target/alexa.war"), settings);
    }

    private static void change(String name, String shipped, String own) throws IOException {
        Path descriptor = BASE.resolve("conf/Catalina/localhost/" + name + ".xml");
        String changed = Files.readString(descriptor).replace(shipped, own);
        assertThat(changed).contains(own);
        Files.writeString(descriptor, changed);
    }
}
