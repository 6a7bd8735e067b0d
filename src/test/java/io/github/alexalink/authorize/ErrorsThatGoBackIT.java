package io.github.alexalink.authorize;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Errors of an authorization request that go back to the client (RFC 6749 §4.1.2.1)")
class ErrorsThatGoBackIT extends UnderAttack {

    private final Cases cases = Cases.of("errors that go back to the client");

    @ParameterizedTest
    @CsvSource({
        "response_type, token, unsupported_response_type",
        "response_type, id_token, unsupported_response_type",
        "response_type, code token, unsupported_response_type",
        "response_type, code id_token token, unsupported_response_type",
        "response_type, none, unsupported_response_type",
        "response_type, CODE, unsupported_response_type",
        "response_type, ' code', unsupported_response_type",
        "response_type, '', invalid_request",
        "scope, admin, invalid_scope",
        "scope, music.read admin, invalid_scope",
        "scope, MUSIC.READ, invalid_scope",
        "scope, *, invalid_scope",
        "scope, 'music.read,music.control', invalid_scope",
        "scope, ' ', invalid_scope",
        "scope, 'music.read\u00e9', invalid_scope",
        "scope, 'music.read\"', invalid_scope",
        "scope, 'music.read\\', invalid_scope",
        "code_challenge_method, S256, invalid_request",
        "code_challenge_method, plain, invalid_request",
        "code_challenge, short, invalid_request",
        "code_challenge, E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM, invalid_request",
    })
    void a_wrong_parameter_goes_back_with_the_state_and_without_a_code(String name, String value, String error) {
        String before = codes();
        cases.redirected(alexa.authorize(with(name, value)), Alexa.PITANGUI, error);
        cases.redirected(alexa.approve(allowing(with(name, value))), Alexa.PITANGUI, error);
        assertThat(codes()).isEqualTo(before);
    }

    @Test
    void a_missing_response_type_goes_back_as_invalid_request() {
        cases.redirected(alexa.authorize(without("response_type")), Alexa.PITANGUI, "invalid_request");
        cases.redirected(alexa.approve(allowing(without("response_type"))), Alexa.PITANGUI, "invalid_request");
    }

    @ParameterizedTest
    @ValueSource(strings = {"response_type", "scope", "code_challenge", "code_challenge_method"})
    void a_parameter_that_was_sent_twice_goes_back_as_invalid_request(String name) {
        String twice = "&" + name + "=x&" + name + "=x";
        cases.redirected(Alexa.get(alexa.authorizationUrl() + twice), Alexa.PITANGUI, "invalid_request");
        cases.redirected(
                alexa.post("/approve", Alexa.encoded(allowing(alexa.authorizationRequest())) + twice, Map.of()),
                Alexa.PITANGUI,
                "invalid_request");
    }

    @Test
    void more_than_fifty_scopes_go_back_as_invalid_scope() {
        cases.redirected(
                alexa.authorize(with("scope", "music.read " + "x ".repeat(60))), Alexa.PITANGUI, "invalid_scope");
    }

    @ParameterizedTest
    @ValueSource(strings = {"maybe", "ALLOW", "allow ", "true", ""})
    void an_unknown_or_missing_decision_goes_back_as_invalid_request(String decision) {
        Map<String, String> form = allowing(alexa.authorizationRequest());
        form.put("decision", decision);
        cases.redirected(alexa.approve(form), Alexa.PITANGUI, "invalid_request");
        form.remove("decision");
        cases.redirected(alexa.approve(form), Alexa.PITANGUI, "invalid_request");
    }

    @Test
    void deny_needs_no_password_and_ignores_one_that_was_typed() {
        HttpResponse<String> page = alexa.authorize();
        cases.redirected(alexa.press(page, "deny", "", ""), Alexa.PITANGUI, "access_denied");
        cases.redirected(alexa.press(page, "deny", anna, PASSWORD), Alexa.PITANGUI, "access_denied");
    }

    @Test
    void a_scope_that_was_taken_away_while_the_page_was_open_is_not_given() {
        HttpResponse<String> page = alexa.authorize();
        TestDatabase.change(
                "DELETE FROM alexa.client_scope WHERE client_id = ? AND scope = 'music.control'", alexa.clientId());
        cases.redirected(alexa.press(page, "allow", anna, PASSWORD), Alexa.PITANGUI, "invalid_scope");
    }

    @Test
    void unknown_parameters_are_ignored_and_nothing_is_fetched_for_them() throws Exception {
        try (ServerSocket canary = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            canary.setSoTimeout(300);
            Map<String, String> request = alexa.authorizationRequest();
            String trap = "http://127.0.0.1:" + canary.getLocalPort() + "/";
            for (String name :
                    new String[] {"request_uri", "registration", "client_uri", "logo_uri", "jku", "resource"}) {
                request.put(name, trap);
            }
            request.put("request", "eyJhbGciOiJub25lIn0.eyJzY29wZSI6ImFkbWluIn0.");
            request.put("ui_locales", "../../etc/passwd");
            request.put("response_mode", "fragment");
            request.put("nonce", "n");
            cases.fine(alexa.authorize(request), 200);
            cases.fine(alexa.approve(allowing(request)), 303);
            assertThatThrownBy(canary::accept).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"music.control music.read", "music.read", "music.read music.read", "music.read  music.control "})
    void scopes_in_any_order_and_repeated_are_no_error(String scope) {
        cases.fine(alexa.authorize(with("scope", scope)), 200);
        String plus =
                alexa.authorizationUrl().replace("scope=music.read+music.control", "scope=music.read%20music.control");
        cases.fine(Alexa.get(plus), 200);
    }

    @Test
    void fifteen_long_scopes_as_many_as_amazon_allows_can_be_linked() {
        for (int i = 10; i < 25; i++) {
            String scope = "music.a-rather-long-scope-" + i;
            TestDatabase.change(
                    "INSERT INTO alexa.scope (scope, description) VALUES (?, 'Do something') ON CONFLICT DO NOTHING",
                    scope);
            TestDatabase.change(
                    "INSERT INTO alexa.client_scope (client_id, scope) VALUES (?, ?)", alexa.clientId(), scope);
        }
        HttpResponse<String> page = alexa.authorize(without("scope"));
        cases.fine(alexa.exchange(Alexa.codeIn(alexa.press(page, "allow", anna, PASSWORD))), 200);
    }

    @Test
    void a_state_that_no_redirect_could_carry_is_refused_before_a_password_is_typed() {
        cases.page(alexa.authorize(with("state", "s".repeat(7000))), 400, BAD_REQUEST);
        cases.fine(alexa.authorize(with("state", "s".repeat(2048))), 200);
    }
}
