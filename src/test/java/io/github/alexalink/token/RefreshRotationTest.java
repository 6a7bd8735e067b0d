package io.github.alexalink.token;

import static io.github.alexalink.fixture.cases.MusicServer.isActive;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.cases.Listener.Tokens;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.Granted;
import io.github.alexalink.store.RefreshTokenRepository;
import io.github.alexalink.store.RefreshTokenRepository.Refresh;
import io.github.alexalink.store.SchemaRepository;
import io.github.alexalink.store.Verdict;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@DisplayName("Rotating refresh tokens (RFC 9700 §4.14)")
class RefreshRotationTest {

    private static final int AT_ONCE = 50;
    private static final String PUBLIC = "public => true";

    @Test
    void a_confidential_client_keeps_its_refresh_token_unless_the_operator_says_otherwise() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared());
        Token first = anna.link().refresh();
        assertThat(refreshed(anna, first)).isEqualTo(first);
        assertThat(tokensOf(first)).isEqualTo("1");

        Listener bert = Listener.register(TestDatabase.shared(), "rotate_refresh_token => true");
        Token his = bert.link().refresh();
        assertThat(refreshed(bert, his)).isNotEqualTo(his);
        assertThat(tokensOf(his)).isEqualTo("2");
    }

    @Test
    void a_public_client_gets_another_every_time_and_each_is_good() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), PUBLIC);
        Tokens tokens = anna.link();
        Token current = tokens.refresh();
        for (int i = 0; i < 10; i++) {
            Token successor = refreshed(anna, current);
            assertThat(successor).isNotEqualTo(current);
            assertThat(successor.linkId()).isEqualTo(current.linkId());
            current = successor;
        }
        assertThat(tokensOf(current)).isEqualTo("11");
        assertThat(currentOf(current))
                .as("the last one used, and its successor")
                .isEqualTo("2");
    }

    @Test
    void a_lost_answer_is_asked_for_again_however_late() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), PUBLIC);
        Token first = anna.link().refresh();
        refreshed(anna, first);
        anna.letPass(first, "23 hours");
        Token second = refreshed(anna, first);
        anna.letPass(first, "300 days");
        Token third = refreshed(anna, second);
        anna.letPass(first, "300 days");
        assertThat(anna.refresh(third)).isPresent();
    }

    @Test
    void a_predecessor_is_good_until_its_successor_was_used_and_the_grace_time_is_over() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), PUBLIC + ", rotation_grace => interval '5 minutes'");
        Token first = anna.link().refresh();
        Token second = refreshed(anna, first);
        anna.letPass(first, "1 hour");
        assertThat(anna.refresh(first)).as("its successor has not been used").isPresent();
        refreshed(anna, second);
        anna.letPass(first, "4 minutes 50 seconds");
        assertThat(anna.refresh(first)).as("in its grace time").isPresent();
        anna.letPass(first, "11 seconds");
        assertThat(anna.refresh(first)).as("over").isEmpty();
    }

    @Test
    void reuse_after_the_grace_time_revokes_the_link_with_every_token_and_is_in_the_trail() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), PUBLIC);
        Tokens linked = anna.link();
        Tokens second = anna.refreshed(linked.refresh()).orElseThrow();
        Tokens third = anna.refreshed(second.refresh()).orElseThrow();
        anna.letPass(linked.refresh(), "10 minutes");
        assertThat(isActive(third.access())).isTrue();

        assertThat(anna.refresh(linked.refresh())).isEmpty();
        assertThat(anna.whyNotRefreshed(linked.refresh()))
                .contains(new Verdict(
                        "refresh_token_reused", Optional.of(Reason.REFRESH_TOKEN_REUSED), Optional.empty(), true));

        for (Tokens tokens : List.of(linked, second, third)) {
            assertThat(anna.refresh(tokens.refresh())).isEmpty();
            assertThat(isActive(tokens.access())).isFalse();
        }
        assertThat(anna.whyNotRefreshed(third.refresh()).orElseThrow().sentence())
                .contains("the link was revoked: refresh_token_reused");
        assertThat(anna.whyNotRefreshed(linked.refresh()))
                .as("a link is revoked once")
                .hasValueSatisfying(verdict -> {
                    assertThat(verdict.event()).isEqualTo("token_refused");
                    assertThat(verdict.revoked()).isFalse();
                });
        assertThat(TestDatabase.ask(
                        "SELECT string_agg(concat_ws('|', client_id, subject, reason), ',') FROM alexa.audit_event"
                                + " WHERE link_id = ? AND event = 'refresh_token_reused'",
                        linked.refresh().linkId()))
                .isEqualTo(String.join("|", anna.credentials().clientId(), anna.username(), "refresh_token_reused"));
    }

    @Test
    void of_many_reuses_at_once_one_revokes_the_link() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), PUBLIC);
        Token first = anna.link().refresh();
        refreshed(anna, refreshed(anna, first));
        anna.letPass(first, "11 minutes");
        List<Optional<Verdict>> verdicts = AtOnce.times(20, () -> {
            assertThat(anna.refresh(first)).isEmpty();
            return anna.whyNotRefreshed(first);
        });
        assertThat(verdicts).allSatisfy(verdict -> assertThat(verdict).isPresent());
        assertThat(verdicts.stream()
                        .filter(verdict -> verdict.orElseThrow().revoked())
                        .count())
                .isEqualTo(1);
    }

    @Test
    void of_thief_and_owner_the_first_to_come_back_ends_the_other() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), PUBLIC);
        Token copied = anna.link().refresh();
        Token thief = refreshed(anna, copied);
        Token owner = refreshed(anna, copied);
        Token next = refreshed(anna, owner);
        anna.letPass(copied, "1 hour");
        assertThat(anna.refresh(next)).isPresent();
        assertThat(anna.refresh(thief)).isEmpty();
        assertThat(anna.whyNotRefreshed(thief).orElseThrow().event()).isEqualTo("refresh_token_reused");
        assertThat(anna.refresh(next)).isEmpty();
    }

    @Test
    void a_predecessor_in_its_grace_time_confirms_nothing() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), PUBLIC);
        Token first = anna.link().refresh();
        Token second = refreshed(anna, first);
        Token third = refreshed(anna, second);
        Token late = refreshed(anna, first);
        assertThat(late).isNotIn(first, second, third);
        anna.letPass(first, "1 hour");
        assertThat(anna.refresh(third)).isPresent();
    }

    @Test
    void without_a_grace_time_the_predecessor_ends_with_the_first_use_of_the_successor() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), PUBLIC + ", rotation_grace => interval '0'");
        Token first = anna.link().refresh();
        refreshed(anna, first);
        Token second = refreshed(anna, first);
        refreshed(anna, second);
        assertThat(anna.refresh(first)).isEmpty();
        assertThat(anna.whyNotRefreshed(first).orElseThrow().revoked()).isTrue();
    }

    @Test
    void a_narrower_scope_is_of_the_access_token_only_and_a_wider_one_rotates_nothing() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), PUBLIC);
        Token first = anna.link().refresh();
        RefreshTokenRepository tokens = new RefreshTokenRepository(new Database(TestDatabase.app()));
        Token successor = Token.issue(TokenKind.REFRESH_TOKEN, first.linkId());
        Token access = Token.issue(TokenKind.ACCESS_TOKEN, first.linkId());
        Refresh narrow = new Refresh(anna.credentials(), first, Optional.of(new Scope(List.of("music.read"))));
        assertThat(tokens.refresh(narrow, access, successor))
                .contains(new Granted("music.read", Limits.EXPIRES_IN, true, false));
        assertThat(anna.refresh(successor).orElseThrow().scope()).isEqualTo("music.read music.control");

        String before = tokensOf(first);
        Refresh wide =
                new Refresh(anna.credentials(), successor, Optional.of(new Scope(List.of("music.read", "more"))));
        assertThat(tokens.refresh(
                        wide,
                        Token.issue(TokenKind.ACCESS_TOKEN, first.linkId()),
                        Token.issue(TokenKind.REFRESH_TOKEN, first.linkId())))
                .isEmpty();
        assertThat(tokens.whyNotRefreshed(wide).orElseThrow().reason()).contains(Reason.SCOPE_TOO_WIDE);
        assertThat(tokensOf(first)).isEqualTo(before);
    }

    @Test
    void another_client_can_neither_use_a_token_nor_end_its_link_with_an_old_one() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), "rotate_refresh_token => true");
        Token first = anna.link().refresh();
        Token second = refreshed(anna, first);
        refreshed(anna, second);
        anna.letPass(first, "1 hour");

        Listener stranger = anna.as(new ClientCredentials(anna.credentials().clientId(), List.of(), false));
        assertThat(stranger.refresh(second)).isEmpty();
        Listener other = Listener.register(TestDatabase.shared(), PUBLIC);
        assertThat(other.refresh(second)).isEmpty();
        assertThat(other.whyNotRefreshed(first))
                .contains(new Verdict(
                        "token_refused", Optional.of(Reason.REFRESH_TOKEN_OF_ANOTHER_CLIENT), Optional.empty(), false));
        assertThat(anna.refresh(second)).isPresent();
    }

    @Test
    void fifty_refreshes_of_one_token_at_once_are_fifty_answers_one_family_and_a_live_link() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), PUBLIC);
        Token first = anna.link().refresh();
        List<Tokens> answers = AtOnce.times(AT_ONCE, () -> anna.refreshed(first).orElseThrow());
        List<Token> successors = answers.stream().map(Tokens::refresh).toList();
        assertThat(successors).doesNotHaveDuplicates().doesNotContain(first);
        assertThat(answers)
                .allSatisfy(tokens -> assertThat(isActive(tokens.access())).isTrue());

        Token kept = successors.get(AT_ONCE / 2);
        Token next = refreshed(anna, kept);
        assertThat(currentOf(first))
                .as("the one that was kept, and its successor")
                .isEqualTo("2");
        anna.letPass(first, "1 hour");
        Token last = refreshed(anna, next);
        assertThat(anna.refresh(last)).isPresent();
        assertThat(anna.refresh(successors.get(0)))
                .as("one that nobody kept is no second family")
                .isEmpty();
    }

    @RepeatedTest(3)
    @Tag("thorough")
    void fifty_refreshes_of_one_token_at_once_are_fifty_answers_one_family_and_a_live_link_again() throws Exception {
        fifty_refreshes_of_one_token_at_once_are_fifty_answers_one_family_and_a_live_link();
    }

    @Test
    void fifty_successors_used_at_once_do_not_wait_and_leave_the_link_alive() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), PUBLIC);
        Token first = anna.link().refresh();
        List<Callable<Token>> uses = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            Token successor = refreshed(anna, first);
            uses.add(() -> refreshed(anna, successor));
        }
        List<Token> next = AtOnce.all(uses);
        anna.letPass(first, "5 minutes");
        for (Token token : next) {
            assertThat(anna.refresh(token)).isPresent();
        }
    }

    @RepeatedTest(3)
    @Tag("thorough")
    void fifty_successors_used_at_once_do_not_wait_and_leave_the_link_alive_again() throws Exception {
        fifty_successors_used_at_once_do_not_wait_and_leave_the_link_alive();
    }

    @Test
    void an_overlapping_repeat_does_not_end_the_token_of_a_client_that_went_on() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), PUBLIC);
        Token first = anna.link().refresh();
        Token second = refreshed(anna, first);
        Token third;
        try (Connection repeat = TestDatabase.shared().superuser();
                PreparedStatement holding =
                        repeat.prepareStatement("SELECT FROM alexa.refresh_token WHERE token_hash = ? FOR UPDATE")) {
            // another request with this token has locked its row and has not committed
            repeat.setAutoCommit(false);
            holding.setBytes(1, first.hash().bytes());
            holding.executeQuery().close();
            third = refreshed(anna, second);
            repeat.rollback();
        }
        assertThat(anna.refresh(first)).as("a third one, sent before").isPresent();
        anna.letPass(first, "1 hour");
        assertThat(anna.refresh(third)).isPresent();
    }

    @Test
    void a_client_that_never_takes_the_successor_neither_loses_its_link_nor_fills_the_disk() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), PUBLIC);
        Token stubborn = anna.link().refresh();
        for (int hour = 0; hour < 60; hour++) {
            assertThat(refreshed(anna, stubborn)).isNotEqualTo(stubborn);
            anna.letPass(stubborn, "6 hours");
        }
        new SchemaRepository(new Database(TestDatabase.app())).maintain();
        assertThat(Integer.parseInt(tokensOf(stubborn)))
                .as("those of a day that may be used, those of seven days whose use would be noticed, itself")
                .isBetween(2, 1 + (1 + 7) * 4 + 1);
        assertThat(anna.refresh(stubborn)).isPresent();
    }

    @Test
    void a_link_that_exists_rotates_from_when_the_operator_says_so() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared());
        Token first = anna.link().refresh();
        assertThat(refreshed(anna, first)).isEqualTo(first);
        change(anna, "rotate_refresh_token => true");
        Token second = refreshed(anna, first);
        assertThat(second).isNotEqualTo(first);
        refreshed(anna, second);
        anna.letPass(first, "1 hour");
        assertThat(anna.refresh(first)).isEmpty();
    }

    @Test
    void when_rotation_is_switched_off_the_current_one_is_repeated_and_an_old_one_still_has_an_end() throws Exception {
        Listener anna = Listener.register(TestDatabase.shared(), "rotate_refresh_token => true");
        Token first = anna.link().refresh();
        Token second = refreshed(anna, first);
        Token third = refreshed(anna, second);
        change(anna, "rotate_refresh_token => false");
        assertThat(refreshed(anna, third)).isEqualTo(third);

        Token late = refreshed(anna, first);
        assertThat(late).as("one that ends in minutes is no answer").isNotEqualTo(first);
        anna.letPass(first, "1 hour");
        assertThat(refreshed(anna, late)).isEqualTo(late);
        assertThat(refreshed(anna, third)).isEqualTo(third);
        assertThat(anna.refresh(first)).isEmpty();
        assertThat(anna.whyNotRefreshed(first).orElseThrow().revoked()).isTrue();
    }

    private static Token refreshed(Listener listener, Token refreshToken) throws Exception {
        return listener.refreshed(refreshToken)
                .orElseThrow(() -> new AssertionError("refused: " + refreshToken))
                .refresh();
    }

    private static void change(Listener listener, String policy) {
        TestDatabase.ask(
                "SELECT 'done', alexa.change_client(client_id => ?, " + policy + ")",
                listener.credentials().clientId());
    }

    private static String tokensOf(Token ofTheLink) {
        return TestDatabase.ask("SELECT count(*) FROM alexa.refresh_token WHERE link_id = ?", ofTheLink.linkId());
    }

    private static String currentOf(Token ofTheLink) {
        return TestDatabase.ask(
                "SELECT count(*) FROM alexa.refresh_token WHERE link_id = ? AND superseded_at IS NULL",
                ofTheLink.linkId());
    }
}
