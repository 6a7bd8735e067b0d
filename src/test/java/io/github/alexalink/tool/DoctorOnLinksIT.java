package io.github.alexalink.tool;

import static io.github.alexalink.fixture.servers.Front.NONE;
import static io.github.alexalink.fixture.servers.Front.page;
import static io.github.alexalink.fixture.servers.Front.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.alexa.SignInMinute;
import io.github.alexalink.fixture.servers.Front;
import io.github.alexalink.fixture.servers.Front.Fault;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("thorough")
@DisplayName("doctor: the client, the account, and what happens to codes and tokens")
class DoctorOnLinksIT extends BehindAFront {

    @Test
    void a_client_that_is_unknown_or_disabled_is_named() throws Exception {
        Alexa disabled = Alexa.skill(URL);
        TestDatabase.ask("SELECT 'done', alexa.disable_client(?)", disabled.clientId());
        link(disabled, NONE).names("client-unknown", "error", "client enable " + disabled.clientId());
    }

    @Test
    void a_redirect_uri_that_is_missing_is_named() throws Exception {
        Alexa one = Alexa.skill(URL);
        TestDatabase.ask(
                "SELECT 'done', alexa.set_redirect_uris(?, ARRAY[?, ?])", one.clientId(), Alexa.PITANGUI, Alexa.JAPAN);
        link(one, NONE)
                .names("redirect-uri-missing", "error", "--alexa-vendor M2TESTVENDOR")
                .found(Alexa.LAYLA);
    }

    @Test
    void a_vendor_id_that_is_mistyped_is_to_be_compared_before_it_replaces_the_right_one() throws Exception {
        List<String> mistyped = new ArrayList<>(who(alexa));
        mistyped.set(mistyped.indexOf(alexa.redirectUri()), "M2OTHERVENDOR");
        front(good, NONE);
        Report report = run(mistyped).names("redirect-uri-missing", "error", "compare the vendor id M2OTHERVENDOR");
        assertThat(report.first().getString("do")).contains("they replace those that are registered");
    }

