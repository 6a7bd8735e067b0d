package io.github.alexalink.endpoint;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("No client can write a line or a secret into Tomcat's log")
class ForgedLogLinesIT extends UnderAttack {

    private static final String LINE =
            "\\d\\d-\\w{3}-\\d{4} \\d\\d:\\d\\d:\\d\\d\\.\\d{3} [A-Z]+ \\[[^]]+] [\\w.$]+ .*";
    private static final String ACCESS = "\\S+ \\[[^]]+] \"\\S+ \\S+ (HTTP/\\d\\.\\d|null)\" \\d{3} (\\d+|-) \\d+";

    private static Map<Path, Long> atFirst;

    private final Cases cases = Cases.of("forged log lines");

    @BeforeAll
    static void readTheLogFromHere() throws IOException {
        atFirst = sizes();
    }

    /** Reads the access log once for all tests, because Tomcat writes it only every ten seconds. */
    @AfterAll
    static void theAccessLogHasNoneEither() throws Exception {
        for (Map.Entry<String, String> line : since(atFirst, "access.")) {
            if (line.getKey().startsWith("access.")) {
                assertThat(line.getValue()).matches(ACCESS);
                assertThat(line.getValue()).doesNotContain(PASSWORD, "state=", "token=", "code=");
                assertIsPlain(line.getValue());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\n22-Nov-2026 22:00:00.000 SEVERE [main] FORGED all is lost",
                "\r\n22-Nov-2026 22:00:00.000 SEVERE [main] FORGED all is lost",
                "\rFORGED",
                "\u0085FORGED",
                "\u2028FORGED\u2029FORGED",
                "\u000bFORGED\u000cFORGED",
                "\u001b[2J\u001b[31mFORGED",
                "\u0000FORGED",
                "\u202eDEGROF",
                "%0aFORGED%0d%0aFORGED",
                "${jndi:ldap://127.0.0.1:1/FORGED}",
                "FORGED] ["
            })
    void no_value_of_any_field_begins_a_line_of_the_log(String forged) throws Exception {
        Map<Path, Long> before = sizes();
        cases.page(alexa.authorize(with("client_id", "x" + forged)), 400, BAD_CLIENT);
        cases.answered(alexa.authorize(with("redirect_uri", Alexa.PITANGUI + forged)), 400);
        cases.answered(alexa.authorize(with("state", forged)), 200, 400);
        cases.answered(signIn(anna + forged, "x" + forged), 200);
        cases.answered(
                alexa.post(
                        "/links",
                        "action=show&" + Alexa.encoded(Map.of("username", forged, "password", "x")),
                        Map.of()),
                200);
        cases.answered(
                alexa.post(
                        "/links", "action=" + Alexa.encoded(Map.of("x", forged)).substring(2), Map.of()),
                400);
        for (String name : List.of("grant_type", "client_id", "refresh_token", "scope")) {
            Map<String, String> form = new LinkedHashMap<>(
                    Map.of("grant_type", "refresh_token", "refresh_token", "x", "client_id", alexa.clientId()));
            form.put(name, form.getOrDefault(name, "") + forged);
            cases.answered(alexa.post("/token", Alexa.encoded(form), Map.of()), 400, 401);
            cases.answered(
                    alexa.post(
                            "/token",
                            "grant_type=refresh_token&refresh_token=x",
                            Map.of("Authorization", Alexa.basic(alexa.clientId() + forged, "secret" + forged))),
                    401);
        }
        cases.answered(
                post("/revoke", "token=" + Alexa.encoded(Map.of("x", forged)).substring(2)), 200);
        // in headers and paths, as far as they get there
        String path = Alexa.encoded(Map.of("x", forged)).substring(2);
        cases.answered(RawHttp.get("/alexa/" + path), 400, 404);
        cases.answered(RawHttp.get("/alexa/x;" + path), 400, 404);
        // like a proxy, adds the client's address at the end of X-Forwarded-For
        String oneLine = forged.replaceAll("[\\x00-\\x1f]", "") + ", 203.0.113.9";
        for (String header :
                List.of("Origin", "Sec-Fetch-Site", "X-Forwarded-For", "User-Agent", "Referer", "Authorization")) {
            cases.answered(
                    RawHttp.send(
                            "POST /alexa/approve HTTP/1.1\nContent-Type: " + FORM + "\n" + header + ": "
                                    + new String(oneLine.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1),
                            "x=1"),
                    400,
                    403);
        }
        for (Map.Entry<String, String> line : since(before, "catalina.")) {
            if (line.getKey().startsWith("catalina.")) {
                assertThat(line.getValue()).matches(LINE);
                assertIsPlain(line.getValue());
            }
        }
    }

    @Test
    void no_secret_of_a_link_or_of_a_refused_one_is_in_a_line_of_the_log() throws Exception {
        Map<Path, Long> before = sizes();
        String carla = TestDatabase.unique("carla");
        TestDatabase.addAccount(carla, PASSWORD);
        String code = alexa.code(carla, PASSWORD);
        JSONObject tokens = new JSONObject(alexa.exchange(code).body());
        String access = tokens.getString("access_token");
        String refresh = tokens.getString("refresh_token");
        // each secret in the field of every other
        for (String secret : List.of(code, access, refresh, alexa.secret(), musicServerSecret)) {
            alexa.authorize(with("client_id", secret));
            alexa.authorize(with("redirect_uri", Alexa.PITANGUI + "/" + secret));
            alexa.authorize(with("scope", secret));
            alexa.press(alexa.authorize(), "allow", secret, secret);
            alexa.post(
                    "/links", "action=show&" + Alexa.encoded(Map.of("username", secret, "password", secret)), Map.of());
            alexa.refresh(secret);
            alexa.exchange(secret);
            alexa.withSecret(secret).refresh(refresh);
            alexa.post(
                    "/token",
                    "grant_type=refresh_token&refresh_token=x",
                    Map.of("Authorization", Alexa.basic(secret, secret)));
            alexa.post("/token?refresh_token=" + secret, "", Map.of("Authorization", "Bearer " + secret));
            alexa.post("/token", "grant_type=" + secret, Map.of());
            alexa.post("/links", "action=show&link=" + secret, Map.of());
            introspect(secret + "x");
            RawHttp.get("/alexa/nothing?token=" + secret);
            RawHttp.get("/alexa/token?code=" + secret + "{"); // Tomcat refuses this before the WAR sees it
        }
        alexa.press(alexa.authorize(), "allow", PASSWORD, PASSWORD); // typed into the wrong field
        List<Map.Entry<String, String>> lines = since(before, "catalina.");
        assertThat(lines).hasSizeGreaterThan(50);
        for (String secret : List.of(
                code, access, refresh, alexa.secret(), musicServerSecret, PASSWORD, Alexa.STATE.substring(0, 40))) {
            assertThat(lines).noneMatch(line -> line.getValue().contains(secret));
        }
        cases.fine(alexa.refresh(refresh), 200);
    }

    @Test
    void no_client_can_write_kilobytes_or_a_token_in_a_path_into_the_log() throws Exception {
        Map<Path, Long> before = sizes();
        String refresh = "alr_" + "k".repeat(64); // never issued, because Tomcat writes the path into the access log
        String much = "x".repeat(6000);
        cases.answered(RawHttp.get("/alexa/" + much), 404);
        cases.answered(RawHttp.get("/alexa/token/" + refresh), 404);
        cases.answered(RawHttp.send(much + " /alexa/authorize HTTP/1.1", ""), 405);
        cases.answered(RawHttp.send(much + " /alexa/approve HTTP/1.1", ""), 405);
        cases.answered(RawHttp.send(much + " /alexa/links HTTP/1.1", ""), 405);
        cases.answered(alexa.authorize(with("client_id", much)), 400);
        cases.answered(alexa.authorize(with("redirect_uri", "https://evil.example/" + much)), 400);
        cases.answered(
                alexa.post("/token", "grant_type=refresh_token&refresh_token=x&client_id=" + much, Map.of()), 401);
        cases.answered(alexa.post("/revoke", "token=x&client_id=" + much, Map.of()), 401);
        cases.answered(alexa.post("/approve", "x=1", Map.of("Origin", "https://" + much)), 403);
        for (Map.Entry<String, String> line : since(before, "catalina.")) {
            if (line.getKey().startsWith("catalina")) {
                assertThat(line.getValue()).hasSizeLessThan(700).doesNotContain(refresh);
            }
        }
    }

    /**
     * Sends the form without {@link Alexa#press}, which would take the forged name for a secret and search the log for
     * it.
     */
    private HttpResponse<String> signIn(String username, String password) {
        Map<String, String> form = allowing(alexa.authorizationRequest());
        form.put("username", username);
        form.put("password", password);
        return alexa.approve(form);
    }

    private static void assertIsPlain(String line) {
        assertThat(line).doesNotContain("\u001b", "\u0085", "\u2028", "\u2029", "\u202e", "\u0000", "\r");
    }

    private static Map<Path, Long> sizes() throws IOException {
        Map<Path, Long> sizes = new HashMap<>();
        try (Stream<Path> logs = Files.list(TestServers.tomcatBase().resolve("logs"))) {
            for (Path log : logs.toList()) {
                sizes.put(log, Files.size(log));
            }
        }
        return sizes;
    }

    /**
     * Every line written since then, with the name of its file.
     *
     * @param file waits until this one has a line of this moment
     */
    private static List<Map.Entry<String, String>> since(Map<Path, Long> before, String file)
            throws IOException, InterruptedException {
        String last = TestDatabase.unique("last");
        RawHttp.get("/alexa/" + last);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        List<Map.Entry<String, String>> lines = new ArrayList<>();
        do { // a thread of its own writes the log
            assertThat(System.nanoTime()).as("the log is written in time").isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(50);
            lines.clear();
            for (Path log : sizes().keySet()) {
                byte[] text = Files.readAllBytes(log);
                int start = before.getOrDefault(log, 0L).intValue();
                for (String line :
                        new String(text, start, text.length - start, StandardCharsets.UTF_8).split("\n", -1)) {
                    if (!line.isEmpty()) {
                        lines.add(Map.entry(log.getFileName().toString(), line));
                    }
                }
            }
        } while (lines.stream()
                .noneMatch(line ->
                        line.getKey().startsWith(file) && line.getValue().contains(last)));
        return lines;
    }
}
