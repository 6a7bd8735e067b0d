package io.github.alexalink.diagnosis;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AttemptRepository;
import io.github.alexalink.store.AttemptRepository.Attempt;
import io.github.alexalink.store.AuditRepository;
import io.github.alexalink.store.ClientRepository;
import io.github.alexalink.store.Database;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("The record says of each attempt to link how far it came, and why no further")
class AttemptsIT extends UnderAttack {

    private static final URI HERE = URI.create("https://music.example.org/alexa");
    private static final Attempts VERDICTS = new Attempts(HERE, Path.of("/var/lib/tomcat10/logs"));

    /** Tests move events back, perhaps over the beginning of the month. */
    @BeforeAll
    static void makeTheMonthBefore() throws SQLException {
        TestDatabase.addAuditMonthBefore();
    }

    @Test
    void a_wrong_password_is_a_failed_sign_in() {
        alexa.press(alexa.authorize(), "allow", anna, "wrong " + PASSWORD);
        assertRecord("sign-in sign-in-failed");
        assertThat(as("alexa_support", "SELECT subject FROM alexa.attempt WHERE client_id = ?", alexa.clientId()))
                .isEqualTo(anna);
    }

    @Test
    void the_line_of_a_refusal_in_the_log_has_its_id() {
        int before = TestServers.log().length();
        alexa.authorize(with("scope", "music.read admin"));
        alexa.authorize(with("redirect_uri", Alexa.PITANGUI + "X"));
        alexa.press(alexa.authorize(), "allow", anna, "wrong " + PASSWORD);
        alexa.withSecret("als_guessed").refresh("alr_x");
        String last = "invalid_client (secret-wrong): ";
        String log = Soon.within(30, () -> TestServers.log().substring(before), text -> text.contains(last));
        String client = "client [" + alexa.clientId() + "]";
        assertThat(log)
                .contains(
                        "authorization request of " + client + " refused: invalid_scope (scopes-differ)",
                        "redirect-uri-missing",
                        "sign-in for " + client + " failed (sign-in-failed)",
                        "token request refused: " + last);
    }

    @Test
    void a_listener_who_does_not_allow_it_has_denied_it() {
        alexa.press(alexa.authorize(), "deny", "", "");
        assertRecord("page denied");
    }

    @Test
    void a_client_that_was_disabled_while_the_page_was_open_is_named() {
        HttpResponse<String> page = alexa.authorize();
        TestDatabase.ask("SELECT 'done', alexa.disable_client(?)", alexa.clientId());
        alexa.press(page, "allow", anna, PASSWORD);
        assertRecord("request client-disabled");
    }

    @Test
    void a_client_that_was_disabled_after_the_code_is_named_with_the_code() {
        String code = alexa.code(anna, PASSWORD);
        TestDatabase.ask("SELECT 'done', alexa.disable_client(?)", alexa.clientId());
        assertThat(alexa.exchange(code).statusCode()).isEqualTo(401);
        assertRecord("token-request client-disabled");
    }

    @Test
    void a_scope_that_the_client_may_not_have_differs() {
        alexa.authorize(with("scope", "music.read admin"));
        assertRecord("request scopes-differ");
    }

    @Test
    void a_redirect_uri_that_is_not_registered_is_missing() {
        alexa.authorize(with("redirect_uri", Alexa.PITANGUI + "X"));
        assertRecord("request redirect-uri-missing");
    }

    @Test
    void pkce_that_is_demanded_and_not_sent_differs() {
        TestDatabase.ask("SELECT 'done', alexa.change_client(?, pkce_required => true)", alexa.clientId());
        alexa.authorize();
        assertRecord("request pkce-differs");
        assertThat(says()).isEqualTo("this client must use PKCE, and the request has no code_challenge");
    }

    @Test
    void a_code_verifier_that_does_not_fit_differs() {
        Alexa pkce = alexa.withPkce();
        alexa.withPkce("x".repeat(43)).exchange(pkce.code(anna, PASSWORD));
        assertRecord("token-request pkce-differs");
        assertThat(says()).isEqualTo("the code_verifier of the token request does not fit the code_challenge");
    }

