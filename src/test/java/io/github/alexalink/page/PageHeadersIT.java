package io.github.alexalink.page;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The page with the password on it (RFC 6749 §10.13, RFC 9700 §4.16)")
class PageHeadersIT extends UnderAttack {

    private final Cases cases = Cases.of("page safety");

    @Test
    void the_sign_in_page_cannot_be_framed_cached_or_scripted_and_asks_nothing_of_others() {
        HttpResponse<String> again = alexa.press(alexa.authorize(), "allow", anna, "wrong");
        for (HttpResponse<String> page : List.of(alexa.authorize(), again)) {
            cases.fine(page, 200);
            assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                    .startsWith("default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
                            + " frame-ancestors 'none'; form-action 'self' https://pitangui.amazon.com https://")
                    .contains(" https://*.amazon.com.br ")
                    .hasSizeLessThan(2000);
            assertInert(page);
            assertThat(page.body())
                    .contains("autocomplete=\"username\"", "autocomplete=\"current-password\"")
                    .contains("This is not your Amazon password")
                    .contains("Test music server")
                    .doesNotContain("maxlength", "onpaste", "autocomplete=\"off\"");
        }
    }

    @Test
    void the_linked_apps_and_the_error_pages_cannot_be_framed_cached_or_scripted() {
        for (HttpResponse<String> page : List.of(
                Alexa.get(ISSUER + "/links"),
                alexa.authorize(with("client_id", "x")),
                Alexa.get(ISSUER + "/nothing"))) {
            cases.fine(page, page.statusCode());
            assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                    .matches(".*form-action '(self|none)'");
            assertInert(page);
        }
    }

    @Test
    void a_redirect_and_a_refusal_carry_the_headers_too() {
        cases.redirected(alexa.authorize(with("scope", "admin")), Alexa.PITANGUI, "invalid_scope");
        HttpResponse<String> redirect = alexa.press(alexa.authorize(), "allow", anna, PASSWORD);
        cases.fine(redirect, 303); // 307 and 308 would post the password on
        assertThat(redirect.body()).isEmpty();
        assertThat(redirect.headers().firstValue("Cache-Control")).contains("no-store");
        cases.json(alexa.refresh("x"), 400, "invalid_grant");
        assertThat(Alexa.get(ISSUER + "/style.css").headers().map())
                .containsEntry("x-content-type-options", List.of("nosniff"));
    }

    private static void assertInert(HttpResponse<String> page) {
        Map<String, List<String>> headers = page.headers().map();
        assertThat(headers)
                .containsEntry("x-frame-options", List.of("DENY"))
                .containsEntry("referrer-policy", List.of("no-referrer"))
                .containsEntry("x-content-type-options", List.of("nosniff"))
                .containsEntry("cache-control", List.of("no-store"))
                .doesNotContainKeys("set-cookie", "server", "x-powered-by", "strict-transport-security");
        assertThat(page.body())
                .doesNotContain("<script", "style=", "onclick", "http-equiv", "src=", "jsessionid")
                .doesNotContainPattern("(href|action)=\"(https?:)?//");
    }
}
