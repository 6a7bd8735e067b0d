package io.github.alexalink.token;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.util.LinkedHashMap;
import java.util.Map;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Grants that are unsupported, expired or revoked (RFC 6749 §5.2)")
class NoSuchGrantIT extends UnderAttack {

    private final Cases cases = Cases.of("grants that are none or over");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "password",
                "client_credentials",
                "implicit",
                "none",
                "urn:ietf:params:oauth:grant-type:device_code",
                "urn:ietf:params:oauth:grant-type:token-exchange",
                "urn:ietf:params:oauth:grant-type:jwt-bearer",
                "urn:ietf:params:oauth:grant-type:saml2-bearer",
                "urn:unknown",
                "AUTHORIZATION_CODE",
                "authorization_code ",
                "authorization_code,refresh_token",
                "refresh-token",
                "${7*7}",
                "' OR 1=1 --"
            })
    void another_grant_type_is_unsupported_with_everything_it_would_need(String grantType) {
        Map<String, String> form = new LinkedHashMap<>(Map.of("grant_type", grantType));
        form.put("username", anna);
        form.put("password", PASSWORD);
        form.put("scope", "music.read");
        form.put("assertion", "x");
        cases.json(alexa.token(form), 400, "unsupported_grant_type");
        cases.json(alexa.withBodyCredentials().token(form), 400, "unsupported_grant_type");
    }

    @Test
    void an_expired_code_and_one_whose_account_changed_are_invalid_grant() {
        String expired = alexa.codeOf(anna);
        TestDatabase.change(
                "UPDATE alexa.authorization_code SET issued_at = now() - interval '6 minutes',"
                        + " expires_at = now() - interval '1 second' WHERE code_hash = alexa.hash_of(?)",
                expired);
        cases.json(alexa.exchange(expired), 400, "invalid_grant");
        for (String change : new String[] {
            "SELECT 'done', alexa.disable_account(?)",
            "SELECT 'done', alexa.set_password_hash(?, repeat('0', 32) || '$210000$' || repeat('0', 64))",
            "DELETE FROM alexa.account WHERE username = ? RETURNING 'done'"
        }) {
            String carl = TestDatabase.unique("carl");
            TestDatabase.addAccount(carl, PASSWORD);
            String code = alexa.codeOf(carl);
            TestDatabase.ask(change, carl);
            cases.json(alexa.exchange(code), 400, "invalid_grant");
        }
    }

    @Test
    void a_revoked_or_expired_refresh_token_is_invalid_grant() {
        String revoked = alexa.linked(anna).getString("refresh_token");
        TestDatabase.ask("SELECT alexa.revoke_links(client_id => ?)", alexa.clientId());
        cases.json(alexa.refresh(revoked), 400, "invalid_grant");
        String expired = alexa.linked(anna).getString("refresh_token");
        TestDatabase.change(
                "UPDATE alexa.refresh_token SET issued_at = now() - interval '1 year', expires_at = now() - interval '1 second'"
                        + " WHERE token_hash = alexa.hash_of(?)",
                expired);
        cases.json(alexa.refresh(expired), 400, "invalid_grant");
    }

    @Test
    void a_code_is_good_once() {
        String code = alexa.codeOf(anna);
        cases.fine(alexa.exchange(code), 200);
        cases.json(alexa.exchange(code), 400, "invalid_grant");
    }

    @ParameterizedTest
    @ValueSource(strings = {"admin", "music.read admin", "music.read music.control other", "*", "MUSIC.READ"})
    void a_refresh_for_more_than_was_allowed_is_invalid_scope_and_the_link_goes_on(String scope) {
        JSONObject tokens = alexa.linked(anna);
        Map<String, String> form = new LinkedHashMap<>(
                Map.of("grant_type", "refresh_token", "refresh_token", tokens.getString("refresh_token")));
        form.put("scope", scope);
        cases.json(alexa.token(form), 400, "invalid_scope");
        cases.fine(alexa.refresh(tokens.getString("refresh_token")), 200);
    }

    @Test
    void a_refresh_for_more_than_the_link_has_is_invalid_scope_though_the_client_may_have_it() {
        String code = Alexa.codeIn(alexa.press(alexa.authorize(with("scope", "music.read")), "allow", anna, PASSWORD));
        String refresh = new JSONObject(alexa.exchange(code).body()).getString("refresh_token");
        cases.json(
                alexa.token(Map.of("grant_type", "refresh_token", "refresh_token", refresh, "scope", "music.control")),
                400,
                "invalid_scope");
    }
}
