package io.github.alexalink.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.cases.OneTransaction;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.Granted;
import io.github.alexalink.store.RefreshTokenRepository;
import io.github.alexalink.store.RefreshTokenRepository.Refresh;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Several successors of one refresh token are in use (decision 0005)")
class RefreshFamiliesTest {

    @Test
    void of_siblings_the_one_that_is_used_supersedes_the_others() throws Exception {
        Listener anna = rotating();
        Token parent = anna.link().refresh();
        Token one = use(anna, parent);
        Token two = use(anna, parent);
        Token three = use(anna, parent);
        assertThat(states(parent, one, two, three)).containsOnly("current");

        Token child = use(anna, two);
        assertThat(states(parent, one, three)).containsOnly("superseded");
        assertThat(states(two, child)).containsOnly("current");

        assertThat(anna.refresh(one)).isPresent();
        anna.letPass(parent, "11 minutes");
        assertThat(anna.refresh(three)).isEmpty();
    }

    @Test
    void a_superseded_token_gives_a_successor_and_confirms_nothing() throws Exception {
        Listener anna = rotating();
        Token first = anna.link().refresh();
        Token second = use(anna, first);
        Token third = use(anna, second);

        Token late = use(anna, first);
        assertThat(states(second, third, late)).containsOnly("current");
        assertThat(state(first)).isEqualTo("superseded");
    }

    @Test
    void of_cousins_the_first_to_be_used_supersedes_the_other() throws Exception {
        Listener anna = rotating();
        Token grandparent = anna.link().refresh();
        Token one = use(anna, grandparent);
        Token two = use(anna, grandparent);
        Token childOfTwo = use(anna, two);
        Token childOfOne = use(anna, one); // superseded by the use of two, and in its grace time
        assertThat(states(childOfOne, childOfTwo)).containsOnly("current");

        use(anna, childOfTwo);
        assertThat(states(grandparent, one, two, childOfOne)).containsOnly("superseded");
        assertThat(state(childOfTwo)).isEqualTo("current");
    }

    @Test
    void a_thief_beside_the_owner_is_found_out_at_the_next_try_after_the_grace_time() throws Exception {
        Listener anna = rotating();
        Token stolen = anna.link().refresh();
        Token owners = use(anna, stolen);
        Token thiefs = use(anna, stolen);
        owners = use(anna, owners);
        thiefs = use(anna, thiefs); // in the grace time
        owners = use(anna, owners);
        anna.letPass(stolen, "11 minutes");

        assertThat(anna.refresh(thiefs)).isEmpty();
        assertThat(anna.whyNotRefreshed(thiefs).orElseThrow().revoked()).isTrue();
        assertThat(anna.refresh(owners)).isEmpty();
    }

    @Test
    void an_owner_who_comes_second_ends_the_link_of_the_thief() throws Exception {
        Listener anna = rotating();
        Token stolen = anna.link().refresh();
        Token thiefs = use(anna, stolen);
        thiefs = use(anna, thiefs);
        anna.letPass(stolen, "11 minutes");

        assertThat(anna.refresh(stolen)).isEmpty();
        assertThat(anna.whyNotRefreshed(stolen).orElseThrow().revoked()).isTrue();
        assertThat(anna.refresh(thiefs)).isEmpty();
    }

    @Test
    void a_guessed_token_of_a_link_ends_nothing() throws Exception {
        Listener anna = rotating();
        Token first = anna.link().refresh();
        Token guessed = Token.issue(TokenKind.REFRESH_TOKEN, first.linkId());
        assertThat(anna.refresh(guessed)).isEmpty();
        assertThat(anna.whyNotRefreshed(guessed)).isEmpty();
        assertThat(anna.refresh(first)).isPresent();
    }

    @Test
    void two_tokens_of_a_link_used_over_and_over_at_once_never_wait_for_each_other() throws Exception {
        Listener anna = rotating();
        Token parent = anna.link().refresh();
        List<Token> heads = List.of(use(anna, parent), use(anna, parent));
        // each thread uses its own token, and so supersedes the other's; a deadlock would be an SQLException
        List<Token> last = AtOnce.all(heads.stream()
                .<Callable<Token>>map(first -> () -> {
                    Token head = first;
                    for (int round = 0; round < 25; round++) {
                        head = use(anna, head);
                    }
                    return head;
                })
                .toList());
        int winner = state(last.get(0)).equals("current") ? 0 : 1;
        assertThat(state(last.get(winner))).isEqualTo("current");
        use(anna, last.get(winner));
        assertThat(state(last.get(1 - winner))).isEqualTo("superseded");
    }

    @Test
    void a_use_does_not_wait_for_another_that_has_not_ended() throws Exception {
        Listener anna = rotating();
        Token parent = anna.link().refresh();
        Token one = use(anna, parent);
        Token two = use(anna, parent);
        try (OneTransaction slow = new OneTransaction(TestDatabase.app())) {
            use(anna, new RefreshTokenRepository(slow.database()), one);
            assertThat(anna.refresh(one)).isPresent(); // a lock that is waited for ends after 1.5 s, with an error
            assertThat(anna.refresh(two)).isPresent();
            slow.commit();
        }
        assertThat(anna.refresh(one)).isPresent();
        assertThat(state(two)).isEqualTo("superseded");
    }

    @Test
    void of_two_tokens_used_at_once_one_at_least_stays_current() throws Exception {
        Listener anna = rotating();
        Token parent = anna.link().refresh();
        Token one = use(anna, parent);
        Token two = use(anna, parent);
        // the state that two simultaneous uses leave if neither sees the other
        TestDatabase.change("UPDATE alexa.refresh_token SET last_used_at = now() WHERE link_id = ?", parent.linkId());
        try (OneTransaction slow = new OneTransaction(TestDatabase.app())) {
            use(anna, new RefreshTokenRepository(slow.database()), one);
            use(anna, two);
            slow.commit();
        }
        assertThat(states(one, two)).contains("current");
    }

    private static Listener rotating() throws SQLException {
        return Listener.register(TestDatabase.shared(), "public => true");
    }

    private static Token use(Listener listener, Token refreshToken) throws SQLException {
        return use(listener, new RefreshTokenRepository(new Database(TestDatabase.app())), refreshToken);
    }

    /** A refresh that must succeed; the token that the client goes on with. */
    private static Token use(Listener listener, RefreshTokenRepository tokens, Token refreshToken) throws SQLException {
        Token successor = Token.issue(TokenKind.REFRESH_TOKEN, refreshToken.linkId());
        Granted granted = tokens.refresh(
                        new Refresh(listener.credentials(), refreshToken, Optional.empty()),
                        Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId()),
                        successor)
                .orElseThrow(() -> new AssertionError("the refresh was refused"));
        assertThat(granted.rotated()).isTrue();
        return successor;
    }

    private static String state(Token token) {
        return TestDatabase.ask(
                "SELECT CASE WHEN superseded_at IS NULL THEN 'current' ELSE 'superseded' END"
                        + " FROM alexa.refresh_token WHERE link_id = ? AND token_hash = ?",
                token.linkId(),
                token.hash().bytes());
    }

    private static List<String> states(Token... tokens) {
        List<String> states = new ArrayList<>();
        for (Token token : tokens) {
            states.add(state(token));
        }
        return states;
    }
}