    @Test
    void a_wrong_secret_is_the_reason_of_the_code_that_nobody_redeemed() {
        alexa.withSecret("als_guessed").exchange(alexa.code(anna, PASSWORD));
        assertRecord("token-request secret-wrong");
        String first = says();
        assertThat(first).isEqualTo("the token request came with a client secret that is not the one here");
        alexa.withSecret(alexa.secret() + " ").exchange(alexa.code(anna, PASSWORD));
        assertRecord("token-request secret-wrong", "token-request secret-wrong");
        assertThat(says())
                .isEqualTo("the token request came with a client secret that is not the one here: the right one,"
                        + " but with white space around it");
        assertThat(as(
                        "alexa_support",
                        "SELECT says FROM alexa.attempt WHERE client_id = ? ORDER BY began_at LIMIT 1",
                        alexa.clientId()))
                .isEqualTo(first);
    }

    @Test
    void a_secret_that_has_expired_is_told_from_a_wrong_one_and_since_when() {
        TestDatabase.ask("SELECT alexa.rotate_client_secret(?)", alexa.clientId());
        String since = TestDatabase.ask(
                "SELECT to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM alexa.client_secret"
                        + " WHERE client_id = ? AND expires_at IS NOT NULL",
                alexa.clientId());
        alexa.exchange(alexa.code(anna, PASSWORD));
        assertRecord("token-request secret-expired");
        assertThat(says()).endsWith("has expired at " + since);
    }

    @Test
    void a_token_request_without_a_secret_has_lost_its_authorization() {
        Map<String, String> form = alexa.codeRequest(alexa.code(anna, PASSWORD));
        form.put("client_id", alexa.clientId());
        alexa.post("/token", Alexa.encoded(form), Map.of());
        assertRecord("token-request authorization-lost");
    }

    @Test
    void a_wrong_secret_without_any_code_is_an_attempt_of_its_own() {
        alexa.withSecret("als_guessed").refresh("alr_x");
        assertRecord("token-request secret-wrong");
    }

    @Test
    void a_code_that_came_too_late_has_expired() {
        String code = alexa.code(anna, PASSWORD);
        TestDatabase.change(
                "UPDATE alexa.authorization_code SET issued_at = issued_at - interval '6 minutes',"
                        + " expires_at = expires_at - interval '6 minutes' WHERE code_hash = alexa.hash_of(?)",
                code);
        alexa.exchange(code);
        assertRecord("token-request code-expired");
    }

    @Test
    void a_token_request_with_another_redirect_uri_differs() {
        alexa.redirectingTo(Alexa.LAYLA).exchange(alexa.code(anna, PASSWORD));
        assertRecord("token-request redirect-uri-differs");
    }

    @Test
    void a_code_of_another_client_differs() {
        Alexa other = Alexa.skill(ISSUER);
        other.exchange(alexa.code(anna, PASSWORD));
        assertRecord("token-request client-differs");
    }

    @Test
    void a_code_that_was_changed_on_the_way_is_not_known() {
        String code = alexa.code(anna, PASSWORD);
        alexa.exchange(code.substring(0, code.length() - 4) + "AAAA");
        assertRecord("code waiting", "token-request code-unknown");
    }

    @Test
    void a_stranger_who_knows_the_client_id_does_not_say_why_a_code_was_not_fetched() {
        alexa.code(anna, PASSWORD);
        alexa.withSecret("als_guessed").refresh("alr_x");
        alexa.withSecret("als_guessed").exchange(otherCode());
        assertRecord("code waiting", "token-request secret-wrong");
        moveBack("61 seconds");
        assertRecord("code code-not-fetched", "token-request secret-wrong");
    }

    /** One that was given to another client. */
    private static String otherCode() {
        String bert = TestDatabase.unique("bert");
        TestDatabase.addAccount(bert, PASSWORD);
        return Alexa.skill(ISSUER).code(bert, PASSWORD);
    }

