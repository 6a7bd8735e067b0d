package io.github.alexalink.tool;

import static io.github.alexalink.fixture.servers.Front.page;
import static io.github.alexalink.fixture.servers.Front.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.alexalink.fixture.servers.Front;
import io.github.alexalink.fixture.servers.Front.Fault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("thorough")
@DisplayName("doctor: what answers in our place, and what changes our answers")
class DoctorOnProxiesIT extends BehindAFront {

    @Test
    void a_redirect_of_the_token_request_is_named() throws Exception {
        look(at(
                        "/token",
                        (asked, behind, out) ->
                                out.write(reply("301 Moved Permanently", "Location: " + URL + "/token/", ""))))
                .names("redirected", "error", "redirect");
    }

    @Test
    void a_routers_page_is_named_with_the_router() throws Exception {
        front(
                certified.selfSigned(),
                (asked, behind, out) -> out.write(
                        page("200 OK", "<html><head><title>FRITZ!Box</title><script>x()</script></head></html>")));
        Report report = look().names("not-me", "fatal", "forward port").found("FRITZ!Box");
        assertThat(report.first().getString("says")).contains("FRITZ!Box");
    }

    @Test
    void a_page_with_script_in_our_place_is_named() throws Exception {
        look((asked, behind, out) ->
                        out.write(page("200 OK", "<html><title>Wait</title><script src='/check.js'></script></html>")))
                .names("challenge-in-front", "fatal", "without it");
    }

    @Test
    void a_sign_in_of_the_proxys_is_named() throws Exception {
        look((asked, behind, out) -> out.write(reply(
                        "401 Unauthorized",
                        "WWW-Authenticate: Basic realm=\"home\"\nContent-Type: text/html",
                        "<h1>401</h1>")))
                .names("challenge-in-front", "fatal", "auth_basic off");
    }

    @Test
    void a_challenge_for_a_post_alone_is_named() throws Exception {
        look((asked, behind, out) -> out.write(
                        asked.is("POST")
                                ? page("403 Forbidden", "<title>Just a moment...</title><script></script>")
                                : behind.answer(asked)))
                .names("challenge-in-front", "error", "/alexa/");
    }

    @Test
    void a_challenge_for_the_page_alone_keeps_the_listener_out() throws Exception {
        Report report = look((asked, behind, out) -> out.write(
                        asked.line().contains("/authorize")
                                ? page("403 Forbidden", "<title>Just a moment...</title><script></script>")
                                : behind.answer(asked)))
                .names("challenge-in-front", "error", "/alexa/");
        assertThat(report.first().getString("why")).contains("phone").doesNotContain("machine");
    }

    @Test
    void a_challenge_for_amazons_user_agent_alone_is_named() throws Exception {
        look((asked, behind, out) -> out.write(
                        asked.is("POST")
                                        && asked.header("User-Agent").orElse("").startsWith("Apache")
                                ? page("403 Forbidden", "<h1>403</h1>")
                                : behind.answer(asked)))
                .names("challenge-in-front", "error", "User-Agent");
    }

    @Test
    void a_body_that_is_changed_is_named() throws Exception {
        look(changing("/token", head -> head.replace("application/json", "text/html"), body -> body))
                .names("body-changed", "error", "sub_filter");
    }

    @Test
    void an_error_page_of_the_proxys_is_named() throws Exception {
        look((asked, behind, out) -> {
                    byte[] answer = behind.answer(asked);
                    String text = new String(answer, StandardCharsets.ISO_8859_1);
                    out.write(
                            text.matches("(?s)HTTP/1.1 40[01].*") && asked.is("POST")
                                    ? page("401 Unauthorized", "<h1>Oh no</h1>")
                                    : answer);
                })
                .names("body-changed", "error", "proxy_intercept_errors off");
    }

    @Test
    void no_store_that_is_lost_is_named() throws Exception {
        look(changing("/token", head -> head.replaceAll("(?im)^Cache-Control:.*\r\n", ""), body -> body))
                .names("body-changed", "error", "cache")
                .found("Cache-Control: none");
    }

