package io.github.alexalink.revoke;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.http.HttpResponse;
import java.util.Map;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Revoking a token (RFC 7009)")
class RevokingATokenIT extends UnderAttack {

    private final Cases cases = Cases.of("revocation");

    private String access;
    private String refresh;

    @BeforeEach
    void link() {
        JSONObject tokens = alexa.linked(anna);
        access = tokens.getString("access_token");
        refresh = tokens.getString("refresh_token");
    }

    @Test
    void a_refresh_token_takes_every_access_token_of_its_link_along_and_no_other_link() {
        String second = new JSONObject(alexa.refresh(refresh).body()).getString("access_token");
        JSONObject other = alexa.linked(anna);
        cases.revoked(revoke("token=" + refresh));
        cases.inactive(introspect(access));
        cases.inactive(introspect(second));
        cases.json(alexa.refresh(refresh), 400, "invalid_grant");
        assertThat(isActive(other.getString("access_token"))).isTrue();
        cases.fine(alexa.refresh(other.getString("refresh_token")), 200);
    }

    @Test
    void an_access_token_goes_alone_and_the_next_refresh_gives_another() {
        String second = new JSONObject(alexa.refresh(refresh).body()).getString("access_token");
        cases.revoked(revoke("token=" + access));
        cases.inactive(introspect(access));
        assertThat(isActive(second)).isTrue();
        HttpResponse<String> again = alexa.refresh(refresh);
        cases.fine(again, 200);
        assertThat(isActive(new JSONObject(again.body()).getString("access_token")))
                .isTrue();
    }

    @Test
    void a_client_may_prove_itself_in_the_body() {
        cases.revoked(alexa.post(
                "/revoke",
                Alexa.encoded(Map.of("token", access, "client_id", alexa.clientId(), "client_secret", alexa.secret())),
                Map.of()));
        cases.inactive(introspect(access));
    }

    @ParameterizedTest
    @ValueSource(strings = {"access_token", "refresh_token", "pineapple", ""})
    void a_token_is_revoked_whatever_the_hint_says(String hint) {
        cases.revoked(revoke("token=" + access + "&token_type_hint=" + hint));
        cases.inactive(introspect(access));
        cases.revoked(revoke("token_type_hint=" + hint + "&token=" + refresh));
        cases.json(alexa.refresh(refresh), 400, "invalid_grant");
    }

    @Test
    void revoking_twice_or_what_was_never_known_is_200() {
        for (String token : new String[] {
            refresh,
            refresh,
            access,
            access,
            "x",
            "alr_x",
            "ala_" + "A".repeat(70),
            "' OR 1=1 --",
            "${7*7}",
            "x".repeat(60_000)
        }) {
            cases.revoked(revoke(Alexa.encoded(Map.of("token", token))));
        }
    }

    @Test
    void revoking_what_has_expired_is_200() {
        TestDatabase.change(
                "UPDATE alexa.access_token SET issued_at = now() - interval '2 hours', expires_at = now() - interval '1 second'"
                        + " WHERE token_hash = alexa.hash_of(?)",
                access);
        cases.revoked(revoke("token=" + access));
        cases.inactive(introspect(access));
    }

    @Test
    void a_request_without_a_token_is_invalid_request() {
        cases.json(revoke(""), 400, "invalid_request");
        cases.json(revoke("token="), 400, "invalid_request");
        cases.json(revoke("token_type_hint=refresh_token"), 400, "invalid_request");
        cases.json(revoke("TOKEN=" + refresh), 400, "invalid_request");
    }

    @Test
    void without_credentials_nothing_is_revoked() {
        cases.unauthorized(alexa.post("/revoke", "token=" + refresh, Map.of()), false);
        cases.unauthorized(
                alexa.post("/revoke", "token=" + refresh + "&client_id=" + alexa.clientId(), Map.of()), false);
        cases.unauthorized(
                alexa.post("/revoke", "token=" + refresh, Map.of("Authorization", Alexa.basic(alexa.clientId(), "x"))),
                true);
        cases.notAllowed(Alexa.get(ISSUER + "/revoke?token=" + refresh), "POST");
        cases.fine(alexa.refresh(refresh), 200);
        assertThat(isActive(access)).isTrue();
    }

    @Test
    void a_public_client_revokes_its_own_by_its_name() {
        String open = TestDatabase.unique("app");
        TestDatabase.ask(
                "SELECT client_id FROM alexa.register_client(client_id => ?, display_name => 'App',"
                        + " redirect_uris => ARRAY[?], public => true)",
                open,
                Alexa.PITANGUI);
        Map<String, String> request = alexa.withPkce().authorizationRequest();
        request.put("client_id", open);
        String code = Alexa.codeIn(alexa.approve(allowing(request)));
        Map<String, String> form = alexa.withPkce().codeRequest(code);
        form.put("client_id", open);
        JSONObject tokens = new JSONObject(
                alexa.post("/token", Alexa.encoded(form), Map.of()).body());
        Alexa.SECRETS.add(tokens.getString("access_token"));
        Alexa.SECRETS.add(tokens.getString("refresh_token"));
        assertThat(isActive(tokens.getString("access_token"))).isTrue();
        cases.revoked(
                alexa.post("/revoke", "token=" + tokens.getString("refresh_token") + "&client_id=" + open, Map.of()));
        cases.inactive(introspect(tokens.getString("access_token")));
    }

    private HttpResponse<String> revoke(String form) {
        return post("/revoke", form);
    }
}
