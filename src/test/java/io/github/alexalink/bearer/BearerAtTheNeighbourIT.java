package io.github.alexalink.bearer;

import static io.github.alexalink.fixture.cases.Neighbour.bearer;
import static io.github.alexalink.fixture.cases.Neighbour.get;
import static io.github.alexalink.fixture.cases.Neighbour.post;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.InTime;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.cases.Neighbour;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.Manager;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A music server in the same Tomcat believes Alexa's tokens (RFC 6750)")
class BearerAtTheNeighbourIT extends OnTomcat {

    private static final String LIBRARY = "/music-server/api/library";
    private static final String PLAYER = "/music-server/api/player";
    private static final String REALM = "Bearer realm=\"Authentication required\"";
    private static final String INVALID_TOKEN =
            REALM + ", error=\"invalid_token\", error_description=\"the access token is unknown, expired or revoked\"";

    private Alexa alexa;
    private String carl;
    private String access;
    private String refresh;

    @BeforeAll
    static void deployEcho() throws IOException {
        assertThat(Manager.deploy("echo", Neighbour.war("", ""))).startsWith("OK");
    }

    @AfterAll
    static void undeployEcho() {
        Manager.undeploy("echo");
    }

    @BeforeEach
    void link() {
        carl = TestDatabase.unique("carl");
        TestDatabase.addAccount(carl, TestDatabase.PASSWORD);
        alexa = Alexa.skill(TestServers.issuer());
        JSONObject tokens = alexa.linked(carl);
        access = tokens.getString("access_token");
        refresh = tokens.getString("refresh_token");
    }

    @Test
    void the_jar_has_the_valve_in_it_and_nothing_else() throws IOException {
        try (JarFile jar = new JarFile("target/alexa-bearer.jar")) {
            assertThat(jar.stream().map(JarEntry::getName).filter(name -> name.endsWith(".class")))
                    .contains("io/github/alexalink/bearer/BearerAuthenticator.class")
                    .allMatch(name -> name.startsWith("io/github/alexalink/bearer/"))
                    .noneMatch(name -> name.contains("Test"));
        }
    }

    @Test
    void a_token_lists_the_library_and_plays() {
        JSONObject library = new JSONObject(get(LIBRARY, bearer(access)).body());
        assertThat(library.getJSONArray("tracks")).hasSize(4);
        String second = library.getJSONArray("tracks").getJSONObject(1).getString("id");

        post(PLAYER + "/play?track=" + second, bearer(access));
        JSONObject state = new JSONObject(get(PLAYER, bearer(access)).body());
        assertThat(state.getBoolean("playing")).isTrue();
        assertThat(state.getJSONObject("track").getString("id")).isEqualTo(second);
        for (String[] step : new String[][] {{"next", "tuning"}, {"previous", "fifths"}, {"previous", "scale"}}) {
            state = new JSONObject(post(PLAYER + "/" + step[0], bearer(access)).body());
            assertThat(state.getJSONObject("track").getString("id")).isEqualTo(step[1]);
        }
        state = new JSONObject(post(PLAYER + "/pause", bearer(access)).body());
        assertThat(state.getBoolean("playing")).isFalse();
        assertThat(get("/music-server/").body()).contains("Paused: <strong>Up and down the scale</strong>");
    }

