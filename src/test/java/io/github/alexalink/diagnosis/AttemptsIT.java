package io.github.alexalink.diagnosis;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.store.AttemptRepository;
import io.github.alexalink.store.AttemptRepository.Attempt;
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
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("The record says of each attempt to link how far it came, and why no further")
class AttemptsIT extends UnderAttack {

    private static final URI HERE = URI.create("https://music.example.org/alexa");

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
        Finding finding = new Attempts(HERE, Path.of("/var/lib/tomcat10/logs"))
                .of(new Attempt(
                        waiting.clientId(),
                        waiting.beganAt(),
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
        assertThat(new Attempts(HERE, Path.of("/var/lib/tomcat10/logs"))
                        .of(latest())
                        .severity())
                .isEqualTo(Severity.OK);
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
        assertThat(new Attempts(HERE, Path.of("/var/lib/tomcat10/logs")).ofAll(mine()))
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
        // a client that is not registered, or not named, has no row
        assertThat(verdict)
                .isEqualTo(
                        reason == Reason.CLIENT_UNKNOWN || reason == Reason.AUTHENTICATION_MISSING
                                ? "request-refused"
                                : reason.id());
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
        assertThat(new Attempts(HERE, Path.of("/var/lib/tomcat10/logs")).ofAll(mine()))
                .singleElement()
                .satisfies(fault -> assertThat(fault.severity()).isEqualTo(Severity.ERROR));
        alexa.link(anna, PASSWORD);
        assertThat(new Attempts(HERE, Path.of("/var/lib/tomcat10/logs")).ofAll(mine()))
                .extracting(Finding::severity)
                .containsExactly(Severity.OK, Severity.INFO);
    }

    @Test
    void no_finding_names_a_person_a_secret_a_code_or_a_token() throws Exception {
        JSONObject tokens = alexa.link(anna, PASSWORD);
        String code = alexa.code(anna, PASSWORD);
        alexa.withSecret("als_guessed").exchange(code);
        String report = new Attempts(HERE, Path.of("/var/lib/tomcat10/logs"))
                .ofAll(mine())
                .toString();
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
                "UPDATE alexa.audit_event SET occurred_at = occurred_at - ?::interval WHERE client_id = ?",
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