    @Test
    void refusals_that_anybody_can_cause_push_out_no_attempt_of_a_listener() throws Exception {
        alexa.withSecret("als_guessed").exchange(alexa.code(anna, PASSWORD));
        TestDatabase.change(
                "INSERT INTO alexa.audit_event (event, client_id, reason)"
                        + " SELECT 'authorization_refused', ?, 'scope_unregistered' FROM generate_series(1, 60)",
                Alexa.skill(ISSUER).clientId());
        assertThat(mine()).extracting(Attempt::verdict).containsExactly("secret-wrong");
    }

    @Test
    void a_code_that_nobody_asked_tokens_for_is_waited_for_and_then_not_fetched() throws Exception {
        alexa.code(anna, PASSWORD);
        assertRecord("code waiting");
        Attempt waiting = latest();
        moveBack("61 seconds");
        assertRecord("code code-not-fetched");
        // it may not be among the last ones any more
        Finding finding = VERDICTS.of(new Attempt(
                waiting.clientId(),
                waiting.beganAt(),
                waiting.firstAt(),
                waiting.lastAt(),
                waiting.codeIssuedAt(),
                waiting.tokenRefusedAt(),
                waiting.redeemedAt(),
                waiting.refreshedAt(),
                waiting.endedAt(),
                "code",
                "code-not-fetched",
                says(),
                1));
        assertThat(finding.severity()).isEqualTo(Severity.ERROR);
        assertThat(finding.vantage()).isEqualTo(Vantage.RECORD);
        assertThat(finding.cure()).endsWith("\n    java -jar alexa.war doctor https://music.example.org/alexa");
    }

    @Test
    void an_account_whose_password_changes_after_the_code_has_changed() {
        String bert = TestDatabase.unique("bert");
        TestDatabase.addAccount(bert, PASSWORD);
        String code = alexa.code(bert, PASSWORD);
        TestDatabase.change("UPDATE alexa.account SET disabled_at = now() WHERE username = ?", bert);
        alexa.exchange(code);
        assertRecord("token-request account-changed");
    }

    @Test
    void a_code_that_comes_again_after_ten_seconds_was_replayed() {
        String code = alexa.code(anna, PASSWORD);
        alexa.exchange(code);
        TestDatabase.change(
                "UPDATE alexa.authorization_code SET redeemed_at = redeemed_at - interval '11 seconds'"
                        + " WHERE code_hash = alexa.hash_of(?)",
                code);
        alexa.exchange(code);
        assertRecord("linked code-replayed");
    }

    @Test
    void a_link_is_linked_then_refreshed_then_not_refreshed_any_more() throws Exception {
        JSONObject tokens = alexa.link(anna, PASSWORD);
        assertRecord("linked linked");
        assertThat(VERDICTS.of(latest()).severity()).isEqualTo(Severity.OK);
        moveBack("1 hour 59 minutes");
        assertRecord("linked linked");
        moveBack("2 minutes");
        assertRecord("linked not-refreshed");
        alexa.refresh(tokens.getString("refresh_token"));
        assertRecord("refreshed refreshed");
        TestDatabase.change(
                "UPDATE alexa.refresh_token SET last_used_at = last_used_at - interval '22 hours 1 minute' WHERE link_id IN"
                        + " (SELECT link_id FROM alexa.link WHERE client_id = ?)",
                alexa.clientId());
        assertRecord("refreshed not-refreshed");
    }

    @Test
    void a_refresh_that_is_refused_after_a_good_one_is_the_verdict_of_the_link() {
        String bert = TestDatabase.unique("bert");
        TestDatabase.addAccount(bert, PASSWORD);
        JSONObject tokens = alexa.link(bert, PASSWORD);
        alexa.refresh(tokens.getString("refresh_token"));
        assertRecord("refreshed refreshed");
        TestDatabase.ask("SELECT 'done', alexa.disable_account(?)", bert);
        alexa.refresh(tokens.getString("refresh_token"));
        assertRecord("refreshed account-changed");
    }

    @Test
    void a_fault_that_a_stranger_can_cause_who_knows_the_client_id_is_a_warning() throws Exception {
        alexa.withSecret("als_guessed").refresh("alr_x");
        alexa.authorize(with("scope", "admin"));
        alexa.refresh("alr_x");
        assertThat(VERDICTS.ofAll(mine(), List.of()))
                .extracting(finding -> finding.id() + " " + finding.severity().word())
                .containsExactlyInAnyOrder("secret-wrong warning", "scopes-differ warning", "token-unknown info");
    }

