package io.github.alexalink.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AccountRepository;
import io.github.alexalink.store.AuthorizationCodeRepository;
import io.github.alexalink.store.AuthorizationCodeRepository.CodeRedemption;
import io.github.alexalink.store.AuthorizationCodeRepository.Consent;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.Granted;
import io.github.alexalink.store.RefreshTokenRepository;
import io.github.alexalink.store.RefreshTokenRepository.Refresh;
import io.github.alexalink.store.SchemaRepository;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The work of a DBA: support, unlinking, erasing, upkeep")
class DbaWorkTest {

    private static final String URI = "https://pitangui.amazon.com/api/skill/link/M2X";

    private final Database database = new Database(TestDatabase.pool());
    private final RefreshTokenRepository tokens = new RefreshTokenRepository(database);
    private final AuthorizationCodeRepository codes = new AuthorizationCodeRepository(database);
    private final String client = TestDatabase.unique("client");
    private final String anna = TestDatabase.unique("anna");
    private ClientCredentials credentials;

    @BeforeEach
    void register() throws SQLException {
        String secret = TestDatabase.register(client, List.of(URI));
        credentials = new ClientCredentials(client, List.of(Sha256.of(secret)), true);
        TestDatabase.addAccount(anna, "a password of some length");
        // the tests here count deleted rows, and other tests leave rows that are to be deleted
        new SchemaRepository(database).maintain();
    }

    @Test
    void support_sees_who_is_linked_and_what_failed_last_and_never_a_hash() throws Exception {
        Token refreshToken = link(anna);
        refresh(refreshToken);
        assertThat(linked("state")).isEqualTo("live");
        assertThat(linked("client_name")).isEqualTo("Amazon Alexa");
        assertThat(linked("last_failure")).isNull();
        tokens.whyNotRefreshed(
                new Refresh(credentials, refreshToken, Optional.of(new Scope(List.of("music.read", "more")))));
        assertThat(linked("last_failure")).isEqualTo("token refused: scope_too_wide");
        assertThat(TestDatabase.ask("SELECT string_agg(column_name, ' ') FROM information_schema.columns"
                        + " WHERE table_schema = 'alexa' AND table_name IN ('linked', 'capacity', 'audit_trail')"
                        + " AND column_name LIKE '%hash%'"))
                .isNull();
        as("alexa_support", "SELECT * FROM alexa.linked", "SELECT * FROM alexa.capacity");
        as("alexa_auditor", "SELECT * FROM alexa.audit_trail");
        as(
                "alexa_monitor",
                "SELECT * FROM alexa.maintenance_status",
                "SELECT * FROM alexa.partition",
                "SELECT * FROM alexa.capacity");
        assertThatThrownBy(() -> as("alexa_support", "SELECT token_hash FROM alexa.refresh_token"))
                .hasMessageContaining("permission denied");
        assertThatThrownBy(() -> as("alexa_monitor", "SELECT * FROM alexa.linked"))
                .hasMessageContaining("permission denied");
    }

    @Test
    void unlinking_a_person_ends_the_links_and_codes_of_that_person_alone() throws Exception {
        String bert = TestDatabase.unique("bert");
        Token hers = link(anna);
        Token his = link(bert);
        CodeRedemption pending = code(anna);
        assertThat(TestDatabase.ask("SELECT alexa.revoke_links(subject => ?)", anna))
                .isEqualTo("1");
        assertThat(refresh(hers)).isEmpty();
        assertThat(redeem(pending)).isFalse();
        assertThat(refresh(his)).isPresent();
        assertThat(linked("state")).startsWith("ended ").endsWith(": unlinked");
        assertThat(TestDatabase.ask("SELECT alexa.revoke_links(subject => ?)", anna))
                .isEqualTo("0");
    }

