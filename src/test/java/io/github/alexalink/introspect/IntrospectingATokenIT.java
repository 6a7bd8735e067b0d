package io.github.alexalink.introspect;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.alexa.Scraped;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.cases.Neighbour;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Map;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Introspecting a token (RFC 7662)")
class IntrospectingATokenIT extends UnderAttack {

    private final Cases cases = Cases.of("introspection");

    private String carl;
    private String access;
    private String refresh;

    @BeforeEach
    void link() {
        carl = TestDatabase.unique("carl");
        TestDatabase.addAccount(carl, PASSWORD);
        JSONObject tokens = alexa.linked(carl);
        access = tokens.getString("access_token");
        refresh = tokens.getString("refresh_token");
    }

    @Test
    void a_live_token_says_whose_for_what_and_until_when_and_nothing_else() {
        HttpResponse<String> reply = introspect(access);
        cases.fine(reply, 200);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        JSONObject live = new JSONObject(reply.body());
        assertThat(live.keySet())
                .containsExactlyInAnyOrder(
                        "active", "scope", "client_id", "username", "sub", "token_type", "exp", "iat", "iss");
        assertThat(live.getBoolean("active")).isTrue();
        assertThat(live.getString("client_id")).isEqualTo(alexa.clientId());
        assertThat(live.getString("sub")).isEqualTo(carl);
        assertThat(live.getString("scope")).isEqualTo("music.read music.control");
        assertThat(live.getString("token_type")).isEqualTo("Bearer");
        assertThat(live.getString("iss")).isEqualTo(ISSUER);
        assertThat(live.getLong("exp") - live.getLong("iat")).isBetween(3599L, 3601L);
        assertThat(Instant.ofEpochSecond(live.getLong("iat")))
                .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(5));
    }

    @Test
    void a_token_that_was_refreshed_for_less_says_the_narrower_scope() {
        JSONObject less = new JSONObject(
                alexa.token(Map.of("grant_type", "refresh_token", "refresh_token", refresh, "scope", "music.read"))
                        .body());
        assertThat(new JSONObject(introspect(less.getString("access_token")).body()).getString("scope"))
                .isEqualTo("music.read");
        cases.fine(introspect(access), 200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "ala_",
                "ala_x",
                "null",
                "' OR 1=1 --",
                "%00",
                "{\"active\":true}",
                "Bearer x",
                "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0.",
                "\ud83c\udfb5",
                "${7*7}"
            })
    void a_value_that_is_no_token_is_inactive(String token) {
        cases.inactive(introspect(token));
        cases.inactive(introspect(token.repeat(500)));
    }

    @Test
    void a_refresh_token_and_a_code_are_inactive() {
        cases.inactive(introspect(refresh));
        cases.inactive(introspect(alexa.codeOf(carl)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "UPDATE alexa.access_token SET expires_at = now() - interval '1 second', issued_at = now() - interval '1 hour' WHERE link_id = (SELECT link_id FROM alexa.link WHERE subject = ?)",
                "UPDATE alexa.access_token SET revoked_at = now() WHERE link_id = (SELECT link_id FROM alexa.link WHERE subject = ?)",
                "UPDATE alexa.link SET revoked_at = now(), revoked_because = 'unlinked' WHERE subject = ?",
                "UPDATE alexa.account SET disabled_at = now() WHERE username = ?",
                "DELETE FROM alexa.account WHERE username = ?",
                "UPDATE alexa.client SET disabled_at = now() WHERE client_id = (SELECT client_id FROM alexa.link WHERE subject = ?)"
            })
    void an_ended_token_is_inactive_at_once_and_no_client_learns_why(String change) {
        assertThat(isActive(access)).isTrue();
        assertThat(TestDatabase.change(change, carl)).isPositive();
        cases.inactive(introspect(access));
    }

    @Test
    void only_a_resource_server_may_introspect() {
        for (String token : new String[] {access, "x"}) {
            cases.unauthorized(alexa.post("/introspect", "token=" + token, Map.of()), false);
            cases.unauthorized(post("/introspect", "token=" + token), true);
            cases.unauthorized(
                    alexa.post("/introspect", "token=" + token, Map.of("Authorization", Alexa.basic(musicServer, "x"))),
                    true);
            cases.unauthorized(
                    alexa.post("/introspect", "token=" + token, Map.of("Authorization", "Bearer " + access)), true);
            cases.notAllowed(Alexa.get(ISSUER + "/introspect?token=" + token), "POST");
        }
    }

    @Test
    void a_disabled_resource_server_is_refused() {
        String server = TestDatabase.unique("music");
        String secret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'M')",
                server);
        Map<String, String> header = Map.of("Authorization", Alexa.basic(server, secret));
        cases.inactive(alexa.post("/introspect", "token=x", header));
        TestDatabase.ask("SELECT 'done', alexa.disable_client(?)", server);
        cases.unauthorized(alexa.post("/introspect", "token=" + access, header), true);
    }

    @Test
    void a_resource_server_that_is_limited_learns_of_no_other_client_s_token_and_the_operator_sees_how_often() {
        String server = TestDatabase.unique("music");
        String secret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'M',"
                        + " introspects => ARRAY[?])",
                server,
                alexa.clientId());
        Map<String, String> header = Map.of("Authorization", Alexa.basic(server, secret));
        String others = Alexa.skill(ISSUER).linked(carl).getString("access_token");
        Scraped before = Scraped.now();
        HttpResponse<String> unknown = alexa.post("/introspect", "token=" + Neighbour.unknownToken(), header);
        for (int i = 0; i < 3; i++) {
            HttpResponse<String> refused = alexa.post("/introspect", "token=" + others, header);
            cases.inactive(refused);
            assertThat(refused.body()).isEqualTo(unknown.body());
            assertThat(refused.headers().map().keySet())
                    .isEqualTo(unknown.headers().map().keySet());
        }
        cases.fine(alexa.post("/introspect", "token=" + access, header), 200);
        assertThat(isActive(others)).as("for a server that is not limited").isTrue();
        assertThat(Soon.within(
                        60,
                        () -> Scraped.now().requests("introspect", "none", "other_client", "200")
                                - before.requests("introspect", "none", "other_client", "200"),
                        counted -> counted == 3))
                .isEqualTo(3);
        assertThat(Soon.within(
                        60,
                        () -> TestDatabase.ask(
                                "SELECT count(*) || ' ' || min(event || ': ' || reason) FROM alexa.audit_event"
                                        + " WHERE client_id = ? AND times = 1 AND event = 'introspection_refused'",
                                server),
                        written -> written != null))
                .as("the first of a minute is a row, the others are counted")
                .matches(
                        "1 introspection_refused: the token is of client \\[skill\\S+]: alexa.limit_resource_server does"
                                + " not name it");

        TestDatabase.ask("SELECT 'done', alexa.limit_resource_server(client_id => ?, introspects => NULL)", server);
        assertThat(alexa.post("/introspect", "token=" + others, header).body()).startsWith("{\"active\":true,");
    }

    @Test
    void a_request_without_a_token_is_invalid_request() {
        Map<String, String> header = Map.of("Authorization", Alexa.basic(musicServer, musicServerSecret));
        for (String form : new String[] {"", "token=", "token_type_hint=access_token", "Token=" + access}) {
            cases.json(alexa.post("/introspect", form, header), 400, "invalid_request");
        }
    }

    @Test
    void a_resource_server_may_prove_itself_in_the_body() {
        HttpResponse<String> reply = alexa.post(
                "/introspect",
                Alexa.encoded(Map.of("token", access, "client_id", musicServer, "client_secret", musicServerSecret)),
                Map.of());
        cases.fine(reply, 200);
        assertThat(reply.body()).startsWith("{\"active\":true,");
    }
}
