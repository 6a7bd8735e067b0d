package io.github.alexalink.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.client.Client;
import io.github.alexalink.client.Registration;
import io.github.alexalink.client.SkillRedirectUris;
import io.github.alexalink.fixture.Pasted;
import io.github.alexalink.protocol.Sha256;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Amazon's form: in what the console differs")
class AmazonFormTest {

    private static final String SECRET = "als_the-secret-of-this-client";
    private static final Registration ALEXA = new Registration(
            new Client(
                    "alexa",
                    Client.Kind.CONFIDENTIAL,
                    "Amazon Alexa",
                    false,
                    true,
                    Set.copyOf(SkillRedirectUris.of("M2EXAMPLE")),
                    List.of(),
                    new LinkedHashMap<>(Map.of("music.read", "", "music.control", "")),
                    List.of(Sha256.of(SECRET))),
            Duration.ofHours(1),
            Optional.empty());
    private static final AmazonForm FORM =
            new AmazonForm(URI.create("https://music.example.org/alexa"), ALEXA, Optional.of(SECRET));

    private static JSONObject same() {
        return new JSONObject(FORM.json()).getJSONObject("accountLinkingRequest");
    }

    private static List<String> found(JSONObject form) {
        return FORM.compare(form, List.of(ALEXA)).stream()
                .map(finding -> finding.severity().word() + " " + finding.id())
                .toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "type": "IMPLICIT"                                            | error console-differs        | IMPLICIT
            "authorizationUrl": "https://music.example.org/authorize"     | error console-differs        | https://music.example.org/authorize
            "authorizationUrl": "https://music.example.org/alexa/authorize " | error console-differs     | [https://music.example.org/alexa/authorize ]
            "accessTokenUrl": "https://music.example.org/alexa/token/"    | error console-differs        | https://music.example.org/alexa/token/
            "accessTokenUrl": null                                        | error console-differs        | []
            "clientId": "alexx"                                           | error client-unknown         | alexx
            "clientId": " alexa"                                          | error client-unknown         | [ alexa]
            "clientId": "\\u001b[31m"                                     | error client-unknown         | ?[31m
            "clientSecret": "als_wrong"                                   | error secret-wrong           | another secret
            "accessTokenScheme": "NONE"                                   | error console-differs        | NONE
            "scopes": ["music.read", "profile"]                           | error scopes-differ          | music.read profile
            "scopes": "music.read"                                        | warning scopes-differ        | music.read
            "scopes": ["music.read"]                                      | warning scopes-differ        | music.read
            "redirectUrls": ["https://layla.amazon.com/api/skill/link/M9OTHER01"] | error redirect-uri-missing | https://layla.amazon.com/api/skill/link/M9OTHER01
            "redirectUrls": ["https://app.example/linked"]                | warning redirect-uri-missing | https://app.example/linked
            "domains": ["cdn.example"]                                    | info console-differs         | cdn.example
            "defaultTokenExpirationInSeconds": 60                         | info console-differs         | 60
            "skipOnEnablement": true                                      | info console-differs         | true
            """)
    void each_difference_is_named_alone_with_what_was_found(String member, String expected, String found) {
        JSONObject form = same();
        JSONObject changed = new JSONObject("{" + member + "}");
        changed.keySet().forEach(name -> form.put(name, changed.get(name)));
        assertThat(found(form)).containsExactly(expected);
        Finding finding = FORM.compare(form, List.of(ALEXA)).get(0);
        assertThat(finding.found()).isEqualTo(found);
        assertThat(finding.vantage()).isEqualTo(Vantage.CONSOLE);
        assertThat(finding.toString()).doesNotContain("als_");
    }

    @Test
    void three_addresses_of_another_vendor_are_one_mistake() {
        JSONObject form = same().put("redirectUrls", new JSONArray(SkillRedirectUris.of("M9STRANGER")));
        assertThat(found(form)).containsExactly("error redirect-uri-missing");
        assertThat(FORM.compare(form, List.of(ALEXA)).get(0).cure())
                .contains("client uris alexa --alexa-vendor M9STRANGER");
    }

    @Test
    void the_port_that_https_has_anyway_is_no_difference() {
        assertThat(found(same().put("accessTokenUrl", "https://music.example.org:443/alexa/token")))
                .isEmpty();
        assertThat(found(same().put("accessTokenUrl", "https://music.example.org:4430/alexa/token")))
                .containsExactly("error console-differs");
    }

    static final List<String> HOSTILE = Pasted.HOSTILE;

    @ParameterizedTest
    @FieldSource("HOSTILE")
    void commands_of_a_shell_in_the_file_get_into_no_line_to_paste(String text) throws Exception {
        for (String uri : List.of(
                "https://layla.amazon.com/api/skill/link/M" + text,
                "https://layla.amazon.com/api/skill/link/M2EXAMPLE" + text,
                "https://app.example/" + text)) {
            JSONObject form = same().put("redirectUrls", new JSONArray().put(uri))
                    .put("clientId", text)
                    .put("authorizationUrl", "https://" + text)
                    .put("scopes", new JSONArray().put(text));
            for (Finding finding : FORM.compare(form, List.of(ALEXA))) {
                Pasted.isGood(finding.cure());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP_BASIC", "REQUEST_BODY_CREDENTIALS"})
    void either_scheme_and_no_scope_at_all_are_right(String scheme) {
        assertThat(found(same().put("accessTokenScheme", scheme).put("scopes", new JSONArray())))
                .isEmpty();
    }

    @Test
    void a_form_of_this_server_has_no_secret_in_its_words() {
        assertThat(FORM.toString()).doesNotContain(SECRET);
    }
}
