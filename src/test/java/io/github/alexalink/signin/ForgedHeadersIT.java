package io.github.alexalink.signin;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.cases.UnderAttack;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Headers that claim another host, another path, another method or another site")
class ForgedHeadersIT extends UnderAttack {

    private final Cases cases = Cases.of("forged headers");
    private final Cases sites = Cases.of("forms from another site");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: evil.example",
                "Host: evil.example:443",
                "Host: 127.0.0.1@evil.example",
                "X-Forwarded-Host: evil.example",
                "X-Forwarded-Server: evil.example",
                "X-Forwarded-Proto: https",
                "X-Forwarded-Proto: javascript",
                "X-Forwarded-Port: 1",
                "X-Forwarded-Prefix: /evil",
                "X-Forwarded-Path: /evil",
                "X-Forwarded-By: evil.example",
                "X-Forwarded-For: evil.example",
                "Forwarded: for=1.2.3.4;host=evil.example;proto=https",
                "X-Host: evil.example",
                "X-HTTP-Host-Override: evil.example",
                "X-Original-Host: evil.example",
                "X-Original-URL: /alexa/evil",
                "X-Rewrite-URL: /alexa/evil",
                "X-Original-URI: /alexa/evil",
                "X-HTTP-Method-Override: DELETE",
                "X-HTTP-Method-Override: POST",
                "X-HTTP-Method: DELETE",
                "X-Method-Override: DELETE",
                "Via: 1.1 evil.example",
                "Content-Language: evil",
                "Cookie: JSESSIONID=evil",
                "Range: bytes=0-1",
                "Upgrade: h2c\nConnection: Upgrade, HTTP2-Settings\nHTTP2-Settings: AAMAAABkAAQAAP__",
                "Te: trailers, evil",
            })
    void no_answer_is_any_different_for_a_forged_header(String header) throws IOException {
        String request = Alexa.encoded(alexa.authorizationRequest());
        String host = header.startsWith("Host") ? "" : "Host: 127.0.0.1:" + RawHttp.port() + "\n";
        RawHttp.Reply plain = RawHttp.get("/alexa/authorize?" + request);
        for (String peer : List.of("127.0.0.1", "127.0.0.9")) { // a trusted proxy, and a client
            RawHttp.Reply reply = from(
                    peer,
                    "GET /alexa/authorize?" + request + " HTTP/1.1\n" + host + header + "\nConnection: close\n\n");
            if (header.contains("@")) {
                cases.answered(reply, 200, 400);
                continue;
            }
            cases.fine(reply, 200);
            assertThat(reply.body()).isEqualTo(plain.body());
            assertThat(reply.headers().map().toString()).doesNotContain("evil");
            RawHttp.Reply metadata = from(
                    peer,
                    "GET /alexa/.well-known/oauth-authorization-server HTTP/1.1\n" + host + header
                            + "\nConnection: close\n\n");
            cases.fine(metadata, 200);
            assertThat(metadata.body())
                    .contains("\"issuer\":\"" + ISSUER + "\"")
                    .doesNotContain("evil");
            // X-HTTP-Method-Override turns no GET into a POST, and no header moves the token endpoint
            cases.notAllowed(
                    from(peer, "GET /alexa/token HTTP/1.1\n" + host + header + "\nConnection: close\n\n"), "POST");
            RawHttp.Reply back = from(
                    peer,
                    "GET /alexa/authorize?" + request.replace("response_type=code", "response_type=x") + " HTTP/1.1\n"
                            + host + header + "\nConnection: close\n\n");
            cases.redirected(back, Alexa.PITANGUI, "unsupported_response_type");
        }
    }

    @Test
    void no_answer_repeats_the_host_of_an_absolute_request_target() throws IOException {
        String request = Alexa.encoded(alexa.authorizationRequest());
        for (String host : List.of("evil.example", "127.0.0.1:" + RawHttp.port())) {
            RawHttp.Reply reply = RawHttp.sendAsItIs("GET http://evil.example/alexa/authorize?" + request
                    + " HTTP/1.1\nHost: " + host + "\nConnection: close\n\n");
            cases.answered(reply, 200, 400);
            assertThat(reply.body()).doesNotContain("evil");
        }
        cases.answered(
                RawHttp.sendAsItIs(
                        "GET https://evil.example:1@127.0.0.1/alexa/health HTTP/1.1\nHost: evil.example\nConnection: close\n\n"),
                200,
                400);
        cases.answered(RawHttp.sendAsItIs("GET file:///etc/passwd HTTP/1.1\nHost: x\nConnection: close\n\n"), 400, 404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Host: a\nHost: b\n",
                "Host: evil\"><script>\n",
                "Host: evil.example/\n",
                "Host: ${7*7}\n",
                "Host : x\n",
                "Host: x\nX: a\u0000b\n",
                "Host: x\n X-Folded: y\n"
            })
    void a_host_that_is_missing_doubled_or_none_is_refused_without_an_echo(String host) {
        RawHttp.Reply reply = RawHttp.sendAsItIs("GET /alexa/health HTTP/1.1\n" + host + "Connection: close\n\n");
        cases.answered(reply, 400);
        assertThat(reply.body()).doesNotContain("evil", "7*7");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-",
                "--,en",
                "-;q=1",
                "*",
                "x-klingon",
                "de-DE,de;q=0.9,en;q=0.8",
                "../../etc/passwd",
                "en;q=9",
                "en;q=x",
                "${7*7}",
                "<script>",
                "de\u00e4",
                ",,,,",
                ";;;",
                "i-default",
                "zh-Hant-TW-x-evil-evil-evil"
            })
    void any_accept_language_gets_a_page_in_a_language_there_is(String acceptLanguage) {
        RawHttp.Reply page = RawHttp.send(
                "GET /alexa/authorize?" + Alexa.encoded(alexa.authorizationRequest()) + " HTTP/1.1\nAccept-Language: "
                        + acceptLanguage,
                "");
        cases.fine(page, 200);
        assertThat(page.headers().firstValue("Content-Language").orElseThrow()).matches("en|de");
        assertThat(page.body()).doesNotContain("root:", "7*7", "evil");
        assertThat(page.body().split("<script", -1))
                .as("the one that shows the password")
                .hasSize(2);
    }

    @Test
    void a_very_long_accept_language_gets_a_page_in_english() {
        for (String many : List.of("x".repeat(4000), "de,".repeat(1300), "en;q=0.1,".repeat(440))) {
            HttpResponse<String> page = Alexa.send(HttpRequest.newBuilder(URI.create(alexa.authorizationUrl()))
                    .header("Accept-Language", many)
                    .build());
            cases.fine(page, 200);
            assertThat(page.headers().firstValue("Content-Language")).contains("en");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "cross-site,",
        "same-site,",
        "cross-site, SELF",
        "'',",
        "nonsense,",
        "'same-origin, cross-site',",
        ",https://evil.example",
        ",null",
        ",http://127.0.0.1:1",
        ",''",
        ",http://127.0.0.1.evil.example",
        ",https://SELF",
        ",SELF.evil.example",
        ",SELF/",
        ",SELF SELF"
    })
    void a_form_from_elsewhere_is_refused(String site, String origin) {
        String before = codes();
        Map<String, String> headers = new LinkedHashMap<>();
        if (site != null) {
            headers.put("Sec-Fetch-Site", site);
        }
        if (origin != null) {
            String self = "http://127.0.0.1:" + RawHttp.port();
            headers.put(
                    "Origin",
                    origin.replace("https://SELF", self.replace("http:", "https:"))
                            .replace("SELF", self));
        }
        sites.page(
                alexa.post("/approve", Alexa.encoded(allowing(alexa.authorizationRequest())), headers),
                403,
                "This form was not sent from our page");
        sites.page(
                alexa.post(
                        "/links",
                        "action=unlink_all&username=" + anna + "&password=" + PASSWORD.replace(' ', '+'),
                        headers),
                403,
                "This form was not sent from our page");
        assertThat(codes()).isEqualTo(before);
    }

    @Test
    void a_form_of_our_own_is_taken_by_origin_too_and_so_is_one_of_no_browser_at_all() {
        String form = Alexa.encoded(allowing(alexa.authorizationRequest()));
        String origin = ISSUER.substring(0, ISSUER.lastIndexOf('/'));
        sites.fine(alexa.post("/approve", form, Map.of("Origin", origin)), 303);
        sites.fine(alexa.post("/approve", form, Map.of("Sec-Fetch-Site", "same-origin", "Origin", "null")), 303);
        sites.fine(alexa.post("/approve", form, Map.of("Sec-Fetch-Site", "none")), 303);
        sites.fine(alexa.post("/approve", form, Map.of()), 303);
    }

    /** Sends a request from an address of this machine: a trusted proxy's or another. */
    private static RawHttp.Reply from(String peer, String request) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), RawHttp.port(), InetAddress.getByName(peer), 0)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(request.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            return RawHttp.read(socket);
        }
    }
}
