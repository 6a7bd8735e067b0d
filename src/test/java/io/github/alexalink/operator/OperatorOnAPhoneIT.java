package io.github.alexalink.operator;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.browser.Chromium;
import io.github.alexalink.fixture.browser.OnAPhone;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;

@Tag("both")
@DisplayName("The operator's page on a phone (WCAG 2.2 AA, axe-core)")
class OperatorOnAPhoneIT extends OnAPhone {

    /** A test moves events back, perhaps over the beginning of the month. */
    @BeforeAll
    static void makeTheMonthBefore() throws SQLException {
        TestDatabase.addAuditMonthBefore();
    }

    @Test
    void an_operator_reads_a_failed_and_a_good_attempt_and_what_a_stranger_sent_in_every_light() throws IOException {
        alexa.link(anna, PASSWORD);
        Alexa forgotten = Alexa.skill(ISSUER);
        forgotten.withSecret("als_THE_OLD_ONE").exchange(forgotten.code(anna, PASSWORD));
        Alexa unreachable = Alexa.skill(ISSUER);
        unreachable.code(anna, PASSWORD);
        // the page has the last attempts, and other classes may have made as many since
        TestDatabase.change(
                "UPDATE alexa.audit_event SET occurred_at = occurred_at - interval '10 minutes',"
                        + " first_at = first_at - interval '10 minutes', last_at = last_at - interval '10 minutes'"
                        + " WHERE client_id NOT IN (?, ?)",
                alexa.clientId(),
                forgotten.clientId());
        TestDatabase.change(
                "UPDATE alexa.audit_event SET occurred_at = occurred_at + interval '7 minutes' WHERE client_id = ?",
                unreachable.clientId());
        Alexa.registered(ISSUER, "<script>alert(1)</script>" + "x".repeat(300), "als_x")
                .authorize();
        TestDatabase.ask("SELECT 'done', alexa.set_redirect_uris(?, ARRAY[?])", forgotten.clientId(), Alexa.LAYLA);

        Chromium.headers(chrome, Map.of("Authorization", Alexa.basic(TestDatabase.addOperator("olga"), PASSWORD)));
        chrome.get(ISSUER + "/operator");
        assertThat(chrome.getTitle()).isEqualTo("Operator");
        assertThat(texts("h2")).containsExactly("What happened", "What is checked", "What to enter at Amazon");
        assertThat(record(unreachable)).contains("code", "java -jar alexa.war doctor " + ISSUER, "3 minutes ago");
        assertThat(record(forgotten))
                .contains(
                        "secret that is not the one here",
                        "sudo java -jar alexa.war client secret " + forgotten.clientId());
        assertThat(record(alexa)).startsWith("ok").doesNotContain("java -jar");
        assertThat(chrome.getPageSource())
                .contains("&lt;script&gt;alert(1)&lt;/script&gt;")
                .doesNotContain("x".repeat(100));
        shoot("operator");
        chrome.executeScript("document.querySelectorAll('details').forEach(each => each.open = true)");
        lookAt("operator");
        Chromium.dark(chrome, true);
        assertNothingIsBroken("operator, in the dark");
        Chromium.dark(chrome, false);
        measure("operator");
    }

    @Test
    void an_account_without_the_role_reads_what_to_type_on_a_phone() throws IOException {
        Chromium.headers(chrome, Map.of("Authorization", Alexa.basic(anna, PASSWORD)));
        chrome.get(ISSUER + "/operator");
        assertThat(texts("h1")).containsExactly("This account may not see the operator's page");
        Chromium.screenshot(chrome, "operator-refused");
        lookAt("operator refused");
    }

    private static List<String> texts(String tag) {
        return chrome.findElements(By.tagName(tag)).stream()
                .map(WebElement::getText)
                .toList();
    }

    /** What the page says of the last attempt of a skill. */
    private static String record(Alexa skill) {
        return chrome.findElements(By.cssSelector(".records > li")).stream()
                .map(WebElement::getText)
                .filter(text -> text.contains("Client " + skill.clientId()))
                .findFirst()
                .orElse("nothing");
    }

    /** The first screen of a phone in daylight and in the dark, of the narrowest phone, and of a desk. */
    private static void shoot(String name) throws IOException {
        Chromium.screenshot(chrome, name + "-light");
        Chromium.dark(chrome, true);
        Chromium.screenshot(chrome, name + "-dark");
        Chromium.dark(chrome, false);
        Chromium.width(chrome, 320);
        Chromium.screenshot(chrome, name + "-320");
        Chromium.width(chrome, 1280);
        Chromium.screenshot(chrome, name + "-desk");
        Chromium.width(chrome, 390);
    }
}