    @Test
    void a_token_hears_a_track_whole_or_in_part() {
        RawHttp.Reply whole = get("/music-server/api/tracks/tuning", bearer(access));
        assertThat(whole.statusCode()).isEqualTo(200);
        assertThat(whole.headers().firstValue("Content-Type")).contains("audio/wav");
        assertThat(whole.headers().firstValue("Content-Length")).contains("80044");
        assertThat(whole.body()).startsWith("RIFF").contains("WAVEfmt ");

        RawHttp.Reply part = get("/music-server/api/tracks/tuning", bearer(access), "Range: bytes=8-11");
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.headers().firstValue("Content-Range")).contains("bytes 8-11/80044");
        assertThat(part.body()).isEqualTo("WAVE");
        assertThat(get("/music-server/api/tracks/tuning", bearer(access), "Range: bytes=80044-")
                        .statusCode())
                .isEqualTo(416);
        assertThat(get("/music-server/api/tracks/none", bearer(access)).statusCode())
                .isEqualTo(404);
    }

    @Test
    void without_a_token_there_is_a_challenge_and_no_error_code() {
        for (RawHttp.Reply reply :
                new RawHttp.Reply[] {get(LIBRARY), post(PLAYER + "/play"), get(LIBRARY + "?access_token=" + access)}) {
            assertRefused(reply, 401, REALM);
        }
        assertThat(get("/music-server/").statusCode()).isEqualTo(200);
        assertThat(get("/echo/open").body()).contains("user null").contains("claims null");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "ala_",
                "ala_x",
                "null",
                "../../etc/passwd",
                "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0.",
                "ala_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            })
    void a_value_that_is_no_token_of_alexa_link_is_an_invalid_token_everywhere(String token) {
        assertRefused(get(LIBRARY, bearer(token)), 401, INVALID_TOKEN);
        assertRefused(get("/echo/open", bearer(token)), 401, INVALID_TOKEN);
        assertRefused(get("/music-server/not-there", bearer(token)), 401, INVALID_TOKEN);
    }

    @Test
    void a_refresh_token_a_code_and_a_client_secret_are_invalid_tokens() {
        assertRefused(get(LIBRARY, bearer(refresh)), 401, INVALID_TOKEN);
        assertRefused(get(LIBRARY, bearer(alexa.codeOf(carl))), 401, INVALID_TOKEN);
        assertRefused(get(LIBRARY, bearer(alexa.secret())), 401, INVALID_TOKEN);
        assertThat(get(LIBRARY, bearer(access)).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "UPDATE alexa.access_token SET expires_at = now() - interval '1 second', issued_at = now() - interval '1 hour' WHERE link_id = (SELECT link_id FROM alexa.link WHERE subject = ?)",
                "UPDATE alexa.access_token SET revoked_at = now() WHERE link_id = (SELECT link_id FROM alexa.link WHERE subject = ?)",
                "UPDATE alexa.link SET revoked_at = now(), revoked_because = 'unlinked' WHERE subject = ?",
                "UPDATE alexa.account SET disabled_at = now() WHERE username = ?",
                "UPDATE alexa.client SET disabled_at = now() WHERE client_id = (SELECT client_id FROM alexa.link WHERE subject = ?)"
            })
    void an_ended_token_is_refused_at_the_very_next_request(String change) {
        assertThat(get(LIBRARY, bearer(access)).statusCode()).isEqualTo(200);
        assertThat(TestDatabase.change(change, carl)).isPositive();
        assertRefused(get(LIBRARY, bearer(access)), 401, INVALID_TOKEN);
    }

    @Test
    void a_token_that_alexa_revokes_is_refused_at_the_very_next_request() {
        assertThat(alexa.post("/revoke", "token=" + access, Map.of("Authorization", alexa.basic()))
                        .statusCode())
                .isEqualTo(200);
        assertRefused(get(LIBRARY, bearer(access)), 401, INVALID_TOKEN);
    }

    @Test
    void a_missing_scope_is_named_in_the_refusal() {
        HttpResponse<String> less =
                alexa.token(Map.of("grant_type", "refresh_token", "refresh_token", refresh, "scope", "music.read"));
        String reading = new JSONObject(less.body()).getString("access_token");
        assertThat(get(LIBRARY, bearer(reading)).statusCode()).isEqualTo(200);
        assertThat(get(PLAYER, bearer(reading)).statusCode()).isEqualTo(200);
        assertRefused(
                post(PLAYER + "/play", bearer(reading)),
                403,
                REALM + ", error=\"insufficient_scope\","
                        + " error_description=\"the access token does not have the scope for this\","
                        + " scope=\"music.control\"");
        assertThat(get("/echo/read", bearer(reading)).body())
                .contains("read true")
                .contains("control false");
    }

    @Test
    void no_scope_opens_a_path_that_no_role_may_enter() {
        RawHttp.Reply reply = get("/echo/nobody", bearer(access));
        assertThat(reply.statusCode()).isEqualTo(403);
        assertThat(reply.headers().firstValue("WWW-Authenticate").orElse("")).doesNotContain("scope=");
        assertThat(get("/echo/anybody", bearer(access)).statusCode()).isEqualTo(200);
        assertRefused(get("/echo/anybody"), 401, REALM);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: Bearer",
                "Authorization: Bearer ",
                "Authorization: Bearer ala_x ala_y",
                "Authorization: Bearer ala_x, Basic eDp5",
                "Authorization: Bearer \"ala_x\"",
                "Authorization: Bearer token=ala_x",
                "Authorization: Bearer a=b",
                "Authorization: Bearer =",
                "Authorization: Bearer <script>",
                "Authorization: Bearer al\u00e4"
            })
    void a_header_that_is_not_bearer_and_one_token_is_an_invalid_request(String header) {
        RawHttp.Reply reply = get(LIBRARY, header);
        assertRefused(
                reply,
                400,
                REALM + ", error=\"invalid_request\","
                        + " error_description=\"the Authorization header is not Bearer and an access token\"");
        assertThat(get(LIBRARY, "Authorization: Bearer " + "x".repeat(8000)).statusCode())
                .isEqualTo(400);
    }

    @Test
    void two_authorization_headers_are_an_invalid_request_whatever_is_in_them() {
        String challenge =
                REALM + ", error=\"invalid_request\", error_description=\"more than one Authorization header\"";
        assertRefused(get(LIBRARY, bearer(access), bearer(access)), 400, challenge);
        assertRefused(get(LIBRARY, bearer(access), "Authorization: Basic eDp5"), 400, challenge);
        assertRefused(get(LIBRARY, "Authorization: Basic eDp5", bearer(access)), 400, challenge);
        assertRefused(get("/echo/open", bearer("x"), "authorization: bearer y"), 400, challenge);
    }

    @Test
    void another_scheme_is_no_token() {
        String basic = Alexa.basic(carl, TestDatabase.PASSWORD);
        for (String header : new String[] {basic, "Digest x", "Bearers " + access, "Bearer\t" + access, access, ""}) {
            assertRefused(get(LIBRARY, "Authorization: " + header), 401, REALM);
        }
    }

    @Test
    void the_scheme_may_be_written_in_any_case() {
        for (String scheme : new String[] {"bearer", "BEARER", "bEaReR", "Bearer  "}) {
            assertThat(get(LIBRARY, "Authorization: " + scheme + " " + access).statusCode())
                    .as(scheme)
                    .isEqualTo(200);
        }
        assertThat(get(LIBRARY, "authorization: Bearer " + access + " ").statusCode())
                .isEqualTo(200);
    }

    @Test
    void the_application_sees_whose_the_token_is_and_what_for() {
        String open = get("/echo/open", bearer(access)).body();
        assertThat(open.lines())
                .contains(
                        "user " + carl,
                        "principal " + carl,
                        "type BEARER",
                        "read true",
                        "control true",
                        "session false");
        assertThat(open)
                .containsPattern("claims \\{client_id=" + alexa.clientId()
                        + ", exp=\\d{10}, iat=\\d{10}, scope=music.read music.control, sub=" + carl + "}");
        assertThat(get("/echo/read", bearer(access)).body()).isEqualTo(open.replace("/open", "/read"));
    }

    @Test
    void a_token_starts_no_session_and_sets_no_cookie() {
        for (RawHttp.Reply reply : new RawHttp.Reply[] {
            get(LIBRARY, bearer(access)), get("/echo/read", bearer(access)), get(LIBRARY), get(LIBRARY, bearer("x"))
        }) {
            assertThat(reply.headers().firstValue("Set-Cookie")).isEmpty();
        }
        String cookie = "Cookie: JSESSIONID=" + "A".repeat(32);
        assertThat(get("/echo/read", bearer(access), cookie).body()).contains("session false");
        assertRefused(get(LIBRARY, cookie), 401, REALM);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/music-server//api/library",
                "/music-server/./api/library",
                "/music-server/x/../api/library",
                "/music-server/api/./library",
                "/music-server/api;x=y/library",
                "/music-server/api/library;jsessionid=" + "A",
                "/music-server;x/api/library",
                "/music-server/%61pi/library",
                "/music-server/api/%6cibrary",
                "/music-server/API/library",
                "/music-server/api%2flibrary",
                "/music-server/api/..;/api/library",
                "/music-server/%2e/api/library",
                "/music-server/api\\library",
                "/music-server/api/library/",
                "/music-server/api/library%00",
                "/music-server/api/library?x=/linked",
                "http://127.0.0.1/music-server/api/library"
            })
    void no_spelling_of_the_path_gets_around_the_constraint(String target) {
        RawHttp.Reply reply = RawHttp.get(target);
        assertThat(reply.statusCode()).as(target).isIn(400, 401, 404);
        assertThat(reply.body()).doesNotContain("tracks");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "POST", "FOO", "get"})
    void no_method_gets_around_the_constraint(String method) {
        RawHttp.Reply reply = RawHttp.send(method + " " + LIBRARY + " HTTP/1.1", "");
        assertRefused(reply, 401, REALM);
    }

    @Test
    void trace_is_not_answered_with_the_token() {
        RawHttp.Reply reply = RawHttp.send("TRACE " + LIBRARY + " HTTP/1.1\n" + bearer(access), "");
        assertThat(reply.statusCode()).isEqualTo(405);
        assertThat(reply.body()).doesNotContain(access);
    }

    @Test
    @Tag("both")
    void while_the_database_is_dead_only_requests_with_a_token_wait() throws Exception {
        TestDatabase.change("ALTER ROLE alexa_app NOLOGIN");
        try {
            TestDatabase.ask(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'alexa_app'");
            long start = System.nanoTime();
            assertTryLater(get(LIBRARY, bearer(access)));
            InTime.assertAtMost(Duration.ofSeconds(10), start);
            assertTryLater(get("/echo/open", bearer(access)));
            assertThat(get("/music-server/").statusCode()).isEqualTo(200);
            assertThat(get("/echo/open").statusCode()).isEqualTo(200);
            assertRefused(get(LIBRARY), 401, REALM);
            assertRefused(get(LIBRARY, bearer("x")), 401, INVALID_TOKEN);
        } finally {
            TestDatabase.change("ALTER ROLE alexa_app LOGIN");
        }
        waitUntilItWorks();
    }

    @Test
    void alexa_link_is_undeployed_and_deployed_again_and_the_music_server_stays_as_it_is() throws Exception {
        post(PLAYER + "/play?track=lullaby", bearer(access));
        assertThat(Manager.undeploy("alexa")).startsWith("OK");
        try {
            assertTryLater(get(LIBRARY, bearer(access)));
            assertRefused(get(LIBRARY, bearer("x")), 401, INVALID_TOKEN);
            assertRefused(get(LIBRARY), 401, REALM);
            assertThat(get("/music-server/").body()).contains("Lullaby for a modem");
        } finally {
            assertThat(Manager.deploy("alexa", Path.of("target/alexa.war"))).startsWith("OK");
        }
        waitUntilItWorks();
        assertThat(get(PLAYER, bearer(access)).body()).contains("lullaby");
    }

    @Test
    void while_a_second_version_of_alexa_link_takes_over_no_request_waits() throws Exception {
        try {
            assertThat(Manager.deploy("alexa&version=2", Path.of("target/alexa.war")))
                    .startsWith("OK");
            assertThat(get(LIBRARY, bearer(access)).statusCode()).isEqualTo(200);
            assertThat(get(LIBRARY, bearer("x")).statusCode()).isEqualTo(401);
        } finally {
            assertThat(Manager.undeploy("alexa&version=2")).startsWith("OK");
        }
        assertThat(get(LIBRARY, bearer(access)).statusCode()).isEqualTo(200);
    }

    private void waitUntilItWorks() throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (get(LIBRARY, bearer(access)).statusCode() != 200) {
            assertThat(System.nanoTime()).as("it works again by itself").isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private static void assertTryLater(RawHttp.Reply reply) {
        assertThat(reply.statusCode()).isEqualTo(503);
        assertThat(reply.headers().firstValue("Retry-After")).contains("5");
        assertThat(reply.headers().firstValue("WWW-Authenticate")).isEmpty();
    }

    private static void assertRefused(RawHttp.Reply reply, int status, String challenge) {
        assertThat(reply.statusCode()).isEqualTo(status);
        assertThat(reply.headers().allValues("WWW-Authenticate")).containsExactly(challenge);
        assertThat(reply.body()).doesNotContain("tracks");
    }
}
