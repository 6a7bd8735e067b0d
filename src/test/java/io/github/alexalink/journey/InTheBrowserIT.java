package io.github.alexalink.journey;

import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.browser.Chromium;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.support.ui.WebDriverWait;

@DisplayName("A listener links an account in Chromium, on a phone of 390×844")
class InTheBrowserIT extends OnTomcat {

    private final String local = ISSUER.replace("/alexa", "/music-server/linked");
    private ChromeDriver chrome;
    private String anna;
    private Alexa alexa;

    @BeforeEach
    void open() throws IOException {
        chrome = Chromium.phone();
        anna = TestDatabase.unique("anna");
        TestDatabase.addAccountAsShipped(anna, PASSWORD);
        alexa = Alexa.skill(TestServers.issuer());
        TestDatabase.ask(
                "SELECT 'done', alexa.set_redirect_uris(?, string_to_array(?, ' '))",
                alexa.clientId(),
                Alexa.PITANGUI + " " + local);
        alexa = alexa.redirectingTo(local);
    }

    @AfterEach
    void close() {
        if (chrome != null) {
            chrome.quit();
        }
    }

    @Test
    void a_listener_sees_the_error_first_after_a_wrong_password_and_lands_on_the_redirect_uri() throws Exception {
        chrome.get(alexa.authorizationUrl());
        Chromium.screenshot(chrome, "sign-in");
        assertThat(chrome.findElement(By.tagName("h1")).getText()).isEqualTo("Link your account with Amazon Alexa");
        assertThat(width("document.documentElement.scrollWidth"))
                .as("nothing to scroll sideways")
                .isEqualTo(390);

        signIn("wrong password");
        WebElement error = new WebDriverWait(chrome, Duration.ofMinutes(1))
                .until(driver -> driver.findElement(By.cssSelector("[role=alert]")));
        Chromium.screenshot(chrome, "sign-in-failed");
        assertThat(error.getText()).startsWith("User name or password is wrong. Please try again.");
        assertThat(Soon.within(60, () -> chrome.switchTo().activeElement(), error::equals))
                .as("the error is what is focused, and read out, first")
                .isEqualTo(error);
        assertThat(chrome.getTitle()).startsWith("Error: ");
        assertThat(chrome.findElement(By.id("username")).getDomProperty("value"))
                .isEqualTo(anna);
        assertThat(chrome.findElement(By.id("password")).getDomProperty("value"))
                .isEmpty();
        assertThat(width("document.querySelector('[role=alert]').getBoundingClientRect().bottom"))
                .as("the error is on the first screen")
                .isLessThan(844);

        signIn(PASSWORD);
        waitFor(local);
        Chromium.screenshot(chrome, "linked");
        assertThat(chrome.findElement(By.id("state")).getText()).isEqualTo(Alexa.STATE);
        assertTokens(alexa.exchange(chrome.findElement(By.id("code")).getText()));
        assertThat(chrome.manage().getCookies()).isEmpty();
    }

    @Test
    void a_listener_links_under_another_host_than_the_issuers_and_the_log_says_under_which() {
        int before = TestServers.log().length();
        chrome.get(alexa.authorizationUrl().replaceFirst("127\\.0\\.0\\.1", "localhost")); // and not the redirect URI
        signIn(PASSWORD);
        waitFor(local);
        assertThat(chrome.findElement(By.id("code")).getText()).startsWith("alc_");
        String origin = ISSUER.replace("/alexa", "");
        String words = "a listener has signed in at [" + origin.replace("127.0.0.1", "localhost")
                + "], and alexa.issuer is at [" + origin + "]";
        assertThat(Soon.within(60, () -> TestServers.log().substring(before), log -> log.contains(words)))
                .contains(words);
    }

    @Test
    void a_listener_links_by_keyboard_alone() {
        chrome.get(alexa.authorizationUrl());
        press(Keys.TAB);
        type(anna);
        press(Keys.TAB);
        type(PASSWORD);
        press(Keys.ENTER);
        waitFor(local);
        assertThat(chrome.findElement(By.id("code")).getText()).startsWith("alc_");
    }

    @Test
    void a_listener_says_no_without_typing_anything() {
        chrome.get(alexa.authorizationUrl());
        chrome.findElement(By.cssSelector("button[value=deny]")).click();
        waitFor(local);
        assertThat(chrome.findElement(By.id("error")).getText()).startsWith("access_denied");
    }

