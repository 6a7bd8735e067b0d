package io.github.alexalink.links;

import static io.github.alexalink.fixture.cases.MusicServer.isActive;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.cases.Listener.Tokens;
import io.github.alexalink.fixture.cases.MusicServer;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AuthorizationCodeRepository;
import io.github.alexalink.store.AuthorizationCodeRepository.CodeRedemption;
import io.github.alexalink.store.AuthorizationCodeRepository.Consent;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.LinkRepository;
import io.github.alexalink.store.LinkRepository.Linked;
import io.github.alexalink.store.RefreshTokenRepository;
import io.github.alexalink.store.RefreshTokenRepository.Refresh;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@DisplayName("Unlinking by the listener")
class UnlinkingTest {

    private static final String REDIRECT_URI = "https://pitangui.amazon.com/api/skill/link/M2X";

    private final LinkRepository links = new LinkRepository(new Database(TestDatabase.pool()));
    private Listener anna;

    @BeforeEach
    void register() throws Exception {
        anna = Listener.register(TestDatabase.shared());
    }

    @Test
    void a_listener_sees_live_links_the_newest_first_in_their_language() throws Exception {
        Tokens old = anna.link();
        Tokens young = anna.link();
        Tokens ended = anna.link();
        revoke(ended.refresh());
        TestDatabase.change(
                "UPDATE alexa.link SET created_at = now() - interval '1 day' WHERE link_id = ?",
                old.refresh().linkId());
        Instant before = Instant.now().minus(Duration.ofMinutes(1));
        anna.refresh(old.refresh());
        TestDatabase.ask(
                "SELECT 'done', alexa.name_client(client_id => ?, language => 'ja', display_name => 'アレクサ')",
                anna.credentials().clientId());

        List<Linked> japanese = links.of(anna.username(), "ja");
        assertThat(japanese)
                .extracting(Linked::linkId)
                .containsExactly(young.refresh().linkId(), old.refresh().linkId());
        assertThat(japanese.get(1).clientName()).isEqualTo("アレクサ");
        assertThat(japanese.get(1).scopes()).containsExactly("音楽ライブラリの閲覧", "再生の操作");
        assertThat(japanese.get(1).lastUsedAt()).isAfter(before);
        Linked english = links.of(anna.username(), "en").get(1);
        assertThat(english.clientName()).isEqualTo("Amazon Alexa");
        assertThat(english.scopes()).containsExactly("Read your music library", "Control playback");
        assertThat(links.of("nobody at all", "en")).isEmpty();
    }

    @Test
    void a_link_whose_refresh_tokens_are_gone_is_listed_too_and_can_be_ended() throws Exception {
        Tokens tokens = anna.link();
        TestDatabase.change(
                "DELETE FROM alexa.refresh_token WHERE link_id = ?",
                tokens.refresh().linkId());
        Linked link = links.of(anna.username(), "de").get(0);
        assertThat(link.lastUsedAt()).isEqualTo(link.since());
        assertThat(links.unlink(anna.username(), List.of(link.linkId()))).containsExactly(link.linkId());
        assertThat(isActive(tokens.access())).isFalse();
    }

    @Test
    void a_scope_that_was_taken_out_of_the_catalogue_is_listed_by_its_name() throws Exception {
        Tokens tokens = anna.link();
        TestDatabase.change(
                "UPDATE alexa.link SET scope = '{music.read,once.upon}' WHERE link_id = ?",
                tokens.refresh().linkId());
        assertThat(links.of(anna.username(), "de").get(0).scopes())
                .containsExactly("Ihre Musikbibliothek ansehen", "once.upon");
    }

    @Test
    void no_more_than_a_hundred_links_are_listed() throws Exception {
        TestDatabase.change(
                "INSERT INTO alexa.link (link_id, client_id, subject, scope)"
                        + " SELECT gen_random_uuid(), ?, ?, '{music.read}' FROM generate_series(1, 101)",
                anna.credentials().clientId(),
                anna.username());
        assertThat(links.of(anna.username(), "en")).hasSize(100);
    }

    @Test
    void unlinking_ends_the_chosen_links_of_this_listener_and_no_others() throws Exception {
        Tokens chosen = anna.link();
        Tokens kept = anna.link();
        Listener bert = Listener.register(TestDatabase.shared());
        Tokens his = bert.link();
        assertThat(links.unlink(
                        anna.username(),
                        List.of(chosen.refresh().linkId(), his.refresh().linkId(), Token.newLinkId())))
                .containsExactly(chosen.refresh().linkId());

        assertThat(anna.refresh(chosen.refresh())).isEmpty();
        assertThat(isActive(chosen.access())).isFalse();
        assertThat(anna.refresh(kept.refresh())).isPresent();
        assertThat(bert.refresh(his.refresh())).isPresent();
        assertThat(events(chosen.access(), "link_revoked")).isEqualTo("unlinked");
        assertThat(links.unlink(anna.username(), List.of(chosen.refresh().linkId())))
                .isEmpty();
        assertThat(links.unlink(anna.username(), List.of())).isEmpty();
    }

