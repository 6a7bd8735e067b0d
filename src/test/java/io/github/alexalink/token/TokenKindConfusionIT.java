package io.github.alexalink.token;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A code, a token or a secret in the place of another (RFC 6749 §10.5, RFC 9700 §4.10)")
class TokenKindConfusionIT extends UnderAttack {

    private final Cases cases = Cases.of("token kinds confused");

    private String code;
    private String access;
    private String refresh;

    @BeforeEach
    void link() {
        JSONObject tokens = alexa.linked(anna);
        access = tokens.getString("access_token");
        refresh = tokens.getString("refresh_token");
        code = alexa.codeOf(anna);
    }

    @Test
    void nothing_but_the_code_itself_is_redeemed() {
        List<String> wrong =
                new ArrayList<>(List.of(access, refresh, alexa.secret(), alexa.clientId(), anna, PASSWORD));
        wrong.addAll(disguised(code, "alc_"));
        wrong.addAll(List.of("alc_" + access.substring(4), "alc_" + refresh.substring(4)));
        for (String other : wrong) {
            cases.json(alexa.exchange(other), 400, "invalid_grant");
        }
        cases.fine(alexa.exchange(code), 200);
    }

    @Test
    void nothing_but_the_refresh_token_itself_is_refreshed() {
        List<String> wrong = new ArrayList<>(List.of(access, code, alexa.secret(), alexa.clientId(), anna, PASSWORD));
        wrong.addAll(disguised(refresh, "alr_"));
        wrong.addAll(List.of("alr_" + access.substring(4), "alr_" + code.substring(4)));
        for (String other : wrong) {
            cases.json(alexa.refresh(other), 400, "invalid_grant");
        }
        cases.fine(alexa.refresh(refresh), 200);
        cases.fine(alexa.exchange(code), 200);
    }

    @Test
    void nothing_but_the_access_token_itself_is_active() {
        List<String> wrong = new ArrayList<>(List.of(
                refresh,
                code,
                alexa.secret(),
                alexa.clientId(),
                musicServerSecret,
                anna,
                PASSWORD,
                "Bearer " + access));
        wrong.addAll(disguised(access, "ala_"));
        wrong.addAll(List.of("ala_" + refresh.substring(4), "ala_" + code.substring(4)));
        for (String other : wrong) {
            cases.inactive(introspect(other));
            for (String hint : List.of("refresh_token", "access_token", "authorization_code", "nonsense")) {
                cases.inactive(alexa.post(
                        "/introspect",
                        Alexa.encoded(Map.of("token", other, "token_type_hint", hint)),
                        Map.of("Authorization", Alexa.basic(musicServer, musicServerSecret))));
            }
        }
        assertThat(isActive(access)).isTrue();
    }

    @Test
    void nothing_but_the_token_itself_is_revoked() {
        List<String> wrong = new ArrayList<>(List.of(code, alexa.secret(), alexa.clientId(), anna, PASSWORD));
        wrong.addAll(disguised(access, "ala_"));
        wrong.addAll(disguised(refresh, "alr_"));
        wrong.addAll(List.of("alr_" + code.substring(4), "ala_" + refresh.substring(4), "alr_" + access.substring(4)));
        for (String other : wrong) {
            cases.revoked(post("/revoke", Alexa.encoded(Map.of("token", other))));
        }
        assertThat(isActive(access)).isTrue();
        cases.fine(alexa.refresh(refresh), 200);
        cases.fine(alexa.exchange(code), 200);
    }

    @Test
    void no_code_or_token_is_a_credential() {
        for (String other : List.of(access, refresh, code)) {
            cases.unauthorized(alexa.withSecret(other).refresh(refresh), true);
            cases.unauthorized(
                    alexa.post(
                            "/introspect", "token=" + access, Map.of("Authorization", Alexa.basic(musicServer, other))),
                    true);
            cases.unauthorized(
                    alexa.post("/introspect", "token=" + access, Map.of("Authorization", "Bearer " + other)), true);
            cases.askedAgain(alexa.press(alexa.authorize(), "allow", anna, other), WRONG);
        }
        cases.askedAgain(alexa.press(alexa.authorize(), "allow", alexa.clientId(), alexa.secret()), WRONG);
        alexa.press(alexa.authorize(), "allow", anna, PASSWORD); // a right one resets the count of wrong ones
    }

    /**
     * Values that are almost the good one: cut, longer, in capitals, in another alphabet of base64, with another link
     * id.
     */
    private static List<String> disguised(String good, String prefix) {
        return List.of(
                good.substring(0, good.length() - 1),
                good + "A",
                good + "=",
                good + " ",
                " " + good,
                good.toUpperCase(Locale.ROOT),
                good.substring(4),
                prefix,
                prefix + prefix + good.substring(8),
                prefix + "A".repeat(22) + good.substring(26),
                good.substring(0, 26) + "A".repeat(42),
                prefix + "%00".repeat(10),
                prefix + "A".repeat(64),
                prefix + "/+".repeat(32));
    }
}
