package io.github.alexalink.endpoint;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Parameters that come twice, or from where they must not (RFC 6749 §3.1, §3.2)")
class SentTwiceIT extends UnderAttack {

    private final Cases cases = Cases.of("parameters sent twice or in the query");

    @ParameterizedTest
    @ValueSource(strings = {"client_id", "redirect_uri", "state"})
    void a_second_client_id_redirect_uri_or_state_is_refused_on_a_page(String name) {
        String good = Alexa.encoded(Map.of(name, alexa.authorizationRequest().get(name)));
        for (String second : List.of(good, name + "=https://evil.example/", name + "=")) {
            String words = name.equals("client_id") ? BAD_CLIENT : BAD_REQUEST;
            cases.page(Alexa.get(alexa.authorizationUrl() + "&" + second), 400, words);
            cases.page(
                    Alexa.get(ISSUER + "/authorize?" + second + "&" + Alexa.encoded(alexa.authorizationRequest())),
                    400,
                    words);
            String form = Alexa.encoded(allowing(alexa.authorizationRequest()));
            cases.page(alexa.post("/approve", form + "&" + second, Map.of()), 400, words);
            cases.page(alexa.post("/approve", second + "&" + form, Map.of()), 400, words);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"username", "password"})
    void a_second_user_name_or_password_is_refused_on_a_page(String name) {
        String before = codes();
        String form = Alexa.encoded(allowing(alexa.authorizationRequest()));
        cases.page(alexa.post("/approve", form + "&" + name + "=x", Map.of()), 400, BAD_REQUEST);
        cases.page(alexa.post("/approve", name + "=x&" + form, Map.of()), 400, BAD_REQUEST);
        assertThat(codes()).isEqualTo(before);
        String show = "action=show&" + Alexa.encoded(Map.of("username", anna, "password", PASSWORD));
        cases.page(alexa.post("/links", show + "&" + name + "=x", Map.of()), 400, BAD_REQUEST);
        cases.page(alexa.post("/links", show + "&action=unlink_all", Map.of()), 400, BAD_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "grant_type=refresh_token&grant_type=refresh_token&refresh_token=x",
                "grant_type=authorization_code&grant_type=refresh_token&refresh_token=x",
                "grant_type=refresh_token&refresh_token=x&refresh_token=y",
                "grant_type=refresh_token&refresh_token=x&refresh_token=x",
                "grant_type=refresh_token&refresh_token=x&refresh_token=",
                "grant_type=refresh_token&refresh_token=x&scope=music.read&scope=music.read",
                "grant_type=refresh_token&refresh_token=x&client_id=a&client_id=a",
                "grant_type=authorization_code&code=a&code=b",
                "grant_type=authorization_code&code=a&redirect_uri=x&redirect_uri=y",
                "grant_type=authorization_code&code=a&code_verifier=x&code_verifier=y",
                "grant_type=authorization_code&code=a&client_secret=x&client_secret=y",
            })
    void a_parameter_that_comes_twice_at_the_token_endpoint_is_invalid_request(String form) {
        cases.json(post("/token", form), 400, "invalid_request");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/revoke", "/introspect"})
    void a_parameter_that_comes_twice_at_revoke_or_introspect_is_invalid_request(String path) {
        cases.json(post(path, "token=x&token=y"), 400, "invalid_request");
        cases.json(post(path, "token=x&client_id=a&client_id=b"), 400, "invalid_request");
        cases.json(
                alexa.post(path, "token=x&client_id=a&client_secret=b&client_secret=b", Map.of()),
                400,
                "invalid_request");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "grant_type=",
                "x=1",
                "refresh_token=x",
                "grant_type=refresh_token",
                "grant_type=refresh_token&refresh_token=",
                "grant_type=authorization_code",
                "grant_type=authorization_code&code=",
                "GRANT_TYPE=refresh_token&refresh_token=x",
                "grant_type=refresh_token;refresh_token=x",
                "&&&=&=x&"
            })
    void a_missing_parameter_is_invalid_request_or_an_unknown_grant(String form) {
        String error = form.contains(";") ? "unsupported_grant_type" : "invalid_request";
        cases.json(post("/token", form), 400, error);
    }

    @Test
    void the_endpoints_for_clients_take_nothing_from_the_query() {
        String code = alexa.codeOf(anna);
        String form = Alexa.encoded(alexa.codeRequest(code));
        for (String query : List.of(
                "code=" + code,
                "code=",
                "grant_type=authorization_code",
                "client_id=x&client_secret=y",
                "%63ode=" + code,
                "redirect_uri=x",
                "code_verifier=x",
                "refresh_token=x",
                "scope=x")) {
            cases.json(post("/token?" + query, form), 400, "invalid_request");
        }
        cases.json(alexa.post("/token?" + form, "", Map.of()), 400, "invalid_request");
        cases.json(alexa.post("/token?client_id=x&client_secret=y", form, Map.of()), 400, "invalid_request");
        cases.json(post("/revoke?token=x", "token=x"), 400, "invalid_request");
        cases.json(post("/introspect?token=x", "token=x"), 400, "invalid_request");
        cases.json(post("/introspect?token=x", ""), 400, "invalid_request");
        cases.fine(post("/token?tenant=1", form), 200);
    }

    @Test
    void the_sign_in_takes_nothing_from_the_query() {
        String query = Alexa.encoded(allowing(alexa.authorizationRequest()));
        String before = codes();
        cases.page(alexa.post("/approve?" + query, "", Map.of()), 400, BAD_CLIENT);
        cases.page(alexa.post("/links?action=show&username=" + anna + "&password=x", "", Map.of()), 400, BAD_REQUEST);
        assertThat(codes()).isEqualTo(before);
    }
}