    @Test
    void a_link_that_the_listener_or_the_client_ended_has_ended_and_says_by_whom() {
        alexa.link(anna, PASSWORD);
        TestDatabase.ask("SELECT alexa.revoke_links(client_id => ?)", alexa.clientId());
        assertRecord("linked ended");
        assertThat(says()).isEqualTo("the link was ended: unlinked");
    }

    @Test
    void a_refused_refresh_is_part_of_the_row_of_its_code_and_has_a_row_if_that_is_gone() {
        JSONObject tokens = alexa.link(anna, PASSWORD);
        TestDatabase.ask("SELECT alexa.revoke_links(client_id => ?)", alexa.clientId());
        alexa.refresh(tokens.getString("refresh_token"));
        assertRecord("linked ended");
        TestDatabase.change(
                "DELETE FROM alexa.audit_event WHERE event = 'code_issued' AND client_id = ?", alexa.clientId());
        assertRecord("token-request ended");
    }

    @Test
    void a_malformed_request_is_refused_in_its_own_words() {
        alexa.authorize(with("response_type", "token"));
        assertRecord("request request-refused");
        assertThat(says()).isEqualTo("the request was refused: unsupported_response_type: response_type must be code");
    }

    @Test
    void a_stranger_s_client_leaves_no_row() {
        alexa.authorize(with("client_id", "stranger-" + alexa.clientId()));
        assertThat(as("alexa_support", "SELECT count(*) FROM alexa.attempt WHERE client_id LIKE ?", "stranger-%"))
                .isEqualTo("0");
    }

    /** The WAR writes the words, and the view reads them. */
    @ParameterizedTest
    @EnumSource
    void the_view_has_the_id_of_each_reason(Reason reason) {
        TestDatabase.change(
                "INSERT INTO alexa.audit_event (event, client_id, reason) VALUES ('authorization_refused', ?, ?)",
                alexa.clientId(),
                reason.word());
        String verdict = as("alexa_support", "SELECT verdict FROM alexa.attempt WHERE client_id = ?", alexa.clientId());
        assertThat(verdict).isEqualTo(reason.id());
    }

    @Test
    void the_war_reads_all_but_the_person_and_the_link() {
        alexa.link(anna, PASSWORD);
        for (String column : List.of("subject", "link_id")) {
            assertThatThrownBy(() -> as("alexa_app", "SELECT " + column + " FROM alexa.attempt LIMIT 1"))
                    .hasMessageContaining("permission denied for view attempt");
        }
        assertThatThrownBy(() -> as("alexa_app", "SELECT reason FROM alexa.audit_event LIMIT 1"))
                .hasMessageContaining("permission denied");
        assertThatThrownBy(() -> as("alexa_monitor", "SELECT verdict FROM alexa.attempt LIMIT 1"))
                .hasMessageContaining("permission denied");
        assertThat(as("alexa_auditor", "SELECT subject FROM alexa.attempt WHERE client_id = ?", alexa.clientId()))
                .isEqualTo(anna);
    }

    @Test
    void a_fault_before_a_good_attempt_is_told_and_no_error_any_more() throws Exception {
        alexa.withSecret("als_guessed").exchange(alexa.code(anna, PASSWORD));
        assertThat(VERDICTS.ofAll(mine(), List.of())).singleElement().satisfies(fault -> assertThat(fault.severity())
                .isEqualTo(Severity.ERROR));
        alexa.link(anna, PASSWORD);
        assertThat(VERDICTS.ofAll(mine(), List.of()))
                .extracting(Finding::severity)
                .containsExactly(Severity.OK, Severity.INFO);
    }

