package io.github.alexalink.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AuthorizationCodeRepository;
import io.github.alexalink.store.AuthorizationCodeRepository.CodeRedemption;
import io.github.alexalink.store.Database;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A code was redeemed by a Tomcat that died before it could answer")
class CodeAnsweredTest {

    private Listener anna;
    private Token code;
    private Token unheard;

    @BeforeEach
    void redeemed() throws SQLException {
        anna = Listener.register(TestDatabase.shared());
        code = anna.allow();
        unheard = refreshToken();
        assertThat(anna.redeemUnheard(code, unheard)).isPresent();
    }

    @Test
    void a_repeated_request_gets_tokens_of_its_own_a_second_later() throws SQLException {
        letPass("1 second");
        Token refreshToken = refreshToken();
        assertThat(anna.redeem(code, refreshToken)).hasValueSatisfying(granted -> {
            assertThat(granted.scope()).isEqualTo("music.read music.control");
            assertThat(granted.expiresIn()).isEqualTo(Limits.EXPIRES_IN);
        });
        assertThat(anna.refresh(refreshToken)).isPresent();
        assertThat(count("alexa.link")).isEqualTo("1");
        assertThat(TestDatabase.ask(
                        "SELECT string_agg(coalesce(reason, '-'), ', ' ORDER BY event_id) FROM alexa.audit_event"
                                + " WHERE event = 'code_redeemed' AND link_id = ?",
                        code.linkId()))
                .isEqualTo("-, first_answer_lost");
    }

    @Test
    void a_request_repeated_sooner_gets_no_verdict_because_the_first_may_just_be_answered() throws SQLException {
        letPass("-5 seconds"); // so that the test may take more than a second
        assertThat(anna.redeem(code, refreshToken())).isEmpty();
        assertThat(anna.whyNotRedeemed(code)).hasValueSatisfying(verdict -> {
            assertThat(verdict.isUnanswered()).isTrue();
            assertThat(verdict.reason()).isEmpty();
        });
        assertThat(count("alexa.audit_event")).as("issued and redeemed").isEqualTo("2");
    }

    @Test
    void once_a_request_is_answered_a_repetition_is_refused_for_ever() throws SQLException {
        letPass("1 second");
        assertThat(anna.redeem(code, refreshToken())).isPresent();
        letPass("2 seconds");
        assertThat(anna.redeem(code, refreshToken())).isEmpty();
        assertThat(anna.whyNotRedeemed(code)).hasValueSatisfying(verdict -> {
            assertThat(verdict.event()).isEqualTo("code_repeated");
            assertThat(verdict.reason()).contains(Reason.CODE_ALREADY_REDEEMED);
        });
    }

    @Test
    void of_many_repetitions_at_once_one_redeems_the_code_and_nobody_else_within_a_second() throws Exception {
        try (HikariDataSource open = openConnections(32)) {
            AuthorizationCodeRepository tokens = new AuthorizationCodeRepository(new Database(open));
            CodeRedemption redemption = anna.redemption(code);
            letPass("1 second");
            AtOnce.times(
                    32,
                    () -> tokens.redeem(
                            redemption, Token.issue(TokenKind.ACCESS_TOKEN, code.linkId()), refreshToken()));
        }
        // by the database's clock: on a busy machine the test may take longer than a second, and then there may be
        // another
        assertThat(TestDatabase.ask(
                        "SELECT concat(count(*) > 0, ', closer than a second: ', count(*) FILTER (WHERE after < '1 second'))"
                                + " FROM (SELECT occurred_at - lag(occurred_at) OVER (ORDER BY occurred_at) AS after"
                                + " FROM alexa.audit_event WHERE link_id = ? AND event = 'code_redeemed'"
                                + " AND reason = 'first_answer_lost') AS redeemed",
                        code.linkId()))
                .isEqualTo("t, closer than a second: 0");
    }

