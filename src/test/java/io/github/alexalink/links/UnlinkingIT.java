package io.github.alexalink.links;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A listener sees what is linked to their account, and unlinks it")
class UnlinkingIT extends UnderAttack {

    private static final Pattern LINK = Pattern.compile("name=\"link\" value=\"([^\"]+)\"");

    private final Cases cases = Cases.of("unlinking");

    private String carl;
    private JSONObject first;
    private JSONObject second;

    @BeforeEach
    void twoLinks() {
        carl = TestDatabase.unique("carl");
        TestDatabase.addAccount(carl, PASSWORD);
        first = alexa.linked(carl);
        second = alexa.linked(carl);
    }

    @Test
    void a_listener_signs_in_and_sees_their_links_and_nobody_elses() {
        String annas = linkId(alexa.linked(anna));
        HttpResponse<String> form = Alexa.get(ISSUER + "/links");
        cases.fine(form, 200);
        assertThat(form.body())
                .contains("name=\"username\"", "name=\"password\"")
                .doesNotContain("name=\"link\"");

        HttpResponse<String> page = links("show", carl);
        cases.fine(page, 200);
        assertThat(ids(page)).containsExactly(linkId(second), linkId(first)).doesNotContain(annas);
        assertThat(page.body())
                .contains("Amazon Alexa", "Read your music library", "Linked since", "Last used")
                .doesNotContain(PASSWORD, first.getString("access_token"), second.getString("refresh_token"));
        assertThat(page.headers().firstValue("Cache-Control")).contains("no-store");
    }

    @Test
    void one_app_is_unlinked_and_the_other_goes_on() {
        HttpResponse<String> page = links("unlink", carl, linkId(first));
        cases.fine(page, 200);
        assertThat(page.body())
                .contains("role=\"status\"", "Unlinked. Amazon Alexa has another link and can still use your account.");
        assertThat(ids(page)).containsExactly(linkId(second));
        isOver(first);
        isAlive(second);
    }

    @Test
    void all_apps_are_unlinked_with_codes_that_nobody_has_redeemed_yet() {
        String code = alexa.codeOf(carl);
        JSONObject annas = alexa.linked(anna);
        HttpResponse<String> page = links("unlink_all", carl);
        cases.fine(page, 200);
        assertThat(page.body())
                .contains("Unlinked. These links have ended:", "Linked since", "Nothing is linked to your account")
                .contains("<a class=\"button\" href=\"links\">Sign in again</a>");
        assertThat(page.body().split("<bdi>Amazon Alexa</bdi>", -1))
                .as("both are named")
                .hasSize(3);
        isOver(first);
        isOver(second);
        cases.json(alexa.exchange(code), 400, "invalid_grant");
        isAlive(annas);
        // linking again works as before
        cases.fine(alexa.exchange(alexa.codeOf(carl)), 200);
    }

