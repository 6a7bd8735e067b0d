package io.github.alexalink.authorize;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A client asks for the language of the page by ui_locales (OpenID Connect Core §3.1.2.1)")
class UiLocalesIT extends UnderAttack {

    private final Cases cases = Cases.of("ui_locales");

    @ParameterizedTest
    @CsvSource({
        "de, de, Zulassen",
        "zh-TW ar-EG fr, ar, السماح",
        "pt-PT, pt-BR, Permitir",
        "zh, ja, 許可する",
        "en, en, Allow"
    })
    void the_first_language_that_is_known_comes_before_the_browsers(String asked, String language, String allow) {
        HttpResponse<String> page = authorize(with("ui_locales", asked), "ja");
        cases.fine(page, 200);
        assertThat(page.headers().firstValue("Content-Language")).contains(language);
        assertThat(page.body()).contains("<html lang=\"" + language + "\"", ">" + allow + "</button>");
    }

    @Test
    void names_and_scopes_from_the_database_are_in_that_language_too() {
        assertThat(authorize(with("ui_locales", "de"), "ja").body()).contains("Ihre Musikbibliothek ansehen");
    }

    @Test
    void the_language_stays_after_a_wrong_password_and_after_a_second_one() {
        HttpResponse<String> page = authorize(with("ui_locales", "nl de"), "ja");
        for (int i = 0; i < 2; i++) {
            page = alexa.press(page, "allow", anna, "wrong");
            cases.askedAgain(page, "De gebruikersnaam of het wachtwoord klopt niet");
        }
        cases.askedAgain(alexa.press(page, "allow", "", ""), "Vul je gebruikersnaam en wachtwoord in");
        cases.fine(alexa.press(page, "allow", anna, PASSWORD), 303);
    }

    @Test
    void a_page_that_says_what_is_wrong_is_in_that_language() {
        Map<String, String> request = with("ui_locales", "de");
        request.put("client_id", "nobody");
        cases.page(authorize(request, "ja"), 400, "Dieser Link funktioniert nicht");
        Map<String, String> form = allowing(with("ui_locales", "de"));
        form.put("redirect_uri", "https://evil.example/");
        cases.page(alexa.approve(form), 400, "Dieser Link funktioniert nicht");
        form.remove("redirect_uri");
        cases.page(alexa.approve(form), 400, "Dieser Link funktioniert nicht");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "tlh",
                "de_DE",
                "*",
                "\"><script>alert(1)</script>",
                "' onfocus='alert(1)",
                "${7*7} #{7*7}",
                "../../messages_de",
                "\u0000",
                "\r\nSet-Cookie: evil=1",
                "\u202ede",
                "ｄｅ"
            })
    void junk_is_ignored_and_neither_refused_nor_sent_back(String junk) {
        HttpResponse<String> page = authorize(with("ui_locales", junk), "fr");
        cases.fine(page, 200);
        assertThat(page.headers().firstValue("Content-Language")).contains("fr");
        assertThat(page.body()).doesNotContain("alert", "7*7", "evil", "messages_de", "de_DE");
        assertThat(page.headers().map()).doesNotContainKey("set-cookie");
        cases.fine(alexa.press(page, "allow", anna, PASSWORD), 303);
        Map<String, String> form = allowing(with("ui_locales", junk));
        cases.fine(alexa.approve(form), 303);
    }

    @Test
    void a_value_that_is_too_long_or_comes_twice_is_ignored() {
        HttpResponse<String> page = authorize(with("ui_locales", "de ".repeat(400)), "fr");
        cases.fine(page, 200);
        assertThat(page.body()).contains("lang=\"fr\"").doesNotContain("ui_locales");
        page = Alexa.get(alexa.authorizationUrl() + "&ui_locales=de&ui_locales=fr");
        cases.fine(page, 200);
        assertThat(page.body()).contains("lang=\"en\"").doesNotContain("ui_locales");
        cases.redirected(
                Alexa.get(ISSUER + "/authorize?" + Alexa.encoded(with("scope", "admin")) + "&ui_locales=%00"),
                Alexa.PITANGUI,
                "invalid_scope");
    }

    @Test
    void the_redirect_to_the_client_does_not_have_it() {
        HttpResponse<String> page = authorize(with("ui_locales", "de"), "ja");
        assertThat(Alexa.hidden(page.body())).containsEntry("ui_locales", "de");
        assertThat(Alexa.location(alexa.press(page, "allow", anna, PASSWORD))).doesNotContain("ui_locales");
    }

    private static HttpResponse<String> authorize(Map<String, String> request, String acceptLanguage) {
        return Alexa.send(HttpRequest.newBuilder(URI.create(ISSUER + "/authorize?" + Alexa.encoded(request)))
                .header("Accept-Language", acceptLanguage)
                .build());
    }
}
