package io.github.alexalink.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.AtOnce;
import io.github.alexalink.fixture.TestDatabase;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AuthorizationCodeRepository.Consent;
import io.github.alexalink.store.LinkRepository.Linked;
import io.github.alexalink.store.Listener.Tokens;
import io.github.alexalink.store.TokenRepository.CodeRedemption;
import io.github.alexalink.store.TokenRepository.Refresh;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Revoking by the client (RFC 7009) and unlinking by the listener")
class RevokingAndUnlinkingTest {

    private static final String REDIRECT_URI = "https://pitangui.amazon.com/api/skill/link/M2X";

    private final LinkRepository links = new LinkRepository(new Database(TestDatabase.app()));
    private Listener anna;

    @BeforeEach
    void register() throws Exception {
        anna = Listener.register(TestDatabase.shared());
    }

    @Test
    void a_refresh_token_ends_its_link_and_every_access_token_of_it_and_no_other() throws Exception {
        Tokens first = anna.link();
        Tokens second = anna.refreshed(first.refresh()).orElseThrow();
        Tokens other = anna.link();
        assertThat(revoke(first.refresh())).contains(true);

        assertThat(anna.refresh(first.refresh())).isEmpty();
        assertThat(anna.whyNotRefreshed(first.refresh()).orElseThrow().reason())
                .contains("the link was revoked: revoked_by_client");
        assertThat(isActive(first.access())).isFalse();
        assertThat(isActive(second.access())).isFalse();
        assertThat(isActive(other.access())).isTrue();
        assertThat(anna.refresh(other.refresh())).isPresent();
        assertThat(events(first.access(), "link_revoked")).isEqualTo("the client revoked its refresh token");
        assertThat(revoke(first.refresh()))
                .as("there is nothing left to revoke")
                .contains(false);
        assertThat(revoke(first.access())).isPresent();
    }

    @Test
    void an_access_token_ends_alone() throws Exception {
        Tokens first = anna.link();
        Tokens second = anna.refreshed(first.refresh()).orElseThrow();
        assertThat(revoke(first.access())).contains(true);

        assertThat(isActive(first.access())).isFalse();
        assertThat(isActive(second.access())).isTrue();
        assertThat(anna.refresh(first.refresh())).isPresent();
        assertThat(revoke(first.access())).contains(false);
        assertThat(TestDatabase.ask(
                        "SELECT count(*) FROM alexa.audit_event WHERE link_id = ? AND event = 'access_token_revoked'",
                        first.access().linkId()))
                .isEqualTo("1");
    }

    @Test
    void any_refresh_token_of_a_rotating_client_will_do_even_a_superseded_one() throws Exception {
        Listener app = Listener.register(TestDatabase.shared(), "public => true");
        Tokens first = app.link();
        Tokens second = app.refreshed(first.refresh()).orElseThrow();
        Tokens third = app.refreshed(second.refresh()).orElseThrow();
        assertThat(links.revoke(app.credentials(), first.refresh())).contains(true);
        for (Tokens tokens : List.of(first, second, third)) {
            assertThat(app.refresh(tokens.refresh())).isEmpty();
            assertThat(isActive(tokens.access())).isFalse();
        }
    }

    @Test
    void who_is_not_its_client_revokes_nothing() throws Exception {
        Tokens hers = anna.link();
        Listener other = Listener.register(TestDatabase.shared());
        assertThat(links.revoke(other.credentials(), hers.refresh())).contains(false);
        assertThat(links.revoke(other.credentials(), hers.access())).contains(false);
        String id = anna.credentials().clientId();
        for (ClientCredentials stranger : List.of(
                new ClientCredentials(id, List.of(), false),
                new ClientCredentials(id, List.of(Sha256.of("als_guessed")), true),
                new ClientCredentials(id, other.credentials().secretHashes(), true),
                new ClientCredentials("nobody at all", List.of(), false),
                MusicServer.register().credentials())) {
            assertThat(links.revoke(stranger, hers.refresh()))
                    .as(stranger.toString())
                    .isEmpty();
            assertThat(links.revoke(stranger, hers.access()))
                    .as(stranger.toString())
                    .isEmpty();
        }
        assertThat(isActive(hers.access())).isTrue();
        assertThat(anna.refresh(hers.refresh())).isPresent();
    }

    @Test
    void what_is_unknown_or_a_code_is_nothing_to_revoke() throws Exception {
        Token code = anna.allow();
        assertThat(revoke(code)).contains(false);
        assertThat(revoke(Token.issue(TokenKind.REFRESH_TOKEN, Token.newLinkId())))
                .contains(false);
        assertThat(revoke(Token.issue(TokenKind.ACCESS_TOKEN, Token.newLinkId())))
                .contains(false);
        Tokens tokens = anna.link();
        assertThat(revoke(Token.issue(TokenKind.REFRESH_TOKEN, tokens.refresh().linkId())))
                .as("a link id is no secret")
                .contains(false);
        assertThat(anna.refresh(tokens.refresh())).isPresent();
    }