    @Test
    void ids_of_other_peoples_links_do_nothing() {
        JSONObject annas = alexa.linked(anna);
        HttpResponse<String> page = links("unlink", carl, linkId(annas));
        cases.fine(page, 200);
        assertThat(page.body()).contains("What you chose is no longer linked.").doesNotContain("Unlinked");
        assertThat(ids(page)).containsExactly(linkId(second), linkId(first)).doesNotContain(linkId(annas));
        isAlive(annas);
        cases.fine(links("unlink", carl, linkId(annas), linkId(first), "00000000-0000-0000-0000-000000000000"), 200);
        isAlive(annas);
        isOver(first);
        isAlive(second);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "",
                "1",
                "' OR 1=1 --",
                "00000000-0000-0000-0000-00000000000g",
                "{}",
                "<script>",
                "%",
                "../..",
                "00000000-0000-0000-0000-000000000000\u0000"
            })
    void a_value_that_is_no_id_is_refused_and_nothing_is_unlinked(String id) {
        cases.page(links("unlink", carl, linkId(first), id), 400, BAD_REQUEST);
        isAlive(first);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "SHOW", "delete", "unlink,unlink_all", "unlink ", "${7*7}"})
    void an_unknown_action_is_refused_and_nothing_is_unlinked(String action) {
        cases.page(links(action, carl, linkId(first)), 400, BAD_REQUEST);
        isAlive(first);
    }

    @Test
    void the_last_link_takes_one_button_and_its_app_is_named_afterwards() {
        links("unlink", carl, linkId(first));
        HttpResponse<String> page = links("show", carl);
        assertThat(page.body())
                .contains(
                        "<input type=\"hidden\" name=\"link\" value=\"" + linkId(second) + "\">",
                        "Unlink Amazon Alexa</button>")
                .doesNotContain("checkbox\" name=\"link\"", "unlink_all", "Unlink selected");
        assertThat(page.body().split("<button", -1)).hasSize(2);
        HttpResponse<String> after = links("unlink", carl, linkId(second));
        assertThat(after.body())
                .contains(
                        "Unlinked. Amazon Alexa can no longer use your account.", "Nothing is linked to your account");
        isOver(second);
    }

    @Test
    void the_root_of_the_web_application_and_a_page_that_is_not_there_lead_here() {
        for (String root : List.of("/", "", "/;x=y", ";javascript:")) {
            HttpResponse<String> redirect = Alexa.get(ISSUER + root);
            cases.fine(redirect, 302);
            assertThat(redirect.body()).isEmpty();
            URI there = URI.create(ISSUER + root).resolve(Alexa.location(redirect));
            cases.fine(Alexa.get(there.toString()), 200);
            assertThat(there.getRawPath()).startsWith("/alexa").endsWith("/links");
        }
        cases.fine(alexa.post("/", "", Map.of()), 405);
        for (Map.Entry<String, String> deep : Map.of("/nothing", "", "/a/b/c", "../../", "//a", "../", "/a;b=c/", "../")
                .entrySet()) {
            HttpResponse<String> page = Alexa.get(ISSUER + deep.getKey());
            cases.page(page, 404, "There is nothing here");
            assertThat(page.body())
                    .contains("href=\"" + deep.getValue() + "links\">What is linked to your account</a>")
                    .contains("href=\"" + deep.getValue() + "style.css\"");
        }
    }

    @Test
    void with_nothing_chosen_the_page_says_so() {
        HttpResponse<String> page = links("unlink", carl);
        cases.askedAgain(page, "Please choose what to unlink");
        assertThat(ids(page)).hasSize(2);
        isAlive(first);
    }

    @ParameterizedTest
    @ValueSource(strings = {"show", "unlink", "unlink_all"})
    void with_a_wrong_password_or_none_or_somebody_elses_nothing_is_seen_or_unlinked(String action) {
        for (String[] typed : new String[][] {{carl, "wrong"}, {carl, ""}, {"", PASSWORD}, {"nobody", PASSWORD}}) {
            HttpResponse<String> page = alexa.post(
                    "/links",
                    Alexa.encoded(Map.of(
                            "action", action, "link", linkId(first), "username", typed[0], "password", typed[1])),
                    Map.of());
            cases.askedAgain(page, typed[0].isEmpty() || typed[1].isEmpty() ? "Please enter" : WRONG);
            assertThat(page.body()).doesNotContain("name=\"link\"", "Amazon Alexa");
        }
        isAlive(first);
        isAlive(second);
    }

    @Test
    void a_token_is_no_password_here() {
        for (String token : List.of(first.getString("access_token"), first.getString("refresh_token"))) {
            cases.askedAgain(
                    alexa.post(
                            "/links",
                            Alexa.encoded(Map.of("action", "unlink_all", "username", carl, "password", token)),
                            Map.of("Authorization", "Bearer " + token)),
                    WRONG);
        }
        isAlive(first);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Site: same-site",
                "Origin: https://evil.example",
                "Origin: null"
            })
    void a_form_from_another_site_unlinks_nothing(String header) {
        cases.page(
                alexa.post(
                        "/links",
                        Alexa.encoded(Map.of("action", "unlink_all", "username", carl, "password", PASSWORD)),
                        Map.of(header.split(": ", 2)[0], header.split(": ", 2)[1])),
                403,
                "This form was not sent from our page");
        isAlive(first);
    }

    @Test
    void a_link_that_ended_is_not_shown() {
        post("/revoke", "token=" + first.getString("refresh_token"));
        assertThat(ids(links("show", carl))).containsExactly(linkId(second));
        cases.fine(links("unlink", carl, linkId(first)), 200);
    }

    @ParameterizedTest
    @MethodSource("io.github.alexalink.page.Messages#languageTags")
    void the_page_of_linked_apps_is_there_in_every_language(String language) {
        HttpResponse<String> page = alexa.post(
                "/links",
                Alexa.encoded(Map.of("action", "show", "username", carl, "password", PASSWORD)),
                Map.of("Accept-Language", language));
        cases.fine(page, 200);
        assertThat(page.body())
                .contains("<html lang=\"" + language + "\" dir=\"")
                .doesNotContain("{0}", "{1}", "links.s", "links.u");
        assertThat(ids(page)).hasSize(2);
        if (!language.equals("en")) {
            assertThat(page.body()).doesNotContain("Linked since", "Unlink selected", "Read your music library");
        }
    }

    private HttpResponse<String> links(String action, String username, String... links) {
        StringBuilder form =
                new StringBuilder(Alexa.encoded(Map.of("action", action, "username", username, "password", PASSWORD)));
        for (String link : links) {
            form.append('&').append(Alexa.encoded(Map.of("link", link)));
        }
        return alexa.post("/links", form.toString(), Map.of("Sec-Fetch-Site", "same-origin"));
    }

    private static List<String> ids(HttpResponse<String> page) {
        List<String> ids = new ArrayList<>();
        Matcher id = LINK.matcher(page.body());
        while (id.find()) {
            ids.add(id.group(1));
        }
        return ids;
    }

    private static String linkId(JSONObject tokens) {
        return TestDatabase.ask(
                "SELECT link_id FROM alexa.refresh_token WHERE token_hash = alexa.hash_of(?)",
                tokens.getString("refresh_token"));
    }

    private void isOver(JSONObject tokens) {
        cases.inactive(introspect(tokens.getString("access_token")));
        cases.json(alexa.refresh(tokens.getString("refresh_token")), 400, "invalid_grant");
    }

    private void isAlive(JSONObject tokens) {
        assertThat(isActive(tokens.getString("access_token"))).isTrue();
        assertThat(alexa.refresh(tokens.getString("refresh_token")).statusCode())
                .isEqualTo(200);
    }
}