    /** What a proxy, or the form at Amazon, does to a token request, and the verdict that its code must get. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            no header and no client id              | authorization-lost | neither the header Authorization nor the body has them
            the header of another                   | authorization-lost | not Basic with client_id:client_secret
            Basic that is not base64                | authorization-lost | not Basic with client_id:client_secret
            a client id that is not registered      | client-unknown     | under a client id that is not registered here
            a client id with a blank                | client-unknown     | with white space around client_id
            another client's credentials            | client-differs     | belong to another client
            a resource server's credentials         | client-differs     | belong to another client
            secret in header and body               | request-refused    | client_secret in the body and an Authorization header
            no grant type                           | request-refused    | grant_type is missing
            another grant type                      | request-refused    | grant_type must be authorization_code or refresh_token
            the redirect URI twice                  | request-refused    | redirect_uri is sent more than once
            parameters in the URL                   | request-refused    | parameters belong in the body
            a parameter in the URL, the code not    | request-refused    | parameters belong in the body
            """)
    void a_token_request_with_a_real_code_has_its_verdict_however_broken_it_is(
            String how, String verdict, String says) {
        Map<String, String> form = alexa.codeRequest(alexa.code(anna, PASSWORD));
        String body = Alexa.encoded(form);
        String basic = alexa.basic();
        switch (how) {
            case "no header and no client id" -> alexa.post("/token", body, Map.of());
            case "the header of another" -> alexa.post("/token", body, Map.of("Authorization", "Bearer abc"));
            case "Basic that is not base64" -> alexa.post("/token", body, Map.of("Authorization", "Basic ???"));
            case "a client id that is not registered" ->
                alexa.post("/token", body, Map.of("Authorization", Alexa.basic("alexxa", alexa.secret())));
            case "a client id with a blank" ->
                alexa.post(
                        "/token", body, Map.of("Authorization", Alexa.basic(alexa.clientId() + " ", alexa.secret())));
            case "another client's credentials" ->
                alexa.post("/token", body, Map.of("Authorization", Alexa.basic(musicServer, "als_guessed")));
            case "a resource server's credentials" ->
                alexa.post("/token", body, Map.of("Authorization", Alexa.basic(musicServer, musicServerSecret)));
            case "secret in header and body" ->
                post("/token", body + "&client_id=" + alexa.clientId() + "&client_secret=" + alexa.secret());
            case "no grant type" -> post("/token", body.replace("grant_type=", "grant="));
            case "another grant type" -> post("/token", body.replace("authorization_code", "authorization-code"));
            case "the redirect URI twice" -> post("/token", body + "&redirect_uri=" + Alexa.PITANGUI);
            case "parameters in the URL" -> alexa.post("/token?" + body, "", Map.of("Authorization", basic));
            case "a parameter in the URL, the code not" -> post("/token?client_id=" + alexa.clientId(), body);
            default -> throw new IllegalArgumentException(how);
        }
        moveBack("61 seconds");
        assertRecord("token-request " + verdict);
        assertThat(says()).contains(says);
    }

    @Test
    void a_redeemed_code_that_comes_again_without_a_secret_says_nothing_about_its_link() {
        String code = alexa.code(anna, PASSWORD);
        alexa.exchange(code);
        alexa.post("/token", Alexa.encoded(alexa.codeRequest(code)), Map.of());
        alexa.withSecret("als_guessed").exchange(code);
        assertThat(as(
                        "alexa_support",
                        "SELECT verdict FROM alexa.attempt WHERE client_id = ? AND code_issued_at IS NOT NULL",
                        alexa.clientId()))
                .isEqualTo("linked");
    }

    @Test
    void a_malformed_request_without_a_code_leaves_no_row() {
        alexa.post("/token", "grant_type=authorization_code", Map.of("Authorization", alexa.basic()));
        alexa.post("/token", "grant_type=authorization_code&code=alc_guessed", Map.of());
        assertThat(as("alexa_support", "SELECT count(*) FROM alexa.attempt WHERE client_id = ?", alexa.clientId()))
                .isEqualTo("0");
    }

    /** Counted refusals are written up to a minute later. */
    @Test
    void refusals_that_were_counted_before_a_good_attempt_are_over_with_it() throws Exception {
        AuditRepository counting = new AuditRepository(new Database(TestDatabase.pool()));
        for (int i = 0; i < 3; i++) {
            counting.refused("token_refused", alexa.clientId(), null, "secret_wrong");
        }
        alexa.link(anna, PASSWORD);
        counting.writeCounted();
        assertThat(VERDICTS.each(mine(), List.of(), List.of()))
                .extracting(finding -> finding.id() + " " + finding.severity().word())
                .containsExactly("linked ok", "secret-wrong info", "secret-wrong info");
        assertThat(as(
                        "alexa_support",
                        "SELECT bool_and(first_at <= last_at AND last_at < (SELECT redeemed_at FROM alexa.attempt r WHERE"
                                + " r.client_id = a.client_id AND r.redeemed_at IS NOT NULL)) FROM alexa.attempt a"
                                + " WHERE client_id = ? AND times = 2",
                        alexa.clientId()))
                .isEqualTo("t");
    }

