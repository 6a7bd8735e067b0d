package io.github.alexalink.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import java.util.Map;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("Codes and tokens of one client are worth nothing to another (RFC 6749 §10.5, §6; RFC 7009 §2.1)")
class CrossClientIT extends UnderAttack {

    private final Cases cases = Cases.of("one client with what is another's");

    private Alexa other;

    @BeforeEach
    void anotherSkill() {
        other = Alexa.skill(ISSUER);
    }

    @Test
    void a_code_is_not_redeemed_by_another_client() {
        String code = alexa.codeOf(anna);
        cases.json(other.exchange(code), 400, "invalid_grant");
        cases.json(other.withBodyCredentials().exchange(code), 400, "invalid_grant");
        String withTheirName = Alexa.encoded(alexa.codeRequest(code)) + "&client_id=" + alexa.clientId();
        cases.json(alexa.post("/token", withTheirName, Map.of("Authorization", other.basic())), 400, "invalid_request");
        cases.unauthorized(alexa.post("/token", withTheirName + "&client_secret=" + other.secret(), Map.of()), false);
        cases.fine(alexa.exchange(code), 200);
    }

    @Test
    void a_refresh_token_is_not_refreshed_by_another_client() {
        String refresh = alexa.linked(anna).getString("refresh_token");
        cases.json(other.refresh(refresh), 400, "invalid_grant");
        cases.json(
                other.token(Map.of("grant_type", "refresh_token", "refresh_token", refresh, "scope", "music.read")),
                400,
                "invalid_grant");
        cases.fine(alexa.refresh(refresh), 200);
    }

    @Test
    void a_token_is_not_revoked_by_another_client() {
        JSONObject tokens = alexa.linked(anna);
        for (String name : new String[] {"access_token", "refresh_token"}) {
            cases.revoked(
                    other.post("/revoke", "token=" + tokens.getString(name), Map.of("Authorization", other.basic())));
        }
        assertThat(isActive(tokens.getString("access_token"))).isTrue();
        cases.fine(alexa.refresh(tokens.getString("refresh_token")), 200);
    }

    @ParameterizedTest
    @CsvSource({
        "https://layla.amazon.com/api/skill/link/M2TESTVENDOR",
        "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR/",
        "https://PITANGUI.amazon.com/api/skill/link/M2TESTVENDOR",
        "https://pitangui.amazon.com/api/skill/link/M2TESTVENDO%52",
        "https%3A%2F%2Fpitangui.amazon.com%2Fapi%2Fskill%2Flink%2FM2TESTVENDOR",
        "https://evil.example/",
        "''"
    })
    void a_code_is_not_redeemed_with_another_redirect_uri(String redirectUri) {
        String code = alexa.codeOf(anna);
        cases.json(alexa.redirectingTo(redirectUri).exchange(code), 400, "invalid_grant");
        Map<String, String> request = alexa.codeRequest(code);
        request.remove("redirect_uri");
        cases.json(alexa.token(request), 400, "invalid_grant");
        cases.fine(alexa.exchange(code), 200);
    }

    @Test
    void a_page_of_one_client_answered_for_another_is_a_request_of_the_other() {
        Map<String, String> form = allowing(Alexa.hidden(alexa.authorize().body()));
        form.put("client_id", other.clientId());
        String code = Alexa.codeIn(alexa.approve(form));
        cases.json(alexa.exchange(code), 400, "invalid_grant");
        cases.fine(other.exchange(code), 200);
    }
}
