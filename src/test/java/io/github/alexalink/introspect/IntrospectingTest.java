package io.github.alexalink.introspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.cases.MusicServer;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AccessTokenRepository;
import io.github.alexalink.store.AccessTokenRepository.Introspected;
import io.github.alexalink.store.AccessTokenRepository.Live;
import io.github.alexalink.store.AuthorizationCodeRepository;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.RefreshTokenRepository;
import io.github.alexalink.store.RefreshTokenRepository.Refresh;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

@DisplayName("Introspecting an access token (RFC 7662)")
class IntrospectingTest {

    private final AccessTokenRepository introspection = new AccessTokenRepository(new Database(TestDatabase.pool()));
    private Listener anna;
    private Listener.Tokens tokens;

    @BeforeEach
    void link() throws Exception {
        anna = Listener.register(TestDatabase.shared());
        tokens = anna.link();
    }

    @Test
    void a_live_token_says_whose_it_is_what_for_and_how_long() throws Exception {
        long now = System.currentTimeMillis() / 1000;
        Live live = MusicServer.register().introspect(tokens.access()).orElseThrow();
        assertThat(live.clientId()).isEqualTo(anna.credentials().clientId());
        assertThat(live.subject()).isEqualTo(anna.username());
        assertThat(live.scope().split(" ", -1)).containsExactlyInAnyOrder("music.read", "music.control");
        assertThat(live.issuedAt()).isBetween(now - 60, now + 60);
        assertThat(live.expiresAt() - live.issuedAt()).isBetween(Limits.EXPIRES_IN - 1L, (long) Limits.EXPIRES_IN);
    }

    @Test
    void a_token_of_a_narrower_refresh_has_its_own_scope() throws Exception {
        Token access = Token.issue(TokenKind.ACCESS_TOKEN, tokens.refresh().linkId());
        new RefreshTokenRepository(new Database(TestDatabase.pool()))
                .refresh(
                        new Refresh(
                                anna.credentials(), tokens.refresh(), Optional.of(new Scope(List.of("music.control")))),
                        access,
                        Token.issue(TokenKind.REFRESH_TOKEN, access.linkId()));
        assertThat(MusicServer.register().introspect(access).orElseThrow().scope())
                .isEqualTo("music.control");
    }

    @Test
    void after_a_refresh_the_old_access_token_is_good_until_it_expires() throws Exception {
        Token next = anna.refreshed(tokens.refresh()).orElseThrow().access();
        assertThat(MusicServer.register().introspect(next)).isPresent();
        assertThat(MusicServer.register().introspect(tokens.access())).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE alexa.access_token SET issued_at = issued_at - interval '1 hour', expires_at = now()"
                        + " WHERE link_id = :link",
                "UPDATE alexa.access_token SET revoked_at = now() WHERE link_id = :link",
                "UPDATE alexa.link SET revoked_at = now(), revoked_because = 'unlinked' WHERE link_id = :link",
                "UPDATE alexa.client SET disabled_at = now() WHERE client_id = :client",
                "UPDATE alexa.account SET disabled_at = now() WHERE username = :anna",
                "DELETE FROM alexa.account WHERE username = :anna",
                "DELETE FROM alexa.link WHERE link_id = :link"
            })
    void an_ended_token_is_inactive_from_the_next_request_on(String change) throws Exception {
        assertThat(MusicServer.register().introspect(tokens.access())).isPresent();
        assertThat(TestDatabase.change(
                        change.replace(":link", "'" + tokens.access().linkId() + "'")
                                .replace(":client", "'" + anna.credentials().clientId() + "'")
                                .replace(":anna", "'" + anna.username() + "'")))
                .isPositive();
        assertThat(MusicServer.register().introspect(tokens.access())).isEmpty();
    }

    @Test
    void a_value_that_is_no_access_token_is_not_live() throws Exception {
        MusicServer asking = MusicServer.register();
        assertThat(introspection.introspect(asking.credentials(), Optional.empty()))
                .contains(new Introspected(Optional.empty(), Optional.empty()));
        assertThat(asking.introspect(
                        Token.issue(TokenKind.ACCESS_TOKEN, tokens.access().linkId())))
                .as("the right link, the wrong secret")
                .isEmpty();
        assertThat(asking.introspect(new Token(
                        TokenKind.ACCESS_TOKEN,
                        Token.newLinkId(),
                        tokens.access().value())))
                .as("the right secret, the wrong link")
                .isEmpty();
    }

    @Test
    void only_a_resource_server_is_told_anything() throws Exception {
        MusicServer registered = MusicServer.registerAnother();
        String id = registered.credentials().clientId();
        Listener app = Listener.register(TestDatabase.shared(), "public => true");
        Stream.of(
                        anna.credentials(),
                        app.credentials(),
                        new ClientCredentials(id, List.of(), false),
                        new ClientCredentials(id, List.of(Sha256.of("als_guessed")), true),
                        new ClientCredentials(id, anna.credentials().secretHashes(), true),
                        new ClientCredentials(
                                "nobody at all", registered.credentials().secretHashes(), true))
                .forEach(stranger ->
                        assertThat(asked(stranger)).as(stranger.toString()).isEmpty());
        assertThat(asked(registered.credentials()).orElseThrow().live()).isPresent();
        TestDatabase.ask("SELECT 'done', alexa.disable_client(?)", id);
        assertThat(asked(registered.credentials())).isEmpty();
    }

    @Test
    void one_disabled_client_ends_no_other_s_tokens() throws Exception {
        Listener bert = Listener.register(TestDatabase.shared());
        Token his = bert.link().access();
        TestDatabase.ask(
                "SELECT 'done', alexa.disable_client(?)", anna.credentials().clientId());
        assertThat(MusicServer.register().introspect(tokens.access())).isEmpty();
        assertThat(MusicServer.register().introspect(his)).isPresent();
    }

    @Test
    void introspection_writes_nothing_so_a_read_only_standby_could_answer() throws Exception {
        PGSimpleDataSource readOnly = (PGSimpleDataSource) TestDatabase.app();
        readOnly.setOptions("-c default_transaction_read_only=on");
        Database standby = new Database(readOnly);
        assertThatThrownBy(() -> new AuthorizationCodeRepository(standby)
                        .issue(
                                Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId()),
                                new AuthorizationCodeRepository.Consent(
                                        anna.credentials().clientId(),
                                        "https://a.example/cb",
                                        "https://a.example/cb",
                                        Optional.empty(),
                                        anna.signIn(),
                                        new Scope(List.of("music.read")))))
                .as("what writes fails here")
                .hasMessageContaining("read-only transaction");
        assertThat(MusicServer.register().introspect(tokens.access(), standby)).isPresent();
    }

    private Optional<Introspected> asked(ClientCredentials credentials) {
        try {
            return introspection.introspect(credentials, Optional.of(tokens.access()));
        } catch (java.sql.SQLException broken) {
            throw new IllegalStateException(broken);
        }
    }
}