    @Test
    void the_client_of_a_resource_server_is_guessed() throws Exception {
        Alexa music =
                Alexa.registered(URL, TestDatabase.unique("music"), "als_not-needed-before-the-page-0123456789ab");
        TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'Music')",
                music.clientId());
        link(music, NONE).names("redirect-uri-missing", "error", "resource server");
    }

    @Test
    void a_secret_that_is_wrong_is_named() throws Exception {
        link(alexa.withSecret("als_ThisIsNotTheSecretAndNeverWas1234567890abcd"), NONE)
                .names("secret-wrong", "error", "client secret " + alexa.clientId());
        link(alexa.withSecret(alexa.secret() + " "), NONE)
                .names("secret-wrong", "error", "client secret")
                .found("blank");
    }

    @Test
    void a_scope_that_is_not_allowed_is_named() throws Exception {
        List<String> asking = new ArrayList<>(who(alexa));
        asking.set(asking.indexOf("music.read music.control"), "music.read music.delete");
        front(good, NONE);
        run(asking).names("scopes-differ", "error", "client list").found("music.delete");
    }

    @Test
    void pkce_that_is_demanded_is_named() throws Exception {
        Alexa strict = Alexa.skill(URL);
        TestDatabase.ask(
                "SELECT 'done', alexa.change_client(client_id => ?, pkce_required => true)", strict.clientId());
        link(strict, NONE)
                .names("pkce-differs", "warning", "client_id => '" + strict.clientId() + "', pkce_required => false");
    }

    @Test
    void a_wrong_password_is_tried_once() throws Exception {
        List<String> mistyped = new ArrayList<>(who(alexa));
        mistyped.set(mistyped.size() - 1, file("not the password of anybody").toString());
        AtomicInteger passwords = new AtomicInteger();
        front(good, (asked, behind, out) -> {
            if (asked.body().contains("password=")) {
                passwords.incrementAndGet();
            }
            out.write(behind.answer(asked));
        });
        run(mistyped).names("sign-in-failed", "error", "account list");
        assertThat(passwords).hasValue(1);
    }

    /** Changes what the token endpoint says when it issues tokens. */
    private static Fault tokens(UnaryOperator<String> change) {
        return changing("/token", head -> head, body -> body.contains("access_token") ? change.apply(body) : body);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "expires_in":\\d+          | "expires_in":300      | expires_in 300
            "expires_in":(\\d+)        | "expires_in":"$1"     | expires_in is no number
            "expires_in":\\d+,?        | "x":1,                | no expires_in
            "refresh_token"            | "refresh"             | no refresh_token
            "token_type":"Bearer"      | "token_type":"mac"    | token_type [mac]
            "access_token"             | "accessToken"         | no access_token
            """)
    void an_answer_with_tokens_that_is_not_as_alexa_needs_it_is_named(String from, String to, String found)
            throws Exception {
        Report report = link(alexa, tokens(body -> body.replaceFirst(from.replace("\\\\", "\\"), to)));
        report.names("answer-shape", "error", "the proxy changes").found(found);
        if (found.equals("no access_token")) {
            assertThat(report.first().getString("why")).doesNotContain("refresh");
        }
    }

    private static boolean isRefresh(Front.Asked asked) {
        return asked.body().contains("grant_type=refresh_token")
                && !asked.body().contains("refresh_token=alexa-doctor");
    }

    @Test
    void a_refresh_that_fails_is_named() throws Exception {
        link(
                        alexa,
                        (asked, behind, out) -> out.write(
                                isRefresh(asked)
                                        ? reply(
                                                "400 Bad Request",
                                                "Content-Type: application/json\nCache-Control: no-store",
                                                "{\"error\":\"invalid_grant\"}")
                                        : behind.answer(asked)))
                .names("refresh-fails", "error", "token request refused");
        link(
                        alexa,
                        (asked, behind, out) -> out.write(
                                isRefresh(asked) ? page("502 Bad Gateway", "<h1>502</h1>") : behind.answer(asked)))
                .names("refresh-fails", "error", "token request refused")
                .found("502");
        link(
                        alexa,
                        (asked, behind, out) -> out.write(
                                asked.body().contains("grant_type=refresh_token")
                                        ? page("502 Bad Gateway", "<h1>502</h1>")
                                        : behind.answer(asked)))
                .names("refresh-fails", "error", "error log");
    }

    @ParameterizedTest
    @CsvSource({"200 OK, {}", "500 Internal Server Error, <h1>500</h1>"})
    void a_refusal_that_is_none_is_named(String status, String body) throws Exception {
        Set<String> verifiers = ConcurrentHashMap.newKeySet();
        link(
                        alexa,
                        (asked, behind, out) -> out.write(
                                asked.body().contains("code_verifier") && verifiers.add(status)
                                        ? reply(status, "Content-Type: application/json\nCache-Control: no-store", body)
                                        : behind.answer(asked)))
                .names("refusals", "error", "alexa.war check")
                .says("code_verifier");
    }

    @Test
    void a_link_that_could_not_be_revoked_is_named() throws Exception {
        link(alexa, at("/revoke", (asked, behind, out) -> out.write(page("500 Internal Server Error", "<h1>500</h1>"))))
                .names("link-left", "warning", URL + "/links");
        link(alexa, at("/revoke", (asked, behind, out) -> {})).names("link-left", "warning", URL + "/links");
    }

    @Test
    void a_secret_that_has_expired_is_named() throws Exception {
        Alexa old = Alexa.skill(URL);
        TestDatabase.ask("SELECT alexa.rotate_client_secret(?)", old.clientId());
        link(old, NONE)
                .names("secret-wrong", "error", "client secret " + old.clientId())
                .says("no longer valid");
    }

    @Test
    void a_new_secret_cures_a_lost_one() throws Exception {
        Alexa lost = Alexa.skill(URL);
        Alexa other = lost.withSecret("als_ThisIsNotTheSecretAndNeverWas1234567890abcd");
        link(other, NONE).names("secret-wrong", "error", "client secret " + lost.clientId());
        String made = Answer.in("alexa", "client", "secret", lost.clientId()).out();
        Matcher secret = Pattern.compile("als_[A-Za-z0-9_-]+").matcher(made);
        assertThat(secret.find()).as(made).isTrue();
        Report cured = link(lost.withSecret(secret.group()), NONE);
        assertThat(cured.named()).as(cured.answer().out()).isEmpty();
    }

    @Test
    void the_line_to_paste_cures_a_missing_redirect_uri() throws Exception {
        Alexa one = Alexa.skill(URL);
        TestDatabase.ask("SELECT 'done', alexa.set_redirect_uris(?, ARRAY[?])", one.clientId(), Alexa.PITANGUI);
        Report report = link(one, NONE).names("redirect-uri-missing", "error", "--alexa-vendor M2TESTVENDOR");
        Matcher line = Pattern.compile("alexa.war (client uris .*)")
                .matcher(report.first().getString("do"));
        assertThat(line.find()).isTrue();
        Answer done = Answer.in("alexa", line.group(1).split(" "));
        assertThat(done.status()).as(done.toString()).isZero();
        Report cured = link(one, NONE);
        assertThat(cured.named()).as(cured.answer().out()).isEmpty();
    }

    @Test
    void a_page_that_is_not_shown_for_one_region_is_named_with_the_region() throws Exception {
        link(
                        alexa,
                        (asked, behind, out) -> out.write(
                                asked.is("GET") && asked.line().contains("layla")
                                        ? page("403 Forbidden", "<h1>403</h1>")
                                        : behind.answer(asked)))
                .names("challenge-in-front", "error", "/alexa/")
                .found("layla.amazon.com");
    }

    @Test
    void more_sign_ins_in_a_minute_than_one_address_may_have_are_named() throws Exception {
        String form = Alexa.encoded(Map.of("action", "show", "username", "x".repeat(256), "password", PASSWORD));
        SignInMinute.inOne(Duration.ZERO, () -> {
            Fault shared = (asked, behind, out) -> {
                for (int i = 0; asked.is("POST /alexa/approve") && i <= Limits.SIGN_INS_PER_MINUTE; i++) {
                    behind.answer(
                            new Front.Asked(
                                    "POST /alexa/links HTTP/1.1\r\nHost: localhost\r\nContent-Type:"
                                            + " application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n"
                                            + "Connection: close\r\nContent-Length: " + form.length() + "\r\n\r\n",
                                    form),
                            "203.0.113.99");
                }
                out.write(behind.answer(asked, "203.0.113.99"));
            };
            link(alexa, shared).names("braked", "error", "X-Forwarded-For");
        });
    }

    @Test
    void a_state_that_is_cut_on_its_way_back_is_named() throws Exception {
        link(
                        alexa,
                        changing(
                                "/approve",
                                head -> head.replaceFirst("(state=[^&\\r\\n]{500})[^&\\r\\n]*", "$1"),
                                body -> body))
                .names("state-cut", "error", "large_client_header_buffers")
                .says("in the redirect to Amazon");
    }

    @Test
    void a_redirect_to_amazon_that_is_changed_is_named() throws Exception {
        link(
                        alexa,
                        changing(
                                "/approve",
                                head -> head.replace("https://pitangui.amazon.com", "https://localhost"),
                                body -> body))
                .names("body-changed", "error", "proxy_redirect off");
    }

    @Test
    void a_header_that_the_proxy_puts_in_the_place_of_authorization_is_named() throws Exception {
        link(
                        alexa,
                        (asked, behind, out) -> out.write(behind.answer(new Front.Asked(
                                asked.head()
                                        .replaceFirst(
                                                "Authorization: Basic .*", "Authorization: Basic cHJveHk6cHJveHk="),
                                asked.body()))))
                .names("authorization-lost", "error", "Authorization")
                .says("takes away or changes the header");
    }

    @Test
    void a_page_that_a_cache_keeps_is_named() throws Exception {
        Map<String, byte[]> kept = new ConcurrentHashMap<>();
        link(alexa, (asked, behind, out) -> {
                    byte[] answer = behind.answer(asked);
                    String path = asked.line().replaceFirst("\\?.*", "");
                    out.write(asked.is("GET /alexa/authorize") ? kept.computeIfAbsent(path, first -> answer) : answer);
                })
                .names("body-changed", "error", "proxy_cache off")
                .says("another visitor");
    }

    @Test
    void pkce_that_is_demanded_and_does_not_arrive_is_named() throws Exception {
        Alexa strict = Alexa.skill(URL);
        TestDatabase.ask(
                "SELECT 'done', alexa.change_client(client_id => ?, pkce_required => true)", strict.clientId());
        link(strict, (asked, behind, out) -> out.write(behind.answer(asked.asking("&code_challenge[^ ]*", ""))))
                .names("pkce-differs", "warning", "pkce_required => false");
    }
}