    @Test
    void refusals_of_a_code_that_were_counted_before_it_was_redeemed_are_over_with_it() {
        AuditRepository counting = new AuditRepository(new Database(TestDatabase.pool()));
        String code = alexa.code(anna, PASSWORD);
        Token known = Token.parse(TokenKind.AUTHORIZATION_CODE, code).orElseThrow();
        for (int i = 0; i < 3; i++) {
            counting.codeRefused(
                    "token_refused",
                    alexa.clientId(),
                    known,
                    new OAuthException(ErrorCode.INVALID_CLIENT, Reason.SECRET_WRONG));
        }
        alexa.exchange(code);
        counting.writeCounted();
        assertRecord("linked linked");
    }

    @Test
    void a_link_that_was_ended_within_a_minute_as_the_doctor_does_heals_nothing() throws Exception {
        // what other tests left behind becomes older than this, and is not among the latest
        TestDatabase.moveAuditBack("30 minutes");
        alexa.code(anna, PASSWORD);
        TestDatabase.moveAuditBack("10 minutes");
        JSONObject tokens = alexa.link(anna, PASSWORD);
        alexa.refresh(tokens.getString("refresh_token"));
        post("/revoke", Alexa.encoded(Map.of("token", tokens.getString("refresh_token"))));
        assertThat(VERDICTS.each(mine(), List.of(), List.of()))
                .extracting(finding -> finding.id() + " " + finding.severity().word())
                .containsExactly("ended info", "code-not-fetched error");
        TestDatabase.change(
                "UPDATE alexa.audit_event SET occurred_at = occurred_at - interval '2 minutes'"
                        + " WHERE client_id = ? AND event IN ('code_issued', 'code_redeemed')",
                alexa.clientId());
        assertThat(VERDICTS.each(mine(), List.of(), List.of()))
                .extracting(finding -> finding.id() + " " + finding.severity().word())
                .containsExactly("ended info", "code-not-fetched info");
    }

    @Test
    void a_warning_that_a_stranger_causes_hides_no_error_with_the_same_id() throws Exception {
        alexa.withSecret("als_guessed").exchange(alexa.code(anna, PASSWORD));
        alexa.withSecret("als_guessed").refresh("alr_x");
        assertThat(VERDICTS.ofAll(mine(), List.of()))
                .extracting(finding -> finding.id() + " " + finding.severity().word())
                .containsExactly("secret-wrong error");
    }

    @Test
    void a_malformed_code_challenge_is_no_reason_to_demand_pkce_no_more() throws Exception {
        Map<String, String> request = with("code_challenge", "short");
        request.put("code_challenge_method", "S256");
        alexa.authorize(request);
        assertRecord("request pkce-differs");
        Finding finding = VERDICTS.of(latest());
        assertThat(finding.says()).endsWith("it must be 43 characters of base64url without padding");
        assertThat(finding.cure()).doesNotContain("change_client").contains("S256");
        TestDatabase.ask("SELECT 'done', alexa.change_client(?, pkce_required => true)", alexa.clientId());
        alexa.authorize();
        assertThat(VERDICTS.of(latest()).cure())
                .contains("change_client('" + alexa.clientId() + "', pkce_required => false)");
    }