    @Test
    void a_policy_of_the_proxys_that_stops_the_form_is_named() throws Exception {
        Fault fault = changing(
                "/authorize", head -> header(head, "Content-Security-Policy: form-action 'self'"), body -> body);
        look(fault).names("page-not-shown", "error", "Content-Security-Policy");
        link(alexa, fault).names("page-not-shown", "error", "Content-Security-Policy");
    }

    @Test
    void a_state_that_is_cut_is_named() throws Exception {
        link(alexa, (asked, behind, out) -> out.write(behind.answer(asked.asking("(state=[^& ]{600})[^& ]*", "$1"))))
                .names("state-cut", "error", "large_client_header_buffers");
    }

    @Test
    void a_plus_that_becomes_a_blank_is_named() throws Exception {
        link(alexa, (asked, behind, out) -> out.write(behind.answer(asked.asking("%2B", "%20"))))
                .names("state-cut", "error", "query as it came");
    }

    @Test
    void an_address_that_is_too_long_for_the_proxy_is_named() throws Exception {
        look((asked, behind, out) -> out.write(
                        asked.line().length() > 1000 ? page("414 URI Too Long", "<h1>414</h1>") : behind.answer(asked)))
                .names("state-cut", "error", "large_client_header_buffers");
    }

    @Test
    void another_issuer_is_named() throws Exception {
        look(changing("/.well-known/", head -> head, body -> body.replace("https://localhost", "https://old.example")))
                .names("issuer-differs", "warning", "doctor https://old.example:" + PORT + "/alexa");
    }

    @Test
    void a_clock_that_is_off_is_named() throws Exception {
        look(changing("", head -> head.replaceFirst("Date: .*", "Date: Mon, 30 Nov 2015 10:00:00 GMT"), body -> body))
                .names("clock-off", "warning", "set-ntp true");
    }

