package io.github.alexalink.proxy;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.ReverseProxy;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("thorough")
@ParameterizedClass
@ValueSource(ints = {1, 2, 3, 4})
@DisplayName("Behind Apache httpd with our file, with ModSecurity and the Core Rule Set at each paranoia level")
class BehindModSecurityIT extends UnderAttack {

    /** Passwords that look like an attack, in an account or in a guess. */
    private static final String[] ODD_PASSWORDS = {
        "' OR 1=1 --", "<script>alert(0)</script>", "../../etc/passwd;cat /etc/passwd", "gr\u00fcn \u20ac $(id) `id`"
    };

    private static ReverseProxy proxy;
    private static String issuer;

    BehindModSecurityIT(int level) {
        assertThat(level).isPositive();
    }

    @BeforeParameterizedClassInvocation
    static void startProxy(int level) throws IOException, InterruptedException {
        int port = TestServers.freePort();
        issuer = "http://localhost:" + port + "/alexa";
        proxy = ReverseProxy.withModSecurity(level, port, RawHttp.port());
    }

    @AfterParameterizedClassInvocation
    static void stopProxy() throws IOException {
        if (proxy != null) {
            proxy.close();
            proxy = null;
        }
    }

    @Test
    void a_link_lives_and_ends_and_no_secret_is_in_a_log() throws IOException {
        List<String> secrets = new ArrayList<>(List.of(PASSWORD, Alexa.STATE.substring(0, 40)));
        Alexa skill = Alexa.skill(issuer).withPkce();
        for (Alexa client : new Alexa[] {skill, skill.withBodyCredentials()}) {
            HttpResponse<String> page = client.authorize();
            assertThat(page.statusCode()).as(rules()).isEqualTo(200);
            for (String odd : ODD_PASSWORDS) {
                HttpResponse<String> wrong = client.press(page, "allow", TestDatabase.unique("nobody"), odd);
                assertThat(wrong.statusCode()).as(odd + rules()).isEqualTo(200);
                assertThat(wrong.body()).contains(WRONG);
                secrets.add(odd);
            }
            String code = Alexa.codeIn(client.press(page, "allow", anna, PASSWORD));
            HttpResponse<String> redeemed = client.exchange(code);
            assertThat(redeemed.statusCode()).as(rules()).isEqualTo(200);
            JSONObject tokens = new JSONObject(redeemed.body());
            HttpResponse<String> refreshed = client.refresh(tokens.getString("refresh_token"));
            assertThat(refreshed.statusCode()).isEqualTo(200);
            String accessToken = new JSONObject(refreshed.body()).getString("access_token");
            HttpResponse<String> introspected = client.post(
                    "/introspect",
                    Alexa.encoded(Map.of("token", accessToken)),
                    Map.of("Authorization", Alexa.basic(musicServer, musicServerSecret)));
            assertThat(new JSONObject(introspected.body()).getBoolean("active")).isTrue();
            assertThat(client.exchange(code).statusCode())
                    .as("an audited answer")
                    .isEqualTo(400);
            assertThat(client.withSecret("als_" + "x".repeat(40)).exchange(code).statusCode())
                    .isEqualTo(401);
            assertThat(client.post(
                                    "/revoke",
                                    Alexa.encoded(Map.of("token", tokens.getString("refresh_token"))),
                                    Map.of("Authorization", client.basic()))
                            .statusCode())
                    .isEqualTo(200);
            secrets.addAll(List.of(
                    code,
                    tokens.getString("access_token"),
                    tokens.getString("refresh_token"),
                    accessToken,
                    client.secret(),
                    client.basic().substring(6),
                    Alexa.basic(musicServer, musicServerSecret).substring(6)));
        }
        for (String path :
                List.of("/links", "/health", "/style.css", "/icon.svg", "/.well-known/oauth-authorization-server")) {
            assertThat(Alexa.get(issuer + path).statusCode()).as(path).isEqualTo(200);
        }
        Map<String, String> show =
                new LinkedHashMap<>(Map.of("action", "show", "username", anna, "password", PASSWORD));
        assertThat(skill.post("/links", Alexa.encoded(show), Map.of()).statusCode())
                .isEqualTo(200);

        String logged = proxy.auditAndErrorLog();
        assertThat(logged).as("a refused token request is audited").contains("-H--");
        for (String secret : secrets) {
            assertThat(logged.contains(secret)
                            || logged.contains(
                                    Alexa.encoded(Map.of("x", secret)).substring(2)))
                    .as(secret)
                    .isFalse();
        }
    }

    /** The rules that matched so far, but for those of the attack below. */
    private static String rules() throws IOException {
        return Pattern.compile("\\[id \"\\d+\"\\] \\[msg \"[^\"]*\"\\]( \\[data \"[^\\]]*\\])?")
                .matcher(proxy.auditAndErrorLog())
                .results()
                .map(MatchResult::group)
                .filter(rule -> !rule.contains("alert(1)"))
                .distinct()
                .collect(Collectors.joining("\n", "\n", "\n"));
    }

    @Test
    void other_parameters_and_other_paths_are_still_guarded() {
        String attack = "?x=" + Alexa.encoded(Map.of("y", "<script>alert(1)</script>"));
        assertThat(Alexa.get(issuer + "/authorize" + attack).statusCode()).isEqualTo(403);
        assertThat(Alexa.get(issuer.replace("/alexa", "/music-server/") + "?password=%3Cscript%3Ealert(1)%3C/script%3E")
                        .statusCode())
                .isEqualTo(403);
    }
}
