package io.github.alexalink.journey;

import static io.github.alexalink.fixture.alexa.Replies.assertRefused;
import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static io.github.alexalink.fixture.servers.TestDatabase.isLive;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Alexa links an account, with the calls seen on the wire")
class AlexaLinksAnAccountIT extends OnTomcat {

    private static final String ANNA = TestDatabase.unique("anna");
    private static final String BERT = TestDatabase.unique("bert");

    private Alexa alexa;

    @BeforeAll
    static void accounts() {
        TestDatabase.addAccount(ANNA, PASSWORD);
        TestDatabase.addAccount(BERT, PASSWORD);
    }

    @BeforeEach
    void skill() {
        alexa = Alexa.skill(ISSUER);
    }

    @ParameterizedTest
    @ValueSource(strings = {Alexa.PITANGUI, Alexa.LAYLA, Alexa.JAPAN})
    void from_every_region_the_long_state_comes_back_byte_for_byte(String redirectUri) {
        Alexa regional = alexa.redirectingTo(redirectUri);
        assertThat(Alexa.STATE).hasSize(1108).contains("+", "/", "=");

        HttpResponse<String> redirect = regional.press(regional.authorize(), "allow", ANNA, PASSWORD);

        assertThat(redirect.statusCode()).isEqualTo(303);
        String location = Alexa.location(redirect);
        assertThat(location).startsWith(redirectUri + "?");
        assertThat(Alexa.parameter(location, "state")).isEqualTo(Alexa.STATE);
        assertThat(Alexa.parameter(location, "iss")).isEqualTo(ISSUER);
        assertThat(redirect.headers().firstValue("Set-Cookie")).isEmpty();
        assertTokens(regional.exchange(Alexa.codeIn(redirect)));
    }

    @Test
    void fetching_the_page_first_changes_nothing() {
        String before = everything();
        HttpResponse<String> first = alexa.authorize();
        HttpResponse<String> second = alexa.authorize();
        assertThat(everything()).isEqualTo(before);
        assertThat(second.body()).isEqualTo(first.body());
        assertThat(first.headers().firstValue("Set-Cookie")).isEmpty();
        assertTokens(alexa.exchange(Alexa.codeIn(alexa.press(first, "allow", ANNA, PASSWORD))));
    }

    @Test
    void alexa_links_with_its_credentials_in_the_body() {
        Alexa body = alexa.withBodyCredentials();
        assertTokens(body.exchange(body.code(ANNA, PASSWORD)));
    }

    @Test
    void alexa_links_with_pkce() {
        Alexa pkce = alexa.withPkce();
        assertTokens(pkce.exchange(pkce.code(ANNA, PASSWORD)));
    }

    @Test
    void a_wrong_verifier_is_invalid_grant_and_leaves_the_code_usable() {
        Alexa pkce = alexa.withPkce();
        String code = pkce.code(ANNA, PASSWORD);
        assertRefused(
                alexa.withPkce("x".repeat(43)).exchange(code),
                "invalid_grant",
                "code_verifier does not match code_challenge");
        assertRefused(alexa.exchange(code), "invalid_grant", "code_verifier is missing");
        assertTokens(pkce.exchange(code));
    }

    @Test
    void a_verifier_without_a_challenge_is_refused() {
        String code = alexa.code(ANNA, PASSWORD);
        assertRefused(
                alexa.withPkce().exchange(code),
                "invalid_grant",
                "code_verifier was sent, but no code_challenge with the authorization request");
        assertTokens(alexa.exchange(code));
    }

    @Test
    void a_code_is_good_once() {
        String code = alexa.code(ANNA, PASSWORD);
        assertTokens(alexa.exchange(code));
        assertRefused(alexa.exchange(code), "invalid_grant", "the code has been redeemed already");
    }

    @Test
    void an_expired_code_is_refused() {
        String code = alexa.code(ANNA, PASSWORD);
        assertThat(TestDatabase.change(
                        "UPDATE alexa.authorization_code SET issued_at = now() - interval '10 minutes',"
                                + " expires_at = now() - interval '1 minute' WHERE code_hash = alexa.hash_of(?)",
                        code))
                .isEqualTo(1);
        assertRefused(alexa.exchange(code), "invalid_grant", "the code has expired");
    }

    @Test
    void a_code_lives_as_long_as_the_schema_says() {
        String code = alexa.code(ANNA, PASSWORD);
        assertThat(TestDatabase.ask(
                        "SELECT extract(epoch FROM expires_at - issued_at)::int FROM alexa.authorization_code WHERE code_hash = alexa.hash_of(?)",
                        code))
                .as("Limits.CODE, and docs/dba.md")
                .isEqualTo(Long.toString(Limits.CODE.toSeconds()));
    }

