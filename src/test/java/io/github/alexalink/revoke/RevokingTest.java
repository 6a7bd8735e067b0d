package io.github.alexalink.revoke;

import static io.github.alexalink.fixture.cases.MusicServer.isActive;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.cases.Listener.Tokens;
import io.github.alexalink.fixture.cases.MusicServer;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Revoking by the client (RFC 7009)")
class RevokingTest {

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
        assertThat(anna.whyNotRefreshed(first.refresh()).orElseThrow().sentence())
                .contains("the link was revoked: revoked_by_client");
        assertThat(isActive(first.access())).isFalse();
        assertThat(isActive(second.access())).isFalse();
        assertThat(isActive(other.access())).isTrue();
        assertThat(anna.refresh(other.refresh())).isPresent();
        assertThat(events(first.access(), "link_revoked")).isEqualTo("revoked_by_client");
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
        assertThat(app.revoke(first.refresh())).contains(true);
        for (Tokens tokens : List.of(first, second, third)) {
            assertThat(app.refresh(tokens.refresh())).isEmpty();
            assertThat(isActive(tokens.access())).isFalse();
        }
    }

    @Test
    void another_client_revokes_nothing() throws Exception {
        Tokens hers = anna.link();
        Listener other = Listener.register(TestDatabase.shared());
        assertThat(other.revoke(hers.refresh())).contains(false);
        assertThat(other.revoke(hers.access())).contains(false);
        String id = anna.credentials().clientId();
        for (ClientCredentials stranger : List.of(
                new ClientCredentials(id, List.of(), false),
                new ClientCredentials(id, List.of(Sha256.of("als_guessed")), true),
                new ClientCredentials(id, other.credentials().secretHashes(), true),
                new ClientCredentials("nobody at all", List.of(), false),
                MusicServer.register().credentials())) {
            assertThat(anna.as(stranger).revoke(hers.refresh()))
                    .as(stranger.toString())
                    .isEmpty();
            assertThat(anna.as(stranger).revoke(hers.access()))
                    .as(stranger.toString())
                    .isEmpty();
        }
        assertThat(isActive(hers.access())).isTrue();
        assertThat(anna.refresh(hers.refresh())).isPresent();
    }

    @Test
    void an_unknown_value_or_a_code_revokes_nothing() throws Exception {
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
        assertThat(anna.revoke(anna.link().refresh())).contains(true);
        assertThat(after.revoke(after.link().refresh())).contains(true);

        TestDatabase.change(
                "UPDATE alexa.client_secret SET expires_at = now() WHERE client_id = ? AND expires_at IS NOT NULL", id);
        assertThat(anna.refresh(tokens.refresh())).isEmpty();
        assertThat(anna.revoke(tokens.refresh())).isEmpty();
        assertThat(after.refresh(tokens.refresh())).isPresent();

        MusicServer before = MusicServer.registerAnother();
        String server = before.credentials().clientId();
        String his = TestDatabase.ask("SELECT alexa.rotate_client_secret(?, interval '1 hour')", server);
        MusicServer then = new MusicServer(new ClientCredentials(server, List.of(Sha256.of(his)), true));
        assertThat(before.introspect(tokens.access())).isPresent();
        assertThat(then.introspect(tokens.access())).isPresent();
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