    @Test
    void a_line_to_paste_about_redirect_uris_harms_nothing_that_is_registered() throws Exception {
        alexa.authorize(with("redirect_uri", Alexa.PITANGUI + "X"));
        Finding finding = VERDICTS
                .findings(
                        new AttemptRepository(new Database(TestDatabase.pool())),
                        new ClientRepository(new Database(TestDatabase.pool())).registrations())
                .stream()
                .filter(each -> each.id().equals("redirect-uri-missing"))
                .filter(each -> each.says().contains(alexa.clientId()))
                .findFirst()
                .orElseThrow();
        assertThat(finding.cure())
                .contains("the three of M2TESTVENDOR are registered")
                .doesNotContain("client uris", "M2EXAMPLE");
    }

    @Test
    void an_issuer_that_a_shell_reads_as_a_command_is_a_word_in_the_line_to_paste() throws Exception {
        alexa.code(anna, PASSWORD);
        moveBack("61 seconds");
        Attempts verdicts =
                new Attempts(URI.create("https://music.example.org/$(id)"), Path.of("/var/lib/tomcat10/logs"));
        assertThat(verdicts.of(latest()).cure())
                .endsWith("\n    java -jar alexa.war doctor 'https://music.example.org/$(id)'");
    }

    @Test
    void dates_in_what_was_found_are_in_the_order_of_time() throws Exception {
        JSONObject tokens = alexa.link(anna, PASSWORD);
        alexa.refresh(tokens.getString("refresh_token"));
        alexa.withSecret("als_guessed").refresh(tokens.getString("refresh_token"));
        post("/revoke", Alexa.encoded(Map.of("token", tokens.getString("refresh_token"))));
        for (Attempt attempt : mine()) {
            String found = VERDICTS.of(attempt).found();
            List<String> dates = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT[0-9:]+Z")
                    .matcher(found)
                    .results()
                    .map(MatchResult::group)
                    .toList();
            assertThat(dates).as(found).isSorted();
        }
    }

    @Test
    void no_finding_names_a_person_a_secret_a_code_or_a_token() throws Exception {
        JSONObject tokens = alexa.link(anna, PASSWORD);
        String code = alexa.code(anna, PASSWORD);
        alexa.withSecret("als_guessed").exchange(code);
        String report = VERDICTS.ofAll(mine(), List.of()).toString();
        assertThat(report)
                .contains("secret-wrong")
                .doesNotContain(
                        anna,
                        code,
                        "als_guessed",
                        alexa.secret(),
                        tokens.getString("access_token"),
                        tokens.getString("refresh_token"));
    }

    private void assertRecord(String... reachedAndVerdict) {
        assertThat(as(
                                "alexa_support",
                                "SELECT string_agg(reached || ' ' || verdict, ', ' ORDER BY began_at) FROM alexa.attempt"
                                        + " WHERE client_id = ?",
                                alexa.clientId())
                        .split(", "))
                .containsExactly(reachedAndVerdict);
    }

    private String says() {
        return as(
                "alexa_support",
                "SELECT says FROM alexa.attempt WHERE client_id = ? ORDER BY began_at DESC LIMIT 1",
                alexa.clientId());
    }

    private Attempt latest() throws SQLException {
        return mine().get(0);
    }

    private List<Attempt> mine() throws SQLException {
        return new AttemptRepository(new Database(TestDatabase.pool()))
                .latest().stream()
                        .filter(attempt -> attempt.clientId().equals(alexa.clientId()))
                        .toList();
    }

    private void moveBack(String interval) {
        TestDatabase.change(
                "UPDATE alexa.audit_event SET occurred_at = occurred_at - i, first_at = first_at - i, last_at = last_at - i"
                        + " FROM (SELECT ?::interval AS i) AS moved WHERE client_id = ?",
                interval,
                alexa.clientId());
    }

    /** One value, asked as a role that cannot log in itself. */
    private static String as(String role, String sql, Object... parameters) {
        List<String> values = new ArrayList<>();
        try (Connection connection = TestDatabase.shared().superuser();
                Statement become = connection.createStatement();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            become.execute("SET ROLE " + role);
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    values.add(row.getString(1));
                }
            }
        } catch (SQLException failed) {
            throw new IllegalStateException(failed.getMessage(), failed);
        }
        return values.isEmpty() ? null : values.get(0);
    }
}
