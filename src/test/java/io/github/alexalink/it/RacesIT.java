package io.github.alexalink.it;

import static io.github.alexalink.it.AlexaLinksAnAccountIT.assertRefused;
import static io.github.alexalink.it.AlexaLinksAnAccountIT.assertTokens;
import static io.github.alexalink.it.AlexaLinksAnAccountIT.isLive;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.Alexa;
import io.github.alexalink.fixture.AtOnce;
import io.github.alexalink.fixture.TestDatabase;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

@DisplayName("Many at once, and the same again (RFC 6749 §4.1.2, §10.5)")
class RacesIT extends OnTomcat {

    private static final int AT_ONCE = 32;
    private static final String PASSWORD = "correct horse battery staple";
    private static final String ANNA = TestDatabase.unique("anna");

    private static final String MUSIC = TestDatabase.unique("music");

    private static String musicSecret;

    private Alexa alexa;

    @BeforeAll
    static void account() {
        TestDatabase.addAccount(ANNA, PASSWORD);
        musicSecret = TestDatabase.ask("SELECT client_secret FROM alexa.register_resource_server(?, 'Music')", MUSIC);
    }

    @BeforeEach
    void skill() {
        alexa = Alexa.skill(ISSUER);
    }

    @RepeatedTest(3)
    void of_thirty_two_redemptions_of_one_code_exactly_one_wins_and_its_tokens_live() throws Exception {
        assertTokens(alexa.exchange(alexa.code(ANNA, PASSWORD))); // what is done for the first time takes long
        String code = alexa.code(ANNA, PASSWORD);
        List<HttpResponse<String>> replies = AtOnce.times(AT_ONCE, () -> alexa.exchange(code));

        List<HttpResponse<String>> won =
                replies.stream().filter(reply -> reply.statusCode() == 200).toList();
        assertThat(won).hasSize(1);
        replies.stream()
                .filter(reply -> reply.statusCode() != 200)
                .forEach(reply -> assertRefused(reply, "invalid_grant", "the code has been redeemed already"));
        JSONObject tokens = assertTokens(won.get(0));
        assertTokens(alexa.refresh(tokens.getString("refresh_token")));
        assertThat(isLive(tokens.getString("access_token"))).isTrue();
        assertThat(TestDatabase.ask(
                        "SELECT concat(count(*), ' ', count(DISTINCT link_id)) FROM alexa.access_token WHERE link_id ="
                                + " (SELECT link_id FROM alexa.authorization_code WHERE code_hash = alexa.hash_of(?))",
                        code))
                .isEqualTo("2 1");
    }

    @Test
    void thirty_two_refreshes_of_one_token_all_succeed_and_the_link_lives() throws Exception {
        String refreshToken = alexa.link(ANNA, PASSWORD).getString("refresh_token");
        List<HttpResponse<String>> replies = AtOnce.times(AT_ONCE, () -> alexa.refresh(refreshToken));
        assertThat(replies).allSatisfy(reply -> assertThat(assertTokens(reply).getString("refresh_token"))
                .isEqualTo(refreshToken));
        assertTokens(alexa.refresh(refreshToken));
    }

    @RepeatedTest(3)
    void fifty_refreshes_of_a_token_that_rotates_are_fifty_answers_and_one_live_link() throws Exception {
        JSONObject first = linkOfARotatingClient();
        String refreshToken = first.getString("refresh_token");
        List<String> successors = AtOnce.times(50, () -> alexa.refresh(refreshToken)).stream()
                .map(reply -> assertTokens(reply).getString("refresh_token"))
                .toList();
        assertThat(successors).doesNotHaveDuplicates().doesNotContain(refreshToken);

        String kept = assertTokens(alexa.refresh(successors.get(17))).getString("refresh_token");
        assertThat(superseded())
                .as("the others, and the one they all come from")
                .isEqualTo("50");
        assertTokens(alexa.refresh(successors.get(3))); // late, and in its grace time
        graceIsOver();
        assertTokens(alexa.refresh(kept));
        assertThat(events("refresh_token_reused")).isEqualTo("0");

        assertRefused(
                alexa.refresh(successors.get(3)),
                "invalid_grant",
                "the refresh token was used again after its successor");
        assertRefused(alexa.refresh(kept), "invalid_grant", "the link was revoked: refresh_token_reused");
        assertThat(events("refresh_token_reused")).isEqualTo("1");
    }

