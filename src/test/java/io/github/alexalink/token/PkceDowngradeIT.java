package io.github.alexalink.token;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("PKCE that is left out on one side, or made weaker (RFC 7636 §4, RFC 9700 §2.1.1, §4.8)")
class PkceDowngradeIT extends UnderAttack {

    private static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    private final Cases cases = Cases.of("PKCE downgraded");

    @Test
    void a_code_with_a_challenge_is_not_redeemed_without_a_verifier() {
        String code = alexa.withPkce().codeOf(anna);
        cases.json(alexa.exchange(code), 400, "invalid_grant");
        Map<String, String> empty = alexa.codeRequest(code);
        empty.put("code_verifier", "");
        cases.json(alexa.token(empty), 400, "invalid_grant");
        cases.fine(alexa.withPkce().exchange(code), 200);
    }

    @Test
    void a_code_without_a_challenge_is_not_redeemed_with_a_verifier() {
        String code = alexa.codeOf(anna);
        cases.json(alexa.withPkce().exchange(code), 400, "invalid_grant");
        cases.json(alexa.withPkce("x").exchange(code), 400, "invalid_grant");
        cases.fine(alexa.exchange(code), 200);
    }

    @Test
    void a_code_whose_challenge_was_taken_out_of_the_form_is_not_redeemed() {
        HttpResponse<String> page = alexa.withPkce().authorize();
        Map<String, String> form = allowing(Alexa.hidden(page.body()));
        form.remove("code_challenge");
        form.remove("code_challenge_method");
        String code = Alexa.codeIn(alexa.approve(form));
        // the client sends its verifier, and gets nothing
        cases.json(alexa.withPkce().exchange(code), 400, "invalid_grant");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", // the challenge itself
                "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX", // one character short, and too short
                "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXkA",
                "DBJFTJEZ4CVP-MB92K27UHBUJU1P1R_WW1GFWFOEJXK",
                "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk=",
                " dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                "dBjftJeZ4CVP+mB92K27uhbUJU1p1r/wW1gFWFOEjXk",
                "x"
            })
    void a_code_with_a_challenge_is_not_redeemed_with_another_verifier(String verifier) {
        String code = alexa.withPkce().codeOf(anna);
        cases.json(alexa.withPkce(verifier).exchange(code), 400, "invalid_grant");
        cases.json(alexa.withPkce("v".repeat(129)).exchange(code), 400, "invalid_grant");
        cases.fine(alexa.withPkce().exchange(code), 200);
    }

    @ParameterizedTest
    @CsvSource({
        CHALLENGE + ", plain",
        CHALLENGE + ", ''",
        CHALLENGE + ", s256",
        CHALLENGE + ", S512",
        CHALLENGE + ", 'S256 plain'",
        "'', S256",
        "x, S256",
        CHALLENGE + "=, S256",
        CHALLENGE + "A, S256",
        "'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM', S256",
        "'${7*7}', S256"
    })
    void a_challenge_or_a_method_that_is_no_S256_goes_back_as_invalid_request(String challenge, String method) {
        Map<String, String> request = alexa.authorizationRequest();
        request.put("code_challenge", challenge);
        request.put("code_challenge_method", method);
        cases.redirected(alexa.authorize(request), Alexa.PITANGUI, "invalid_request");
        cases.redirected(alexa.approve(allowing(request)), Alexa.PITANGUI, "invalid_request");
    }

    @Test
    void a_client_that_must_use_pkce_has_no_way_around_it() {
        TestDatabase.change("UPDATE alexa.client SET pkce_required = true WHERE client_id = ?", alexa.clientId());
        Map<String, String> empty = with("code_challenge", "");
        empty.put("code_challenge_method", "");
        for (Map<String, String> request : List.of(alexa.authorizationRequest(), empty)) {
            cases.redirected(alexa.authorize(request), Alexa.PITANGUI, "invalid_request");
            cases.redirected(alexa.approve(allowing(request)), Alexa.PITANGUI, "invalid_request");
        }
        Alexa pkce = alexa.withPkce();
        cases.fine(pkce.exchange(pkce.codeOf(anna)), 200);
    }

    @Test
    void a_stolen_code_is_no_use_in_a_session_of_ones_own() {
        String stolen = alexa.withPkce().codeOf(anna);
        cases.json(
                alexa.withPkce("my-own-verifier-for-my-own-session-of-this-client")
                        .exchange(stolen),
                400,
                "invalid_grant");
    }
}
