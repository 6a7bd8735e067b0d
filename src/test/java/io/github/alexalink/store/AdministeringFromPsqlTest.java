package io.github.alexalink.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.client.Client;
import io.github.alexalink.fixture.TestDatabase;
import io.github.alexalink.protocol.Sha256;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Administering clients and accounts with SQL functions")
class AdministeringFromPsqlTest {

    private static final List<String> URI = List.of("https://pitangui.amazon.com/api/skill/link/M2X");

    private final ClientRepository clients = new ClientRepository(new Database(TestDatabase.app()));
    private final String id = TestDatabase.unique("client");

    @Test
    void registering_returns_the_secret_once_and_keeps_its_hash() throws Exception {
        String secret = TestDatabase.register(id, URI);
        assertThat(secret).matches("als_[A-Za-z0-9_-]{43}");
        Client client = clients.byId(id).orElseThrow();
        assertThat(client.kind()).isEqualTo(Client.Kind.CONFIDENTIAL);
        assertThat(client.enabled()).isTrue();
        assertThat(client.pkceRequired()).isFalse();
        assertThat(client.redirectUris()).containsExactlyElementsOf(URI);
        assertThat(client.scopes())
                .containsEntry("music.read", "Read your music library")
                .containsEntry("music.control", "Control playback");
        assertThat(client.secretHashes()).singleElement().satisfies(hash -> assertThat(hash.matches(Sha256.of(secret)))
                .isTrue());
        assertThatThrownBy(() -> TestDatabase.register(id, URI))
                .hasStackTraceContaining("is registered already")
                .hasStackTraceContaining("Hint: alexa.set_redirect_uris");
    }

    @Test
    void a_public_client_has_no_secret_and_must_use_pkce() throws Exception {
        assertThat(TestDatabase.ask(
                        "SELECT client_secret FROM alexa.register_client(client_id => ?, display_name => 'App',"
                                + " redirect_uris => ARRAY['https://app.example.org/cb'], public => true)",
                        id))
                .isNull();
        Client client = clients.byId(id).orElseThrow();
        assertThat(client.kind()).isEqualTo(Client.Kind.PUBLIC);
        assertThat(client.pkceRequired()).isTrue();
        assertThat(client.secretHashes()).isEmpty();
    }

    @Test
    void a_resource_server_has_a_secret_and_nowhere_to_redirect_to() throws Exception {
        assertThat(TestDatabase.ask(
                        "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'M')",
                        id))
                .startsWith("als_");
        assertThat(clients.byId(id).orElseThrow().redirectUris()).isEmpty();
        assertThatThrownBy(() -> setRedirectUris(URI.get(0))).hasStackTraceContaining("it has no redirect URIs");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://music.example.org/cb",
                "https://a@b.example/cb",
                "https://a.example/cb#x",
                "https:///cb",
                "javascript:alert(1)",
                "https://a.example/c\"b",
                "ftp://a.example/cb"
            })
    void an_address_that_is_not_https_or_loopback_is_refused(String uri) {
        TestDatabase.register(id, URI);
        assertThatThrownBy(() -> setRedirectUris(uri)).hasStackTraceContaining("redirect_uri_");
    }

    @Test
    void a_pasted_blank_is_named_and_nothing_is_half_done() throws Exception {
        TestDatabase.register(id, URI);
        assertThatThrownBy(() -> TestDatabase.ask(
                        "SELECT 'done', alexa.set_redirect_uris(?, ARRAY['https://a.example/cb', ' https://b.example/'])",
                        id))
                .hasStackTraceContaining("has white space around it");
        assertThat(clients.byId(id).orElseThrow().redirectUris()).containsExactlyElementsOf(URI);
    }

    @Test
    void redirect_uris_are_replaced() throws Exception {
        TestDatabase.register(id, URI);
        setRedirectUris("http://127.0.0.1:8095/music-server/linked");
        assertThat(clients.byId(id).orElseThrow().redirectUris())
                .containsExactly("http://127.0.0.1:8095/music-server/linked");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "access_token_lifetime => interval '359 seconds'",
                "access_token_lifetime => interval '25 hours'",
                "code_lifetime => interval '11 minutes'",
                "refresh_token_lifetime => interval '10 minutes'",
                "scopes => ARRAY['no.such.scope']",
                "scopes => ARRAY[]::text[]"
            })
    void what_alexa_could_not_live_with_is_refused(String argument) {
        assertThatThrownBy(() -> TestDatabase.ask(
                        "SELECT client_secret FROM alexa.register_client(client_id => ?, display_name => 'A',"
                                + " redirect_uris => ARRAY['https://a.example/cb'], " + argument + ")",
                        id))
                .isInstanceOf(IllegalStateException.class);
        assertThat(TestDatabase.ask("SELECT client_id FROM alexa.client WHERE client_id = ?", id))
                .isNull();
    }

    @Test
    void of_a_rotated_secret_both_are_good_until_a_moment() throws Exception {
        String old = TestDatabase.register(id, URI);
        String fresh = TestDatabase.ask("SELECT alexa.rotate_client_secret(?, interval '1 hour')", id);
        assertThat(clients.byId(id).orElseThrow().secretHashes())
                .anyMatch(Sha256.of(old)::matches)
                .anyMatch(Sha256.of(fresh)::matches);
        String last = TestDatabase.ask("SELECT alexa.rotate_client_secret(?)", id);
        assertThat(clients.byId(id).orElseThrow().secretHashes())
                .singleElement()
                .satisfies(hash -> assertThat(hash.matches(Sha256.of(last))).isTrue());
    }

    @Test
    void a_password_in_the_place_of_its_hash_is_refused_and_not_repeated() {
        assertThatThrownBy(() -> TestDatabase.ask("SELECT 'done', alexa.add_account(?, 'hunter2 hunter2')", id))
                .hasStackTraceContaining("as Tomcat's digest.sh prints it")
                .satisfies(refused ->
                        assertThat(String.valueOf(refused.getCause())).doesNotContain("hunter2"));
    }

    @Test
    void an_account_can_be_added_once_disabled_and_enabled() {
        TestDatabase.addAccount(id, "a password of some length");
        assertThatThrownBy(() -> TestDatabase.addAccount(id, "a password of some length"))
                .hasStackTraceContaining("exists already");
        TestDatabase.ask("SELECT 'done', alexa.disable_account(?)", id);
        assertThat(inRealm()).isNull();
        TestDatabase.ask("SELECT 'done', alexa.enable_account(?)", id);
        assertThat(inRealm()).isEqualTo(id);
        assertThatThrownBy(() -> TestDatabase.ask("SELECT 'done', alexa.disable_account('nobody at all')"))
                .hasStackTraceContaining("there is no account \"nobody at all\"");
    }

    @Test
    void a_client_that_does_not_exist_is_said_to() {
        assertThatThrownBy(() -> TestDatabase.ask("SELECT 'done', alexa.disable_client(?)", id))
                .hasStackTraceContaining("there is no client \"" + id + "\"");
    }

    private String inRealm() {
        return TestDatabase.ask("SELECT username FROM alexa.realm_account WHERE username = ?", id);
    }

    private void setRedirectUris(String uri) {
        TestDatabase.ask("SELECT 'done', alexa.set_redirect_uris(?, ARRAY[?])", id, uri);
    }
}