    @Test
    void two_that_go_on_from_one_token_wait_for_nobody_and_neither_is_an_error() throws Exception {
        String refreshToken = linkOfARotatingClient().getString("refresh_token");
        String here = assertTokens(alexa.refresh(refreshToken)).getString("refresh_token");
        String there = assertTokens(alexa.refresh(refreshToken)).getString("refresh_token");
        for (int round = 0; round < 20; round++) {
            String one = here;
            String other = there;
            List<HttpResponse<String>> replies =
                    AtOnce.all(List.of(() -> alexa.refresh(one), () -> alexa.refresh(other)));
            here = assertTokens(replies.get(0)).getString("refresh_token");
            there = assertTokens(replies.get(1)).getString("refresh_token");
        }
    }

    @Test
    void what_the_listener_unlinks_while_fifty_refresh_is_dead_for_all_of_them() throws Exception {
        JSONObject tokens = alexa.link(ANNA, PASSWORD);
        String refreshToken = tokens.getString("refresh_token");
        List<Callable<HttpResponse<String>>> calls =
                new ArrayList<>(Collections.nCopies(49, () -> alexa.refresh(refreshToken)));
        calls.add(() -> alexa.post(
                "/links",
                Alexa.encoded(Map.of("action", "unlink_all", "username", ANNA, "password", PASSWORD)),
                Map.of()));
        List<HttpResponse<String>> replies = AtOnce.all(calls);
        assertThat(replies.get(49).body()).contains("Unlinked");
        assertThat(isActive(tokens.getString("access_token"))).isFalse();
        for (HttpResponse<String> reply : replies.subList(0, 49)) {
            if (reply.statusCode() == 200) {
                assertThat(isActive(new JSONObject(reply.body()).getString("access_token")))
                        .isFalse();
            } else {
                assertRefused(reply, "invalid_grant", "the link was revoked: unlinked");
            }
        }
    }

    private JSONObject linkOfARotatingClient() {
        TestDatabase.ask(
                "SELECT 'done', alexa.change_client(client_id => ?, rotate_refresh_token => true)", alexa.clientId());
        return alexa.link(ANNA, PASSWORD);
    }

    private String superseded() {
        return TestDatabase.ask(
                "SELECT count(*) FROM alexa.refresh_token r JOIN alexa.link l ON l.link_id = r.link_id"
                        + " WHERE l.client_id = ? AND r.superseded_at IS NOT NULL",
                alexa.clientId());
    }

    private void graceIsOver() {
        TestDatabase.change(
                "UPDATE alexa.refresh_token r SET superseded_at = superseded_at - interval '11 minutes' FROM alexa.link l"
                        + " WHERE l.link_id = r.link_id AND l.client_id = ? AND r.superseded_at IS NOT NULL",
                alexa.clientId());
    }

    @Test
    void the_very_same_request_within_ten_seconds_is_refused_and_harms_nothing() {
        String code = alexa.code(ANNA, PASSWORD);
        JSONObject tokens = assertTokens(alexa.exchange(code));
        assertRefused(alexa.exchange(code), "invalid_grant", "the code has been redeemed already");
        assertTokens(alexa.refresh(tokens.getString("refresh_token")));
        assertThat(lastEvent()).isEqualTo("token_refreshed");
    }

    @Test
    void after_ten_seconds_it_is_a_replay_and_the_link_is_revoked() {
        String code = alexa.code(ANNA, PASSWORD);
        JSONObject tokens = assertTokens(alexa.exchange(code));
        TestDatabase.change(
                "UPDATE alexa.authorization_code SET redeemed_at = redeemed_at - interval '11 seconds'"
                        + " WHERE code_hash = alexa.hash_of(?)",
                code);
        assertReplayRevokes(alexa.exchange(code), tokens);
    }

