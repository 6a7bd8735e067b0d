package io.github.alexalink.authorize;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A redirect URI that is not the registered one to the character (RFC 6749 §4.1.2.1, RFC 9700 §2.1)")
class RedirectUriTricksIT extends UnderAttack {

    private final Cases cases = Cases.of("redirect URI tricks");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example/",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR/../evil",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR/%2e%2e/evil",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR/",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR/evil",
                "https://pitangui.amazon.com/api/skill/link/m2testvendor",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDO%52",
                "https://pitangui.amazon.com/api//skill/link/M2TESTVENDOR",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR?x=1",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR?",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR#x",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR#",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR;x=1",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR ",
                " https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR\r\nLocation: https://evil.example/",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR\u0000.evil.example",
                "https://pitangui.amazon.com@evil.example/",
                "https://evil.example@pitangui.amazon.com/api/skill/link/M2TESTVENDOR",
                "https://pitangui.amazon.com.evil.example/api/skill/link/M2TESTVENDOR",
                "https://evil.example/https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR",
                "https://evil.example#https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR",
                "https://evil.example\\@pitangui.amazon.com/api/skill/link/M2TESTVENDOR",
                "https://pitangui.amazon.com./api/skill/link/M2TESTVENDOR",
                "https://pitangui.amazon.com:443/api/skill/link/M2TESTVENDOR",
                "https://pitangui.amazon.com:8443/api/skill/link/M2TESTVENDOR",
                "https://PITANGUI.amazon.com/api/skill/link/M2TESTVENDOR",
                "https://pitangui.amazon.co/api/skill/link/M2TESTVENDOR",
                "https://pit\u0430ngui.amazon.com/api/skill/link/M2TESTVENDOR",
                "HTTPS://pitangui.amazon.com/api/skill/link/M2TESTVENDOR",
                "http://pitangui.amazon.com/api/skill/link/M2TESTVENDOR",
                "//pitangui.amazon.com/api/skill/link/M2TESTVENDOR",
                "/api/skill/link/M2TESTVENDOR",
                "pitangui.amazon.com/api/skill/link/M2TESTVENDOR",
                "http://127.0.0.1/",
                "http://169.254.169.254/latest/meta-data/",
                "javascript:alert(1)",
                "data:text/html,<script>alert(1)</script>",
                "vbscript:msgbox(1)",
                "file:///etc/passwd",
                "<script>alert(1)</script>",
                "${7*7}",
                "*",
                "null"
            })
    void an_unregistered_redirect_uri_gets_a_page_that_neither_leads_there_nor_repeats_it(String redirectUri) {
        String before = codes();
        for (HttpResponse<String> reply : List.of(
                alexa.authorize(with("redirect_uri", redirectUri)),
                alexa.approve(allowing(with("redirect_uri", redirectUri))))) {
            boolean control = redirectUri.chars().anyMatch(Character::isISOControl);
            cases.page(reply, 400, control ? BAD_REQUEST : BAD_REDIRECT_URI);
            assertThat(reply.body()).doesNotContain("evil", "alert(", "msgbox", "7*7", "amazon.com", "href=\"http");
        }
        assertThat(codes()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nothing at all"})
    void without_a_redirect_uri_no_registered_one_is_used(String sent) {
        HttpResponse<String> reply =
                sent.isEmpty() ? alexa.authorize(with("redirect_uri", "")) : alexa.authorize(without("redirect_uri"));
        cases.page(reply, 400, BAD_REQUEST);
        cases.page(alexa.approve(allowing(without("redirect_uri"))), 400, BAD_REQUEST);
    }

    @Test
    void a_redirect_uri_of_another_client_is_unknown() {
        String other = TestDatabase.unique("skill");
        TestDatabase.register(other, List.of("https://pitangui.amazon.com/api/skill/link/OTHER"));
        cases.page(
                alexa.authorize(with("redirect_uri", "https://pitangui.amazon.com/api/skill/link/OTHER")),
                400,
                BAD_REDIRECT_URI);
        cases.page(alexa.authorize(with("client_id", other)), 400, BAD_REDIRECT_URI);
        cases.page(alexa.approve(allowing(with("client_id", other))), 400, BAD_REDIRECT_URI);
    }

    @ParameterizedTest
    @ValueSource(strings = {Alexa.PITANGUI, Alexa.LAYLA, Alexa.JAPAN})
    void every_registered_redirect_uri_is_accepted(String redirectUri) {
        cases.fine(alexa.redirectingTo(redirectUri).authorize(), 200);
    }

    @Test
    void a_redirect_uri_that_was_taken_back_is_refused_from_the_next_request_on() {
        HttpResponse<String> page = alexa.authorize();
        TestDatabase.ask("SELECT 'done', alexa.set_redirect_uris(?, ARRAY[?])", alexa.clientId(), Alexa.LAYLA);
        cases.page(alexa.press(page, "allow", anna, PASSWORD), 400, BAD_REDIRECT_URI);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nobody",
                "",
                " ",
                "SKILL",
                "skill%",
                "' OR 1=1 --",
                "<script>alert(1)</script>",
                "../../etc/passwd",
                "${7*7}",
                "nobody\u0000",
                "nobody\r\nLocation: https://evil.example/",
                "\ud835\udd4f"
            })
    void a_client_that_is_unknown_or_missing_always_gets_the_same_page(String clientId) {
        String known = withoutReference(alexa.authorize(without("client_id")));
        HttpResponse<String> reply = alexa.authorize(with("client_id", clientId));
        cases.page(reply, 400, BAD_CLIENT);
        assertThat(withoutReference(reply)).isEqualTo(known);
        cases.page(alexa.approve(allowing(with("client_id", clientId))), 400, BAD_CLIENT);
    }

    @Test
    void a_disabled_client_gets_the_page_of_an_unknown_one() {
        TestDatabase.ask("SELECT 'done', alexa.disable_client(?)", alexa.clientId());
        HttpResponse<String> reply = alexa.authorize();
        cases.page(reply, 400, BAD_CLIENT);
        assertThat(withoutReference(reply)).isEqualTo(withoutReference(alexa.authorize(with("client_id", "nobody"))));
    }

    @Test
    void a_resource_server_has_no_redirect_uri_to_send_anybody_to() {
        cases.page(alexa.authorize(with("client_id", musicServer)), 400, BAD_REDIRECT_URI);
    }

    private static String withoutReference(HttpResponse<String> page) {
        return page.body().replaceAll("Reference: [0-9a-f]{8}", "");
    }
}