    @Test
    void unlinking_by_client_or_before_a_moment_ends_those_links_and_no_others() throws Exception {
        Token early = link(anna);
        TestDatabase.change("UPDATE alexa.link SET created_at = now() - interval '1 day' WHERE client_id = ?", client);
        Token late = link(anna);
        assertThat(TestDatabase.ask(
                        "SELECT alexa.revoke_links(client_id => ?, before => now() - interval '1 hour')", client))
                .isEqualTo("1");
        assertThat(refresh(early)).isEmpty();
        assertThat(refresh(late)).isPresent();
        assertThat(TestDatabase.ask("SELECT alexa.revoke_links(client_id => ?)", client))
                .isEqualTo("1");
        assertThat(refresh(late)).isEmpty();
        assertThatThrownBy(() -> TestDatabase.ask("SELECT alexa.revoke_links()"))
                .hasStackTraceContaining("say whose links");
        assertThatThrownBy(() -> TestDatabase.ask("SELECT alexa.revoke_links(client_id => 'nobody at all')"))
                .hasStackTraceContaining("there is no client");
    }

    @Test
    void erasing_a_person_takes_everything_and_leaves_the_events_without_the_name() throws Exception {
        Token refreshToken = link(anna);
        refresh(refreshToken);
        code(anna);
        String events = TestDatabase.ask("SELECT count(*) FROM alexa.audit_event WHERE client_id = ?", client);
        JSONObject stored = new JSONObject(TestDatabase.ask("SELECT alexa.export_user(?)", anna));
        assertThat(stored.getJSONObject("account").getString("username")).isEqualTo(anna);
        assertThat(stored.getJSONArray("links")).hasSize(1);
        assertThat(stored.getJSONArray("codes")).hasSize(2);
        assertThat(stored.getJSONArray("events")).isNotEmpty();
        assertThat(stored.toString()).doesNotContain("hash", "$210000$");

        assertThat(TestDatabase.ask("SELECT string_agg(relation || ' ' || rows, ', ') FROM alexa.erase_user(?)", anna))
                .startsWith("account 1, authorization_code 2, refresh_token 1, link 1, audit_event,");

        assertThat(refresh(refreshToken)).isEmpty();
        assertThatThrownBy(() -> TestDatabase.ask("SELECT alexa.export_user(?)", anna))
                .hasStackTraceContaining("nothing is stored about this person");
        assertThat(TestDatabase.ask("SELECT count(*) FROM alexa.audit_event WHERE client_id = ?", client))
                .isEqualTo(events);
        assertThatThrownBy(() -> TestDatabase.ask("SELECT relation FROM alexa.erase_user(?)", anna))
                .hasStackTraceContaining("nothing is stored about this person");
    }

    @Test
    void changing_a_client_leaves_what_is_not_named() {
        TestDatabase.ask(
                "SELECT 'done', alexa.change_client(?, refresh_token_lifetime => '30 days', scopes => '{music.read}')",
                client);
        assertThat(listed()).isEqualTo("Amazon Alexa|t|music.read|1|01:00:00|30 days");
        TestDatabase.ask("SELECT 'done', alexa.change_client(?, refresh_token_lifetime => '0')", client);
        assertThat(listed()).isEqualTo("Amazon Alexa|t|music.read|1|01:00:00|");
        assertThatThrownBy(() -> TestDatabase.ask(
                        "SELECT 'done', alexa.change_client(?, access_token_lifetime => '1 minute')", client))
                .hasStackTraceContaining("access_token_lives_360s_to_a_day");
    }

    @Test
    void revoked_links_and_expired_refresh_tokens_are_deleted_after_their_retention_in_batches() throws Exception {
        Token revoked = link(anna);
        Token expired = link(anna);
        Token live = link(anna);
        TestDatabase.change(
                "UPDATE alexa.link SET revoked_at = now() - interval '91 days', revoked_because = 'unlinked'"
                        + " WHERE link_id = ?",
                revoked.linkId());
        TestDatabase.change(
                "UPDATE alexa.refresh_token SET expires_at = now() - interval '91 days' WHERE link_id = ?",
                expired.linkId());
        assertThat(new SchemaRepository(database).maintain())
                .contains("1 expired refresh tokens deleted", "1 revoked links deleted");
        assertThat(TestDatabase.ask(
                        "SELECT string_agg(coalesce(revoked_because, 'live'), ' ' ORDER BY revoked_because)"
                                + " FROM alexa.link WHERE client_id = ?",
                        client))
                .isEqualTo("refresh_token_expired live");
        assertThat(refresh(live)).isPresent();
    }

