package io.github.alexalink.speed;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What a music server pays for a request with a token: the same small answer without and with the Valve, without and with
 * a token, in turn, in one run. It prints, and judges nothing: {@code ./mvnw verify -Dtest=NONE
 * -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=BearerCostBench -Dscale.bench=true}.
 */
@DisplayName("The price of a token, request by request")
class BearerCostBench {

    private static final int SAMPLES = 3000;
    private static final int WARM_UP = 1000;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static TomcatProcess tomcat;
    private static String root;
    private static String token;

    @BeforeAll
    static void startTomcat() throws Exception {
        Bench.onlyWhenAsked();
        if (System.getProperty("tomcat.home") == null) {
            String why = "needs a Tomcat: -Dit.test=BearerCostBench with verify, not with test";
            LeftOut.evenInCi(why);
        }
        int port = TestServers.freePort();
        root = "http://127.0.0.1:" + port;
        Path base = Path.of("target/it/bearer-cost").toAbsolutePath();
        CatalinaBase.delete(base);
        TestServers.prepareBase(base, port);
        String id = TestDatabase.unique("music");
        String secret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'Music')",
                id);
        String elsewhere = CatalinaBase.WITH_BEARER.replace(
                "/>",
                " introspectionUri=\"%s/alexa/introspect\" clientId=\"%s\" clientSecret=\"%s\" keepSeconds=\"%%d\"/>"
                        .formatted(root, id, secret));
        CatalinaBase.describe(base, "here", CatalinaBase.WITH_BEARER);
        CatalinaBase.describe(base, "kept", elsewhere.formatted(3600));
        CatalinaBase.describe(base, "asked", elsewhere.formatted(0));
        CatalinaBase.deploy(base, Path.of("target/alexa.war"), "alexa");
        for (String name : List.of("plain", "here", "kept", "asked")) {
            CatalinaBase.deploy(base, Path.of("target/alexa-music-server.war"), name);
        }
        tomcat = TomcatProcess.start(
                TestServers.tomcatHome(),
                base,
                port,
                List.of("-Xmx256m"),
                ProcessBuilder.Redirect.appendTo(
                        base.resolve("logs/console.log").toFile()));
        assertThat(tomcat.answers("/alexa/health", 200, Duration.ofSeconds(60))).isTrue();
        token = Alexa.skill(TestServers.issuer(port)).linked("anna").getString("access_token");
    }

    @AfterAll
    static void stopTomcat() {
        if (tomcat != null) {
            tomcat.close();
        }
    }

    @Test
    void a_request_with_a_token_is_timed_next_to_one_without() throws Exception {
        // a static file of a few hundred bytes, so that the work around it dominates
        Map<String, String> ways = Map.of(
                "1 no Valve, no token", "/plain/demo.css",
                "2 Valve, no token", "/here/demo.css",
                "3 Valve, token, Alexa in the same Host", "/here/demo.css",
                "4 Valve, token, introspected before", "/kept/demo.css",
                "5 Valve, token, introspected each time", "/asked/demo.css");
        List<String> names = ways.keySet().stream().sorted().toList();
        long[][] nanos = new long[names.size()][SAMPLES];
        for (int i = -WARM_UP; i < SAMPLES; i++) {
            for (int turn = 0; turn < names.size(); turn++) {
                int way = Math.floorMod(i + turn, names.size()); // each goes first in turn
                HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(root + ways.get(names.get(way))));
                if (way > 1) {
                    request.header("Authorization", "Bearer " + token);
                }
                long start = System.nanoTime();
                HttpResponse<Void> reply = HTTP.send(request.build(), HttpResponse.BodyHandlers.discarding());
                long took = System.nanoTime() - start;
                assertThat(reply.statusCode()).as(names.get(way)).isEqualTo(200);
                if (i >= 0) {
                    nanos[way][i] = took;
                }
            }
        }
        double plain = Bench.quantile(nanos[0], 0.5);
        for (int way = 0; way < names.size(); way++) {
            Bench.say("%s: median %.3f ms (%+.3f), 95 %% %.3f, 99 %% %.3f ms"
                    .formatted(
                            names.get(way),
                            Bench.quantile(nanos[way], 0.5),
                            Bench.quantile(nanos[way], 0.5) - plain,
                            Bench.quantile(nanos[way], 0.95),
                            Bench.quantile(nanos[way], 0.99)));
        }
    }
}
