package io.github.alexalink.token;

import static io.github.alexalink.fixture.alexa.Replies.assertRefused;
import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static io.github.alexalink.fixture.servers.TestDatabase.isLive;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.fixture.alexa.Replies;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.http.HttpResponse;
import java.util.List;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@DisplayName("A code is redeemed by many at once, or once again (RFC 6749 §4.1.2, §10.5)")
class CodeReplayIT extends OnTomcat {

    private static final int AT_ONCE = 32;
    private static final String ANNA = TestDatabase.unique("anna");

    private Alexa alexa;

    @BeforeAll
    static void account() {
        TestDatabase.addAccount(ANNA, PASSWORD);
    }

    @BeforeEach
    void skill() {
        alexa = Alexa.skill(ISSUER);
    }

    @Test
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

    @RepeatedTest(3)
    @Tag("thorough")
    void of_thirty_two_redemptions_of_one_code_exactly_one_wins_and_its_tokens_live_again() throws Exception {
        of_thirty_two_redemptions_of_one_code_exactly_one_wins_and_its_tokens_live();
    }

    @Test
    void a_repeated_request_within_ten_seconds_is_refused_and_harms_nothing() {
        String code = alexa.code(ANNA, PASSWORD);
        JSONObject tokens = assertTokens(alexa.exchange(code));
        assertRefused(alexa.exchange(code), "invalid_grant", "the code has been redeemed already");
        assertTokens(alexa.refresh(tokens.getString("refresh_token")));
        assertThat(lastEvent()).isEqualTo("token_refreshed");
    }

    @Test
    void a_second_redemption_after_ten_seconds_is_a_replay_and_revokes_the_link() {
        String code = alexa.code(ANNA, PASSWORD);
        JSONObject tokens = assertTokens(alexa.exchange(code));
        TestDatabase.change(
                "UPDATE alexa.authorization_code SET redeemed_at = redeemed_at - interval '11 seconds'"
                        + " WHERE code_hash = alexa.hash_of(?)",
                code);
        assertReplayRevokes(alexa.exchange(code), tokens);
    }

    @Test
    void a_second_redemption_by_another_client_is_a_replay_at_any_time() {
        String code = alexa.code(ANNA, PASSWORD);
        JSONObject tokens = assertTokens(alexa.exchange(code));
        assertReplayRevokes(Alexa.skill(ISSUER).exchange(code), tokens);
    }

    @Test
    void a_second_redemption_with_another_redirect_uri_is_a_replay_at_any_time() {
        String code = alexa.code(ANNA, PASSWORD);
        JSONObject tokens = assertTokens(alexa.exchange(code));
        assertReplayRevokes(alexa.redirectingTo(Alexa.LAYLA).exchange(code), tokens);
    }

    @Test
    void a_second_redemption_with_another_verifier_is_a_replay_at_any_time() {
        Alexa pkce = alexa.withPkce();
        String code = pkce.code(ANNA, PASSWORD);
        JSONObject tokens = assertTokens(pkce.exchange(code));
        assertReplayRevokes(alexa.withPkce("x".repeat(43)).exchange(code), tokens);
    }

    @Test
    void a_thief_of_a_code_who_lacks_the_client_secret_cannot_revoke_the_link() {
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
        assertThat(replies).allSatisfy(Replies::assertTokens);
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
}
