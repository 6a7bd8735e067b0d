package io.github.alexalink.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@DisplayName("The connection breaks after a statement was done and before its answer arrives")
class AskingAgainTest {

    private final AtomicInteger asked = new AtomicInteger();
    private Listener anna;
    private Meanwhile meanwhile = () -> {};

    /** Runs between a statement and its answer. */
    @FunctionalInterface
    private interface Meanwhile {
        void happens() throws Exception;
    }

    @BeforeEach
    void account() throws SQLException {
        anna = Listener.register(TestDatabase.shared(), "rotate_refresh_token => true");
    }

    @Test
    void a_repeated_redemption_finds_the_tokens_of_the_first_try() throws SQLException {
        Token code = anna.allow();
        Token access = Token.issue(TokenKind.ACCESS_TOKEN, code.linkId());
        Token refresh = Token.issue(TokenKind.REFRESH_TOKEN, code.linkId());
        Optional<Granted> granted =
                new AuthorizationCodeRepository(losing(1)).redeem(anna.redemption(code), access, refresh);
        assertThat(granted).hasValueSatisfying(found -> {
            assertThat(found.scope()).isEqualTo("music.read music.control");
            assertThat(found.expiresIn()).isEqualTo(3600);
            assertThat(found.rotated()).isFalse();
        });
        assertThat(asked).as("redeemed, tried again, found").hasValue(3);
        assertThat(count("access_token", code)).isEqualTo("1");
        assertThat(anna.refreshed(refresh)).isPresent();
    }

