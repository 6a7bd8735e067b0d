package io.github.alexalink.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.client.Client;
import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.page.Messages;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.store.ClientRepository;
import io.github.alexalink.store.Database;
import java.sql.Connection;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Administering clients and accounts with SQL functions")
class AdministrationTest {

    private static final List<String> URI = List.of("https://pitangui.amazon.com/api/skill/link/M2X");

    private final ClientRepository clients = new ClientRepository(new Database(TestDatabase.pool()));
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
    void a_resource_server_has_a_secret_and_no_redirect_uri() throws Exception {
        assertThat(TestDatabase.ask(
                        "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'M')",
                        id))
                .startsWith("als_");
        assertThat(clients.byId(id).orElseThrow().redirectUris()).isEmpty();
        assertThatThrownBy(() -> setRedirectUris(URI.get(0))).hasStackTraceContaining("it has no redirect URIs");
    }

    @Test
    void a_resource_server_is_limited_to_the_clients_that_are_named() {
        String alexa = TestDatabase.unique("client");
        register(alexa, "public => false");
        TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'M')", id);
        assertThat(introspects()).isEqualTo("every client");
        limit("ARRAY['" + alexa + "', '" + alexa + "']");
        assertThat(introspects()).isEqualTo(alexa);
        assertThat(TestDatabase.ask(
                        "SELECT reason FROM alexa.audit_event WHERE client_id = ? AND event = 'client_changed'", id))
                .startsWith("introspects the tokens of " + alexa);
        assertThat(TestDatabase.change("DELETE FROM alexa.client WHERE client_id = '" + alexa + "'"))
                .isEqualTo(1);
        assertThat(introspects())
                .as("the last client that is named is gone, and the others are not open")
                .isEqualTo(alexa);
        limit("NULL");
        assertThat(introspects()).isEqualTo("every client");
        assertThat(TestDatabase.ask("SELECT introspects FROM alexa.list_clients() WHERE kind <> 'resource_server'"))
                .isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ARRAY[]::text[]                         | introspects must name a client      | NULL means every client",
                "ARRAY['no-such-client']      | there is no client \"no-such-client\" that gets tokens | alexa.client lists",
                "ARRAY['ALEXA']               | there is no client \"ALEXA\"          | alexa.client lists",
                "ARRAY[NULL::text]            | there is no client                  | alexa.client lists",
                "ARRAY[(SELECT max(client_id) FROM alexa.client WHERE kind = 'resource_server')] | that gets tokens | alexa.client lists"
            })
    void a_resource_server_is_not_limited_to_what_gets_no_tokens(String introspects, String why, String hint) {
        TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'M')", id);
        assertThatThrownBy(() -> limit(introspects))
                .hasStackTraceContaining(why)
                .hasStackTraceContaining("Hint: ")
                .hasStackTraceContaining(hint);
        assertThatThrownBy(() -> TestDatabase.ask(
                        "SELECT alexa.register_resource_server(client_id => ?, display_name => 'M', introspects => "
                                + introspects + ")",
                        TestDatabase.unique("music")))
                .hasStackTraceContaining(why);
        assertThat(introspects()).isEqualTo("every client");
    }

    @Test
    void only_a_resource_server_introspects() {
        register(id, "public => false");
        assertThatThrownBy(() -> limit("ARRAY['" + id + "']")).hasStackTraceContaining("is not a resource server");
        assertThatThrownBy(() -> TestDatabase.change(
                        "UPDATE alexa.client SET introspects = '{x}' WHERE client_id = '" + id + "'"))
                .hasStackTraceContaining("only_resource_servers_introspect");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "scopes => ARRAY['music.read']",
                "pkce_required => true",
                "access_token_lifetime => '1 hour'",
                "refresh_token_lifetime => '1 year'",
                "code_lifetime => '5 minutes'",
                "refresh_token_idle => '30 days'",
                "rotate_refresh_token => true",
                "rotation_grace => '1 minute'",
                "form_action => ARRAY['https://a.example']"
            })
    void a_resource_server_is_given_nothing_that_only_a_client_has(String policy) {
        TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'M')", id);
        assertThatThrownBy(() -> change(policy))
                .hasStackTraceContaining("is a resource server: it gets no tokens")
                .hasStackTraceContaining("Hint: alexa.limit_resource_server");
        change("display_name => 'Another name'");
        assertThat(TestDatabase.ask(
                        "SELECT display_name || coalesce(scopes, ' without scopes') FROM alexa.list_clients()"
                                + " WHERE client_id = ?",
                        id))
                .isEqualTo("Another name without scopes");
    }

    @Test
    void form_action_is_what_the_operator_names_and_what_alexas_redirect_uris_need() throws Exception {
        register(
                id,
                "form_action => ARRAY['https://login.example.net:8443', 'https://*.example.com', 'com.example.app:']");
        assertThat(clients.byId(id).orElseThrow().formAction())
                .containsExactly("https://login.example.net:8443", "https://*.example.com", "com.example.app:");
        for (String host :
                List.of("pitangui.amazon.com", "layla.amazon.com", "alexa.amazon.co.jp", "Alexa.Amazon.IN")) {
            setRedirectUris("https://" + host + "/api/skill/link/M2X");
            assertThat(clients.byId(id).orElseThrow().formAction())
                    .startsWith("https://login.example.net:8443", "https://*.example.com", "com.example.app:")
                    .contains("https://amazon.de", "https://*.amazon.de", "https://*.amazon.com.br")
                    .hasSize(3 + 2 * 24);
            assertThat(String.join(" ", clients.byId(id).orElseThrow().formAction()))
                    .isEqualTo(TestDatabase.ask("SELECT form_action FROM alexa.list_clients() WHERE client_id = ?", id))
                    .hasSizeLessThan(1300);
        }
        change("form_action => '{}'");
        assertThat(clients.byId(id).orElseThrow().formAction())
                .as("those of Amazon cannot get lost")
                .hasSize(2 * 24);
        for (String host : List.of("amazon.com.evil.example", "notamazon.com", "evil.example/.amazon.com")) {
            setRedirectUris("https://" + host + "/cb");
            assertThat(clients.byId(id).orElseThrow().formAction()).isEmpty();
        }
        assertThat(TestDatabase.ask("SELECT form_action FROM alexa.list_clients() WHERE client_id = ?", id))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "https://*",
                "https://*.com",
                "https://a.*.example",
                "https://*a.example.com",
                "https:",
                "http:",
                "data:",
                "javascript:",
                "blob:",
                "mailto:",
                "COM.example.app:",
                "com.example.app",
                "com.example.app://",
                "http://a.example",
                "HTTPS://a.example",
                "a.example",
                "//a.example",
                "https://a.example/",
                "https://a.example/path",
                "https://a.example?x",
                "https://a.example:*",
                "https://a.example:0",
                "https://anna@a.example",
                "https://[::1]",
                "https://",
                "https://a..example",
                "https://b\u00fccher.example",
                "'self'",
                "'none'",
                "'unsafe-inline'",
                "https://a.example; script-src *",
                "https://a.example;",
                "https://a.example,https://b.example",
                "https://a.example https://b.example",
                "https://a.example\nhttps://b.example",
                "https://a.example\r\nSet-Cookie: x",
                "https://a.example\t",
                "\"https://a.example\"",
                " ",
                ""
            })
    void a_source_that_could_break_out_of_form_action_is_refused_and_named(String source) {
        register(id, "public => false");
        assertThatThrownBy(() -> TestDatabase.ask(
                        "SELECT 'done', alexa.change_client(client_id => ?, form_action => ARRAY['https://a.example', ?])",
                        id,
                        source))
                .hasStackTraceContaining("\"" + source + "\" cannot be in form_action")
                .hasStackTraceContaining("Hint: write https://app.example.org");
        assertThatThrownBy(() -> TestDatabase.change(
                        "UPDATE alexa.client SET form_action = ARRAY[?] WHERE client_id = ?", source, id))
                .hasStackTraceContaining("form_action_is_of_sources");
    }

    @Test
    void form_action_has_no_gap_and_fits_a_header() {
        register(id, "public => false");
        assertThatThrownBy(() -> change("form_action => ARRAY['https://a.example', NULL]"))
                .hasStackTraceContaining("\"NULL\" cannot be in form_action");
        assertThatThrownBy(
                        () -> change(
                                "form_action => (SELECT array_agg('https://host' || n || '.example.org') FROM generate_series(1, 40) n)"))
                .hasStackTraceContaining("form_action_fits_a_header");
    }

    @Test
    void the_event_of_set_redirect_uris_counts_each_address_once() {
        register(id, "public => false");
        TestDatabase.ask(
                "SELECT 'done', alexa.set_redirect_uris(?, ARRAY['https://a.example/1', 'https://a.example/2', 'https://a.example/1'])",
                id);
        assertThat(TestDatabase.ask(
                        "SELECT reason FROM alexa.audit_event WHERE client_id = ? AND event = 'redirect_uris_set'"
                                + " ORDER BY occurred_at DESC, event_id DESC LIMIT 1",
                        id))
                .startsWith("2 redirect URIs, by ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://music.example.org/cb",
                "http://127.0.0.1.evil.example/cb",
                "http://127.1/cb",
                "http://127.0.0.1:0/cb",
                "http://127.0.0.1:65536/cb",
                "http://[::1]:99999/cb",
                "http://anna@localhost/cb",
                "https://a.example:0/cb",
                "https://a.example:70000",
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
    void a_redirect_uri_with_a_blank_around_it_is_refused_and_named_and_none_is_set() throws Exception {
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
                "refresh_token_idle => interval '47 hours'",
                "rotation_grace => interval '25 hours'",
                "rotation_grace => interval '-1 second'",
                "public => true, rotate_refresh_token => false",
                "scopes => ARRAY['no.such.scope']",
                "scopes => ARRAY[]::text[]"
            })
    void a_policy_out_of_bounds_is_refused(String argument) {
        assertThatThrownBy(() -> TestDatabase.ask(
                        "SELECT client_secret FROM alexa.register_client(client_id => ?, display_name => 'A',"
                                + " redirect_uris => ARRAY['https://a.example/cb'], " + argument + ")",
                        id))
                .isInstanceOf(IllegalStateException.class);
        assertThat(TestDatabase.ask("SELECT client_id FROM alexa.client WHERE client_id = ?", id))
                .isNull();
    }

    @Test
    void after_a_rotation_the_old_secret_stays_good_for_the_time_given() throws Exception {
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

    @ParameterizedTest
    @ValueSource(strings = {"NULL", "interval '-1 second'"})
    void a_secret_that_would_never_end_or_has_ended_is_refused(String oldValidFor) throws Exception {
        TestDatabase.register(id, URI);
        assertThatThrownBy(() -> TestDatabase.ask("SELECT alexa.rotate_client_secret(?, " + oldValidFor + ")", id))
                .hasStackTraceContaining("old_valid_for must say how long");
        assertThat(clients.byId(id).orElseThrow().secretHashes()).hasSize(1);
    }

    @Test
    void a_password_in_place_of_its_hash_is_refused_and_not_repeated() {
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
    void an_account_gets_its_name_without_blanks_around_it_and_with_each_letter_in_one_piece() {
        TestDatabase.addAccount("\u00a0ju\u0308rgen-" + id + " \u200b", "a password of some length");
        String own = "jürgen-" + id;
        assertThat(account(own)).isEqualTo(own);
        for (String twin :
                List.of("ju\u0308rgen-" + id, "JÜRGEN-" + id, own + " ", "ｊürgen-" + id, "jürg\u00aden-" + id)) {
            assertThatThrownBy(() -> TestDatabase.addAccount(twin, "a password of some length"))
                    .as(twin)
                    .hasStackTraceContaining("account \"" + own + "\" exists already");
        }
        TestDatabase.ask(
                "SELECT 'done', alexa.rename_account(?, ?)", "Ju\u0308rgen-" + id, " bjo\u0308rn-" + id + "\ufeff");
        assertThat(account("björn-" + id)).isEqualTo("björn-" + id);
        assertThatThrownBy(() -> {
                    TestDatabase.addAccount(own, "a password of some length");
                    TestDatabase.ask("SELECT 'done', alexa.rename_account(?, ?)", own, "BJO\u0308RN-" + id);
                })
                .hasStackTraceContaining("exists already");
        for (String ending : List.of("disable_account", "enable_account", "delete_account")) {
            TestDatabase.ask("SELECT 'done', alexa." + ending + "(?)", " bjo\u0308rn-" + id + "\u3000");
        }
        assertThat(account("björn-" + id)).isNull();
    }

    @Test
    void a_subject_that_no_account_has_is_found_with_blanks_around_it_and_with_letters_in_two_pieces() {
        TestDatabase.register(id, URI);
        for (String subject : List.of("jürgen-" + id, "an NFD bjo\u0308rn-" + id)) {
            TestDatabase.change(
                    "INSERT INTO alexa.link (link_id, client_id, subject, scope) VALUES (gen_random_uuid(), ?, ?, '{music.read}')",
                    id,
                    subject);
        }
        assertThat(TestDatabase.ask("SELECT alexa.revoke_links(subject => ?)", " ju\u0308rgen-" + id + "\u00a0"))
                .isEqualTo("1");
        assertThat(TestDatabase.ask("SELECT alexa.revoke_links(subject => ?)", "an NFD bjo\u0308rn-" + id))
                .isEqualTo("1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"LC_COLLATE 'C' LC_CTYPE 'C'", "LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"})
    void capitals_are_letters_whatever_locale_the_database_has(String locale) throws Exception {
        String database = TestDatabase.create("letters", "TEMPLATE template0 ENCODING 'UTF8' " + locale);
        try (Connection connection =
                FreshDatabase.as(FreshDatabase.SUPERUSER, database).getConnection()) {
            Schema.migrate(connection, TestDatabase.SQL);
        }
        assertThat(FreshDatabase.ask(database, "SELECT alexa.folded('JÜRGEN ЖУК ΑΒΓ IRIS ÇA')"))
                .isEqualTo("jürgen жук αβγ iris ça");
    }

    private static String account(String username) {
        return TestDatabase.ask("SELECT username FROM alexa.account WHERE username = ?", username);
    }

    @Test
    void an_unknown_client_is_named_in_the_error() {
        assertThatThrownBy(() -> TestDatabase.ask("SELECT 'done', alexa.disable_client(?)", id))
                .hasStackTraceContaining("there is no client \"" + id + "\"");
    }

    @Test
    void a_client_is_registered_with_the_policy_of_its_refresh_tokens_or_with_one_that_suits_alexa() {
        TestDatabase.register(id, URI);
        assertThat(policy(id)).isEqualTo("confidential|never|never|f|00:10:00");
        String app = TestDatabase.unique("app");
        register(app, "public => true");
        assertThat(policy(app)).isEqualTo("public|never|never|t|00:10:00");
        String other = TestDatabase.unique("other");
        register(
                other,
                "refresh_token_lifetime => '1 year', refresh_token_idle => '90 days', rotate_refresh_token => true,"
                        + " rotation_grace => '1 minute'");
        assertThat(policy(other)).isEqualTo("confidential|365 days 06:00:00|90 days|t|00:01:00");
    }

    @Test
    void changing_a_policy_leaves_what_is_not_named_and_zero_means_never() {
        register(id, "refresh_token_lifetime => '1 year', refresh_token_idle => '90 days'");
        change("rotate_refresh_token => true");
        assertThat(policy(id)).isEqualTo("confidential|365 days 06:00:00|90 days|t|00:10:00");
        change("rotation_grace => '0', refresh_token_lifetime => '0'");
        assertThat(policy(id)).isEqualTo("confidential|never|90 days|t|00:00:00");
        change("refresh_token_idle => '0', rotate_refresh_token => false");
        assertThat(policy(id)).isEqualTo("confidential|never|never|f|00:00:00");
        assertThat(TestDatabase.ask(
                        "SELECT count(*) FROM alexa.audit_event WHERE event = 'client_changed' AND client_id = ?", id))
                .isEqualTo("3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "refresh_token_idle => '47 hours'",
                "rotation_grace => '2 days'",
                "rotate_refresh_token => false",
                "pkce_required => false"
            })
    void a_policy_that_a_public_client_must_not_have_is_refused_and_nothing_is_changed(String policy) {
        register(id, "public => true");
        assertThatThrownBy(() -> change("display_name => 'Half done', " + policy))
                .hasStackTraceContaining("violates check constraint");
        assertThat(policy(id)).isEqualTo("public|never|never|t|00:10:00");
        assertThat(TestDatabase.ask("SELECT display_name FROM alexa.client WHERE client_id = ?", id))
                .isEqualTo("App");
    }

    @Test
    void a_client_has_a_name_in_each_language_in_which_the_operator_names_it() throws Exception {
        TestDatabase.register(id, URI);
        TestDatabase.ask("SELECT 'done', alexa.name_client(?, 'ja', 'アレクサ')", id);
        TestDatabase.ask("SELECT 'done', alexa.name_client(?, 'de', 'Alexa von Anna')", id);
        TestDatabase.ask("SELECT 'done', alexa.name_client(?, 'de', 'Alexa')", id);
        assertThat(clients.byId(id, "ja").orElseThrow().displayName()).isEqualTo("アレクサ");
        assertThat(clients.byId(id, "de").orElseThrow().displayName()).isEqualTo("Alexa");
        assertThat(clients.byId(id, "fr").orElseThrow().displayName()).isEqualTo("Amazon Alexa");
        assertThat(clients.byId(id).orElseThrow().displayName()).isEqualTo("Amazon Alexa");
        assertThat(TestDatabase.ask(
                        "SELECT string_agg(reason, ', ' ORDER BY occurred_at) FROM alexa.audit_event"
                                + " WHERE client_id = ? AND event = 'client_changed'",
                        id))
                .isEqualTo("its name in ja, by postgres, its name in de, by postgres, its name in de, by postgres"
                        .replace("postgres", TestDatabase.shared().superuserName()));
        TestDatabase.change("DELETE FROM alexa.client WHERE client_id = ?", id);
        assertThat(TestDatabase.ask("SELECT language FROM alexa.client_name WHERE client_id = ?", id))
                .isNull();
        assertThatThrownBy(() -> TestDatabase.ask("SELECT 'done', alexa.name_client(?, 'de', 'Alexa')", id))
                .hasStackTraceContaining("there is no client \"" + id + "\"");
    }

    @Test
    void a_scope_is_described_to_all_and_then_in_each_language() throws Exception {
        String scope = TestDatabase.unique("playlists");
        assertThatThrownBy(() -> describe(scope, "Deine Wiedergabelisten ändern", "'de'"))
                .hasStackTraceContaining("scope \"" + scope + "\" is not known")
                .hasStackTraceContaining("Hint: describe it without a language first");
        describe(scope, "Change your playlist", "NULL");
        describe(scope, "Change your playlists", "NULL");
        describe(scope, "Deine Liste ändern", "'de'");
        describe(scope, "Deine Wiedergabelisten ändern", "'de'");
        register(id, "scopes => ARRAY['music.read', '" + scope + "']");
        assertThat(clients.byId(id).orElseThrow().scopes())
                .containsEntry(scope, "Change your playlists")
                .containsEntry("music.read", "Read your music library");
        assertThat(clients.byId(id, "de").orElseThrow().scopes())
                .containsEntry(scope, "Deine Wiedergabelisten ändern")
                .containsEntry("music.read", "Ihre Musikbibliothek ansehen");
        assertThat(clients.byId(id, "ja").orElseThrow().scopes())
                .containsEntry(scope, "Change your playlists")
                .containsEntry("music.read", "音楽ライブラリの閲覧");
        assertThat(TestDatabase.ask(
                        "SELECT string_agg(reason, '; ' ORDER BY occurred_at) FROM alexa.audit_event"
                                + " WHERE event = 'scope_described' AND reason LIKE ?",
                        scope + "%"))
                .isEqualTo("$, by postgres; $, by postgres; $ in de, by postgres; $ in de, by postgres"
                        .replace("postgres", TestDatabase.shared().superuserName())
                        .replace("$", scope));
    }

    @Test
    void a_scope_that_is_not_known_says_how_to_make_it_known() {
        TestDatabase.register(id, URI);
        assertThatThrownBy(() -> change("scopes => ARRAY['no.such.scope']"))
                .hasStackTraceContaining("scope \"no.such.scope\" is not known")
                .hasStackTraceContaining("Hint: alexa.describe_scope");
        assertThatThrownBy(() -> register(TestDatabase.unique("other"), "scopes => ARRAY['no.such.scope']"))
                .hasStackTraceContaining("Hint: alexa.describe_scope");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pt", "PT-BR", "de-AT", "English", "sv", ""})
    void a_language_without_pages_is_refused_with_a_list_of_those_that_have_some(String language) {
        TestDatabase.register(id, URI);
        String hint = "Hint: there are "
                + String.join(", ", Messages.languageTags().stream().sorted().toList());
        assertThatThrownBy(() -> TestDatabase.ask("SELECT 'done', alexa.name_client(?, ?, 'Alexa')", id, language))
                .hasStackTraceContaining("there are no pages in \"" + language + "\"")
                .hasStackTraceContaining(hint);
        assertThatThrownBy(() -> describe("music.read", "…", "'" + language + "'"))
                .hasStackTraceContaining("there are no pages in \"" + language + "\"")
                .hasStackTraceContaining(hint);
    }

    @Test
    void every_language_of_the_pages_can_be_given_names_and_no_other_one() {
        TestDatabase.register(id, URI);
        String languages =
                String.join(" ", Messages.languageTags().stream().sorted().toList());
        for (String language : Messages.languageTags()) {
            TestDatabase.ask("SELECT 'done', alexa.name_client(?, ?, 'Alexa')", id, language);
        }
        assertThat(TestDatabase.ask(
                        "SELECT string_agg(language, ' ' ORDER BY language COLLATE \"C\") FROM alexa.language"))
                .isEqualTo(languages);
        assertThatThrownBy(() -> TestDatabase.change(
                        "INSERT INTO alexa.client_name (client_id, language, display_name) VALUES (?, 'sv', 'Alexa')",
                        id))
                .hasStackTraceContaining("client_name_language_fkey");
        assertThatThrownBy(
                        () -> TestDatabase.change("INSERT INTO alexa.scope_description (scope, language, description)"
                                + " VALUES ('music.read', 'sv', 'Musik')"))
                .hasStackTraceContaining("scope_description_language_fkey");
    }

    @Test
    void the_scopes_of_a_new_installation_are_described_in_every_language() {
        for (String scope : List.of("music.read", "music.control")) {
            assertThat(TestDatabase.ask(
                            "SELECT string_agg(language, ' ' ORDER BY language COLLATE \"C\") FROM"
                                    + " (SELECT 'en' AS language UNION SELECT language FROM alexa.scope_description"
                                    + " WHERE scope = ?) AS described",
                            scope))
                    .isEqualTo(String.join(
                            " ", Messages.languageTags().stream().sorted().toList()));
        }
    }

    private static void register(String client, String policy) {
        TestDatabase.ask(
                "SELECT client_id FROM alexa.register_client(client_id => ?, display_name => 'App',"
                        + " redirect_uris => ARRAY['https://app.example.org/cb'], " + policy + ")",
                client);
    }

    private void limit(String introspects) {
        TestDatabase.ask(
                "SELECT 'done', alexa.limit_resource_server(client_id => ?, introspects => " + introspects + ")", id);
    }

    private String introspects() {
        return TestDatabase.ask("SELECT introspects FROM alexa.list_clients() WHERE client_id = ?", id);
    }

    private void change(String policy) {
        TestDatabase.ask("SELECT 'done', alexa.change_client(client_id => ?, " + policy + ")", id);
    }

    private static void describe(String scope, String description, String language) {
        TestDatabase.ask(
                "SELECT 'done', alexa.describe_scope(scope => ?, description => ?, language => " + language + ")",
                scope,
                description);
    }

    /** Kind, lifetime and idle time of refresh tokens, rotation and grace time. */
    private static String policy(String client) {
        return TestDatabase.ask(
                "SELECT concat_ws('|', kind, coalesce(refresh_token_lifetime::text, 'never'),"
                        + " coalesce(refresh_token_idle::text, 'never'), rotate_refresh_token, rotation_grace)"
                        + " FROM alexa.list_clients() WHERE client_id = ?",
                client);
    }

    private String inRealm() {
        return TestDatabase.ask("SELECT username FROM alexa.realm_account WHERE username = ?", id);
    }

    private void setRedirectUris(String uri) {
        TestDatabase.ask("SELECT 'done', alexa.set_redirect_uris(?, ARRAY[?])", id, uri);
    }
}
