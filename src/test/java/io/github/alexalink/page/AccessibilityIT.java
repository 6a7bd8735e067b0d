package io.github.alexalink.page;

import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.Thorough;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.alexa.SignInMinute;
import io.github.alexalink.fixture.browser.Axe;
import io.github.alexalink.fixture.browser.Chromium;
import io.github.alexalink.fixture.browser.OnAPhone;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.openqa.selenium.By;

@Tag("both")
@DisplayName("Pages that everybody can use (WCAG 2.2 AA, axe-core)")
class AccessibilityIT extends OnAPhone {

    private static final String LONG =
            "Donaudampfschifffahrtsgesellschaftskapitänsmusikwiedergabe für das Wohnzimmer," + " die Küche und den Hof";

    /** Arabic, from right to left; with {@code -Pthorough} English as well. */
    static List<Arguments> languages() {
        Arguments arabic = Arguments.of("ar", "خطأ: ");
        return Thorough.RUNS ? List.of(Arguments.of("en", "Error: "), arabic) : List.of(arabic);
    }

    /** A control: without it the other tests would prove nothing. */
    @Test
    void a_page_that_is_broken_on_purpose_axe_says_so() {
        chrome.get(alexa.authorizationUrl());
        chrome.executeScript("document.documentElement.removeAttribute('lang');"
                + " document.querySelector('label').remove(); document.querySelector('h1').style.color = '#ccc'");
        assertThat(Axe.run(chrome).violations())
                .anySatisfy(violation -> assertThat(violation).startsWith("html-has-lang"))
                .anySatisfy(violation -> assertThat(violation).startsWith("label"))
                .anySatisfy(violation -> assertThat(violation).startsWith("color-contrast"));
    }

    @ParameterizedTest
    @CsvSource({"en,Error: ", "ar,خطأ: "})
    void the_sign_in_page(String language, String error) {
        speak(language);
        chrome.get(alexa.authorizationUrl());
        lookAt("sign-in, " + language);

        signIn(TestDatabase.unique("nobody"), "wrong password");
        assertErrorIsFirst(error);
        lookAt("sign-in failed, " + language);

        chrome.get(alexa.authorizationUrl());
        submitAsItIs();
        assertErrorIsFirst(error);
        lookAt("sign-in incomplete, " + language);
    }

    @Test
    void the_sign_in_page_for_a_name_that_is_long_or_foreign_or_meant_to_do_harm() {
        for (String name : new String[] {LONG, "موسيقى البيت (2)", "<script>alert(1)</script>", "W".repeat(100)}) {
            chrome.get(skill(name).authorizationUrl());
            assertThat(chrome.findElement(By.tagName("h1")).getText()).contains(name);
            measure("sign-in for " + name);
        }
    }

    @ParameterizedTest
    @MethodSource("languages")
    void the_linked_apps(String language, String error) throws IOException {
        speak(language);
        link("Amazon Alexa", LONG, "موسيقى البيت (2)", "<script>alert(1)</script>", "W".repeat(100));
        chrome.get(LINKS);
        lookAt("links sign-in, " + language);

        signIn(TestDatabase.unique("nobody"), "wrong password");
        assertErrorIsFirst(error);
        lookAt("links sign-in failed, " + language);

        submitAsItIs();
        assertErrorIsFirst(error);
        lookAt("links sign-in incomplete, " + language);

        signIn(anna, PASSWORD);
        assertThat(chrome.findElements(By.cssSelector(".links > li"))).hasSize(5);
        Chromium.screenshot(chrome, "five-links-" + language);
        lookAt("five links, " + language);

        type("password", PASSWORD);
        press("button[value=unlink]");
        assertErrorIsFirst(error);
        assertThat(chrome.findElement(By.id("password")).getDomAttribute("aria-invalid"))
                .as("it was not the password that was wrong")
                .isNull();
        lookAt("nothing chosen, " + language);

        chrome.findElement(By.cssSelector(".choice")).click();
        type("password", PASSWORD);
        press("button[value=unlink]");
        assertThat(chrome.switchTo().activeElement()).isEqualTo(chrome.findElement(By.id("notice")));
        assertThat(chrome.findElements(By.cssSelector(".links > li"))).hasSize(4);
        lookAt("one unlinked, " + language);

        type("password", PASSWORD);
        press("button[value=unlink_all]");
        assertThat(chrome.switchTo().activeElement()).isEqualTo(chrome.findElement(By.id("notice")));
        lookAt("all unlinked, " + language);

        chrome.get(LINKS);
        signIn(anna, PASSWORD);
        Chromium.screenshot(chrome, "nothing-linked-" + language);
        lookAt("nothing linked, " + language);
    }

    @Test
    void the_page_for_an_app_nobody_knows() throws IOException {
        chrome.get(ISSUER + "/authorize?client_id=nobody");
        lookAtProblem("This link does not work");
    }

    @Test
    void the_page_for_an_address_nobody_registered() throws IOException {
        chrome.get(alexa.redirectingTo(Alexa.JAPAN).authorizationUrl());
        lookAtProblem("This link does not work");
    }

    @Test
    void the_page_for_a_garbled_request() throws IOException {
        chrome.get(alexa.authorizationUrl() + "&state=twice");
        lookAtProblem("This link does not work");
    }

    @Test
    void the_page_for_a_form_from_elsewhere() throws IOException {
        String form = "<form method=post action='" + LINKS + "'><button>Win a phone</button></form>";
        chrome.get("data:text/html,"
                + URLEncoder.encode(form, StandardCharsets.UTF_8).replace("+", "%20"));
        submit();
        lookAtProblem("This form was not sent from our page");
    }

    @Test
    void the_page_for_somebody_who_tries_too_often() throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            Map<String, String> elsewhere = Map.of("Accept-Language", "en", "X-Forwarded-For", "203.0.113.9");
            for (int i = 0; i <= Limits.SIGN_INS_PER_MINUTE; i++) {
                alexa.post(
                        "/links",
                        Alexa.encoded(Map.of("action", "show", "username", anna, "password", "x".repeat(1001))),
                        Map.of("X-Forwarded-For", "203.0.113.9"));
            }
            Chromium.headers(chrome, elsewhere);
            chrome.get(LINKS);
            signIn(anna, PASSWORD);
            lookAtProblem("Too many tries");
        });
    }

    @Test
    void the_page_for_a_database_that_does_not_answer() throws Exception {
        try (Connection dba = TestDatabase.shared().superuser();
                Statement statement = dba.createStatement()) {
            dba.setAutoCommit(false);
            statement.execute("LOCK TABLE alexa.client IN ACCESS EXCLUSIVE MODE");
            chrome.get(alexa.authorizationUrl());
            dba.rollback();
        }
        lookAtProblem("Please try again later");
        press("a.button");
        assertThat(chrome.findElement(By.tagName("h1")).getText()).isEqualTo("Link your account with Amazon Alexa");
        signIn(anna, PASSWORD);
        assertTokens(alexa.exchange(chrome.findElement(By.id("code")).getText()));
    }

    @Test
    void the_page_for_an_address_that_is_not_there() throws IOException {
        chrome.get(ISSUER + "/nothing-here");
        lookAtProblem("There is nothing here");
    }

    private void lookAtProblem(String title) throws IOException {
        assertThat(chrome.getTitle()).isEqualTo(title);
        Chromium.screenshot(chrome, "problem-" + title.toLowerCase(Locale.ROOT).replace(' ', '-'));
        lookAt(title);
    }

    /** Submits as an old browser would, which does not know required fields. */
    private static void submitAsItIs() {
        chrome.executeScript("document.querySelector('form').noValidate = true");
        submit();
    }
}