    @Test
    void a_redemption_that_another_request_won_gets_no_tokens() throws SQLException {
        Token code = anna.allow();
        assertThat(anna.redeem(code, Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                .isPresent();
        assertThat(new AuthorizationCodeRepository(losing(1))
                        .redeem(
                                anna.redemption(code),
                                Token.issue(TokenKind.ACCESS_TOKEN, code.linkId()),
                                Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                .isEmpty();
    }

    @Test
    @Tag("thorough") // a request has three seconds, and one of them passes
    void a_repeated_redemption_gets_no_tokens_if_another_request_got_some_meanwhile() throws SQLException {
        Token code = anna.allow();
        meanwhile = () -> {
            aSecondPasses(code);
            assertThat(anna.redeemUnheard(code, Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                    .isPresent();
        };
        assertThat(redeem(losing(1), code)).isEmpty();
        assertThat(anna.whyNotRedeemed(code)).hasValueSatisfying(verdict -> assertThat(verdict.isUnanswered())
                .isTrue());
    }

    @Test
    @Tag("thorough") // a request has three seconds, and one of them passes
    void a_redemption_repeated_more_than_a_second_later_still_gets_its_tokens() throws SQLException {
        Token code = anna.allow();
        Token access = Token.issue(TokenKind.ACCESS_TOKEN, code.linkId());
        Token refresh = Token.issue(TokenKind.REFRESH_TOKEN, code.linkId());
        meanwhile = () -> aSecondPasses(code);
        AuthorizationCodeRepository tokens = new AuthorizationCodeRepository(losing(1));
        assertThat(tokens.redeem(anna.redemption(code), access, refresh)).isPresent();
        tokens.answered(code, access);
        assertThat(anna.refreshed(refresh)).isPresent();
        assertThat(anna.whyNotRedeemed(code))
                .hasValueSatisfying(verdict -> assertThat(verdict.event()).isEqualTo("code_repeated"));
    }

    @Test
    @Tag("thorough") // a request has three seconds, and one of them passes
    void a_redemption_slower_than_a_second_gets_its_tokens_and_no_other_request_does() throws SQLException {
        Token code = anna.allow();
        meanwhile = () -> TimeUnit.MILLISECONDS.sleep(1100);
        assertThat(redeem(losing(0, 1), code)).isPresent();
        assertThat(anna.redeem(code, Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                .isEmpty();
        assertThat(anna.whyNotRedeemed(code))
                .hasValueSatisfying(verdict -> assertThat(verdict.event()).isEqualTo("code_repeated"));
    }

    @Test
    @Tag("thorough") // a request has three seconds, and one of them passes
    void a_redemption_so_slow_that_another_request_got_tokens_gets_none() throws SQLException {
        Token code = anna.allow();
        meanwhile = () -> {
            TimeUnit.MILLISECONDS.sleep(400);
            aSecondPasses(code);
            assertThat(anna.redeemUnheard(code, Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                    .isPresent();
        };
        assertThat(redeem(losing(0, 1), code)).isEmpty();
    }

    private Optional<Granted> redeem(Database database, Token code) throws SQLException {
        return new AuthorizationCodeRepository(database)
                .redeem(
                        anna.redemption(code),
                        Token.issue(TokenKind.ACCESS_TOKEN, code.linkId()),
                        Token.issue(TokenKind.REFRESH_TOKEN, code.linkId()));
    }

    /** Makes the redemption a second older, and its access token, whose issued_at equals unanswered_since. */
    private static void aSecondPasses(Token code) {
        for (String moment : List.of(
                "authorization_code SET unanswered_since = unanswered_since",
                "access_token SET issued_at = issued_at")) {
            TestDatabase.change("UPDATE alexa." + moment + " - interval '1 second' WHERE link_id = ?", code.linkId());
        }
    }

    @Test
    void a_repeated_rotating_refresh_keeps_the_successor_of_the_first_try() throws SQLException {
        Token first = anna.link().refresh();
        Token successor = Token.issue(TokenKind.REFRESH_TOKEN, first.linkId());
        assertThat(new RefreshTokenRepository(losing(1))
                        .refresh(anna.request(first), Token.issue(TokenKind.ACCESS_TOKEN, first.linkId()), successor))
                .hasValueSatisfying(granted -> assertThat(granted.rotated()).isTrue());
        assertThat(asked).hasValue(2);
        assertThat(anna.refreshed(successor)).isPresent();
    }

    @Test
    void issuing_a_code_is_not_repeated() {
        Token code = Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId());
        assertThatThrownBy(() -> new AuthorizationCodeRepository(losing(1))
                        .issue(
                                code,
                                new AuthorizationCodeRepository.Consent(
                                        anna.credentials().clientId(),
                                        "https://pitangui.amazon.com/api/skill/link/M2X",
                                        "https://pitangui.amazon.com/api/skill/link/M2X",
                                        Optional.empty(),
                                        anna.signIn(),
                                        new Scope(List.of("music.read")))))
                .isInstanceOf(SQLException.class);
        assertThat(asked).hasValue(1);
        assertThat(count("authorization_code", code)).isEqualTo("1");
    }

    @Test
    void a_statement_that_keeps_failing_is_repeated_three_times() throws SQLException {
        Token code = anna.allow();
        assertThatThrownBy(() -> new AuthorizationCodeRepository(losing(100))
                        .redeem(
                                anna.redemption(code),
                                Token.issue(TokenKind.ACCESS_TOKEN, code.linkId()),
                                Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                .isInstanceOf(SQLException.class);
        assertThat(asked).hasValue(4);
    }

    private static String count(String table, Token ofTheLink) {
        return TestDatabase.ask("SELECT count(*) FROM alexa." + table + " WHERE link_id = ?", ofTheLink.linkId());
    }

    /** The real database; the connection breaks before the first answers arrive. */
    private Database losing(int answers) {
        return losing(answers, 0);
    }

    /** The real database; the connection breaks before the first answers arrive, and the following answers are late. */
    private Database losing(int answers, int late) {
        DataSource real = TestDatabase.app();
        return new Database(proxy(DataSource.class, (source, getConnection, none) -> {
            Connection connection = real.getConnection();
            return proxy(Connection.class, (self, method, arguments) -> {
                Object result = call(connection, method, arguments);
                return result instanceof PreparedStatement statement ? losing(statement, answers, late) : result;
            });
        }));
    }

    private PreparedStatement losing(PreparedStatement statement, int answers, int late) {
        return proxy(PreparedStatement.class, (self, method, arguments) -> {
            Object result = call(statement, method, arguments);
            if (!method.getName().equals("executeQuery")) {
                return result;
            }
            int number = asked.incrementAndGet();
            if (number > answers && number <= answers + late) {
                meanwhile.happens();
            }
            if (number <= answers) {
                statement.getConnection().close();
                meanwhile.happens();
                throw new SQLException("An I/O error occurred while sending to the backend.", "08006");
            }
            return result;
        });
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException refused) {
            throw refused.getCause();
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
