package io.github.alexalink.page;

import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.browser.OnAPhone;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

@DisplayName("A listener has a keyboard, no pointer and no JavaScript")
class KeyboardIT extends OnAPhone {

    @BeforeAll
    static void switchScriptsOff() {
        chrome.executeCdpCommand("Emulation.setScriptExecutionDisabled", Map.of("value", true));
        chrome.get("data:text/html,<title>off</title><script>document.title = 'on'</script>");
        assertThat(chrome.getTitle()).isEqualTo("off");
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "ar"})
    void a_listener_links_an_account_at_the_second_try(String language) {
        speak(language);
        chrome.get(alexa.authorizationUrl());
        tabTo("username");
        keys(anna);
        tabTo("password");
        enter("wrong password");
        assertFocusIsOn("error");
        tabTo("username");
        keys(anna); // replaces the selected text
        tabTo("password");
        enter(PASSWORD);
        assertTokens(alexa.exchange(chrome.findElement(By.id("code")).getText()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "ar"})
    void a_listener_says_no(String language) {
        speak(language);
        chrome.get(alexa.authorizationUrl());
        tabTo("username");
        tabTo("password");
        tabTo("decision"); // allow
        tabTo("decision");
        andThen(() -> keys(Keys.SPACE));
        assertThat(chrome.findElement(By.id("error")).getText()).startsWith("access_denied");
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "ar"})
    void a_listener_unlinks_the_second_app_and_then_all(String language) {
        speak(language);
        link("Kitchen", "Bathroom", "Hall");
        chrome.get(LINKS);
        tabTo("username");
        keys(anna);
        tabTo("password");
        enter("wrong password");
        assertFocusIsOn("error");
        tabTo("username");
        tabTo("password");
        enter(PASSWORD);
        assertLinked("Kitchen", "Bathroom", "Hall");

        tabTo("link");
        tabTo("link");
        keys(Keys.SPACE);
        tabTo("link");
        tabTo("username");
        tabTo("password");
        enter(PASSWORD);
        assertFocusIsOn("notice");
        assertLinked("Kitchen", "Hall");

        tabTo("link");
        tabTo("link");
        tabTo("username");
        tabTo("password");
        enter(PASSWORD);
        assertFocusIsOn("error"); // Enter must not press Unlink all
        assertLinked("Kitchen", "Hall");

        tabTo("link");
        tabTo("link");
        tabTo("username");
        tabTo("password");
        keys(PASSWORD);
        tabTo("action"); // the selected ones
        tabTo("action");
        andThen(() -> keys(Keys.ENTER));
        assertFocusIsOn("notice");
        assertLinked();
    }

    private void assertLinked(String... names) {
        assertThat(TestDatabase.ask("""
                        SELECT string_agg(c.display_name, ',' ORDER BY l.created_at DESC)
                          FROM alexa.link l JOIN alexa.client c USING (client_id)
                         WHERE l.subject = ? AND l.revoked_at IS NULL
                        """, anna)).isEqualTo(names.length == 0 ? null : String.join(",", names));
    }

    private static void tabTo(String name) {
        keys(Keys.TAB);
        assertThat(chrome.switchTo().activeElement().getDomAttribute("name")).isEqualTo(name);
    }

    private static void enter(String text) {
        andThen(() -> keys(text, Keys.ENTER));
    }

    private static void assertFocusIsOn(String id) {
        assertThat(chrome.switchTo().activeElement().getDomAttribute("id")).isEqualTo(id);
    }
}
