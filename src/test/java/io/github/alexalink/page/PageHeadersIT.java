package io.github.alexalink.page;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Sha256;
import java.net.http.HttpResponse;
import java.util.Base64;
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
                    .startsWith("default-src 'none'; script-src 'sha256-" + hashOfTheOnlyScript(page)
                            + "'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none';"
                            + " form-action 'self' https://pitangui.amazon.com https://")
                    .contains(" https://*.amazon.com.br ")
                    .hasSizeLessThan(2000);
            assertInert(page);
            assertThat(page.body())
                    .contains("autocomplete=\"username\"", "autocomplete=\"current-password\"")
                    .contains("This is not your Amazon password")
                    .contains("Sign in to Test music server", "Forgotten your user name or password?")
                    .doesNotContain("maxlength", "onpaste", "autocomplete=\"off\"");
        }
    }

    @Test
    void the_linked_apps_cannot_be_framed_cached_or_scripted_but_by_the_script_that_shows_the_password() {
        HttpResponse<String> page = Alexa.get(ISSUER + "/links");
        cases.fine(page, 200);
        assertThat(page.headers().firstValue("Content-Security-Policy"))
                .contains("default-src 'none'; script-src 'sha256-" + hashOfTheOnlyScript(page)
                        + "'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none';"
                        + " form-action 'self'");
        assertInert(page);
    }

    @Test
    void the_pages_without_a_password_cannot_be_framed_cached_or_scripted() {
        for (HttpResponse<String> page :
                List.of(alexa.authorize(with("client_id", "x")), Alexa.get(ISSUER + "/nothing"))) {
            cases.fine(page, page.statusCode());
            assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                    .isEqualTo("default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
                            + " frame-ancestors 'none'; form-action 'none'");
            assertThat(page.body()).doesNotContain("<script");
            assertInert(page);
        }
    }

    @Test
    void another_client_than_alexa_and_the_page_of_linked_apps_name_neither_alexa_nor_amazon() {
        String kitchen = "https://kitchen.example/linked";
        TestDatabase.ask(
                "SELECT 'done', alexa.set_redirect_uris(?, ARRAY[?]), alexa.change_client(client_id => ?, display_name => 'Kitchen radio')",
                alexa.clientId(),
                kitchen,
                alexa.clientId());
        Alexa radio = alexa.redirectingTo(kitchen);
        for (HttpResponse<String> page : List.of(
                radio.authorize(),
                radio.press(radio.authorize(), "allow", anna, "wrong"),
                radio.redirectingTo("https://other.example/").authorize(),
                Alexa.get(ISSUER + "/links"),
                Alexa.get(ISSUER + "/nothing"))) {
            cases.fine(page, page.statusCode());
            assertThat(page.body()).doesNotContain("Alexa", "Amazon", "amazon");
        }
        assertThat(radio.authorize().body()).contains("<h1>Link your account with Kitchen radio</h1>");
    }

    @Test
    void after_three_wrong_tries_in_a_row_the_page_says_to_wait_whether_there_is_such_an_account_or_not() {
        for (String name : List.of(TestDatabase.unique("nobody"), TestDatabase.unique("carl"))) {
            if (name.startsWith("carl")) {
                TestDatabase.addAccount(name, PASSWORD);
            }
            HttpResponse<String> page = alexa.authorize();
            for (int i = 1; i <= 4; i++) {
                page = alexa.press(page, "allow", name, "wrong");
                cases.askedAgain(page, WRONG);
                assertThat(page.body().contains("After several wrong tries"))
                        .as("try %d of %s", i, name)
                        .isEqualTo(i >= 3);
            }
        }
        for (String lie : List.of("", "-1", "x", "9999", "3\"><script>alert(1)</script>")) {
            Map<String, String> form = allowing(alexa.authorizationRequest());
            form.put("password", "x".repeat(1001));
            form.put("tries", lie);
            HttpResponse<String> page = alexa.approve(form);
            cases.askedAgain(page, "Please try again.");
            assertThat(Alexa.hidden(page.body())).containsEntry("tries", "1");
            assertThat(page.body()).doesNotContain("alert(1)");
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

    /** The SHA-256 that a browser computes of the one script on the page. */
    private static String hashOfTheOnlyScript(HttpResponse<String> page) {
        String[] parts = page.body().split("<script", -1);
        assertThat(parts).as("one script").hasSize(2);
        String script = parts[1].substring(1, parts[1].indexOf("</script>"));
        return Base64.getEncoder().encodeToString(Sha256.of(script).bytes());
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
                .doesNotContain("style=", "onclick", "http-equiv", "src=", "jsessionid")
                .doesNotContainPattern("(href|action)=\"(https?:)?//");
    }
}
