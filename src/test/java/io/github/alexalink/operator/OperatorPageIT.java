package io.github.alexalink.operator;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.alexa.Replies;
import io.github.alexalink.fixture.alexa.SignInMinute;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The operator's page and who may read it (RFC 7617)")
class OperatorPageIT extends UnderAttack {

    /** What nobody can know from inside; database-unreachable is an id. */
    private static final String REACHABLE = "(?i)(?<!database-un)reachable";

    private static String olga;

    @BeforeAll
    static void operator() throws SQLException {
        TestDatabase.addAuditMonthBefore();
        olga = TestDatabase.addOperator("olga");
    }

    private static HttpResponse<String> ask(String method, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(ISSUER + "/operator"))
                .timeout(Duration.ofMinutes(1))
                .method(method, HttpRequest.BodyPublishers.noBody());
        headers.forEach(request::header);
        return Alexa.send(request.build());
    }

    static HttpResponse<String> page(String username, String password) {
        return ask("GET", Map.of("Authorization", Alexa.basic(username, password)));
    }

    private static JSONObject json() {
        HttpResponse<String> reply =
                ask("GET", Map.of("Authorization", Alexa.basic(olga, PASSWORD), "Accept", "application/json"));
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        assertThat(reply.headers().firstValue("Content-Type")).contains("application/json;charset=UTF-8");
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        return new JSONObject(reply.body());
    }

    /** A page of ours in English that no cache keeps and no script runs on. */
    private static void assertOurs(HttpResponse<String> reply, int status, String... words) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
        assertThat(reply.headers().firstValue("Content-Type")).contains("text/html;charset=UTF-8");
        assertThat(reply.headers().firstValue("Content-Language")).contains("en");
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(reply.headers().firstValue("Content-Security-Policy"))
                .contains(
                        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none';"
                                + " form-action 'none'");
        assertThat(reply.headers().firstValue("X-Frame-Options")).contains("DENY");
        assertThat(reply.headers().map()).doesNotContainKeys("set-cookie", "location");
        assertThat(reply.headers().firstValue("WWW-Authenticate").isPresent()).isEqualTo(status == 401);
        assertThat(words).allSatisfy(word -> assertThat(reply.body()).contains(word));
        assertThat(reply.body())
                .startsWith("<!DOCTYPE html>\n<html lang=\"en\" dir=\"ltr\">")
                .doesNotContainPattern(REACHABLE)
                .doesNotContain("<script", "<form", PASSWORD);
        assertThat(Alexa.SECRETS.in(reply.body())).isEmpty();
    }

    @Test
    void somebody_without_a_password_is_asked_for_one() {
        HttpResponse<String> reply = ask("GET", Map.of("Accept-Language", "de"));
        assertOurs(reply, 401, "Sign in to see the operator");
        assertThat(reply.headers().allValues("WWW-Authenticate"))
                .containsExactly("Basic realm=\"Alexa Link\", charset=\"UTF-8\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Basic",
                "Basic ",
                "Basic !!!",
                "Basic b2xnYQ==",
                "Basic Og==",
                "Basic b2xnYTo=",
                "Basic OnB3",
                "Basic /zr/",
                "Bearer ala_x",
                "Negotiate x"
            })
    void credentials_that_are_none_are_asked_for_again_and_count_as_no_sign_in(String header) {
        assertOurs(ask("GET", Map.of("Authorization", header)), 401);
    }

    @Test
    void an_operator_reads_what_is_checked_and_what_to_enter_at_amazon() {
        assertOurs(
                page(olga, PASSWORD),
                200,
                "What happened",
                "What is checked",
                "the database answers, and tokens can be issued",
                "java -jar alexa.war doctor " + ISSUER,
                "What to enter at Amazon",
                "<h3>Client skill-", // other tests may have registered more clients than the page shows
                "<dt>Your Web Authorization URI</dt>",
                ISSUER + "/authorize");
    }

    @Test
    void no_answer_names_a_person_or_repeats_a_secret() {
        String refreshToken = alexa.link(anna, PASSWORD).getString("refresh_token");
        alexa.withSecret("als_WRONG").exchange(alexa.codeOf(anna));
        for (String answer : List.of(page(olga, PASSWORD).body(), json().toString())) {
            assertThat(answer)
                    .doesNotContain(olga, anna, refreshToken, "als_WRONG")
                    .doesNotContainPattern(REACHABLE);
            assertThat(Alexa.SECRETS.in(answer)).isEmpty();
        }
    }

    @Test
    void a_program_gets_the_same_as_json() {
        JSONObject answer = json();
        JSONObject checks = answer.getJSONObject("checks");
        assertThat(checks.getString("summary")).isIn("ok", "warning", "error", "fatal");
        assertThat(checks.getJSONArray("records").toList())
                .anySatisfy(record -> assertThat((Map<?, ?>) record).satisfies(each -> {
                    assertThat(each.get("id")).isEqualTo("database-unreachable");
                    assertThat(each.get("severity")).isEqualTo("ok");
                }));
        assertThat(answer.getJSONArray("form").toList()).hasSizeBetween(1, 20).allSatisfy(form -> assertThat(
                        ((Map<?, ?>) form).get("request").toString())
                .contains(ISSUER + "/token"));
        JSONObject refused =
                new JSONObject(ask("GET", Map.of("Accept", "application/json")).body());
        assertThat(refused.keySet()).containsExactlyInAnyOrder("says", "do");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            application/json                             | application/json
            Application/JSON; q=0.5, */*;q=0.1           | application/json
            text/html;q=0.1, application/json            | application/json
            application/json;q=0, text/html              | text/html
            application/json;q=0                         | text/html
            text/html,application/xhtml+xml,*/*;q=0.8    | text/html
            application/json, text/html                  | text/html
            application/json;q=no, text/html;q=0.9       | application/json
            ,;,application/json;;q=1.000,                | application/json
            */*                                          | text/html
            """)
    void the_page_comes_as_what_the_request_would_rather_have(String accept, String type) {
        HttpResponse<String> answer = ask("GET", Map.of("Accept", accept));
        assertThat(answer.headers().firstValue("Content-Type"))
                .hasValueSatisfying(sent -> assertThat(sent).startsWith(type + ";"));
    }

    @Test
    void the_head_of_the_page_comes_without_the_page() {
        HttpResponse<String> head = ask("HEAD", Map.of("Authorization", Alexa.basic(olga, PASSWORD)));
        Replies.assertFine(head, 200);
        assertThat(head.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"})
    void nothing_but_reading_is_allowed(String method) {
        HttpResponse<String> reply = ask(method, Map.of("Authorization", Alexa.basic(olga, PASSWORD)));
        assertOurs(reply, 405);
        assertThat(reply.headers().firstValue("Allow")).contains("GET, HEAD");
    }

    @Test
    void an_unknown_name_a_wrong_password_and_a_locked_name_get_the_same_answer_and_the_trail_has_who_exists() {
        String oscar = TestDatabase.addOperator("oscar");
        HttpResponse<String> unknown = page(TestDatabase.unique("nobody"), PASSWORD);
        HttpResponse<String> wrong = page(oscar, "wrong");
        assertOurs(wrong, 401);
        assertThat(unknown.body()).isEqualTo(wrong.body());
        assertThat(unknown.headers().map().keySet())
                .isEqualTo(wrong.headers().map().keySet());
        assertThat(TestDatabase.ask(
                        "SELECT reason FROM alexa.audit_event WHERE event = 'sign_in_failed' AND subject = ?"
                                + " AND client_id IS NULL",
                        oscar))
                .isEqualTo("at the operator's page");
        for (int i = 1; i < Limits.WRONG_PASSWORDS; i++) {
            page(oscar, "wrong " + i);
        }
        HttpResponse<String> locked = page(oscar, PASSWORD);
        assertOurs(locked, 401);
        assertThat(locked.body()).isEqualTo(wrong.body());
    }

    @Test
    void wrong_passwords_here_lock_the_sign_in_of_listeners_and_wrong_passwords_there_lock_this_one() {
        String oscar = TestDatabase.addOperator("oscar");
        String otto = TestDatabase.addOperator("otto");
        for (int i = 0; i < Limits.WRONG_PASSWORDS; i++) {
            assertOurs(page(oscar, "wrong " + i), 401);
            alexa.press(alexa.authorize(), "allow", otto, "wrong " + i);
        }
        Replies.assertAskedAgain(alexa.press(alexa.authorize(), "allow", oscar, PASSWORD), WRONG);
        assertOurs(page(otto, PASSWORD), 401);
    }

    @Test
    void an_account_without_the_role_reads_how_to_get_it_and_nothing_else() {
        HttpResponse<String> reply = page(anna, PASSWORD);
        assertOurs(reply, 403, "<pre>sudo java -jar alexa.war account role NAME alexa-operator</pre>");
        assertThat(reply.body()).doesNotContain(anna, "What is checked", alexa.clientId());
        TestDatabase.change("INSERT INTO alexa.account_role (username, role_name) VALUES (?, 'music.read')", anna);
        assertOurs(page(anna, PASSWORD), 403);
    }

    @Test
    void a_role_that_is_taken_away_counts_at_once() {
        String oscar = TestDatabase.addOperator("oscar");
        assertOurs(page(oscar, PASSWORD), 200);
        TestDatabase.change("DELETE FROM alexa.account_role WHERE username = ?", oscar);
        assertOurs(page(oscar, PASSWORD), 403);
    }

    @Test
    void a_name_in_other_letters_and_a_password_with_colons_are_read_as_on_the_sign_in_page() {
        String name = TestDatabase.unique("Jürgen");
        TestDatabase.addAccount(name, "pass:wörd: ✓");
        TestDatabase.change("INSERT INTO alexa.account_role (username, role_name) VALUES (?, 'alexa-operator')", name);
        assertOurs(page(name.replace("ü", "u\u0308") + " ", "pass:wo\u0308rd:\u00a0✓"), 200);
        String latin1 =
                Base64.getEncoder().encodeToString((name + ":pass:wörd: ?").getBytes(StandardCharsets.ISO_8859_1));
        assertOurs(ask("GET", Map.of("Authorization", "Basic " + latin1)), 401);
    }

    @Test
    void one_sign_in_more_than_a_household_has_a_minute_must_wait_here_too() throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            Map<String, String> elsewhere = new HashMap<>(fromAfar("https"));
            elsewhere.put("Authorization", Alexa.basic(olga, "x".repeat(1001)));
            for (int i = 0; i < Limits.SIGN_INS_PER_MINUTE; i++) {
                assertOurs(ask("GET", elsewhere), 401);
            }
            elsewhere.put("Authorization", Alexa.basic(olga, PASSWORD));
            HttpResponse<String> reply = ask("GET", elsewhere);
            assertOurs(reply, 429, "Too many tries");
            assertThat(reply.headers().firstValue("Retry-After")).contains("60");
        });
    }

    @Test
    void over_plain_http_from_elsewhere_nobody_is_asked_for_a_password_and_one_that_comes_is_not_looked_at()
            throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            Map<String, String> http = new HashMap<>(fromAfar("http"));
            assertOurs(ask("GET", http), 403, "Open this page by https", ISSUER + "/operator", "ssh -L");
            http.put("Authorization", Alexa.basic(olga, PASSWORD));
            for (int i = 0; i <= Limits.SIGN_INS_PER_MINUTE; i++) {
                assertOurs(ask("GET", http), 403, "Open this page by https");
            }
            http.put("X-Forwarded-Proto", "https");
            assertOurs(ask("GET", http), 200);
        });
    }

    @Test
    void a_proxy_on_this_machine_that_names_no_client_gets_no_password_over_http() {
        String head = "GET /alexa/operator HTTP/1.1\nAuthorization: " + Alexa.basic(olga, PASSWORD) + "\nHost: ";
        assertOurs(
                RawHttp.sendAsItIs(head + "music.example.org\nConnection: close\n\n"), 403, "Open this page by https");
        assertOurs(RawHttp.sendAsItIs(head + "localhost:8080\nConnection: close\n\n"), 200);
    }

    @Test
    void a_browser_that_another_sites_page_sends_here_is_refused_unseen_unless_somebody_clicked() {
        Map<String, String> image = new HashMap<>(Map.of(
                "Authorization",
                Alexa.basic(olga, PASSWORD),
                "Sec-Fetch-Site",
                "cross-site",
                "Sec-Fetch-Mode",
                "no-cors",
                "Sec-Fetch-Dest",
                "image"));
        assertOurs(ask("GET", image), 403, "Another site");
        image.put("Sec-Fetch-User", "?1");
        assertOurs(ask("GET", image), 200);
        for (String site : List.of("none", "same-origin")) {
            assertOurs(ask("GET", Map.of("Authorization", Alexa.basic(olga, PASSWORD), "Sec-Fetch-Site", site)), 200);
        }
    }

    @Test
    void a_database_that_does_not_answer_is_no_wrong_password_and_locks_nobody() throws Exception {
        String oscar = TestDatabase.addOperator("oscar");
        try (Connection dba = TestDatabase.shared().superuser();
                Statement statement = dba.createStatement()) {
            dba.setAutoCommit(false);
            statement.execute("LOCK TABLE alexa.account IN ACCESS EXCLUSIVE MODE");
            for (int i = 0; i < Limits.WRONG_PASSWORDS; i++) {
                HttpResponse<String> reply = page(oscar, PASSWORD);
                assertOurs(reply, 503, "The database did not answer", "sudo java -jar alexa.war check");
                assertThat(reply.headers().firstValue("Retry-After")).contains("60");
            }
            dba.rollback();
        }
        assertOurs(page(oscar, PASSWORD), 200);
    }

    @Test
    void a_record_that_cannot_be_read_is_not_taken_for_an_empty_one_and_the_lock_is_named_as_a_slow_database()
            throws Exception {
        Both shown = whileLocked("audit_event");
        assertOurs(shown.page(), 200, "The record could not be read", "pg_blocking_pids", "lock timeout");
        assertThat(shown.page().body()).doesNotContain("Nobody has tried", "check-failed", "the check of");
        assertThat(shown.json().isNull("attempts")).isTrue();
        assertThat(attention(shown.json())).containsExactly("database-slow");
    }

    @Test
    void clients_that_cannot_be_read_are_not_taken_for_none() throws Exception {
        Both shown = whileLocked("client_scope");
        assertOurs(shown.page(), 200, "The clients could not be read");
        assertThat(shown.page().body()).doesNotContain("No client is registered");
        assertThat(attention(shown.json())).containsExactly("database-slow");
    }

    private record Both(HttpResponse<String> page, JSONObject json) {}

    private static Both whileLocked(String table) throws SQLException {
        try (Connection dba = TestDatabase.shared().superuser();
                Statement statement = dba.createStatement()) {
            dba.setAutoCommit(false);
            statement.execute("LOCK TABLE alexa." + table + " IN ACCESS EXCLUSIVE MODE");
            Both shown = new Both(page(olga, PASSWORD), json());
            dba.rollback();
            return shown;
        }
    }

    private static List<Object> attention(JSONObject page) {
        return page.getJSONObject("checks").getJSONArray("records").toList().stream()
                .map(record -> (Map<?, ?>) record)
                .filter(record -> List.of("fatal", "error", "warning").contains(record.get("severity")))
                .<Object>map(record -> record.get("id"))
                .filter(id -> ((String) id).startsWith("database-slow") || id.equals("check-failed"))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "JSON"})
    void a_token_request_that_cannot_be_read_is_told_beside_the_code_that_it_may_have_been_for(String how) {
        String code = alexa.code(anna, PASSWORD);
        if (how.equals("GET")) {
            Alexa.get(ISSUER + "/token?" + Alexa.encoded(alexa.codeRequest(code)));
        } else {
            Alexa.send(HttpRequest.newBuilder(URI.create(ISSUER + "/token"))
                    .header("Content-Type", "application/json")
                    .header("Authorization", alexa.basic())
                    .POST(HttpRequest.BodyPublishers.ofString(new JSONObject(alexa.codeRequest(code)).toString()))
                    .build());
        }
        TestDatabase.moveAuditBack("61 seconds");
        assertThat(json().getJSONArray("attempts").toList()).anySatisfy(attempt -> {
            assertThat(((Map<?, ?>) attempt).get("client")).isEqualTo(alexa.clientId());
            Map<?, ?> record = (Map<?, ?>) ((Map<?, ?>) attempt).get("record");
            assertThat(record.get("id")).isEqualTo("code-not-fetched");
            assertThat((String) record.get("found")).contains(", a token request that could not be read came 20");
            assertThat((String) record.get("do")).contains("token request refused", "doctor " + ISSUER);
        });
    }

    @Test
    void the_summary_of_the_json_counts_what_happened_too() {
        alexa.withSecret("als_WRONG").exchange(alexa.codeOf(anna));
        JSONObject answer = json();
        assertThat(answer.getJSONArray("attempts").toString()).contains("\"secret-wrong\"");
        List<Object> all = new ArrayList<>(
                answer.getJSONObject("checks").getJSONArray("records").toList());
        answer.getJSONArray("attempts").toList().forEach(attempt -> all.add(((Map<?, ?>) attempt).get("record")));
        List<Object> severities = all.stream()
                .<Object>map(record -> ((Map<?, ?>) record).get("severity"))
                .toList();
        String worst = Stream.of("fatal", "error", "warning")
                .filter(severities::contains)
                .findFirst()
                .orElseThrow();
        assertThat(answer.getString("summary")).isEqualTo(worst);
    }

    @Test
    void an_id_that_was_asked_for_often_pushes_out_no_other_and_one_that_is_registered_since_is_not_listed() {
        String mistyped = TestDatabase.unique("mistyped");
        String late = TestDatabase.unique("late");
        Alexa.registered(ISSUER, mistyped, "als_x").authorize();
        for (int i = 0; i < 17; i++) {
            Alexa.registered(ISSUER, late, "als_x").authorize();
        }
        assertThat(json().getJSONArray("strangers").toList()).contains(mistyped, late);
        TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_client(client_id => ?, display_name => 'late',"
                        + " redirect_uris => ARRAY['https://late.example.org/'])",
                late);
        assertThat(json().getJSONArray("strangers").toList()).contains(mistyped).doesNotContain(late);
    }

    @Test
    void the_line_that_reads_the_page_on_the_machine_itself_has_the_port_at_which_tomcat_listens() {
        String here = "http://127.0.0.1:" + URI.create(ISSUER).getPort() + "/alexa/operator";
        HttpResponse<String> reply = ask("GET", fromAfar("http"));
        assertOurs(reply, 403, here, "-L " + URI.create(ISSUER).getPort() + ":127.0.0.1:");
        assertThat(reply.body()).doesNotContain("8080");
    }

    @Test
    void an_operator_whose_browser_names_another_origin_is_no_listener_who_signed_in_elsewhere() {
        String evil = "https://" + TestDatabase.unique("evil") + ".example";
        assertOurs(ask("GET", Map.of("Authorization", Alexa.basic(olga, PASSWORD), "Origin", evil)), 200);
        String marker = "198.51.100." + ThreadLocalRandom.current().nextInt(1, 255);
        ask("GET", Map.of("X-Forwarded-For", marker, "X-Forwarded-Proto", "https"));
        assertThat(Soon.within(60, TestServers::log, log -> log.contains("asked from [" + marker + "]")))
                .contains("asked from [" + marker + "]")
                .doesNotContain(evil);
    }

    @Test
    void the_log_says_who_was_refused_and_why_and_no_password() {
        String address = "203.0.113." + ThreadLocalRandom.current().nextInt(1, 255);
        ask("GET", Map.of("X-Forwarded-For", address, "X-Forwarded-Proto", "https", "Authorization", "Basic x"));
        assertThat(Soon.within(60, TestServers::log, log -> log.contains("asked from [" + address + "]")))
                .contains("operator's page refused: wrong (no user name and password came), asked from [" + address
                        + "]");
    }

    /** The headers of a proxy on this machine, for a household somewhere. */
    private static Map<String, String> fromAfar(String scheme) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return Map.of(
                "X-Forwarded-For",
                "2001:db8:%x:%x:1:1:1:1".formatted(random.nextInt(0x1000, 0x10000), random.nextInt(0x1000, 0x10000)),
                "X-Forwarded-Proto",
                scheme);
    }
}
