package io.github.alexalink.revoke;

import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@DisplayName("A client revokes a refresh token while it refreshes with it (RFC 7009 §2.1)")
class RevokingWhileRefreshingIT extends OnTomcat {

    private static final String ANNA = TestDatabase.unique("anna");
    private static final String INACTIVE = "{\"active\":false}";

    private static String musicServer;

    private Alexa alexa;

    @BeforeAll
    static void registerMusicServer() {
        String id = TestDatabase.unique("music");
        String secret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'Music')",
                id);
        Alexa.SECRETS.add(secret);
        musicServer = Alexa.basic(id, secret);
    }

    @BeforeEach
    void skill() {
        alexa = Alexa.skill(ISSUER);
    }

    @Test
    void after_a_hundred_revocations_in_the_middle_of_a_refresh_no_token_is_good() throws Exception {
        revokeInTheMiddleOfARefresh(100);
    }

    @Test
    @Tag("thorough")
    void after_a_thousand_revocations_in_the_middle_of_a_refresh_no_token_is_good() throws Exception {
        revokeInTheMiddleOfARefresh(1000);
    }

    /** Half of the runs with a client that rotates. */
    private void revokeInTheMiddleOfARefresh(int runs) throws Exception {
        int refreshed = 0;
        for (int run = 0; run < runs; run++) {
            if (run % (runs / 2) == 0) {
                rotate(run > 0);
            }
            String refreshToken = link();
            List<HttpResponse<String>> replies =
                    AtOnce.all(List.of(() -> alexa.refresh(refreshToken), () -> revoke(refreshToken)));
            assertThat(replies.get(1).statusCode()).as(replies.get(1).body()).isEqualTo(200);
            HttpResponse<String> answer = replies.get(0);
            assertThat(answer.statusCode()).as(answer.body()).isIn(200, 400);
            if (answer.statusCode() == 200) {
                refreshed++;
                JSONObject tokens = new JSONObject(answer.body());
                assertThat(introspected(tokens.getString("access_token"))).isEqualTo(INACTIVE);
                assertGone(tokens.getString("refresh_token"));
            } else {
                assertThat(answer.body()).contains("invalid_grant", "revoked_by_client");
            }
            assertGone(refreshToken);
        }
        assertThat(refreshed)
                .as("some refreshes came first, or nothing was tried")
                .isPositive();
    }

    @Test
    void an_access_token_that_is_good_is_introspected_as_such() {
        JSONObject tokens = assertTokens(alexa.refresh(link()));
        assertThat(new JSONObject(introspected(tokens.getString("access_token"))).toMap())
                .containsEntry("active", true)
                .containsEntry("client_id", alexa.clientId())
                .containsEntry("sub", ANNA);
    }

    private void rotate(boolean rotates) {
        TestDatabase.ask(
                "SELECT 'done', alexa.change_client(client_id => ?, rotate_refresh_token => ?)",
                alexa.clientId(),
                rotates);
    }

    /** Makes a link as a redeemed code would, without the second that a sign-in takes; returns the refresh token. */
    private String link() {
        Token refreshToken = Token.issue(TokenKind.REFRESH_TOKEN, Token.newLinkId());
        TestDatabase.change(
                "WITH linked AS (INSERT INTO alexa.link (link_id, client_id, subject, scope)"
                        + " VALUES (?, ?, ?, '{music.read,music.control}') RETURNING link_id)"
                        + " INSERT INTO alexa.refresh_token (link_id, token_hash)"
                        + " SELECT link_id, alexa.hash_of(?) FROM linked",
                refreshToken.linkId(),
                alexa.clientId(),
                ANNA,
                refreshToken.value());
        return refreshToken.value();
    }

    private HttpResponse<String> revoke(String token) {
        return alexa.post("/revoke", Alexa.encoded(Map.of("token", token)), Map.of("Authorization", alexa.basic()));
    }

    private String introspected(String accessToken) {
        HttpResponse<String> reply = alexa.post(
                "/introspect", Alexa.encoded(Map.of("token", accessToken)), Map.of("Authorization", musicServer));
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        return reply.body();
    }

    private void assertGone(String refreshToken) {
        HttpResponse<String> reply = alexa.refresh(refreshToken);
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(400);
        assertThat(reply.body()).contains("invalid_grant");
    }
}
