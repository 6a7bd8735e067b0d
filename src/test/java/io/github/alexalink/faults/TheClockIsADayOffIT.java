package io.github.alexalink.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.alexa.SignInMinute;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.WrongClock;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.assertj.core.data.TemporalUnitOffset;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("thorough")
@Tag("faults")
@DisplayName("Two Tomcats, the clock of one a day ahead and that of the other a day behind")
class TheClockIsADayOffIT {

    private static final int KEEP_SECONDS = 2;

    private static House house;
    private static House.Site ahead;
    private static House.Site behind;
    private static String musicServer;

    @BeforeAll
    static void start() throws Exception {
        int port = TestServers.freePort(); // no Tomcat listens there: both have this issuer
        house = new House("clock");
        String secret = house.ask("SELECT client_secret FROM alexa.register_resource_server("
                + "client_id => 'music', display_name => 'Music')");
        musicServer = Alexa.basic("music", secret);
        Map<String, String> settings = Map.of("alexa.issuer", TestServers.issuer(port));
        ahead = house.addTomcat(settings);
        behind = house.addTomcat(settings);
        for (House.Site tomcat : List.of(ahead, behind)) {
            // each music server introspects at the other Tomcat, whose clock differs
            House.Site other = tomcat == ahead ? behind : ahead;
            CatalinaBase.describe(tomcat.base(), "music-server", """
                    <Context>
                      <Valve className="io.github.alexalink.bearer.BearerAuthenticator" keepSeconds="%d"
                             introspectionUri="%s/introspect" clientId="music" clientSecret="%s"/>
                    </Context>
                    """.formatted(KEEP_SECONDS, other.issuer(), secret));
            tomcat.launch(
                    House.SHIPPED_OPTIONS,
                    WrongClock.with(Map.of(
                            "FAKETIME_TIMESTAMP_FILE",
                            set(tomcat, tomcat == ahead ? "+1d" : "-1d").toString(),
                            "FAKETIME_CACHE_DURATION",
                            "1")));
        }
        ahead.awaitHealth(200);
        behind.awaitHealth(200);
    }

    /** Sets a Tomcat's clock; a running Tomcat sees it within a second. */
    private static Path set(House.Site tomcat, String clock) throws IOException {
        Path next = Files.writeString(tomcat.base().resolve("temp/next"), clock + "\n");
        return Files.move(next, tomcat.base().resolve("temp/clock"), StandardCopyOption.ATOMIC_MOVE);
    }

    @AfterAll
    static void stop() throws Exception {
        if (house != null) {
            house.close();
        }
    }

    @Test
    void the_clocks_are_a_day_off() {
        assertThat(clock(ahead)).isCloseTo(Instant.now().plus(Duration.ofDays(1)), within());
        assertThat(clock(behind)).isCloseTo(Instant.now().minus(Duration.ofDays(1)), within());
    }

    private static TemporalUnitOffset within() {
        return Assertions.within(1, ChronoUnit.MINUTES);
    }

    private static Instant clock(House.Site tomcat) {
        String date = Alexa.get(tomcat.issuer() + "/health")
                .headers()
                .firstValue("Date")
                .orElseThrow();
        return ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
    }

    @Test
    void households_link_and_refresh_on_either_tomcat() throws Exception {
        Traffic traffic = Traffic.start(house, List.of(ahead.issuer(), behind.issuer()), 4);
        TimeUnit.SECONDS.sleep(Faults.times(2, 60));
        Ledger ledger = traffic.stop();
        Audit audit = Audit.of(house, traffic);
        FaultTable.add("clocks of two Tomcats a day ahead and a day behind", 1, ledger, audit, FaultTable.NOT_MEASURED);
        ledger.assertOnlyGood();
        audit.assertNothingIsLostOrDoubled();
    }

    @Test
    void a_token_of_one_tomcat_is_as_good_and_lives_as_long_at_the_other() throws Exception {
        for (House.Site tomcat : List.of(ahead, behind)) {
            House.Site other = tomcat == ahead ? behind : ahead;
            Alexa skill = house.skill(tomcat.issuer(), false);
            HttpResponse<String> page = skill.authorize();
            HttpResponse<String> redirect =
                    skill.at(other.issuer()).press(page, "allow", House.ANNA, TestDatabase.PASSWORD);
            JSONObject tokens =
                    new JSONObject(skill.exchange(Alexa.codeIn(redirect)).body());
            assertThat(tokens.getInt("expires_in")).isEqualTo(Limits.EXPIRES_IN);
            String accessToken = tokens.getString("access_token");
            JSONObject claims = introspected(skill.at(other.issuer()), accessToken);
            assertThat(claims.getBoolean("active")).isTrue();
            assertThat(Instant.ofEpochSecond(claims.getLong("exp")))
                    .isCloseTo(Instant.now().plus(Limits.ACCESS_TOKEN), within());
            for (House.Site each : List.of(ahead, behind)) {
                assertThat(library(each, accessToken)).isEqualTo(200);
            }
            skill.at(other.issuer()).post("/revoke", "token=" + accessToken, Map.of("Authorization", skill.basic()));
            TimeUnit.SECONDS.sleep(KEEP_SECONDS);
            assertThat(introspected(skill, accessToken).getBoolean("active")).isFalse();
            for (House.Site each : List.of(ahead, behind)) {
                assertThat(library(each, accessToken)).isEqualTo(401);
            }
        }
    }