    @Test
    void superseded_refresh_tokens_are_deleted_after_a_week_and_current_ones_are_not() throws Exception {
        Token first = link(anna);
        TestDatabase.ask("SELECT 'done', alexa.change_client(?, rotate_refresh_token => true)", client);
        Token second = rotate(first);
        Token third = rotate(second);
        Token fourth = rotate(third);
        superseded(first, "7 days 1 second");
        superseded(second, "6 days 23 hours");
        assertThat(new SchemaRepository(database).maintain()).contains("1 superseded refresh tokens deleted");
        assertThat(stored(first)).isFalse();
        assertThat(stored(second)).isTrue();
        assertThat(stored(third)).isTrue();
        assertThat(stored(fourth)).isTrue();

        // a deleted token is unknown, so its reuse no longer ends the link
        assertThat(refresh(first)).isEmpty();
        assertThat(tokens.whyNotRefreshed(new Refresh(credentials, first, Optional.empty())))
                .isEmpty();
        assertThat(refresh(fourth)).isPresent();
    }

    @Test
    void superseded_refresh_tokens_are_kept_as_long_as_the_dba_says() throws Exception {
        Token first = link(anna);
        TestDatabase.ask("SELECT 'done', alexa.change_client(?, rotate_refresh_token => true)", client);
        rotate(rotate(first));
        superseded(first, "2 days");
        new SchemaRepository(database).maintain();
        assertThat(stored(first)).isTrue();
        try {
            TestDatabase.change("UPDATE alexa.retention SET keep = '1 day' WHERE what = 'refresh_token'");
            new SchemaRepository(database).maintain();
            assertThat(stored(first)).isFalse();
        } finally {
            TestDatabase.change("UPDATE alexa.retention SET keep = '7 days' WHERE what = 'refresh_token'");
        }
        assertThatThrownBy(() -> TestDatabase.change(
                        "UPDATE alexa.retention SET keep = '23 hours' WHERE what = 'refresh_token'"))
                .hasStackTraceContaining("keeps_what_is_good");
    }

    @Test
    void a_refresh_token_that_was_idle_too_long_is_deleted_and_its_link_ends() throws Exception {
        Token idle = link(anna);
        Token recent = link(anna);
        idleSince(idle, "91 days");
        idleSince(recent, "89 days");
        assertThat(new SchemaRepository(database).maintain()).contains("1 expired refresh tokens deleted");
        assertThat(stored(idle)).isFalse();
        assertThat(over(idle)).isEqualTo("refresh_token_expired");
        assertThat(stored(recent)).isTrue();
        assertThat(over(recent)).isNull();
    }

    @Test
    void a_link_ends_with_its_last_current_token_although_a_superseded_one_is_still_kept() throws Exception {
        Token first = link(anna);
        TestDatabase.ask("SELECT 'done', alexa.change_client(?, rotate_refresh_token => true)", client);
        Token second = rotate(first);
        Token third = rotate(second);
        idleSince(second, "91 days");
        new SchemaRepository(database).maintain();
        assertThat(stored(second)).isFalse();
        assertThat(over(first)).isNull();

        idleSince(third, "91 days");
        new SchemaRepository(database).maintain();
        assertThat(stored(first)).isTrue();
        assertThat(over(first)).isEqualTo("refresh_token_expired");
    }

    @Test
    void overdue_upkeep_is_reported_in_words() throws Exception {
        SchemaRepository schema = new SchemaRepository(database);
        schema.maintain();
        assertThat(schema.maintenanceWarning()).isEmpty();
        try {
            TestDatabase.change("UPDATE alexa.maintenance SET last_run_at = now() - interval '25 hours'");
            assertThat(schema.maintenanceWarning()).hasValueSatisfying(words -> assertThat(words)
                    .startsWith("maintenance has not run since ")
                    .endsWith(": run SELECT * FROM alexa.maintain()"));
            assertThat(schema.whyNotReady()).isEmpty();
        } finally {
            schema.maintain();
        }
        assertThat(schema.maintenanceWarning()).isEmpty();
    }

    @Test
    void last_used_at_is_written_at_most_once_in_twenty_hours() throws Exception {
        Token refreshToken = link(anna);
        refresh(refreshToken);
        String first = lastUsed(refreshToken);
        refresh(refreshToken);
        assertThat(lastUsed(refreshToken)).isEqualTo(first);
        TestDatabase.change(
                "UPDATE alexa.refresh_token SET last_used_at = now() - interval '20 hours 1 minute' WHERE link_id = ?",
                refreshToken.linkId());
        refresh(refreshToken);
        assertThat(lastUsed(refreshToken)).isGreaterThan(first);
    }

