package io.github.alexalink.page;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.Thorough;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.browser.Chromium;
import io.github.alexalink.fixture.browser.OnAPhone;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;

@Tag("both")
@DisplayName("A listener reads everything in their own language")
class ListenersLanguageIT extends OnAPhone {

    private static final String TURN_UP = TestDatabase.unique("volume");
    private static final Set<String> SHOWN = Set.of("en", "de", "ar", "ja", "hi");

    /** The name of a client and the words for a scope that a DBA gave per language; for any other they are in English. */
    private static final Map<String, List<String>> SAID = Map.of(
            "de", List.of("Amazon Alexa im Wohnzimmer", "Die Gesamtlautstärkeeinstellung jederzeit verändern"),
            "fr", List.of("Amazon Alexa du salon", "Régler le volume d’écoute"),
            "es", List.of("Amazon Alexa del salón", "Ajustar el volumen"),
            "it", List.of("Amazon Alexa in soggiorno", "Regolare il volume"),
            "pt-BR", List.of("Amazon Alexa da sala", "Ajustar o volume"),
            "ja", List.of("リビングの アマゾン アレクサ", "音量の調整"),
            "hi", List.of("बैठक का अमेज़न एलेक्सा", "आवाज़ कम या ज़्यादा करना"),
            "ar", List.of("أمازون أليكسا في غرفة الجلوس", "ضبط مستوى الصوت"),
            "nl", List.of("Amazon Alexa in de woonkamer", "Het volume aanpassen"));

    /** A language with long words and one from right to left; with {@code -Pthorough} all. */
    static List<String> languages() {
        return Thorough.RUNS ? Messages.languageTags() : List.of("de", "ar");
    }

    @BeforeAll
    static void describe() {
        TestDatabase.ask("SELECT 'done', alexa.describe_scope(?, 'Turn it up')", TURN_UP);
        SAID.forEach((language, words) ->
                TestDatabase.ask("SELECT 'done', alexa.describe_scope(?, ?, ?)", TURN_UP, words.get(1), language));
    }

    @ParameterizedTest
    @MethodSource("languages")
    void every_page_from_the_consent_to_the_list_of_apps_is_in_the_listeners_language(String language)
            throws Exception {
        speak(language);
        String client = alexa.clientId();
        TestDatabase.ask(
                "SELECT 'done', alexa.change_client(client_id => ?, scopes => ARRAY['music.read', 'music.control', ?])",
                client,
                TURN_UP);
        SAID.forEach((spoken, words) ->
                TestDatabase.ask("SELECT 'done', alexa.name_client(?, ?, ?)", client, spoken, words.get(0)));
        List<String> said = SAID.getOrDefault(language, List.of("Amazon Alexa", "Turn it up"));
        String name = said.get(0);
        String volume = said.get(1);
        Map<String, String> request = alexa.authorizationRequest();
        request.put("scope", "music.read music.control " + TURN_UP);

        chrome.get(ISSUER + "/authorize?" + Alexa.encoded(request));
        assertThat(text("h1")).contains(name);
        assertThat(text("#question")).contains(name);
        assertThat(texts("ul li")).hasSize(3).contains(volume);
        assertThat(chrome.findElement(By.tagName("html")).getDomAttribute("lang"))
                .isEqualTo(language);
        assertOnlyThisLanguage(language);
        keep("sign-in", language);
        measure("sign-in, " + language);

        signIn(TestDatabase.unique("nobody"), "wrong password");
        assertErrorIsFirst("");
        assertThat(chrome.getTitle()).contains(text("h1")).isNotEqualTo(text("h1"));
        keep("sign-in-failed", language);
        measure("sign-in failed, " + language);
        assertNothingIsBroken("sign-in failed, " + language);

        signIn(anna, PASSWORD);
        alexa.exchange(text("#code"));
        link("Kitchen radio (2nd floor)");

        chrome.get(LINKS);
        measure("links sign-in, " + language);
        signIn(anna, PASSWORD);
        assertThat(texts(".links h2")).containsExactly("Kitchen radio (2nd floor)", name);
        assertThat(texts(".links ul li")).contains(volume);
        assertOnlyThisLanguage(language);
        keep("links", language);
        chrome.executeScript("scrollTo(0, document.body.scrollHeight)");
        keep("links-end", language);
        measure("links, " + language);
        assertNothingIsBroken("links, " + language);

        chrome.findElements(By.cssSelector(".choice")).get(1).click();
        keep("one-chosen", language);
        type("password", PASSWORD);
        press("button[value=unlink]");
        assertThat(texts(".links h2")).containsExactly("Kitchen radio (2nd floor)");
        keep("unlinked", language);
        measure("unlinked, " + language);
    }

    /** Asserts that no English text and no placeholder is left. */
    private static void assertOnlyThisLanguage(String language) {
        String page = text("main");
        assertThat(page).doesNotContain("{", "}", "null");
        if (!language.equals("en")) {
            assertThat(page).doesNotContain("Sign in", "would like", "Unlink ", "Linked ");
        }
        if (SAID.containsKey(language)) {
            assertThat(page).doesNotContain("Turn it up");
        }
    }

    /** Saves screenshots for a person to look at: German in the dark, Arabic with large text as well. */
    private static void keep(String page, String language) throws Exception {
        if (SHOWN.contains(language)) {
            Chromium.dark(chrome, language.equals("de"));
            Chromium.screenshot(chrome, page + "-" + language + (language.equals("de") ? "-dark" : ""));
            Chromium.dark(chrome, false);
        }
        if (language.equals("ar")) {
            Chromium.textSize(chrome, 32);
            Chromium.screenshot(chrome, page + "-ar-large");
            Chromium.textSize(chrome, 16);
        }
    }

    private static String text(String css) {
        return chrome.findElement(By.cssSelector(css)).getText();
    }

    private static List<String> texts(String css) {
        return chrome.findElements(By.cssSelector(css)).stream()
                .map(WebElement::getText)
                .toList();
    }
}