    private static HikariDataSource openConnections(int count) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(TestDatabase.app());
        config.setMaximumPoolSize(count);
        config.setMinimumIdle(count);
        HikariDataSource pool = new HikariDataSource(config);
        assertThat(Soon.within(60, () -> pool.getHikariPoolMXBean().getIdleConnections(), open -> open == count))
                .isEqualTo(count);
        return pool;
    }

    @Test
    void another_client_gets_nothing_and_ends_the_link() throws SQLException {
        letPass("1 second");
        Listener mallory = Listener.register(TestDatabase.shared());
        assertThat(mallory.redeem(code, refreshToken())).isEmpty();
        assertThat(mallory.whyNotRedeemed(code))
                .hasValueSatisfying(verdict -> assertThat(verdict.revoked()).isTrue());
        assertThat(anna.redeem(code, refreshToken())).isEmpty();
        assertThat(anna.refresh(unheard)).isEmpty();
    }

    @Test
    void another_redirect_uri_gets_nothing() throws SQLException {
        letPass("1 second");
        CodeRedemption same = anna.redemption(code);
        CodeRedemption other = new CodeRedemption(
                same.credentials(), code, "https://layla.amazon.com/api/skill/link/M2X", Optional.empty());
        AuthorizationCodeRepository tokens = new AuthorizationCodeRepository(new Database(TestDatabase.pool()));
        assertThat(tokens.redeem(other, Token.issue(TokenKind.ACCESS_TOKEN, code.linkId()), refreshToken()))
                .isEmpty();
        assertThat(tokens.whyNotRedeemed(other)).hasValueSatisfying(verdict -> assertThat(verdict.isUnanswered())
                .isFalse());
    }

    @Test
    void a_listener_who_unlinked_meanwhile_is_not_linked_again() throws SQLException {
        letPass("1 second");
        assertThat(TestDatabase.ask(
                        "UPDATE alexa.link SET revoked_at = now(), revoked_because = 'unlinked' WHERE link_id = ?"
                                + " RETURNING 'done'",
                        code.linkId()))
                .isEqualTo("done");
        assertThat(anna.redeem(code, refreshToken())).isEmpty();
        assertThat(anna.whyNotRedeemed(code))
                .hasValueSatisfying(verdict -> assertThat(verdict.reason()).isPresent());
    }

    @Test
    void a_code_that_expired_meanwhile_stays_expired() throws SQLException {
        letPass(Limits.CODE.plusMinutes(1).toMinutes() + " minutes");
        assertThat(anna.redeem(code, refreshToken())).isEmpty();
        assertThat(anna.whyNotRedeemed(code)).hasValueSatisfying(verdict -> assertThat(verdict.isUnanswered())
                .isFalse());
    }

    @Test
    void a_first_redemption_that_was_only_slow_cannot_say_that_the_other_one_was_answered() throws SQLException {
        letPass("1 second");
        Token accessToken = Token.issue(TokenKind.ACCESS_TOKEN, code.linkId());
        AuthorizationCodeRepository tokens = new AuthorizationCodeRepository(new Database(TestDatabase.pool()));
        assertThat(tokens.redeem(anna.redemption(code), accessToken, refreshToken()))
                .isPresent();
        anna.dieBeforeTheAnswer(code);
        letPass("1 second");
        assertThat(anna.redeemUnheard(code, refreshToken())).isPresent();
        tokens.answered(code, accessToken);
        assertThat(anna.whyNotRedeemed(code)).hasValueSatisfying(verdict -> assertThat(verdict.isUnanswered())
                .isTrue());
    }

    @Test
    void a_redemption_that_was_answered_by_an_older_war_is_as_it_was() throws SQLException {
        TestDatabase.ask(
                "UPDATE alexa.authorization_code SET unanswered_since = NULL WHERE link_id = ? RETURNING 'done'",
                code.linkId());
        letPass("2 seconds");
        assertThat(anna.redeem(code, refreshToken())).isEmpty();
        assertThat(anna.whyNotRedeemed(code))
                .hasValueSatisfying(verdict -> assertThat(verdict.event()).isEqualTo("code_repeated"));
    }

    private Token refreshToken() {
        return Token.issue(TokenKind.REFRESH_TOKEN, code.linkId());
    }

    /** Moves the redemption and the expiry into the past by this interval. */
    private void letPass(String interval) {
        assertThat(TestDatabase.ask(
                        "UPDATE alexa.authorization_code SET issued_at = issued_at - w, expires_at = expires_at - w,"
                                + " redeemed_at = redeemed_at - w, unanswered_since = unanswered_since - w"
                                + " FROM (SELECT ?::interval AS w) AS passed WHERE link_id = ? RETURNING 'done'",
                        interval,
                        code.linkId()))
                .isEqualTo("done");
    }

    private String count(String table) {
        return TestDatabase.ask("SELECT count(*) FROM " + table + " WHERE link_id = ?", code.linkId());
    }
}