    @Test
    void a_listener_sees_a_page_and_no_redirect_when_the_address_is_not_registered() throws Exception {
        chrome.get(alexa.redirectingTo(Alexa.JAPAN).authorizationUrl());
        Chromium.screenshot(chrome, "not-registered");
        assertThat(chrome.getCurrentUrl()).startsWith(ISSUER);
        assertThat(chrome.findElement(By.cssSelector("[role=alert]")).getText()).contains("register this address");
    }

    @Test
    void a_listener_goes_on_to_the_music_where_alexa_would() throws Exception {
        Properties demo = new Properties();
        demo.putAll(Map.of("issuer", ISSUER, "client_id", alexa.clientId(), "client_secret", alexa.secret()));
        try (Writer file = Files.newBufferedWriter(TestServers.tomcatBase().resolve("demo.properties"))) {
            demo.store(file, null);
        }
        chrome.get(local + "?state=try&code=" + alexa.code(anna, PASSWORD));
        press("main button");
        Chromium.screenshot(chrome, "music-linked");
        assertThat(chrome.findElement(By.tagName("h1")).getText()).isEqualTo("Linked");
        assertThat(chrome.findElements(By.cssSelector("#library button")))
                .extracting(WebElement::getText)
                .containsExactly("Up and down the scale", "A circle of fifths", "Tuning fork", "Lullaby for a modem");
        assertThat(width("document.documentElement.scrollWidth")).isEqualTo(390);

        press("#library li:nth-child(2) button");
        assertThat(player()).isEqualTo("Playing: A circle of fifths");
        Chromium.screenshot(chrome, "music-playing");
        press("button[value=next]");
        press("button[value=pause]");
        assertThat(player()).isEqualTo("Paused: Tuning fork");
        assertThat(width("document.documentElement.scrollWidth")).isEqualTo(390);

        TestDatabase.change(
                "UPDATE alexa.link SET revoked_at = now(), revoked_because = 'unlinked' WHERE subject = ?", anna);
        press("button[value=play]");
        assertThat(chrome.findElements(By.id("refusal")))
                .singleElement()
                .extracting(WebElement::getText)
                .asString()
                .contains("error=\"invalid_token\"");
        Chromium.screenshot(chrome, "music-unlinked");
        chrome.get(local.replace("linked", ""));
        Chromium.screenshot(chrome, "music-status");
        assertThat(player()).startsWith("Paused: Tuning fork");
        assertThat(chrome.manage().getCookies()).isEmpty();
    }

    private String player() {
        return chrome.findElement(By.id("player")).getText();
    }

    /** Presses a button, and waits for the next page. */
    private void press(String css) {
        chrome.executeScript("document.documentElement.dataset.old = 'yes'");
        chrome.findElement(By.cssSelector(css)).click();
        new WebDriverWait(chrome, Duration.ofMinutes(1))
                .ignoring(WebDriverException.class) // the page may unload while the script runs in it
                .until(driver -> Boolean.TRUE.equals(chrome.executeScript(
                        "return document.readyState === 'complete' && !document.documentElement.dataset.old")));
    }

    @Test
    void a_listener_links_without_javascript_and_in_the_dark() throws Exception {
        chrome.quit();
        chrome = Chromium.phone("--blink-settings=scriptEnabled=false", "--force-dark-mode");
        chrome.get(alexa.authorizationUrl());
        Chromium.screenshot(chrome, "sign-in-dark");
        signIn(PASSWORD);
        waitFor(local);
    }

    private void signIn(String password) {
        WebElement username = chrome.findElement(By.id("username"));
        username.clear();
        username.sendKeys(anna);
        chrome.findElement(By.id("password")).sendKeys(password);
        chrome.findElement(By.cssSelector("button[value=allow]")).click();
    }

    private void press(Keys key) {
        chrome.switchTo().activeElement().sendKeys(key);
    }

    private void type(String text) {
        chrome.switchTo().activeElement().sendKeys(text);
    }

    private void waitFor(String url) {
        new WebDriverWait(chrome, Duration.ofMinutes(1))
                .until(driver -> String.valueOf(driver.getCurrentUrl()).startsWith(url));
    }

    private long width(String expression) {
        return ((Number) chrome.executeScript("return Math.round(" + expression + ")")).longValue();
    }
}