    @Test
    void unlinking_everything_ends_the_codes_on_their_way_as_well() throws Exception {
        Tokens tokens = anna.link();
        Token code = anna.allow();
        assertThat(links.unlinkAll(anna.username()))
                .containsExactly(tokens.refresh().linkId());
        assertThat(anna.refresh(tokens.refresh())).isEmpty();
        assertThat(anna.redeem(code, Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                .isEmpty();
        assertThat(links.of(anna.username(), "en")).isEmpty();
        Tokens again = anna.link();
        assertThat(anna.refresh(again.refresh())).as("and linked again").isPresent();
    }

    @Test
    void after_sixty_unlinkings_in_the_middle_of_a_refresh_no_token_is_good() throws Exception {
        unlinkInTheMiddleOfARefresh(60);
    }

    @Test
    @Tag("thorough")
    void after_a_thousand_unlinkings_in_the_middle_of_a_refresh_no_token_is_good() throws Exception {
        unlinkInTheMiddleOfARefresh(1000);
    }

    /** Half of the runs with a client that rotates, half with one that does not. */
    private void unlinkInTheMiddleOfARefresh(int runs) throws Exception {
        Listener app = Listener.register(TestDatabase.shared(), "public => true");
        int refreshed = 0;
        try (HikariDataSource pool = pool()) {
            Database database = new Database(pool);
            for (int run = 0; run < runs; run++) {
                Listener who = run % 2 == 0 ? anna : app;
                Tokens linked = linked(database, who);
                Tokens next = issue(linked.refresh());
                List<Boolean> done = AtOnce.all(List.of(
                        () -> new RefreshTokenRepository(database)
                                .refresh(request(who, linked.refresh()), next.access(), next.refresh())
                                .isPresent(),
                        () -> !new LinkRepository(database)
                                .unlink(who.username(), List.of(linked.refresh().linkId()))
                                .isEmpty()));
                assertThat(done.get(1)).as("unlinked").isTrue();
                refreshed += done.get(0) ? 1 : 0;
                assertNothingIsGood(database, who, linked, next);
            }
        }
        assertThat(refreshed)
                .as("some refreshes came first, or nothing was tried")
                .isPositive();
    }

    @Test
    void after_unlinking_everything_in_the_middle_of_sixty_redemptions_no_token_is_good() throws Exception {
        unlinkInTheMiddleOfARedemption(60);
    }

    @Test
    @Tag("thorough")
    void after_unlinking_everything_in_the_middle_of_three_hundred_redemptions_no_token_is_good() throws Exception {
        unlinkInTheMiddleOfARedemption(300);
    }

    private void unlinkInTheMiddleOfARedemption(int runs) throws Exception {
        int redeemed = 0;
        try (HikariDataSource pool = pool()) {
            Database database = new Database(pool);
            for (int run = 0; run < runs; run++) {
                Token code = issued(database, anna);
                Tokens tokens = issue(code);
                Callable<Boolean> redeeming = () -> new AuthorizationCodeRepository(database)
                        .redeem(redemption(anna, code), tokens.access(), tokens.refresh())
                        .isPresent();
                Callable<Boolean> unlinking = () ->
                        new LinkRepository(database).unlinkAll(anna.username()).size() < 2;
                // the thread that starts first is more often first, so each starts first in turn
                boolean swapped = run % 2 == 1;
                List<Boolean> done =
                        AtOnce.all(swapped ? List.of(unlinking, redeeming) : List.of(redeeming, unlinking));
                redeemed += done.get(swapped ? 1 : 0) ? 1 : 0;
                assertThat(done.get(swapped ? 0 : 1)).isTrue();
                assertNothingIsGood(database, anna, tokens, tokens);
            }
        }
        assertThat(redeemed)
                .as("some redemptions came first, or nothing was tried")
                .isPositive();
    }

    private static void assertNothingIsGood(Database database, Listener who, Tokens first, Tokens second)
            throws Exception {
        for (Tokens tokens : List.of(first, second)) {
            assertThat(MusicServer.register().introspect(tokens.access(), database))
                    .isEmpty();
            Tokens never = issue(tokens.refresh());
            assertThat(new RefreshTokenRepository(database)
                            .refresh(request(who, tokens.refresh()), never.access(), never.refresh()))
                    .isEmpty();
        }
    }

    private static Refresh request(Listener who, Token refreshToken) {
        return new Refresh(who.credentials(), refreshToken, Optional.empty());
    }

    private static CodeRedemption redemption(Listener who, Token code) {
        return new CodeRedemption(who.credentials(), code, REDIRECT_URI, Optional.empty());
    }

    private static Token issued(Database database, Listener who) throws Exception {
        Token code = Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId());
        new AuthorizationCodeRepository(database)
                .issue(
                        code,
                        new Consent(
                                who.credentials().clientId(),
                                REDIRECT_URI,
                                REDIRECT_URI,
                                Optional.empty(),
                                who.signIn(),
                                new Scope(List.of("music.read"))));
        return code;
    }

    private static Tokens linked(Database database, Listener who) throws Exception {
        Token code = issued(database, who);
        Tokens tokens = issue(code);
        assertThat(new AuthorizationCodeRepository(database)
                        .redeem(redemption(who, code), tokens.access(), tokens.refresh()))
                .isPresent();
        return tokens;
    }

    private static Tokens issue(Token ofTheLink) {
        return new Tokens(
                Token.issue(TokenKind.ACCESS_TOKEN, ofTheLink.linkId()),
                Token.issue(TokenKind.REFRESH_TOKEN, ofTheLink.linkId()));
    }

    /** A pool with the settings of context.xml. */
    private static HikariDataSource pool() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(TestDatabase.app());
        config.setMaximumPoolSize(10);
        config.setConnectionTimeout(2000);
        return new HikariDataSource(config);
    }

    private Optional<Boolean> revoke(Token token) throws Exception {
        return anna.revoke(token);
    }

    private static String events(Token ofTheLink, String event) {
        return TestDatabase.ask(
                "SELECT string_agg(reason, ',') FROM alexa.audit_event WHERE link_id = ? AND event = ?",
                ofTheLink.linkId(),
                event);
    }
}
