package io.github.alexalink.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.Alexa;
import io.github.alexalink.fixture.TestDatabase;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Requests that are wrong, and where each gets its answer (RFC 6749 §4.1.2.1, §5.2)")
class HostileRequestsIT extends OnTomcat {

    private static final String PASSWORD = "correct horse battery staple";
    private static final String ANNA = TestDatabase.unique("anna");
    private static final String FORM = "application/x-www-form-urlencoded";

    private Alexa alexa;

    @BeforeAll
    static void account() {
        TestDatabase.addAccount(ANNA, PASSWORD);
    }

    @BeforeEach
    void skill() {
        alexa = Alexa.skill(ISSUER);
    }

    @Test
    void an_unknown_client_and_a_missing_one_get_the_same_page_and_no_redirect() {
        HttpResponse<String> unknown = alexa.authorize(with("client_id", "nobody"));
        HttpResponse<String> missing = alexa.authorize(without("client_id"));
        assertPage(unknown, 400, "This link does not work");
        assertPage(missing, 400, "This link does not work");
        assertThat(withoutReference(unknown)).isEqualTo(withoutReference(missing));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example/",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR/../evil",
                "https://pitangui.amazon.com@evil.example/",
                "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR?x=1",
                "javascript:alert(1)",
                "<script>alert(1)</script>",
                "${7*7}"
            })
    void an_unregistered_redirect_uri_gets_a_page_that_does_not_repeat_it(String redirectUri) {
        HttpResponse<String> reply = alexa.authorize(with("redirect_uri", redirectUri));
        assertPage(reply, 400, "address that Test music server does not know");
        assertThat(reply.body()).doesNotContain("evil", "alert(1)", "7*7");
        assertPage(alexa.approve(form("redirect_uri", redirectUri)), 400, "does not know");
    }

    @ParameterizedTest
    @ValueSource(strings = {"client_id", "redirect_uri", "state"})
    void what_decides_where_to_answer_is_refused_on_a_page_when_sent_twice(String name) {
        String url = alexa.authorizationUrl() + "&" + name + "=x";
        assertPage(Alexa.get(url), 400, "This link does not work");
    }

    @ParameterizedTest
    @CsvSource({
        "response_type, token, unsupported_response_type",
        "response_type, code token, unsupported_response_type",
        "scope, admin, invalid_scope",
        "scope, music.read admin, invalid_scope",
        "code_challenge_method, plain, invalid_request",
        "code_challenge, short, invalid_request",
    })
    void anything_else_goes_back_to_the_client_with_its_state(String name, String value, String error) {
        assertRedirectedError(alexa.authorize(with(name, value)), error);
        assertRedirectedError(alexa.approve(form(name, value)), error);
    }

    @Test
    void a_missing_or_doubled_response_type_goes_back_too() {
        assertRedirectedError(alexa.authorize(without("response_type")), "invalid_request");
        assertRedirectedError(Alexa.get(alexa.authorizationUrl() + "&response_type=code"), "invalid_request");
        assertRedirectedError(Alexa.get(alexa.authorizationUrl() + "&scope=music.read"), "invalid_request");
    }

    @Test
    void a_client_that_must_use_pkce_is_told_so() {
        TestDatabase.change("UPDATE alexa.client SET pkce_required = true WHERE client_id = ?", alexa.clientId());
        assertRedirectedError(alexa.authorize(), "invalid_request");
        assertThat(alexa.withPkce().authorize().statusCode()).isEqualTo(200);
    }

    @Test
    void unknown_parameters_are_ignored_and_nothing_is_fetched_for_them() {
        Map<String, String> request = alexa.authorizationRequest();
        request.put("request_uri", "http://169.254.169.254/");
        request.put("ui_locales", "../../etc/passwd");
        request.put("nonce", "n");
        assertThat(alexa.authorize(request).statusCode()).isEqualTo(200);
    }

    @Test
    void whatever_the_state_is_it_is_inert_on_the_page_and_whole_in_the_redirect() {
        String state =
                "</script><script>alert(1)</script>\"'><#assign x=\"freemarker.template.utility.Execute\"?new()>${x('id')}"
                        + "${7*7}#{7*7}[=7*7] &=%+~`|\\";
        Map<String, String> request = with("state", state);
        HttpResponse<String> page = alexa.authorize(request);
        assertThat(page.body()).doesNotContain("<script", ">49", "uid=").contains("&lt;script&gt;");
        HttpResponse<String> redirect = alexa.press(page, "allow", ANNA, PASSWORD);
        assertThat(Alexa.parameter(Alexa.location(redirect), "state")).isEqualTo(state);
    }

    @Test
    void whatever_the_user_name_is_it_comes_back_escaped() {
        String name = "\"><img src=x onerror=alert(1)>${7*7}";
        HttpResponse<String> again = alexa.press(alexa.authorize(), "allow", name, "x");
        assertThat(again.body())
                .doesNotContain("<img")
                .contains("value=\"&quot;&gt;&lt;img src=x onerror=alert(1)&gt;${7*7}\"");
    }

    @Test
    void whatever_a_dba_typed_as_a_name_comes_out_escaped() {
        TestDatabase.change(
                "UPDATE alexa.client SET display_name = ? WHERE client_id = ?",
                "<script>alert('x')</script>${7*7}",
                alexa.clientId());
        assertThat(alexa.authorize().body())
                .doesNotContain("<script", ">49")
                .contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;${7*7}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"' OR 1=1 --", "%", "_", "\u0000", "anna\nINFO forged line", "𝕏", "-1 UNION SELECT"})
    void nobody_is_called_that(String name) {
        HttpResponse<String> again = alexa.press(alexa.authorize(), "allow", name, "' OR 1=1 --");
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(again.body()).contains("User name or password is wrong");
    }

    @Test
    void the_page_cannot_be_framed_cached_or_scripted_and_asks_nothing_of_others() {
        HttpResponse<String> page = alexa.authorize();
        Map<String, List<String>> headers = page.headers().map();
        assertThat(page.headers().firstValue("Content-Security-Policy"))
                .contains("default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
                        + " frame-ancestors 'none'; form-action 'self' https://pitangui.amazon.com"
                        + " https://*.amazon.com");
        assertThat(headers)
                .containsEntry("x-frame-options", List.of("DENY"))
                .containsEntry("referrer-policy", List.of("no-referrer"))
                .containsEntry("x-content-type-options", List.of("nosniff"))
                .containsEntry("cache-control", List.of("no-store"))
                .doesNotContainKeys("set-cookie", "server", "x-powered-by", "strict-transport-security");
        assertThat(page.body())
                .doesNotContain("<script", "style=", "onclick", "http-equiv", "https://fonts")
                .contains("autocomplete=\"username\"", "autocomplete=\"current-password\"")
                .contains("This is not your Amazon password");
    }

    @Test
    void no_url_is_made_from_a_header() {
        HttpResponse<String> page = Alexa.send(HttpRequest.newBuilder(URI.create(alexa.authorizationUrl()))
                .header("X-Forwarded-Host", "evil.example")
                .header("X-Forwarded-Proto", "https")
                .header("X-Forwarded-Prefix", "/evil")
                .header("Accept-Language", "../../etc/passwd, ${7*7};q=9, " + "x".repeat(4000))
                .build());
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).doesNotContain("evil");
        assertThat(page.headers().map().toString()).doesNotContain("evil");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-", "--,en", "-;q=1", "*", "x-klingon", "de-DE,de;q=0.9,en;q=0.8", "../../etc/passwd"})
    void any_accept_language_gets_a_page(String acceptLanguage) {
        HttpResponse<String> page = Alexa.send(HttpRequest.newBuilder(URI.create(alexa.authorizationUrl()))
                .header("Accept-Language", acceptLanguage)
                .build());
        assertThat(page.statusCode()).isEqualTo(200);
    }

    @Test
    void fifteen_long_scopes_as_many_as_amazon_allows_can_be_linked() {
        for (int i = 10; i < 25; i++) {
            String scope = "music.a-rather-long-scope-" + i;
            TestDatabase.change(
                    "INSERT INTO alexa.scope (scope, description) VALUES (?, 'Do something') ON CONFLICT DO NOTHING",
                    scope);
            TestDatabase.change(
                    "INSERT INTO alexa.client_scope (client_id, scope) VALUES (?, ?)", alexa.clientId(), scope);
        }
        HttpResponse<String> page = alexa.authorize(without("scope"));
        assertThat(alexa.exchange(Alexa.codeIn(alexa.press(page, "allow", ANNA, PASSWORD)))
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"cross-site,", "same-site,", ",https://evil.example", ",null", ",http://127.0.0.1:1"})
    void a_form_from_elsewhere_is_refused(String site, String origin) {
        Map<String, String> headers = new LinkedHashMap<>();
        if (site != null) {
            headers.put("Sec-Fetch-Site", site);
        }
        if (origin != null) {
            headers.put("Origin", origin);
        }
        assertPage(
                alexa.post("/approve", Alexa.encoded(form("state", "s")), headers),
                403,
                "This form was not sent from our page");
    }

    @Test
    void a_form_of_our_own_is_taken_by_origin_too_and_so_is_no_browser_at_all() {
        String form = Alexa.encoded(form("state", "s"));
        String origin = ISSUER.substring(0, ISSUER.lastIndexOf('/'));
        assertThat(alexa.post("/approve", form, Map.of("Origin", origin)).statusCode())
                .isEqualTo(303);
        assertThat(alexa.post("/approve", form, Map.of()).statusCode()).isEqualTo(303);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "multipart/form-data; boundary=x", "text/plain;" + FORM})
    void only_a_form_is_read(String contentType) {
        assertPage(
                alexa.post("/approve", Alexa.encoded(form("state", "s")), Map.of("Content-Type", contentType)),
                400,
                "not complete or not valid");
        assertJson(
                alexa.post(
                        "/token",
                        "grant_type=refresh_token",
                        Map.of("Content-Type", contentType, "Authorization", alexa.basic())),
                400,
                "invalid_request");
    }

    @Test
    void a_body_over_64_KiB_is_refused() {
        Map<String, String> form = form("state", "s");
        form.put("username", "x".repeat(70_000));
        assertPage(alexa.approve(form), 400, "not complete or not valid");
    }

    @Test
    void a_decision_that_is_none_is_refused() {
        Map<String, String> form = form("state", Alexa.STATE);
        form.put("decision", "maybe");
        assertRedirectedError(alexa.approve(form), "invalid_request");
    }

    @ParameterizedTest
    @CsvSource({
        "/authorize, POST, 'GET, HEAD'",
        "/authorize, PUT, 'GET, HEAD'",
        "/authorize, DELETE, 'GET, HEAD'",
        "/approve, GET, POST",
        "/token, GET, POST",
        "/token, PUT, POST",
        "/health, POST, 'GET, HEAD'"
    })
    void other_methods_are_405_and_say_which_will_do(String path, String method, String allowed) {
        HttpResponse<String> reply = Alexa.send(HttpRequest.newBuilder(URI.create(ISSUER + path))
                .method(method, HttpRequest.BodyPublishers.ofString("x=1"))
                .header("Content-Type", FORM)
                .build());
        assertThat(reply.statusCode()).isEqualTo(405);
        assertThat(reply.headers().firstValue("Allow")).contains(allowed);
    }

    @Test
    void HEAD_is_GET_without_the_page() {
        HttpResponse<String> reply = Alexa.send(HttpRequest.newBuilder(URI.create(alexa.authorizationUrl()))
                .method("HEAD", HttpRequest.BodyPublishers.noBody())
                .build());
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "password",
                "client_credentials",
                "implicit",
                "urn:ietf:params:oauth:grant-type:device_code",
                "AUTHORIZATION_CODE"
            })
    void other_grants_are_not_supported(String grantType) {
        assertJson(alexa.token(Map.of("grant_type", grantType)), 400, "unsupported_grant_type");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "grant_type=refresh_token&grant_type=refresh_token&refresh_token=x",
                "grant_type=refresh_token&refresh_token=x&refresh_token=y",
                "grant_type=refresh_token",
                "grant_type=authorization_code",
                "grant_type=authorization_code&code=a&code=b",
                "grant_type=authorization_code&code=a&redirect_uri=x&redirect_uri=y",
                "grant_type=authorization_code&code=a&code_verifier=x&code_verifier=y",
                "grant_type=refresh_token&refresh_token=%ff"
            })
    void a_parameter_missing_doubled_or_garbled_is_invalid_request(String form) {
        assertJson(alexa.post("/token", form, Map.of("Authorization", alexa.basic())), 400, "invalid_request");
    }

    @Test
    void nothing_is_taken_from_the_query() {
        String code = alexa.code(ANNA, PASSWORD);
        String form = Alexa.encoded(alexa.codeRequest(code));
        assertJson(
                alexa.post("/token?code=" + code, form, Map.of("Authorization", alexa.basic())),
                400,
                "invalid_request");
        assertJson(alexa.post("/token?client_id=x&client_secret=y", form, Map.of()), 400, "invalid_request");
        assertThat(alexa.post("/token?tenant=1", form, Map.of("Authorization", alexa.basic()))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void credentials_come_by_header_or_by_body_and_not_by_both() {
        assertJson(
                alexa.post(
                        "/token",
                        "grant_type=refresh_token&refresh_token=x&client_secret=" + alexa.secret(),
                        Map.of("Authorization", alexa.basic())),
                400,
                "invalid_request");
        HttpResponse<String> none = alexa.post("/token", "grant_type=refresh_token&refresh_token=x", Map.of());
        assertJson(none, 401, "invalid_client");
        assertThat(none.headers().firstValue("WWW-Authenticate")).isEmpty();
        HttpResponse<String> wrong = alexa.withSecret("wrong").refresh("x");
        assertJson(wrong, 401, "invalid_client");
        assertThat(wrong.headers().firstValue("WWW-Authenticate")).isPresent();
        assertJson(alexa.withSecret("wrong").withBodyCredentials().refresh("x"), 401, "invalid_client");
    }

    @Test
    void a_resource_server_gets_no_tokens() {
        String id = TestDatabase.unique("rs");
        String secret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'RS')", id);
        assertJson(
                alexa.post(
                        "/token",
                        "grant_type=refresh_token&refresh_token=x&client_id=" + id + "&client_secret=" + secret,
                        Map.of()),
                400,
                "unauthorized_client");
    }

    @Test
    void no_kind_of_token_is_taken_for_another() {
        String code = alexa.code(ANNA, PASSWORD);
        JSONObject tokens = new JSONObject(alexa.exchange(code).body());
        String access = tokens.getString("access_token");
        String refresh = tokens.getString("refresh_token");
        for (String wrong : List.of(access, code, refresh + "x", refresh.toUpperCase(java.util.Locale.ROOT), "x")) {
            assertJson(alexa.refresh(wrong), 400, "invalid_grant");
        }
        for (String wrong : List.of(access, refresh, code.substring(0, 60), "alc_" + refresh.substring(4))) {
            assertJson(alexa.exchange(wrong), 400, "invalid_grant");
        }
        assertThat(alexa.refresh(refresh).statusCode()).isEqualTo(200);
    }

    @Test
    void a_redirect_uri_left_out_or_of_another_region_is_invalid_grant() {
        String code = alexa.code(ANNA, PASSWORD);
        Map<String, String> request = alexa.codeRequest(code);
        request.remove("redirect_uri");
        assertJson(alexa.token(request), 400, "invalid_grant");
        assertJson(alexa.redirectingTo(Alexa.JAPAN).exchange(code), 400, "invalid_grant");
        assertThat(alexa.exchange(code).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/WEB-INF/web.xml",
                "/META-INF/context.xml",
                "/%2e/WEB-INF/web.xml",
                "/WEB-INF/templates/consent.ftlh",
                "/;/WEB-INF/web.xml",
                "/WEB-INF./web.xml",
                "//WEB-INF/web.xml",
                "/TOKEN",
                "/token/",
                "/nothing"
            })
    void nothing_else_is_there(String path) {
        HttpResponse<String> reply = Alexa.get(ISSUER + path);
        assertThat(reply.statusCode()).isIn(400, 404);
        assertThat(reply.body()).doesNotContain("Tomcat", "Exception", "alexa.realm_account", "<web-app");
        assertThat(reply.headers().map()).containsEntry("x-content-type-options", List.of("nosniff"));
    }

    @Test
    void a_thousand_parameters_are_refused_at_once() {
        assertPage(Alexa.get(alexa.authorizationUrl() + "&x=1".repeat(1001)), 400, "not complete or not valid");
    }

    private Map<String, String> with(String name, String value) {
        Map<String, String> request = alexa.authorizationRequest();
        request.put(name, value);
        return request;
    }

    private Map<String, String> without(String name) {
        Map<String, String> request = alexa.authorizationRequest();
        request.remove(name);
        return request;
    }

    /** The form as it would come from a page, with one field changed. */
    private Map<String, String> form(String name, String value) {
        Map<String, String> form = with(name, value);
        form.put("decision", "allow");
        form.put("username", ANNA);
        form.put("password", PASSWORD);
        return form;
    }

    private static String withoutReference(HttpResponse<String> page) {
        return page.body().replaceAll("Reference: [0-9a-f]{8}", "");
    }

    private static void assertPage(HttpResponse<String> reply, int status, String words) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
        assertThat(reply.headers().firstValue("Location")).isEmpty();
        assertThat(reply.headers().firstValue("Content-Type")).contains("text/html;charset=UTF-8");
        assertThat(reply.body()).contains(words).containsPattern("Reference: [0-9a-f]{8}");
    }

    private static void assertJson(HttpResponse<String> reply, int status, String error) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        JSONObject answer = new JSONObject(reply.body());
        assertThat(answer.getString("error")).isEqualTo(error);
        assertThat(answer.keySet()).containsExactlyInAnyOrder("error", "error_description");
    }

    private static void assertRedirectedError(HttpResponse<String> reply, String error) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(303);
        String location = Alexa.location(reply);
        assertThat(location).startsWith(Alexa.PITANGUI + "?error=" + error + "&error_description=");
        assertThat(Alexa.parameter(location, "iss")).isEqualTo(ISSUER);
        assertThat(Alexa.parameter(location, "state")).isEqualTo(Alexa.STATE);
        assertThat(location).doesNotContain("code=");
    }
}
