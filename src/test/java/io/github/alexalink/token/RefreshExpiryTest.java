package io.github.alexalink.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.store.Verdict;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Refresh tokens with an idle and an absolute expiry (RFC 9700 §4.14.2)")
class RefreshExpiryTest {

    private static final String ABSOLUTE = "refresh_token_lifetime => interval '30 days'";
    private static final String IDLE = "refresh_token_idle => interval '10 days'";
    private static final String ROTATING = ", rotate_refresh_token => true";

    @Test
    void by_default_refresh_tokens_never_expire() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared());
        Token refreshToken = anna.link().refresh();
        assertThat(TestDatabase.ask(
                        "SELECT expires_at IS NULL AND idle_until IS NULL FROM alexa.refresh_token WHERE link_id = ?",
                        refreshToken.linkId()))
                .isEqualTo("t");
        anna.letPass(refreshToken, "10 years");
        assertThat(anna.refresh(refreshToken)).isPresent();
    }

    @Test
    void the_absolute_expiry_counts_from_the_consent_however_often_the_token_is_used() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), ABSOLUTE);
        Token refreshToken = anna.link().refresh();
        for (int day = 0; day < 29; day++) {
            anna.letPass(refreshToken, "1 day");
            assertThat(anna.refresh(refreshToken)).as("day " + day).isPresent();
        }
        anna.letPass(refreshToken, "23 hours 59 minutes");
        assertThat(anna.refresh(refreshToken)).isPresent();
        anna.letPass(refreshToken, "2 minutes");
        assertRefused(anna, refreshToken, Reason.REFRESH_TOKEN_EXPIRED);
    }

    @Test
    void rotation_does_not_prolong_the_absolute_expiry() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), ABSOLUTE + ROTATING);
        Token current = anna.link().refresh();
        for (int i = 0; i < 6; i++) {
            anna.letPass(current, "4 days 23 hours");
            current = anna.refreshed(current).orElseThrow().refresh();
        }
        assertThat(TestDatabase.ask(
                        "SELECT concat(count(*), ' ', count(DISTINCT expires_at)) FROM alexa.refresh_token"
                                + " WHERE link_id = ?",
                        current.linkId()))
                .isEqualTo("7 1");
        anna.letPass(current, "6 hours 1 minute");
        assertRefused(anna, current, Reason.REFRESH_TOKEN_EXPIRED);
    }

    @Test
    void the_idle_expiry_counts_from_the_last_use_and_a_day_on_top_is_a_gift() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), IDLE);
        Token refreshToken = anna.link().refresh();
        for (int i = 0; i < 20; i++) {
            anna.letPass(refreshToken, "9 days 23 hours");
            assertThat(anna.refresh(refreshToken)).isPresent();
        }
        anna.letPass(refreshToken, "10 days 23 hours 59 minutes");
        assertThat(anna.refresh(refreshToken)).isPresent();
        anna.letPass(refreshToken, "11 days 1 minute");
        assertRefused(anna, refreshToken, Reason.REFRESH_TOKEN_IDLE);
    }

    @Test
    void the_idle_expiry_is_written_at_most_once_in_twenty_hours_and_never_too_short() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), IDLE);
        Token refreshToken = anna.link().refresh();
        anna.refresh(refreshToken);
        String written = idleUntil(refreshToken);
        anna.refresh(refreshToken);
        assertThat(idleUntil(refreshToken)).isEqualTo(written);
        // a use that is not written down, and ten days after it
        anna.letPass(refreshToken, "19 hours 59 minutes");
        anna.refresh(refreshToken);
        anna.letPass(refreshToken, "10 days");
        assertThat(anna.refresh(refreshToken)).isPresent();
    }

    @Test
    void the_idle_time_of_a_successor_counts_from_its_issue_and_an_unused_one_expires() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), IDLE + ROTATING);
        Token first = anna.link().refresh();
        anna.letPass(first, "9 days");
        Token second = anna.refreshed(first).orElseThrow().refresh();
        anna.letPass(first, "9 days");
        Token third = anna.refreshed(second).orElseThrow().refresh();
        anna.letPass(first, "11 days 1 minute");
        assertRefused(anna, third, Reason.REFRESH_TOKEN_IDLE);
    }

    @Test
    void of_idle_and_absolute_expiry_the_first_to_come_ends_the_token() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), IDLE + ", " + ABSOLUTE);
        Token idle = anna.link().refresh();
        anna.letPass(idle, "11 days 1 minute");
        assertRefused(anna, idle, Reason.REFRESH_TOKEN_IDLE);
        Token busy = anna.link().refresh();
        for (int i = 0; i < 3; i++) {
            anna.letPass(busy, "9 days 12 hours");
            assertThat(anna.refresh(busy)).isPresent();
        }
        anna.letPass(busy, "2 days");
        assertRefused(anna, busy, Reason.REFRESH_TOKEN_EXPIRED);
    }

    @Test
    void an_expired_refresh_token_is_no_reuse_and_revokes_nothing() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), ABSOLUTE + ROTATING);
        Token refreshToken = anna.link().refresh();
        anna.letPass(refreshToken, "31 days");
        assertRefused(anna, refreshToken, Reason.REFRESH_TOKEN_EXPIRED);
        assertThat(TestDatabase.ask(
                        "SELECT revoked_at IS NULL FROM alexa.link WHERE link_id = ?", refreshToken.linkId()))
                .isEqualTo("t");
    }

    @Test
    void a_policy_that_changes_counts_from_the_next_use_on_for_idling_and_for_new_links_only_otherwise()
            throws Exception {
        Listener anna = Listener.register(TestDatabase.shared());
        Token refreshToken = anna.link().refresh();
        change(anna, IDLE + ", " + ABSOLUTE);
        anna.letPass(refreshToken, "300 days");
        assertThat(anna.refresh(refreshToken)).isPresent();
        anna.letPass(refreshToken, "10 days");
        assertThat(anna.refresh(refreshToken)).isPresent();
        change(anna, "refresh_token_idle => interval '0'");
        assertThat(idleUntil(refreshToken)).as("until its next use").isNotNull();
        anna.letPass(refreshToken, "9 days");
        assertThat(anna.refresh(refreshToken)).isPresent();
        assertThat(idleUntil(refreshToken)).isNull();
        anna.letPass(refreshToken, "300 days");
        assertThat(anna.refresh(refreshToken)).isPresent();

        Token young = anna.link().refresh();
        anna.letPass(young, "30 days 1 second");
        assertRefused(anna, young, Reason.REFRESH_TOKEN_EXPIRED);
    }

    private static void assertRefused(Listener listener, Token refreshToken, Reason reason) throws Exception {
        assertThat(listener.refresh(refreshToken)).isEmpty();
        assertThat(listener.whyNotRefreshed(refreshToken))
                .contains(new Verdict("token_refused", Optional.of(reason), Optional.empty(), false));
    }

    private static void change(Listener listener, String policy) {
        TestDatabase.ask(
                "SELECT 'done', alexa.change_client(client_id => ?, " + policy + ")",
                listener.credentials().clientId());
    }

    private static String idleUntil(Token refreshToken) {
        return TestDatabase.ask("SELECT idle_until FROM alexa.refresh_token WHERE link_id = ?", refreshToken.linkId());
    }
}
