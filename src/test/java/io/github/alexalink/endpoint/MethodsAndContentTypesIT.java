package io.github.alexalink.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.cases.UnderAttack;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Every endpoint with every method, and with bodies that are no form")
class MethodsAndContentTypesIT extends UnderAttack {

    private static final List<String> METHODS = List.of(
            "GET",
            "HEAD",
            "POST",
            "PUT",
            "DELETE",
            "PATCH",
            "OPTIONS",
            "TRACE",
            "get",
            "Post",
            "PROPFIND",
            "MKCOL",
            "FOO");

    private final Cases cases = Cases.of("methods");
    private final Cases types = Cases.of("content types");

    @ParameterizedTest
    @CsvSource({
        "/authorize, 'GET, HEAD'",
        "/approve, POST",
        "/token, POST",
        "/revoke, POST",
        "/introspect, POST",
        "/links, 'GET, HEAD, POST'",
        "/.well-known/oauth-authorization-server, 'GET, HEAD'",
        "/health, 'GET, HEAD'",
        "/metrics, 'GET, HEAD'",
        "/operator, 'GET, HEAD'",
    })
    void other_methods_are_405_and_say_which_will_do(String path, String allowed) {
        for (String method : METHODS) {
            if (!Set.of(allowed.split(", ", -1)).contains(method)) {
                RawHttp.Reply reply = RawHttp.send(
                        method + " /alexa" + path + " HTTP/1.1\nContent-Type: " + FORM
                                + "\nX-Probe: <echo>\nOrigin: https://evil.example"
                                + "\nAccess-Control-Request-Method: POST\nX-HTTP-Method-Override: GET",
                        "x=1");
                // Tomcat refuses TRACE before the WAR sees it, and lists the methods itself
                cases.notAllowed(reply, method.equals("TRACE") ? "OPTIONS" : allowed);
                assertThat(reply.body()).doesNotContain("<echo>", "evil");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/style.css", "/icon.svg", "/nothing", "/", "/WEB-INF/web.xml"})
    void files_and_unknown_paths_cannot_be_written_and_take_no_unknown_method(String path) {
        for (String method : List.of("PUT", "DELETE", "PATCH", "TRACE", "get", "PROPFIND", "MKCOL", "FOO")) {
            RawHttp.Reply reply = RawHttp.send(method + " /alexa" + path + " HTTP/1.1", "x=1");
            cases.answered(reply, 404, 405);
        }
        cases.answered(RawHttp.send("OPTIONS /alexa" + path + " HTTP/1.1", ""), 200, 404, 405);
        assertThat(RawHttp.get("/alexa/style.css").body())
                .contains("color-scheme")
                .doesNotContain("x=1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "PUT", "FOO"})
    void the_error_page_itself_is_no_endpoint(String method) {
        cases.page(RawHttp.send(method + " /alexa/error HTTP/1.1", ""), 404, "There is nothing here");
    }

    @Test
    void a_refusal_by_tomcat_itself_says_nothing_about_tomcat() {
        cases.answered(RawHttp.send("CONNECT /alexa/token HTTP/1.1", ""), 400, 405, 501);
        assertThat(RawHttp.send("OPTIONS * HTTP/1.1", "").body()).isEmpty();
        cases.answered(RawHttp.send("GE<T /alexa/token HTTP/1.1", ""), 400);
        cases.answered(RawHttp.send("GET /alexa/token HTTP/3.0", ""), 400, 505);
        cases.answered(RawHttp.send("GET /alexa/token HTTP/1.1\nExpect: miracles", ""), 417, 405);
        cases.notAllowed(RawHttp.send("A".repeat(3000) + " /alexa/token HTTP/1.1", ""), "POST");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/authorize", "/links", "/.well-known/oauth-authorization-server", "/health"})
    void HEAD_is_GET_without_the_body(String path) {
        String query = path.equals("/authorize") ? "?" + Alexa.encoded(alexa.authorizationRequest()) : "";
        RawHttp.Reply reply = RawHttp.send("HEAD /alexa" + path + query + " HTTP/1.1", "");
        cases.fine(reply, 200);
        assertThat(reply.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "application/json;charset=utf-8",
                "multipart/form-data; boundary=x",
                "text/plain",
                "text/plain;" + FORM,
                "text/xml",
                FORM + ";charset=iso-8859-1",
                FORM + ";charset=utf-16",
                FORM + ";charset=utf-7",
                FORM + ";charset=\"",
                FORM + ";x=y",
                FORM + "/x",
                "x" + FORM,
                "*/*",
                "application/x-www-form-urlencoded,application/json",
                ";",
                ""
            })
    void only_a_form_in_utf_8_is_read(String type) {
        String before = codes();
        String header = type.isEmpty() ? "" : "\nContent-Type: " + type;
        String form = Alexa.encoded(allowing(alexa.authorizationRequest()));
        types.page(RawHttp.send("POST /alexa/approve HTTP/1.1" + header, form), 400, BAD_REQUEST);
        types.page(RawHttp.send("POST /alexa/links HTTP/1.1" + header, "action=show"), 400, BAD_REQUEST);
        for (String path : List.of("token", "revoke", "introspect")) {
            types.json(
                    RawHttp.send(
                            "POST /alexa/" + path + " HTTP/1.1\nAuthorization: " + alexa.basic() + header,
                            "grant_type=refresh_token&refresh_token=x&token=x"),
                    400,
                    "invalid_request");
        }
        assertThat(codes()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                FORM,
                FORM + ";charset=UTF-8",
                FORM + "; charset=utf-8",
                FORM + "; CHARSET=\"UTF-8\"",
                FORM + ";",
                FORM + ";charset=utf8",
                "Application/X-WWW-Form-Urlencoded ; charset=utf-8"
            })
    void a_form_is_read_in_every_spelling_of_its_content_type(String type) {
        types.revoked(alexa.post("/revoke", "token=x", Map.of("Content-Type", type, "Authorization", alexa.basic())));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"grant_type\":\"refresh_token\"}",
                "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n",
                "<a/>",
                "\u0000\u0001"
            })
    void a_body_of_another_format_sent_as_a_form_is_invalid_request(String body) {
        types.json(
                RawHttp.send(
                        "POST /alexa/token HTTP/1.1\nContent-Type: " + FORM + "\nAuthorization: " + alexa.basic(),
                        body),
                400,
                "invalid_request");
    }

    @Test
    void two_lengths_and_lengths_that_are_none_are_refused() {
        String post = "POST /alexa/token HTTP/1.1\nHost: x\nConnection: close\nContent-Type: " + FORM + "\n";
        for (String framing : List.of(
                "Content-Length: 3\nContent-Length: 4\n\nx=1",
                "Content-Length: -3\n\nx=1",
                "Content-Length: 99999999999999999999\n\nx=1",
                "Content-Length: three\n\nx=1",
                "Transfer-Encoding: chunked\n\nzz\n",
                "Transfer-Encoding: gzip, chunked, foo\n\nx=1",
                "Transfer-Encoding: chunked\nContent-Length: 3\n\n0\r\n\r\n",
                "Transfer-Encoding: xchunked\n\n0\r\n\r\n")) {
            types.answered(RawHttp.sendAsItIs(post + framing), 400, 501);
        }
    }
}