    @Test
    void ten_refreshes_later_the_first_access_token_is_still_alive() {
        JSONObject linked = alexa.link(ANNA, PASSWORD);
        Set<String> accessTokens = new HashSet<>();
        accessTokens.add(linked.getString("access_token"));
        String refreshToken = linked.getString("refresh_token");
        for (int i = 0; i < 10; i++) {
            JSONObject refreshed = assertTokens(alexa.refresh(refreshToken));
            assertThat(refreshed.getString("refresh_token")).isEqualTo(refreshToken);
            accessTokens.add(refreshed.getString("access_token"));
        }
        assertThat(accessTokens).hasSize(11).allSatisfy(token -> assertThat(isLive(token))
                .isTrue());
    }

    @Test
    void a_refresh_may_ask_for_less_and_never_for_more() {
        String refreshToken = alexa.link(ANNA, PASSWORD).getString("refresh_token");
        Map<String, String> form = new HashMap<>(Map.of("grant_type", "refresh_token", "refresh_token", refreshToken));
        form.put("scope", "music.read");
        assertThat(assertTokens(alexa.token(form)).getString("scope")).isEqualTo("music.read");
        form.put("scope", "music.read admin");
        assertRefused(alexa.token(form), "invalid_scope", "scope is wider than what was allowed");
        form.remove("scope");
        assertThat(assertTokens(alexa.token(form)).getString("scope")).isEqualTo("music.read music.control");
    }

    @Test
    void a_wrong_password_shows_the_page_again_and_the_right_one_goes_on() {
        HttpResponse<String> again = alexa.press(alexa.authorize(), "allow", ANNA, "wrong " + PASSWORD);
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(again.body())
                .contains("role=\"alert\"")
                .contains("User name or password is wrong")
                .contains("value=\"" + ANNA + "\"")
                .doesNotContain(PASSWORD);
        assertThat(again.headers().firstValue("Set-Cookie")).isEmpty();
        assertTokens(alexa.exchange(Alexa.codeIn(alexa.press(again, "allow", ANNA, PASSWORD))));
    }

    @Test
    void an_unknown_name_gets_the_same_page_as_a_wrong_password() {
        HttpResponse<String> page = alexa.authorize();
        String wrong = alexa.press(page, "allow", BERT, "nope").body();
        String unknown = alexa.press(page, "allow", "no-such-" + BERT, "nope").body();
        assertThat(unknown.replace("no-such-" + BERT, BERT)).isEqualTo(wrong);
    }

    @Test
    void after_too_many_wrong_passwords_the_name_is_locked_and_its_speaker_still_refreshes() {
        String carl = TestDatabase.unique("carl");
        TestDatabase.addAccount(carl, PASSWORD);
        String refreshToken = alexa.link(carl, PASSWORD).getString("refresh_token");
        HttpResponse<String> page = alexa.authorize();
        for (int i = 0; i < Limits.WRONG_PASSWORDS; i++) {
            alexa.press(page, "allow", carl, "guess " + i);
        }
        HttpResponse<String> locked = alexa.press(page, "allow", carl, PASSWORD);
        assertThat(locked.statusCode()).isEqualTo(200);
        assertThat(locked.body()).contains("User name or password is wrong");
        assertTokens(alexa.refresh(refreshToken));
    }

    @Test
    void deny_goes_back_as_access_denied_without_any_password() {
        HttpResponse<String> redirect = alexa.press(alexa.authorize(), "deny", "", "");
        assertThat(redirect.statusCode()).isEqualTo(303);
        String location = Alexa.location(redirect);
        assertThat(location).startsWith(Alexa.PITANGUI + "?error=access_denied&");
        assertThat(Alexa.parameter(location, "state")).isEqualTo(Alexa.STATE);
        assertThat(Alexa.parameter(location, "iss")).isEqualTo(ISSUER);
        assertThat(Alexa.parameter(location, "code")).isNull();
    }

    @Test
    void two_people_and_a_relink_are_three_links_and_all_live() {
        String anna = alexa.link(ANNA, PASSWORD).getString("refresh_token");
        String bert = alexa.link(BERT, PASSWORD).getString("refresh_token");
        String annaAgain = alexa.link(ANNA, PASSWORD).getString("refresh_token");
        assertThat(Set.of(anna, bert, annaAgain)).hasSize(3).allSatisfy(token -> assertTokens(alexa.refresh(token)));
        assertThat(TestDatabase.ask(
                        "SELECT count(*) FROM alexa.link WHERE client_id = ? AND revoked_at IS NULL", alexa.clientId()))
                .isEqualTo("3");
    }

