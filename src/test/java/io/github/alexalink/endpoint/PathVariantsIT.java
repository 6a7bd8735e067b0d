package io.github.alexalink.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.alexa.SignInMinute;
import io.github.alexalink.fixture.cases.UnderAttack;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Other ways to write a path lead to the same place, or nowhere")
class PathVariantsIT extends UnderAttack {

    private final Cases cases = Cases.of("path variants");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/alexa/%s;x=y",
                "/alexa/%s;",
                "/alexa/%s;jsessionid=0123456789ABCDEF",
                "/alexa;x=y/%s",
                "/alexa/;/%s",
                "/alexa/./%s",
                "/alexa/.;/%s",
                "/alexa/%%2e/%s",
                "/alexa//%s",
                "//alexa/%s",
                "///alexa///%s",
                "/alexa/x/../%s",
                "/alexa/x/..;/%s",
                "/alexa/x/..;a=b/%s",
                "/alexa/x/%%2e%%2e/%s",
                "/alexa/WEB-INF/../%s",
                "/alexa/style.css/../%s",
                "/alexa/..;/alexa/%s",
                "/alexa/../alexa/%s",
                "/music-server/../alexa/%s",
                "/music-server/..;/alexa/%s",
                "/%%61lexa/%s",
            })
    void another_spelling_of_a_path_is_that_endpoint_with_all_its_checks_and_headers(String form) {
        String request = Alexa.encoded(alexa.authorizationRequest());
        RawHttp.Reply plain = RawHttp.get("/alexa/authorize?" + request);
        RawHttp.Reply variant = RawHttp.get(form.formatted("authorize") + "?" + request);
        cases.fine(variant, 200);
        // only the way to the style sheet depends on the path
        assertThat(variant.body().replaceAll("href=\"(\\.\\./)+", "href=\""))
                .isEqualTo(plain.body())
                .doesNotContain("jsessionid");
        assertThat(variant.headers().map().keySet())
                .isEqualTo(plain.headers().map().keySet());

        cases.unauthorized(RawHttp.get(form.formatted("metrics")), true);
        cases.json(posted(form.formatted("introspect"), "token=x"), 401, "invalid_client");
        cases.json(posted(form.formatted("revoke"), "token=x"), 401, "invalid_client");
        cases.json(posted(form.formatted("token"), "grant_type=refresh_token&refresh_token=x"), 401, "invalid_client");
        cases.page(
                RawHttp.send(
                        "POST " + form.formatted("approve") + " HTTP/1.1\nSec-Fetch-Site: cross-site\nContent-Type: "
                                + FORM,
                        "x=1"),
                403,
                "This form was not sent from our page");
        cases.notAllowed(RawHttp.get(form.formatted("token")), "POST");
    }

    @Test
    void a_sign_in_by_another_spelling_of_the_path_is_counted_too() throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            String[] forms = {
                "/alexa/approve",
                "/alexa/approve;a",
                "/alexa//approve",
                "/alexa/./approve",
                "/alexa/x/..;/approve",
                "/%61lexa/%61pprove",
                "/music-server/..;/alexa/approve",
                "/alexa/links;jsessionid=1",
                "/alexa/%6cinks"
            };
            String address = "198.51.100.77";
            for (int i = 0; i < Limits.SIGN_INS_PER_MINUTE; i++) {
                cases.askedAgain(signIn(forms[i % forms.length], address), WRONG);
            }
            for (String form : forms) {
                cases.page(signIn(form, address), 429, "Too many tries");
            }
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/alexa/authorize/",
                "/alexa/authorize/x",
                "/alexa/authorize.",
                "/alexa/authorize%20",
                "/alexa/authorize%00",
                "/alexa/authorize%0a",
                "/alexa/authorize%0d%0aSet-Cookie:%20a=b",
                "/alexa/authorize%3bx",
                "/alexa/authorize%3fx",
                "/alexa/authorize%23x",
                "/alexa/authorize%252f",
                "/alexa/authorize.html",
                "/alexa/authorize.jsp",
                "/alexa/AUTHORIZE",
                "/alexa/Token",
                "/ALEXA/authorize",
                "/alexa/%2fauthorize",
                "/alexa%2fauthorize",
                "/alexa/x%2f..%2fauthorize",
                "/alexa/%5cauthorize",
                "/alexa\\authorize",
                "/alexa/..%5cauthorize",
                "/alexa/..%2f..%2fetc%2fpasswd",
                "/alexa/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
                "/alexa/%e2%80%a6/authorize",
                "/alexa/\u00e4",
                "/alexa/%e4",
                "/alexa/%zz",
                "/alexa/\"><script>alert(1)</script>",
                "/alexa/%22%3e%3cscript%3ealert(1)%3c/script%3e",
                "/alexa/${7*7}",
                "/alexa/%24%7b7*7%7d",
                "/alexa/token#x",
                "/alexa/authorize?client_id=<x",
                "/alexa/..",
                "/../../../etc/passwd",
                "/alexa/../../../etc/passwd",
                "/alexa/setup",
                "/alexa/admin",
                "/alexa/metrics/",
                "/alexa/metrics/x",
                "/alexa/metrics.txt",
                "/alexa/metrics%00",
                "/alexa/metrics%3bx",
                "/alexa/METRICS",
                "/alexa/actuator/env",
                "/alexa/nothing",
                "/alexa/style.css/",
                "/alexa/style.css%00.jsp",
                "/alexa/style.jsp",
                "/",
                "alexa/authorize",
                "*"
            })
    void nothing_is_at_a_path_that_only_resembles_one_of_ours(String target) {
        RawHttp.Reply reply = RawHttp.get(target);
        cases.answered(reply, 400, 404);
        assertThat(reply.body()).doesNotContain("alert(", "root:", "7*7", "<script");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/alexa/%s",
                "/alexa/;/%s",
                "/alexa/;x=y/%s",
                "/alexa/./%s",
                "/alexa/%%2e/%s",
                "/alexa//%s",
                "/alexa/x/../%s",
                "/alexa/x/..;/%s",
                "/alexa/%%20/%s",
                "/music-server/../alexa/%s",
                "/alexa/%%252e/%s",
                "/alexa/..%%2falexa/%s",
                "/alexa/%%c0%%ae/%s",
            })
    void no_spelling_of_a_path_gives_away_a_file_that_is_not_for_browsers(String form) {
        for (String file : new String[] {
            "WEB-INF/web.xml",
            "WEB-INF/",
            "WEB-INF",
            "web-inf/web.xml",
            "Web-Inf/web.xml",
            "WEB-INF;x/web.xml",
            "WEB-INF./web.xml",
            "WEB-INF%20/web.xml",
            "WEB-INF%2fweb.xml",
            "WEB-INF%5cweb.xml",
            "WEB-INF/./web.xml",
            "%57EB-INF/web.xml",
            "WEB%2dINF/web.xml",
            "WEB-INF/templates/consent.ftlh",
            "WEB-INF/classes/io/github/alexalink/AlexaLink.class",
            "WEB-INF/lib/",
            "META-INF/context.xml",
            "META-INF/MANIFEST.MF",
            "META-INF;x/context.xml",
            "meta-inf/context.xml"
        }) {
            cases.answered(RawHttp.get(form.formatted(file)), 400, 404);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/alexa",
                "//alexa",
                "/alexa;x=y",
                "/%61lexa",
                "//evil.example/../alexa",
                "/evil.example/..;/alexa"
            })
    void the_root_without_its_slash_leads_to_this_server_and_nowhere_else(String target) {
        RawHttp.Reply reply = RawHttp.sendAsItIs("GET " + target
                + " HTTP/1.1\nHost: evil.example\nConnection: close\nX-Forwarded-Host: evil.example\n\n");
        assertThat(reply.statusCode()).isIn(302, 404, 400);
        reply.headers().firstValue("Location").ifPresent(location -> assertThat(location)
                .matches("\\./(%61lexa|alexa|alexa;x=y)/links")
                .doesNotContain("//"));
        assertThat(reply.body()).doesNotContain("evil");
    }

    /** A sign-in with a password so long that no hash is made. */
    private RawHttp.Reply signIn(String target, String address) {
        Map<String, String> form = target.contains("inks")
                ? new LinkedHashMap<>(Map.of("action", "show", "username", anna))
                : allowing(alexa.authorizationRequest());
        form.put("password", "x".repeat(1001));
        return RawHttp.send(
                "POST " + target + " HTTP/1.1\nX-Forwarded-For: " + address + "\nContent-Type: " + FORM,
                Alexa.encoded(form));
    }

    private static RawHttp.Reply posted(String target, String form) {
        return RawHttp.send("POST " + target + " HTTP/1.1\nContent-Type: " + FORM, form);
    }
}