    @Test
    void resets_now_and_then_are_named() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        look((request, behind, out) -> {
                    if (asked.incrementAndGet() % 6 != 0) {
                        out.write(behind.answer(request));
                    }
                })
                .names("unsteady", "warning", "error log");
    }

    @Test
    void bad_gateways_now_and_then_are_named() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        look((request, behind, out) -> out.write(
                        asked.incrementAndGet() % 6 == 0
                                ? page("502 Bad Gateway", "<h1>502</h1>")
                                : behind.answer(request)))
                .names("unsteady", "warning", "error log");
    }

    /** A form that is sent once only, for its password, is not named beside it. */
    @Test
    void every_second_answer_that_is_missing_is_one_error() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        Fault gateway = (request, behind, out) -> out.write(
                asked.incrementAndGet() % 2 == 0 ? page("502 Bad Gateway", "<h1>502</h1>") : behind.answer(request));
        look(gateway).names("unsteady", "error", "error log").says("again and again");
        for (int first = 0; first < 2; first++) {
            asked.set(first);
            link(alexa, gateway).names("unsteady", "error", "error log");
        }
        link(alexa, (request, behind, out) -> {
                    if (asked.incrementAndGet() % 2 == 0) {
                        out.write(behind.answer(request));
                    }
                })
                .names("unsteady", "error", "error log");
    }

    @Test
    void a_form_that_is_never_answered_is_no_chance() throws Exception {
        link(alexa, at("/approve", (request, behind, out) -> out.write(page("502 Bad Gateway", "<h1>502</h1>"))))
                .names("page-not-shown", "error", "error log");
    }

    @Test
    void a_database_that_is_away_is_named_as_health_says_it() throws Exception {
        look(changing(
                        "/health",
                        head -> head.replaceFirst("200 OK|200", "503 Service Unavailable"),
                        body -> body.replace("\"ok\"", "\"unavailable\"").replace("tokens can be issued", "database")))
                .names("unavailable", "fatal", "alexa.war check")
                .found("503, database");
    }

    @Test
    void an_answer_that_is_cut_off_is_named() throws Exception {
        look(at("/token", (asked, behind, out) -> {
                    byte[] answer = behind.answer(asked);
                    out.write(answer, 0, answer.length - 10);
                }))
                .names("answer-broken", "fatal", "error log");
    }

    private static final String CLOUDFLARE = "Server: cloudflare\nContent-Type: text/html";

    private static Stream<Arguments> strangers() {
        String html = "Content-Type: text/html";
        String not = "not-me";
        String gate = "challenge-in-front";
        return Stream.of(
                arguments(
                        "403 Forbidden",
                        CLOUDFLARE + "\ncf-mitigated: challenge",
                        "<title>Just a moment...</title>",
                        gate,
                        "Skip"),
                arguments(
                        "403 Forbidden",
                        CLOUDFLARE,
                        "<title>Access denied</title> error code: 1020",
                        gate,
                        "by country"),
                arguments("521 ", CLOUDFLARE, "<title>521: Web server is down</title>", not, "Cloudflare's addresses"),
                arguments("522 ", CLOUDFLARE, "<title>522: Connection timed out</title>", not, "of today"),
                arguments("525 ", CLOUDFLARE, "<title>525: SSL handshake failed</title>", not, "Full (strict)"),
                arguments("526 ", CLOUDFLARE, "<title>Invalid SSL certificate</title>", not, "certonly -d localhost"),
                arguments("530 ", CLOUDFLARE, "error code: 1033", not, "cloudflared"),
                arguments(
                        "200 OK",
                        html,
                        "<title>ngrok</title><script>ngrok-skip-browser-warning</script>",
                        gate,
                        "tunnel"),
                arguments(
                        "404 Not Found",
                        html + "\nngrok-error-code: ERR_NGROK_3200",
                        "<h1>offline</h1>",
                        not,
                        "ngrok http"),
                arguments("200 OK", html, "<title>Speedport Smart</title><script></script>", not, "forward port"),
                arguments("200 OK", html, "<title>UniFi OS</title><script></script>", not, "forward port"),
                arguments("200 OK", html, "<title>Login | OPNsense</title><form></form>", not, "forward port"),
                arguments("200 OK", html, "<title>Synology DiskStation</title><script></script>", not, "forward port"),
                arguments("200 OK", html, "<title>Welcome to nginx!</title>", not, "to Tomcat"),
                arguments("200 OK", html, "<title>x.example</title>This domain may be for sale", not, "A record"),
                arguments("200 OK", html, "<title>x</title><p>hello</p>", not, "to Tomcat"),
                arguments("200 OK", html, "<title>Sign in</title><input type=\"password\">", gate, "without it"),
                arguments("200 OK", "Server: Caddy", "", not, "to Tomcat"),
                arguments(
                        "404 Not Found",
                        "Content-Type: text/plain",
                        "404 page not found\n",
                        not,
                        "PathPrefix(`/alexa`)"),
                arguments(
                        "404 ",
                        html,
                        "<h1>HTTP Status 404 – Not Found</h1><h3>Apache Tomcat/11.0.24</h3>",
                        not,
                        "alexa.war"),
                arguments("451 Unavailable", html, "<h1>451</h1>", gate, "by country"),
                arguments("429 Too Many Requests", html, "<h1>429</h1>", gate, "fail2ban"),
                arguments("503 Service Unavailable", html, "<h1>Maintenance</h1>", "unavailable", "alexa.war check"),
                arguments("302 Found", "Location: https://auth.example.org/?rd=https://localhost", "", gate, "bypass"),
                arguments(
                        "302 Found",
                        "Location: https://me.cloudflareaccess.com/cdn-cgi/access/login/x?kid=1",
                        "",
                        gate,
                        "bypass"),
                arguments(
                        "301 Moved",
                        "Location: https://www.example.org/alexa/health",
                        "",
                        "redirected",
                        "doctor https://www.example.org/alexa"),
                arguments("301 Moved", "Location: " + URL + "/health", "", "redirected", "Full (strict)"));
    }

    @ParameterizedTest
    @MethodSource("strangers")
    void an_answer_in_our_place_is_named(String status, String headers, String body, String id, String cure)
            throws Exception {
        look((asked, behind, out) -> out.write(reply(status, headers, body))).names(id, "fatal", cure);
    }

    @Test
    void a_router_that_redirects_to_its_own_sign_in_is_named() throws Exception {
        look((asked, behind, out) -> out.write(
                        asked.line().contains("/cgi-bin/luci")
                                ? page("200 OK", "<title>OpenWrt - LuCI</title><input type=\"password\">")
                                : reply("302 Found", "Location: /cgi-bin/luci/", "")))
                .names("not-me", "fatal", "forward port")
                .says("OpenWrt");
    }

    @Test
    void the_certificate_of_another_site_is_told_beside_its_page() throws Exception {
        front(certified.forAnotherName(), (asked, behind, out) -> out.write(page("404 Not Found", "<h1>404</h1>")));
        look().names("not-me", "fatal", "alexa.war").found("its certificate is for music.example.net");
    }

    private static byte[] packed(byte[] answer) throws IOException {
        String text = new String(answer, StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(body)) {
            gzip.write(answer, end + 4, answer.length - end - 4);
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(
                (text.substring(0, end).replaceFirst("(?i)content-length: \\d+", "Content-Length: " + body.size())
                                + "\r\nContent-Encoding: gzip\r\n\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
        all.writeBytes(body.toByteArray());
        return all.toByteArray();
    }

    @Test
    void compression_that_was_not_asked_for_is_named() throws Exception {
        look((asked, behind, out) -> out.write(packed(behind.answer(asked))))
                .names("body-changed", "error", "take away")
                .found("Content-Encoding: gzip");
    }

    @Test
    void harmless_differences_are_no_fault() throws Exception {
        List<Fault> harmless = List.of(
                changing("", head -> head.replaceFirst("HTTP/1.1", "HTTP/1.0"), body -> body),
                changing("", head -> header(head, "Strict-Transport-Security: max-age=31536000"), body -> body),
                (asked, behind, out) -> {
                    out.write(behind.answer(asked));
                    throw new Front.Abrupt();
                },
                at("/health", (asked, behind, out) -> out.write(reply("302 Found", "Location: /", ""))),
                at("/health", (asked, behind, out) -> out.write(page("403 Forbidden", "<h1>403</h1>"))));
        for (Fault fault : harmless) {
            Report report = look(fault);
            assertThat(report.named()).as(report.answer().out()).isEmpty();
        }
    }

    @Test
    void a_length_that_is_wrong_is_named() throws Exception {
        look(changing(
                        "/token",
                        head -> head.replaceFirst("(?i)content-length: \\d+", "Content-Length: 20"),
                        body -> body))
                .names("body-changed", "error", "bodies")
                .found("not JSON");
        look(changing(
                        "/token",
                        head -> head.replaceFirst("(?i)content-length: \\d+", "Content-Length: 900"),
                        body -> body))
                .names("answer-broken", "fatal", "error log")
                .found("cut off");
    }

    @Test
    void a_form_that_does_not_arrive_is_named() throws Exception {
        look((asked, behind, out) -> out.write(behind.answer(
                        asked.is("POST")
                                ? new Front.Asked(
                                        asked.head().replaceFirst("(?i)content-length: \\d+", "Content-Length: 0"), "")
                                : asked)))
                .names("body-changed", "error", "body");
    }

    @Test
    void a_firewall_that_refuses_a_post_is_named() throws Exception {
        for (String status : List.of("403 Forbidden", "405 Not Allowed", "406 Not Acceptable")) {
            look((asked, behind, out) ->
                            out.write(asked.is("POST") ? page(status, "<h1>No</h1>") : behind.answer(asked)))
                    .names("challenge-in-front", "error", "/alexa/");
        }
    }

    @Test
    void a_page_that_redirects_without_an_end_is_named() throws Exception {
        look(at(
                        "/authorize",
                        (asked, behind, out) ->
                                out.write(reply("302 Found", "Location: /alexa/authorize?again=1", ""))))
                .names("page-not-shown", "error", "redirect")
                .found("status 302");
    }

    @Test
    void a_redirect_of_every_token_request_to_another_host_is_named() throws Exception {
        look(at(
                        "/token",
                        (asked, behind, out) -> out.write(
                                reply("308 Permanent Redirect", "Location: https://www.example.org/alexa/token", ""))))
                .names("redirected", "error", "doctor https://www.example.org/alexa");
    }
}