    @Test
    void a_request_without_a_scope_asks_for_all_scopes_of_the_client() {
        Map<String, String> request = alexa.authorizationRequest();
        request.remove("scope");
        HttpResponse<String> page = alexa.authorize(request);
        assertThat(page.body()).contains("Read your music library").contains("Control playback");
        JSONObject tokens = assertTokens(alexa.exchange(Alexa.codeIn(alexa.press(page, "allow", ANNA, PASSWORD))));
        assertThat(tokens.getString("scope").split(" ")).containsExactlyInAnyOrder("music.read", "music.control");
    }

    @Test
    void a_disabled_account_neither_refreshes_nor_signs_in_and_comes_back_unharmed() {
        String dora = TestDatabase.unique("dora");
        TestDatabase.addAccount(dora, PASSWORD);
        String refreshToken = alexa.link(dora, PASSWORD).getString("refresh_token");
        String code = alexa.code(dora, PASSWORD);
        TestDatabase.ask("SELECT 'done', alexa.disable_account(?)", dora);
        assertRefused(alexa.refresh(refreshToken), "invalid_grant", "the account is disabled");
        assertRefused(
                alexa.exchange(code), "invalid_grant", "the account is gone or disabled, or its password was changed");
        assertThat(alexa.press(alexa.authorize(), "allow", dora, PASSWORD).body())
                .contains("User name or password is wrong");
        TestDatabase.ask("SELECT 'done', alexa.enable_account(?)", dora);
        assertTokens(alexa.refresh(refreshToken));
    }

    @Test
    void a_deleted_account_takes_its_links_along() {
        String emil = TestDatabase.unique("emil");
        TestDatabase.addAccount(emil, PASSWORD);
        String refreshToken = alexa.link(emil, PASSWORD).getString("refresh_token");
        String code = alexa.code(emil, PASSWORD);
        assertThat(TestDatabase.change("DELETE FROM alexa.account WHERE username = ?", emil))
                .isEqualTo(1);
        assertRefused(alexa.refresh(refreshToken), "invalid_grant", "the link was revoked: account_deleted");
        assertRefused(alexa.exchange(code), "invalid_grant", "the code has been redeemed already");
    }

    @Test
    void a_disabled_client_is_refused_everywhere_and_comes_back_unharmed() {
        String refreshToken = alexa.link(ANNA, PASSWORD).getString("refresh_token");
        TestDatabase.ask("SELECT 'done', alexa.disable_client(?)", alexa.clientId());
        assertThat(alexa.authorize().statusCode()).isEqualTo(400);
        assertThat(alexa.refresh(refreshToken).statusCode()).isEqualTo(401);
        TestDatabase.ask("SELECT 'done', alexa.enable_client(?)", alexa.clientId());
        assertTokens(alexa.refresh(refreshToken));
    }

    @Test
    void another_client_gets_nothing_from_a_code_or_token_that_is_not_its_own() {
        Alexa other = Alexa.skill(ISSUER);
        String code = alexa.code(ANNA, PASSWORD);
        assertRefused(other.exchange(code), "invalid_grant", "the code was issued to another client");
        JSONObject linked = assertTokens(alexa.exchange(code));
        assertRefused(
                other.refresh(linked.getString("refresh_token")),
                "invalid_grant",
                "the refresh token was issued to another client");
        assertTokens(alexa.refresh(linked.getString("refresh_token")));
    }

    @Test
    void every_step_leaves_its_event_in_the_trail() {
        HttpResponse<String> page = alexa.authorize();
        alexa.press(page, "allow", BERT, "wrong");
        alexa.press(page, "deny", "", "");
        String code = alexa.code(BERT, PASSWORD);
        String refreshToken = assertTokens(alexa.exchange(code)).getString("refresh_token");
        assertTokens(alexa.refresh(refreshToken));
        alexa.exchange(code);
        alexa.withSecret("als_wrong").refresh(refreshToken);
        assertThat(TestDatabase.ask(
                        "SELECT string_agg(event, ' ' ORDER BY occurred_at, event_id) FROM alexa.audit_event"
                                + " WHERE client_id = ?",
                        alexa.clientId()))
                .isEqualTo("redirect_uris_set client_registered sign_in_failed access_denied code_issued code_redeemed"
                        + " code_repeated token_refused");
        assertThat(TestDatabase.ask(
                        "SELECT count(DISTINCT link_id) FROM alexa.audit_trail WHERE client_id = ? AND subject = ?",
                        alexa.clientId(),
                        BERT))
                .isEqualTo("1");
    }

    private static String everything() {
        return TestDatabase.ask("SELECT concat((SELECT count(*) FROM alexa.authorization_code), ' ',"
                + " (SELECT count(*) FROM alexa.link), ' ', (SELECT count(*) FROM alexa.access_token), ' ',"
                + " (SELECT count(*) FROM alexa.audit_event))");
    }
}
