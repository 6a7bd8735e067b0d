package io.github.alexalink.tool;

import static io.github.alexalink.fixture.servers.FreshDatabase.ask;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.servers.FreshDatabase;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("java -jar alexa.war client")
class ClientCommandTest {

    private static final Pattern SECRET = Pattern.compile("client secret  (als_[A-Za-z0-9_-]{43})\n");

    private static String database;

    @BeforeAll
    static void aDatabaseWithAlexa() throws Exception {
        database = FreshDatabase.migrated();
        assertThat(Answer.in(database, "client", "add", "there", "--redirect-uri", "https://there.example.org/cb")
                        .status())
                .isZero();
    }

    @Test
    void add_registers_alexa_by_the_vendor_id_and_prints_what_the_console_wants() throws Exception {
        Answer answer = Answer.in(database, "client", "add", "alexa", "--alexa-vendor", " m2aaaaaaaaaaaa ");
        assertThat(answer.err()).isEqualTo("Note the secret now: only its hash is kept here.\n");
        assertThat(answer.out()).isEqualTo("""
                        client id      alexa
                        client secret  %s
                        redirect URI   https://pitangui.amazon.com/api/skill/link/M2AAAAAAAAAAAA
                        redirect URI   https://layla.amazon.com/api/skill/link/M2AAAAAAAAAAAA
                        redirect URI   https://alexa.amazon.co.jp/api/skill/link/M2AAAAAAAAAAAA
                        """.formatted(secretIn(answer)));
        assertThat(isSecretOf("alexa", secretIn(answer))).isTrue();
        assertThat(ask(database, "SELECT display_name FROM alexa.client WHERE client_id = 'alexa'"))
                .isEqualTo("Amazon Alexa");
    }

    @Test
    void add_registers_a_music_server_that_asks_about_the_tokens_of_all_or_of_some() throws Exception {
        assertThat(Answer.in(database, "client", "add", "music", "--resource-server")
                        .status())
                .isZero();
        Answer limited = Answer.in(
                database, "client", "add", "kitchen", "--name", "Küche", "--resource-server", "--introspects", "there");
        assertThat(isSecretOf("kitchen", secretIn(limited))).isTrue();
        assertThat(ask(
                        database,
                        "SELECT string_agg(concat_ws(' ', kind, display_name, introspects::text), ', ' ORDER BY client_id)"
                                + " FROM alexa.client WHERE client_id IN ('music', 'kitchen')"))
                .isEqualTo("resource_server Küche {there}, resource_server music");
    }

    @Test
    void uris_replaces_all_of_them_and_secret_lets_the_old_one_live_on() throws Exception {
        String old =
                secretIn(Answer.in(database, "client", "add", "app", "--redirect-uri", "https://a.example.org/cb"));
        Answer uris = Answer.in(
                database,
                "client",
                "uris",
                "app",
                "--redirect-uri",
                "https://b.example.org/cb",
                "--redirect-uri",
                "http://localhost:8080/cb");
        assertThat(uris.out())
                .isEqualTo("redirect URI   https://b.example.org/cb\nredirect URI   http://localhost:8080/cb\n");
        assertThat(
                        ask(
                                database,
                                "SELECT string_agg(redirect_uri, ' ' ORDER BY redirect_uri) FROM alexa.client_redirect_uri WHERE client_id = 'app'"))
                .isEqualTo("http://localhost:8080/cb https://b.example.org/cb");
        String second = secretIn(Answer.in(database, "client", "secret", "app", "--old-valid-for", "2 days"));
        assertThat(List.of(isSecretOf("app", old), isSecretOf("app", second))).containsExactly(true, true);
        String third = secretIn(Answer.in(database, "client", "secret", "app", "--old-valid-for", "0"));
        assertThat(List.of(isSecretOf("app", second), isSecretOf("app", third))).containsExactly(false, true);
    }

    @Test
    void disable_and_enable_are_seen_in_the_list_in_both_forms() throws Exception {
        Answer.in(
                database, "client", "add", "lamp", "--name", "Lämpchen", "--redirect-uri", "https://l.example.org/cb");
        assertThat(Answer.in(database, "client", "disable", "lamp").out()).isEqualTo("client lamp is disabled\n");
        assertThat(Answer.in(database, "client", "list").out())
                .containsPattern("(?m)^lamp +confidential +Lämpchen +no +1$")
                .contains("  redirect uris  https://l.example.org/cb\n")
                .contains("  scopes         music.control\n                 music.read\n");
        JSONObject lamp = inList("lamp");
        assertThat(lamp.getBoolean("enabled")).isFalse();
        assertThat(lamp.getString("display_name")).isEqualTo("Lämpchen");
        assertThat(lamp.getJSONArray("redirect_uris").toList()).containsExactly("https://l.example.org/cb");
        assertThat(Answer.in(database, "client", "enable", "lamp").out()).isEqualTo("client lamp is enabled\n");
        assertThat(inList("lamp").getBoolean("enabled")).isTrue();
    }