    private CodeRedemption code(String subject) throws SQLException {
        Token code = Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId());
        AccountRepository.SignedIn signedIn = Listener.signIn(new Database(TestDatabase.pool()), subject);
        codes.issue(code, new Consent(client, URI, URI, Optional.empty(), signedIn, new Scope(List.of("music.read"))));
        return new CodeRedemption(credentials, code, URI, Optional.empty());
    }

    private boolean redeem(CodeRedemption redemption) throws SQLException {
        return codes.redeem(
                        redemption,
                        Token.issue(TokenKind.ACCESS_TOKEN, redemption.code().linkId()),
                        Token.issue(TokenKind.REFRESH_TOKEN, redemption.code().linkId()))
                .isPresent();
    }

    private Token link(String subject) throws SQLException {
        CodeRedemption redemption = code(subject);
        Token refreshToken =
                Token.issue(TokenKind.REFRESH_TOKEN, redemption.code().linkId());
        assertThat(codes.redeem(
                        redemption,
                        Token.issue(TokenKind.ACCESS_TOKEN, redemption.code().linkId()),
                        refreshToken))
                .isPresent();
        return refreshToken;
    }

    private Optional<Granted> refresh(Token refreshToken) throws SQLException {
        return tokens.refresh(
                new Refresh(credentials, refreshToken, Optional.empty()),
                Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId()),
                Token.issue(TokenKind.REFRESH_TOKEN, refreshToken.linkId()));
    }

    private Token rotate(Token refreshToken) throws SQLException {
        Token successor = Token.issue(TokenKind.REFRESH_TOKEN, refreshToken.linkId());
        assertThat(tokens.refresh(
                        new Refresh(credentials, refreshToken, Optional.empty()),
                        Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId()),
                        successor))
                .hasValueSatisfying(granted -> assertThat(granted.rotated()).isTrue());
        return successor;
    }

    private static void superseded(Token token, String ago) {
        assertThat(TestDatabase.change(
                        "UPDATE alexa.refresh_token SET superseded_at = now() - ?::interval"
                                + " WHERE link_id = ? AND token_hash = ? AND superseded_at IS NOT NULL",
                        ago,
                        token.linkId(),
                        token.hash().bytes()))
                .isEqualTo(1);
    }

    private static void idleSince(Token token, String ago) {
        assertThat(TestDatabase.change(
                        "UPDATE alexa.refresh_token SET idle_until = now() - ?::interval"
                                + " WHERE link_id = ? AND token_hash = ?",
                        ago,
                        token.linkId(),
                        token.hash().bytes()))
                .isEqualTo(1);
    }

    private static boolean stored(Token token) {
        return TestDatabase.ask(
                        "SELECT 1 FROM alexa.refresh_token WHERE link_id = ? AND token_hash = ?",
                        token.linkId(),
                        token.hash().bytes())
                != null;
    }

    /** Why a link was revoked; null if it is live. */
    private static String over(Token ofLink) {
        return TestDatabase.ask("SELECT revoked_because FROM alexa.link WHERE link_id = ?", ofLink.linkId());
    }

    private String linked(String column) {
        return TestDatabase.ask("SELECT " + column + " FROM alexa.linked WHERE subject = ?", anna);
    }

    private String listed() {
        return TestDatabase.ask(
                "SELECT concat_ws('|', display_name, enabled, scopes, valid_secrets, access_token_lifetime,"
                        + " coalesce(refresh_token_lifetime::text, '')) FROM alexa.list_clients() WHERE client_id = ?",
                client);
    }

    private static String lastUsed(Token refreshToken) {
        return TestDatabase.ask(
                "SELECT last_used_at FROM alexa.refresh_token WHERE link_id = ?", refreshToken.linkId());
    }

    private static void as(String role, String... statements) throws SQLException {
        try (Connection connection = TestDatabase.shared().superuser();
                Statement statement = connection.createStatement()) {
            statement.execute("SET ROLE " + role);
            for (String sql : statements) {
                statement.executeQuery(sql).close();
            }
        }
    }
}