    @Test
    void while_a_secret_is_rotated_both_are_good_for_everything() throws Exception {
        Tokens tokens = anna.link();
        String id = anna.credentials().clientId();
        String fresh = TestDatabase.ask("SELECT alexa.rotate_client_secret(?, interval '1 hour')", id);
        Listener after = anna.as(new ClientCredentials(id, List.of(Sha256.of(fresh)), true));
        assertThat(anna.refresh(tokens.refresh())).isPresent();
        assertThat(after.refresh(tokens.refresh())).isPresent();
        assertThat(links.revoke(anna.credentials(), anna.link().refresh())).contains(true);
        assertThat(links.revoke(after.credentials(), after.link().refresh())).contains(true);

        TestDatabase.change(
                "UPDATE alexa.client_secret SET valid_until = now() WHERE client_id = ? AND valid_until IS NOT NULL",
                id);
        assertThat(anna.refresh(tokens.refresh())).isEmpty();
        assertThat(links.revoke(anna.credentials(), tokens.refresh())).isEmpty();
        assertThat(after.refresh(tokens.refresh())).isPresent();

        MusicServer before = MusicServer.registerAnother();
        String server = before.credentials().clientId();
        String his = TestDatabase.ask("SELECT alexa.rotate_client_secret(?, interval '1 hour')", server);
        MusicServer then = new MusicServer(new ClientCredentials(server, List.of(Sha256.of(his)), true));
        assertThat(before.introspect(tokens.access())).isPresent();
        assertThat(then.introspect(tokens.access())).isPresent();
    }

    @Test
    void a_listener_sees_what_is_live_the_newest_first_in_their_language() throws Exception {
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
    void no_more_than_a_hundred_are_listed() throws Exception {
        TestDatabase.change(
                "INSERT INTO alexa.link (link_id, client_id, subject, scope)"
                        + " SELECT gen_random_uuid(), ?, ?, '{music.read}' FROM generate_series(1, 101)",
                anna.credentials().clientId(),
                anna.username());
        assertThat(links.of(anna.username(), "en")).hasSize(100);
    }

    @Test
    void unlinking_ends_what_was_chosen_and_only_what_is_theirs() throws Exception {
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
        assertThat(events(chosen.access(), "link_revoked")).isEqualTo("by the listener");
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

    /** A thousand for one that rotates and one that does not, half of them each. */
    @Test
    void after_a_thousand_unlinkings_in_the_middle_of_a_refresh_no_token_is_good() throws Exception {
        Listener app = Listener.register(TestDatabase.shared(), "public => true");
        int refreshed = 0;
        try (HikariDataSource pool = pool()) {
            Database database = new Database(pool);
            for (int run = 0; run < 1000; run++) {
                Listener who = run % 2 == 0 ? anna : app;
                Tokens linked = linked(database, who);
                Tokens next = issue(linked.refresh());
                List<Boolean> done = AtOnce.all(List.of(
                        () -> new TokenRepository(database)
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
    void after_unlinking_everything_in_the_middle_of_a_redemption_no_token_is_good() throws Exception {
        int redeemed = 0;
        try (HikariDataSource pool = pool()) {
            Database database = new Database(pool);
            for (int run = 0; run < 300; run++) {
                Token code = issued(database, anna);
                Tokens tokens = issue(code);
                Callable<Boolean> redeeming = () -> new TokenRepository(database)
                        .redeem(redemption(anna, code), tokens.access(), tokens.refresh())
                        .isPresent();
                Callable<Boolean> unlinking = () ->
                        new LinkRepository(database).unlinkAll(anna.username()).size() < 2;
                // who is handed to a thread first is more often first: each in turn
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
            assertThat(new TokenRepository(database)
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
                                Optional.empty(),
                                who.signIn(),
                                new Scope(List.of("music.read"))));
        return code;
    }

    private static Tokens linked(Database database, Listener who) throws Exception {
        Token code = issued(database, who);
        Tokens tokens = issue(code);
        assertThat(new TokenRepository(database).redeem(redemption(who, code), tokens.access(), tokens.refresh()))
                .isPresent();
        return tokens;
    }

    private static Tokens issue(Token ofTheLink) {
        return new Tokens(
                Token.issue(TokenKind.ACCESS_TOKEN, ofTheLink.linkId()),
                Token.issue(TokenKind.REFRESH_TOKEN, ofTheLink.linkId()));
    }

    /** As the WAR has it in context.xml. */
    private static HikariDataSource pool() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(TestDatabase.app());
        config.setMaximumPoolSize(10);
        config.setConnectionTimeout(2000);
        return new HikariDataSource(config);
    }

    private Optional<Boolean> revoke(Token token) throws Exception {
        return links.revoke(anna.credentials(), token);
    }

    private static boolean isActive(Token accessToken) throws Exception {
        return MusicServer.register().introspect(accessToken).isPresent();
    }

    private static String events(Token ofTheLink, String event) {
        return TestDatabase.ask(
                "SELECT string_agg(reason, ',') FROM alexa.audit_event WHERE link_id = ? AND event = ?",
                ofTheLink.linkId(),
                event);
    }
}
