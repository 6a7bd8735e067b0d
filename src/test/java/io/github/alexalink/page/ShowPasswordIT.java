package io.github.alexalink.page;

import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.browser.OnAPhone;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

@Tag("thorough")
@DisplayName("A listener sees the password they typed, and links without the script all the same")
class ShowPasswordIT extends OnAPhone {

    @Test
    void the_check_box_shows_the_password_and_hides_it_again_on_each_page_that_has_one() {
        link("Kitchen radio");
        chrome.get(alexa.authorizationUrl());
        assertShownAndHidden();
        chrome.get(LINKS);
        assertShownAndHidden();
        signIn(anna, PASSWORD);
        assertShownAndHidden();
    }

    private static void assertShownAndHidden() {
        type("password", "corect hrose");
        assertThat(typeOfTheField()).isEqualTo("password");
        WebElement label = chrome.findElement(By.cssSelector("label.show"));
        assertThat(label.getText()).isEqualTo("Show password");
        label.click();
        assertThat(typeOfTheField()).isEqualTo("text");
        assertThat(chrome.findElement(By.id("password")).getDomProperty("value"))
                .isEqualTo("corect hrose");
        chrome.findElement(By.id("show")).sendKeys(Keys.SPACE);
        assertThat(typeOfTheField()).isEqualTo("password");
    }

    @Test
    void a_password_that_is_shown_is_sent_as_a_password_and_the_box_is_not_sent() {
        chrome.get(alexa.authorizationUrl());
        type("username", anna);
        type("password", PASSWORD);
        chrome.findElement(By.cssSelector("label.show")).click();
        chrome.executeScript("document.forms[0].addEventListener('submit', sent => {"
                + " sent.preventDefault(); window.sent = [document.getElementById('password').type,"
                + " [...new FormData(sent.target).keys()].filter(name => /pass|show/.test(name)).join()] })");
        chrome.findElement(By.cssSelector("button[value=allow]")).click();
        assertThat(chrome.executeScript("return window.sent.join(' ')")).isEqualTo("password password");

        chrome.get(alexa.authorizationUrl());
        type("username", anna);
        type("password", PASSWORD);
        chrome.findElement(By.cssSelector("label.show")).click();
        submit();
        assertTokens(alexa.exchange(chrome.findElement(By.id("code")).getText()));
    }

    @Test
    void no_other_script_runs_on_the_page_even_if_somebody_could_write_one_into_it() {
        chrome.get(alexa.authorizationUrl());
        chrome.executeScript("const script = document.createElement('script');"
                + " script.textContent = 'document.title = \"evil\"'; document.body.append(script);"
                + " document.body.setAttribute('onclick', 'document.title = \"evil\"'); document.body.click()");
        assertThat(chrome.getTitle()).isEqualTo("Link your account with Amazon Alexa");
    }

    @Test
    void without_javascript_there_is_no_check_box_and_the_form_works() {
        chrome.executeCdpCommand("Emulation.setScriptExecutionDisabled", Map.of("value", true));
        try {
            chrome.get(alexa.authorizationUrl());
            assertThat(chrome.findElement(By.id("show")).isDisplayed()).isFalse();
            signIn(anna, PASSWORD);
            assertTokens(alexa.exchange(chrome.findElement(By.id("code")).getText()));
        } finally {
            chrome.executeCdpCommand("Emulation.setScriptExecutionDisabled", Map.of("value", false));
        }
    }

    private static String typeOfTheField() {
        return chrome.findElement(By.id("password")).getDomProperty("type");
    }
}
