package io.github.alexalink.endpoint;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.cases.UnderAttack;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Parameters that are not UTF-8, percent-encoded (RFC 6749 appendix B)")
class GarbledEncodingIT extends UnderAttack {

    private final Cases cases = Cases.of("garbled encoding");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "%ff", // no UTF-8 at all
                "%80",
                "%c3", // cut off
                "%c3%28",
                "%c0%af", // overlong: a slash
                "%c0%80", // overlong: NUL
                "%e0%80%af",
                "%f0%80%80%af",
                "%ed%a0%80", // a lone surrogate
                "%ed%a0%80%ed%b0%80", // two of them
                "%f4%90%80%80", // beyond the last
                "%fe%ff%00%61",
                "%zz",
                "%",
                "%4",
                "%u0041",
                "%-1",
                "%+1",
                "a%0"
            })
    void garbled_bytes_are_refused_wherever_they_stand(String garbled) {
        String query = Alexa.encoded(alexa.authorizationRequest());
        for (String with : List.of("&x=" + garbled, "&" + garbled + "=x", "&username=" + garbled)) {
            cases.page(RawHttp.get("/alexa/authorize?" + query + with), 400, BAD_REQUEST);
            cases.page(alexa.post("/approve", query + with, Map.of()), 400, BAD_REQUEST);
            cases.page(alexa.post("/links", "action=show" + with, Map.of()), 400, BAD_REQUEST);
        }
        cases.page(RawHttp.get("/alexa/authorize?client_id=" + garbled), 400, BAD_REQUEST);
        for (String with : List.of("&refresh_token=" + garbled, "&refresh_token=x&" + garbled)) {
            cases.json(post("/token", "grant_type=refresh_token" + with), 400, "invalid_request");
        }
        cases.json(post("/revoke", "token=" + garbled), 400, "invalid_request");
        cases.json(post("/introspect", "token=" + garbled), 400, "invalid_request");
    }

    @Test
    void raw_bytes_are_refused() {
        String head = "POST /alexa/token HTTP/1.1\nContent-Type: " + FORM + "\nAuthorization: " + alexa.basic();
        for (String raw : List.of("\u00ff", "\u00c0\u00af", "\u00ed\u00a0\u0080", "caf\u00e9")) {
            cases.json(RawHttp.send(head, "grant_type=refresh_token&refresh_token=" + raw), 400, "invalid_request");
        }
        cases.json(RawHttp.send(head, "\u00fe\u00ff\u0000g\u0000r"), 400, "invalid_request");
        cases.answered(RawHttp.get("/alexa/authorize?state=\u00ff"), 400);
        cases.answered(RawHttp.get("/alexa/authorize?state={"), 400);
        cases.answered(RawHttp.get("/alexa/authorize?state=a b"), 400, 505);
    }

    @ParameterizedTest
    @ValueSource(strings = {"%00", "a%00b", "%0d%0aSet-Cookie:%20a=b", "%0a", "%1b%5b31m", "%7f", "%c2%85", "%08"})
    void control_characters_are_refused_where_a_value_is_used(String control) {
        String url = alexa.authorizationUrl();
        cases.page(Alexa.get(url.replaceFirst("client_id=[^&]*", "client_id=" + control)), 400, BAD_CLIENT);
        cases.page(Alexa.get(url.replaceFirst("redirect_uri=[^&]*", "redirect_uri=" + control)), 400, BAD_REQUEST);
        cases.page(Alexa.get(url.replaceFirst("state=[^&]*", "state=" + control)), 400, BAD_REQUEST);
        cases.redirected(
                Alexa.get(url.replaceFirst("scope=[^&]*", "scope=" + control)), Alexa.PITANGUI, "invalid_request");
        cases.redirected(
                Alexa.get(url.replaceFirst("response_type=[^&]*", "response_type=" + control)),
                Alexa.PITANGUI,
                "invalid_request");
        cases.json(post("/token", "grant_type=" + control), 400, "invalid_request");
        cases.json(post("/token", "grant_type=refresh_token&refresh_token=" + control), 400, "invalid_request");
        cases.json(post("/token", "grant_type=authorization_code&code=" + control), 400, "invalid_request");
        cases.json(
                post("/token", "grant_type=authorization_code&code=x&code_verifier=" + control),
                400,
                "invalid_request");
        cases.json(
                alexa.post("/token", "grant_type=refresh_token&refresh_token=x&client_id=" + control, Map.of()),
                400,
                "invalid_request");
        cases.unauthorized(
                alexa.post(
                        "/token",
                        "grant_type=refresh_token&refresh_token=x&client_id=" + alexa.clientId() + "&client_secret="
                                + control,
                        Map.of()),
                false);
        // as a token it is just an unknown one
        cases.revoked(post("/revoke", "token=" + control));
    }

    @ParameterizedTest
    @ValueSource(strings = {"%00", "anna%00", "anna%0d%0aadmin", "%ef%bf%be", "%f0%9d%95%8f", "anna%e2%80%aebert"})
    void a_garbled_user_name_signs_nobody_in(String username) {
        String form = Alexa.encoded(alexa.authorizationRequest()) + "&decision=allow&password=x&username=" + username;
        cases.askedAgain(alexa.post("/approve", form, Map.of()), WRONG);
        cases.askedAgain(alexa.post("/links", "action=show&password=%00&username=" + username, Map.of()), WRONG);
    }

    @Test
    void a_user_name_of_invisible_signs_alone_counts_as_none() {
        String form =
                Alexa.encoded(alexa.authorizationRequest()) + "&decision=allow&password=x&username=%e2%80%ae%e2%80%8b";
        cases.askedAgain(alexa.post("/approve", form, Map.of()), "Please enter your user name");
    }

    @Test
    void a_state_of_every_printable_character_and_of_other_scripts_is_whole_in_the_redirect() {
        StringBuilder printable = new StringBuilder();
        for (char c = ' '; c < 0x7f; c++) {
            printable.append(c);
        }
        for (String state : List.of(
                printable.toString(),
                printable.toString().repeat(21),
                "z\u0301\ud83c\udfb5 \u0645\u0648\u0633\u064a\u0642\u0649 \u97f3\u697d \u2028\ufeff",
                "+ %20%2B%25 &amp; &#39;")) {
            HttpResponse<String> page = alexa.authorize(with("state", state));
            HttpResponse<String> redirect = alexa.press(page, "allow", anna, PASSWORD);
            cases.fine(redirect, 303);
            assertThat(Alexa.parameter(Alexa.location(redirect), "state")).isEqualTo(state);
            assertThat(Alexa.location(redirect)).matches("[\\x21-\\x7e]+").doesNotContain("<", "\"", "'", "{");
        }
    }
}