    @Test
    void by_another_client_it_is_a_replay_at_any_time() {
        String code = alexa.code(ANNA, PASSWORD);
        JSONObject tokens = assertTokens(alexa.exchange(code));
        assertReplayRevokes(Alexa.skill(ISSUER).exchange(code), tokens);
    }

    @Test
    void with_another_redirect_uri_it_is_a_replay_at_any_time() {
        String code = alexa.code(ANNA, PASSWORD);
        JSONObject tokens = assertTokens(alexa.exchange(code));
        assertReplayRevokes(alexa.redirectingTo(Alexa.LAYLA).exchange(code), tokens);
    }

    @Test
    void with_another_verifier_it_is_a_replay_at_any_time() {
        Alexa pkce = alexa.withPkce();
        String code = pkce.code(ANNA, PASSWORD);
        JSONObject tokens = assertTokens(pkce.exchange(code));
        assertReplayRevokes(alexa.withPkce("x".repeat(43)).exchange(code), tokens);
    }

    @Test
    void who_does_not_know_the_secret_cannot_revoke_anything_with_a_code_he_saw() {
        String code = alexa.code(ANNA, PASSWORD);
        JSONObject tokens = assertTokens(alexa.exchange(code));
        HttpResponse<String> reply =
                alexa.withSecret("als_guessed").redirectingTo(Alexa.LAYLA).exchange(code);
        assertThat(reply.statusCode()).isEqualTo(401);
        assertThat(reply.headers().firstValue("WWW-Authenticate"))
                .hasValueSatisfying(challenge -> assertThat(challenge).startsWith("Basic"));
        assertTokens(alexa.refresh(tokens.getString("refresh_token")));
    }

    @Test
    void twelve_people_link_at_once() throws Exception {
        HttpResponse<String> page = alexa.authorize();
        List<HttpResponse<String>> replies =
                AtOnce.times(12, () -> alexa.exchange(Alexa.codeIn(alexa.press(page, "allow", ANNA, PASSWORD))));
        assertThat(replies).allSatisfy(AlexaLinksAnAccountIT::assertTokens);
    }

    private void assertReplayRevokes(HttpResponse<String> replay, JSONObject tokens) {
        assertRefused(replay, "invalid_grant", "the code has been redeemed already");
        assertRefused(
                alexa.refresh(tokens.getString("refresh_token")),
                "invalid_grant",
                "the link was revoked: code_replayed");
        assertThat(isLive(tokens.getString("access_token"))).isFalse();
        assertThat(TestDatabase.ask(
                        "SELECT count(*) FROM alexa.audit_event WHERE event = 'code_replayed' AND link_id ="
                                + " (SELECT link_id FROM alexa.access_token WHERE token_hash = alexa.hash_of(?))",
                        tokens.getString("access_token")))
                .isEqualTo("1");
    }

    private String lastEvent() {
        return TestDatabase.ask(
                "SELECT event FROM alexa.audit_event WHERE client_id = ? ORDER BY occurred_at DESC, event_id DESC"
                        + " LIMIT 1",
                alexa.clientId());
    }

    /** Who asks whose a token is: the answer is what a music server would believe. */
    private static boolean isActive(String accessToken) {
        String basic = Base64.getEncoder().encodeToString((MUSIC + ":" + musicSecret).getBytes(StandardCharsets.UTF_8));
        HttpResponse<String> reply = Alexa.skill(ISSUER)
                .post("/introspect", "token=" + accessToken, Map.of("Authorization", "Basic " + basic));
        assertThat(reply.statusCode()).isEqualTo(200);
        return new JSONObject(reply.body()).getBoolean("active");
    }

    private String events(String event) {
        return TestDatabase.ask(
                "SELECT count(*) FROM alexa.audit_event WHERE client_id = ? AND event = ?", alexa.clientId(), event);
    }
}
