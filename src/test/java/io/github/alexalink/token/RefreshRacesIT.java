package io.github.alexalink.token;

import static io.github.alexalink.fixture.alexa.Replies.assertRefused;
import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.alexa.Replies.isActive;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@DisplayName("Many refreshes at once, and a listener who unlinks among them (RFC 6749 §6)")
class RefreshRacesIT extends OnTomcat {

    private static final int AT_ONCE = 32;
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

    @Test
    void thirty_two_refreshes_of_one_token_all_succeed_and_the_link_lives() throws Exception {
        String refreshToken = alexa.link(ANNA, PASSWORD).getString("refresh_token");
        List<HttpResponse<String>> replies = AtOnce.times(AT_ONCE, () -> alexa.refresh(refreshToken));
        assertThat(replies).allSatisfy(reply -> assertThat(assertTokens(reply).getString("refresh_token"))
                .isEqualTo(refreshToken));
        assertTokens(alexa.refresh(refreshToken));
    }

    @Test
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

    @RepeatedTest(3)
    @Tag("thorough")
    void fifty_refreshes_of_a_token_that_rotates_are_fifty_answers_and_one_live_link_again() throws Exception {
        fifty_refreshes_of_a_token_that_rotates_are_fifty_answers_and_one_live_link();
    }

    @Test
    void two_refreshes_that_go_on_from_one_token_do_not_wait_and_neither_fails() throws Exception {
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
    void a_link_that_is_unlinked_while_fifty_refresh_is_dead_for_all_of_them() throws Exception {
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
        assertThat(isActive(introspect(tokens.getString("access_token")))).isFalse();
        for (HttpResponse<String> reply : replies.subList(0, 49)) {
            if (reply.statusCode() == 200) {
                assertThat(isActive(introspect(new JSONObject(reply.body()).getString("access_token"))))
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

    /** Introspects the token as a music server. */
    private HttpResponse<String> introspect(String accessToken) {
        return alexa.post(
                "/introspect", "token=" + accessToken, Map.of("Authorization", Alexa.basic(MUSIC, musicSecret)));
    }

    private String events(String event) {
        return TestDatabase.ask(
                "SELECT count(*) FROM alexa.audit_event WHERE client_id = ? AND event = ?", alexa.clientId(), event);
    }
}