    @Test
    void a_list_with_alexas_addresses_fits_a_terminal() {
        Answer.in(database, "client", "add", "alexa-2", "--alexa-vendor", "M2AAAAAAAAAAAAAA");
        Answer.in(database, "client", "add", "music-2", "--resource-server", "--introspects", "there");
        assertThat(Answer.in(database, "client", "list").out().lines())
                .hasSizeGreaterThan(5)
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    client add there --redirect-uri https://x.org/cb            | client "there" is registered already
                    client add there --resource-server                          | "there" is registered already
                    client add new --resource-server --introspects none         | there is no client "none" that gets tokens
                    client uris none --redirect-uri https://x.org/cb            | there is no client "none"
                    client secret none                                          | there is no client "none"
                    client disable none                                         | there is no client "none"
                    client enable none                                          | there is no client "none"
                    client secret there --old-valid-for soon                    | --old-valid-for [soon] is no time
                    client secret there --old-valid-for -1day                   | old_valid_for must say how long
                    client add a+b --redirect-uri https://x.org/cb              | a client id has 1 to 100 letters of A-Z a-z 0-9
                    client add new --redirect-uri http://x.org/cb               | a redirect URI begins with https:// and a host, or with
                    client add new --redirect-uri https://x.org:99999/cb        | the port of a redirect URI is 1 to 65535
                    client add new --redirect-uri https://x.org/cb#a            | a redirect URI has no #
                    client add new --redirect-uri https://x.org/ü               | a redirect URI has at most 1000 characters, of ASCII
                    client add new --redirect-uri https://x.org/cb --name=      | the name of a client has 1 to 100 characters
                    client add new --alexa-vendor none                          | [none] is no vendor id of Amazon
                    """)
    void a_refusal_says_what_must_hold_and_nothing_is_there_afterwards(String command, String why) throws Exception {
        Answer answer = Answer.in(database, command.split(" ", -1));
        assertThat(answer.status()).isEqualTo(1);
        assertThat(answer.out()).isEmpty();
        assertThat(answer.err())
                .startsWith(why)
                .doesNotContain("ERROR", "Where:", "PL/pgSQL", "SELECT ", "violates", "Failing row")
                .doesNotContainPattern("alexa\\.(?!war)");
        assertThat(answer.err().lines()).hasSizeLessThanOrEqualTo(3).allSatisfy(line -> assertThat(line.length())
                .isLessThanOrEqualTo(80));
        assertThat(ask(database, "SELECT count(*) FROM alexa.client WHERE client_id = 'new'"))
                .isEqualTo("0");
    }

    @ParameterizedTest
    @CsvSource({
        "client add new, --resource-server",
        "client add new --resource-server --redirect-uri x, --resource-server",
        "client add new --alexa-vendor M2AAAAAAAAAAAA --redirect-uri x, --resource-server",
        "client add new --redirect-uri x --introspects there, --resource-server",
        "client uris there, --redirect-uri URI"
    })
    void options_that_exclude_each_other_are_wrong_usage(String command, String words) {
        Answer answer = Answer.in(database, command.split(" ", -1));
        assertThat(answer.status()).isEqualTo(2);
        assertThat(answer.err())
                .startsWith("say one of --alexa-vendor ID, ")
                .contains(words)
                .hasLineCount(2);
    }

    private static JSONObject inList(String id) {
        JSONArray clients =
                new JSONArray(Answer.in(database, "client", "list", "--json").out());
        for (int i = 0; i < clients.length(); i++) {
            if (clients.getJSONObject(i).getString("client_id").equals(id)) {
                return clients.getJSONObject(i);
            }
        }
        throw new AssertionError(id + " is not in " + clients);
    }

    private static String secretIn(Answer answer) {
        Matcher secret = SECRET.matcher(answer.out());
        assertThat(secret.find()).as(answer.toString()).isTrue();
        return secret.group(1);
    }

    private static boolean isSecretOf(String client, String secret) throws Exception {
        return "1"
                .equals(ask(
                        database,
                        "SELECT count(*) FROM alexa.client_secret WHERE client_id = '" + client
                                + "' AND secret_hash = alexa.hash_of('" + secret
                                + "') AND (expires_at IS NULL OR expires_at > now())"));
    }
}