    @Test
    void an_expired_code_is_refused_by_the_tomcat_whose_clock_is_behind() throws Exception {
        Alexa skill = house.skill(behind.issuer(), false);
        String code = house.codes(skill, 1).get(0);
        house.ask(
                "WITH late AS (UPDATE alexa.authorization_code SET issued_at = now() - interval '5 minutes', expires_at = now() - interval '1 second'"
                        + " WHERE client_id = '" + skill.clientId() + "' RETURNING 1) SELECT count(*) FROM late");
        assertThat(skill.exchange(code).body()).contains("invalid_grant", "expired");
    }

    @Test
    void each_tomcat_makes_an_address_wait_and_locks_a_name_by_its_own_clock() throws Exception {
        for (House.Site tomcat : List.of(ahead, behind)) {
            Alexa skill = house.skill(tomcat.issuer(), false);
            SignInMinute.inOne(Duration.ofDays(tomcat == ahead ? 1 : -1), () -> {
                for (int i = 1; i <= Limits.SIGN_INS_PER_MINUTE + 1; i++) {
                    // a password that long is counted and refused without being hashed
                    assertThat(signIn(skill, "nobody", "x".repeat(1001), "203.0.113.9")
                                    .statusCode())
                            .as("sign-in " + i)
                            .isEqualTo(i <= Limits.SIGN_INS_PER_MINUTE ? 200 : 429);
                }
            });
            house.ask("SELECT 'done', alexa.add_account(?, ?)", "berta-" + tomcat.port(), hash());
            for (int i = 0; i < Limits.WRONG_PASSWORDS; i++) {
                assertThat(signIn(skill, "berta-" + tomcat.port(), "wrong", "203.0.113.10")
                                .statusCode())
                        .isEqualTo(200);
            }
            assertThat(signIn(skill, "berta-" + tomcat.port(), TestDatabase.PASSWORD, "203.0.113.10")
                            .statusCode())
                    .as("locked, on this one")
                    .isEqualTo(200);
        }
        Alexa skill = house.skill(ahead.issuer(), false);
        assertThat(signIn(skill, "berta-" + behind.port(), TestDatabase.PASSWORD, "203.0.113.11")
                        .statusCode())
                .as("each Tomcat counts for itself")
                .isEqualTo(303);
    }

    @Test
    void a_music_server_whose_clock_is_set_back_by_a_day_does_not_believe_for_a_day_what_it_was_told()
            throws Exception {
        Alexa skill = house.skill(ahead.issuer(), false);
        String accessToken =
                new JSONObject(skill.exchange(house.codes(skill, 1).get(0)).body()).getString("access_token");
        try {
            assertThat(library(behind, accessToken)).isEqualTo(200);
            set(behind, "-2d");
            skill.post("/revoke", "token=" + accessToken, Map.of("Authorization", skill.basic()));
            TimeUnit.SECONDS.sleep(KEEP_SECONDS + 1);
            assertThat(clock(behind)).isCloseTo(Instant.now().minus(Duration.ofDays(2)), within());
            assertThat(library(behind, accessToken)).isEqualTo(401);
        } finally {
            set(behind, "-1d");
            TimeUnit.SECONDS.sleep(2);
        }
    }

    private static String hash() throws Exception {
        return house.ask("SELECT password_hash FROM alexa.account WHERE username = ?", House.ANNA);
    }

    private static HttpResponse<String> signIn(Alexa skill, String username, String password, String from) {
        Map<String, String> form = skill.authorizationRequest();
        form.putAll(Map.of("username", username, "password", password, "decision", "allow"));
        return skill.post("/approve", Alexa.encoded(form), Map.of("X-Forwarded-For", from));
    }

    private static JSONObject introspected(Alexa at, String accessToken) {
        return new JSONObject(at.post("/introspect", "token=" + accessToken, Map.of("Authorization", musicServer))
                .body());
    }

    private static int library(House.Site tomcat, String accessToken) {
        return Alexa.send(HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + tomcat.port() + "/music-server/api/library"))
                        .header("Authorization", "Bearer " + accessToken)
                        .build())
                .statusCode();
    }
}
