package io.github.alexalink.speed;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Whether the time of an answer tells a name that nobody has from a wrong password: both in turn, over HTTP, each name
 * once or at most four times, so that none is locked. It prints, and judges nothing but that the answers are the same.
 * It needs a Tomcat: {@code ./mvnw verify -Dtest=NONE -Dsurefire.failIfNoSpecifiedTests=false
 * -Dit.test=GuessingNamesBench -Dscale.bench=true}.
 */
@DisplayName("An unknown name and a wrong password, by the clock")
class GuessingNamesBench {

    private static final int SAMPLES = 200;
    private static final int FAILURES_PER_NAME = 4;
    private static final int WARM_UP = 20;

    private static final List<String> ACCOUNTS = new ArrayList<>();
    private static TomcatProcess tomcat;
    private static Alexa alexa;

    @BeforeAll
    static void startTomcat() throws Exception {
        Bench.onlyWhenAsked();
        if (System.getProperty("tomcat.home") == null) {
            String why = "needs a Tomcat: -Dit.test=GuessingNamesBench with verify, not with test";
            LeftOut.evenInCi(why);
        }
        int port = TestServers.freePort();
        Path base = Path.of("target/it/guessing").toAbsolutePath();
        CatalinaBase.delete(base);
        TestServers.prepareBase(base, port);
        CatalinaBase.deploy(base, Path.of("target/alexa.war"), "alexa");
        tomcat = TomcatProcess.start(
                TestServers.tomcatHome(),
                base,
                port,
                List.of("-Xmx256m"),
                ProcessBuilder.Redirect.appendTo(
                        base.resolve("logs/console.log").toFile()));
        assertThat(tomcat.answers("/alexa/health", 200, Duration.ofSeconds(60))).isTrue();
        alexa = Alexa.skill(TestServers.issuer(port));
    }

    @AfterAll
    static void stopTomcat() {
        if (tomcat != null) {
            tomcat.close();
        }
    }

    @Test
    void an_unknown_name_is_timed_at_the_consent_page() {
        compare("sign-in at /approve", "/approve", alexa.authorizationRequest(), Map.of("decision", "allow"));
    }

    @Test
    void an_unknown_name_is_timed_at_the_page_of_linked_apps() {
        compare("sign-in at /links", "/links", Map.of(), Map.of("action", "show"));
    }

    private static void compare(String what, String path, Map<String, String> request, Map<String, String> button) {
        ACCOUNTS.clear();
        for (int i = 0; i < (SAMPLES + WARM_UP) / FAILURES_PER_NAME; i++) {
            // as long as the unknown names, because a longer page takes longer
            ACCOUNTS.add(TestDatabase.unique("known"));
            TestDatabase.addAccount(ACCOUNTS.get(i), "the password of all of them");
        }
        long[][] nanos = new long[2][SAMPLES];
        String[] pages = new String[2];
        for (int i = -WARM_UP; i < SAMPLES; i++) {
            for (int turn = 0; turn < 2; turn++) {
                int which = (i + turn) & 1; // each goes first in turn
                String name = which == 0 ? TestDatabase.unique("nobdy") : ACCOUNTS.get((i + WARM_UP) % ACCOUNTS.size());
                Map<String, String> form = new LinkedHashMap<>(request);
                form.putAll(button);
                form.put("username", name);
                form.put("password", "not the password of any of them");
                String body = Alexa.encoded(form);
                long start = System.nanoTime();
                HttpResponse<String> reply = alexa.post(path, body, Map.of("Sec-Fetch-Site", "same-origin"));
                long took = System.nanoTime() - start;
                assertThat(reply.statusCode()).isEqualTo(200);
                assertThat(reply.body()).contains("User name or password is wrong");
                pages[which] = reply.body().replace(name, "NAME");
                if (i >= 0) {
                    nanos[which][i] = took;
                }
            }
            assertThat(pages[0]).isEqualTo(pages[1]);
        }
        Bench.say(what + ": unknown name " + figures(nanos[0]) + "; wrong password " + figures(nanos[1]));
        Bench.say(
                "%s: medians differ by %+.1f ms; a wrong password is the slower of a random pair in %.0f %% (50 %% tells nothing); the middle halves overlap by %.0f %%"
                        .formatted(
                                what,
                                Bench.quantile(nanos[1], 0.5) - Bench.quantile(nanos[0], 0.5),
                                100 * slower(nanos[1], nanos[0]),
                                100 * overlap(nanos[0], nanos[1])));
    }

    private static String figures(long[] nanos) {
        return "min %.1f, quartiles %.1f / %.1f / %.1f, max %.1f ms"
                .formatted(
                        Bench.quantile(nanos, 0),
                        Bench.quantile(nanos, 0.25),
                        Bench.quantile(nanos, 0.5),
                        Bench.quantile(nanos, 0.75),
                        Bench.quantile(nanos, 1));
    }

    /** The chance that one of the first took longer than one of the second (Mann-Whitney). */
    private static double slower(long[] first, long[] second) {
        long more = 0;
        for (long one : first) {
            more += Arrays.stream(second).filter(other -> one > other).count();
        }
        return (double) more / first.length / second.length;
    }

    /** The share of the two middle halves that they have in common. */
    private static double overlap(long[] first, long[] second) {
        double low = Math.max(Bench.quantile(first, 0.25), Bench.quantile(second, 0.25));
        double high = Math.min(Bench.quantile(first, 0.75), Bench.quantile(second, 0.75));
        double from = Math.min(Bench.quantile(first, 0.25), Bench.quantile(second, 0.25));
        double to = Math.max(Bench.quantile(first, 0.75), Bench.quantile(second, 0.75));
        return Math.max(0, high - low) / (to - from);
    }
}
