package io.github.alexalink.deploy;

import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Scraped;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Redeploys a few times; {@code -Dredeploys=20} does it twenty times. */
@Tag("thorough")
@DisplayName("A newer alexa.war takes the place of the old one while Tomcat runs")
class RedeployingIT {

    private static final int REDEPLOYS = Integer.getInteger("redeploys", 5);
    /** Backends of the Tomcat of the other tests, which keeps running. */
    private static String othersConnections;

    private static final Path BASE = Path.of("target/it/redeploying").toAbsolutePath();
    private static final Path LOG = BASE.resolve("logs/console.log");
    private static final String ANNA = TestDatabase.unique("anna");
    private static final String LEAK = "(?i)leak|failed to stop|failed to unregister|forcibly|has been stopped already";

    private static int port;
    private static TomcatProcess tomcat;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        othersConnections = connections("");
        port = TestServers.freePort();
        CatalinaBase.delete(BASE);
        TestServers.prepareBase(
                BASE, port, Map.of("alexa.metrics.readers", "127.0.0.1")); // metrics have to be closed, too
        TestServers.addManager(BASE, "it", TestDatabase.APP_PASSWORD);
        CatalinaBase.deploy(BASE, Path.of("target/alexa-music-server.war"), "music-server");
        tomcat = TomcatProcess.start(
                TestServers.tomcatHome(),
                BASE,
                port,
                List.of("-Xmx256m", "-Dalexa.autodeploy=false"),
                ProcessBuilder.Redirect.to(LOG.toFile()));
        assertThat(tomcat.answers("/music-server/", 200, Duration.ofSeconds(90)))
                .as("Tomcat answers, see " + LOG)
                .isTrue();
        TestDatabase.addAccount(ANNA, PASSWORD);
    }

    @AfterAll
    static void stop() {
        if (tomcat != null) {
            tomcat.close();
        }
    }

    @AfterEach
    void undeploy() {
        manager("undeploy?path=/alexa", false);
    }

    @Test
    void redeploying_again_and_again_leaves_nothing_of_the_old_war() throws Exception {
        deploy("");
        use();
        deploy("&update=true"); // loads classes that are loaded only once, such as the manager's
        use();
        Figures before = Figures.of(tomcat);
        List<Figures> all = new ArrayList<>(List.of(before));
        for (int i = 0; i < REDEPLOYS; i++) {
            deploy("&update=true");
            use();
            if (i % 5 == 4) {
                all.add(Figures.of(tomcat));
            }
        }
        System.out.println(REDEPLOYS + " redeploys, figures before and after each five: " + all);
        Figures after = all.get(all.size() - 1);
        // a copy of the WAR that stayed would be over a thousand classes and several megabytes
        assertThat(after.classes() - before.classes()).as("classes: " + all).isLessThan(300);
        assertThat(after.metaspace() - before.metaspace())
                .as("metaspace: " + all)
                .isLessThan(4_000_000L);
        assertThat(after.threads() - before.threads()).as("threads: " + all).isLessThanOrEqualTo(4);
        assertThat(manager("findleaks?statusLine=true"))
                .as("Tomcat's own search")
                .contains("No memory leaks found");
        assertThat(beans("alexa-link")).contains("alexa-link/alexa:name=alexaDatabaseUp");
        manager("undeploy?path=/alexa");
        assertThat(beans("alexa-link")).isEmpty();
        // a thread and a backend need a moment to end
        assertThat(Soon.within(60, RedeployingIT::threads, dump -> !dump.contains("\"alexa")))
                .doesNotContain("\"alexa");
        assertThat(Soon.within(60, () -> connections(othersConnections), ""::equals))
                .as("connections of a pool that is closed")
                .isEmpty();
        assertThat(Files.readString(LOG)
                        .lines()
                        .filter(line -> line.matches(".*(?:" + LEAK + ").*"))
                        // Tomcat's own, if it looks after the web application at the very moment that it stops
                        .filter(line -> !line.contains("a thread named [Catalina-utility-")))
                .isEmpty();
        assertThat(tomcat.answers("/music-server/", 200, Duration.ofSeconds(5))).isTrue();
    }

    @Test
    void while_a_second_version_takes_over_no_request_fails_and_links_go_on() throws Exception {
        deploy("&version=1");
        Alexa alexa = Alexa.skill(TestServers.issuer(port));
        String refreshToken = alexa.link(ANNA, PASSWORD).getString("refresh_token");
        HttpResponse<String> page = alexa.authorize();
        String code = alexa.code(ANNA, PASSWORD);
        AtomicBoolean enough = new AtomicBoolean();
        AtomicInteger asked = new AtomicInteger();
        Queue<String> failed = new ConcurrentLinkedQueue<>();
        ExecutorService speakers = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> asking = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                asking.add(speakers.submit(() -> {
                    while (!enough.get()) {
                        asked.incrementAndGet();
                        try {
                            HttpResponse<String> reply = alexa.refresh(refreshToken);
                            if (reply.statusCode() != 200) {
                                failed.add(reply.statusCode() + " " + reply.body());
                            }
                        } catch (IllegalStateException noAnswer) {
                            failed.add(String.valueOf(noAnswer.getCause()));
                        }
                    }
                }));
            }
            Thread.sleep(1000);
            deploy("&version=2");
            Thread.sleep(1000);
            assertThat(beans("alexa-link"))
                    .contains("alexa-link/alexa##1:name=alexaDatabaseUp", "alexa-link/alexa##2:name=alexaDatabaseUp");
            assertTokens(alexa.exchange(Alexa.codeIn(alexa.press(page, "allow", ANNA, PASSWORD))));
            assertTokens(alexa.exchange(code));
            manager("undeploy?path=/alexa&version=1");
            Thread.sleep(1000);
            assertThat(beans("alexa-link"))
                    .doesNotContain("alexa##1")
                    .contains("alexa-link/alexa##2:name=alexaDatabaseUp");
            enough.set(true);
            for (Future<?> one : asking) {
                one.get();
            }
        } finally {
            enough.set(true);
            speakers.shutdownNow();
            manager("undeploy?path=/alexa&version=1", false);
            manager("undeploy?path=/alexa&version=2", false);
        }
        System.out.println("parallel deployment: " + asked + " refreshes, failed " + failed.size());
        assertThat(failed).isEmpty();
        assertThat(asked.get()).isGreaterThan(20);
    }

    @Test
    void after_an_undeployment_links_are_still_there() throws Exception {
        deploy("");
        Alexa alexa = Alexa.skill(TestServers.issuer(port));
        JSONObject tokens = alexa.link(ANNA, PASSWORD);
        manager("undeploy?path=/alexa");
        assertThat(tomcat.answers("/alexa/health", 404, Duration.ofSeconds(5))).isTrue();
        assertThat(tomcat.answers("/music-server/", 200, Duration.ofSeconds(5))).isTrue();
        deploy("");
        assertTokens(alexa.refresh(tokens.getString("refresh_token")));
        manager("undeploy?path=/alexa");
    }

    /** Links an account, so that all classes are loaded that a listener and Alexa load. */
    private static void use() throws InterruptedException {
        assertThat(tomcat.answers("/alexa/health", 200, Duration.ofSeconds(20))).isTrue();
        Alexa alexa = Alexa.skill(TestServers.issuer(port));
        assertTokens(alexa.refresh(alexa.link(ANNA, PASSWORD).getString("refresh_token")));
        // the metrics count a request a moment after its response
        assertThat(Soon.within(
                        60,
                        () -> Scraped.of(Alexa.get(TestServers.issuer(port) + "/metrics")
                                        .body())
                                .requests("token", "refresh_token", "issued", "200"),
                        count -> count > 0))
                .isEqualTo(1);
    }

    private static void deploy(String how) {
        manager("deploy?path=/alexa&war="
                + URLEncoder.encode(
                        Path.of("target/alexa.war").toAbsolutePath().toUri().toString(), StandardCharsets.UTF_8)
                + how);
    }

    /** The process ids of the backends of Alexa Link, without these. */
    private static String connections(String others) {
        return TestDatabase.ask(
                "SELECT coalesce(string_agg(pid::text, ' '), '') FROM pg_stat_activity"
                        + " WHERE application_name = 'alexa-link' AND pid::text <> ALL (string_to_array(?, ' '))",
                others);
    }

    private static String manager(String command) {
        return manager(command, true);
    }

    /** The JMX names with this prefix, in one string. */
    private static String beans(String prefix) {
        return ask("jmxproxy/?qry=*:*")
                .lines()
                .filter(line -> line.startsWith("Name: " + prefix))
                .collect(Collectors.joining("\n"));
    }

    private static String manager(String command, boolean mustSucceed) {
        String body = ask("text/" + command);
        assertThat(!mustSucceed || body.startsWith("OK"))
                .as(command + ": " + body)
                .isTrue();
        return body;
    }

    private static String ask(String what) {
        return Alexa.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/manager/" + what))
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", Alexa.basic("it", TestDatabase.APP_PASSWORD))
                        .build())
                .body();
    }

    private static String threads() throws IOException, InterruptedException {
        return jcmd(tomcat, "Thread.print");
    }

    private static String jcmd(TomcatProcess of, String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(of.handle().pid()),
                        command)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    /** Figures of a JVM after two garbage collections. */
    private record Figures(long classes, long metaspace, long threads) {

        static Figures of(TomcatProcess tomcat) throws IOException, InterruptedException {
            jcmd(tomcat, "GC.run");
            Thread.sleep(500);
            jcmd(tomcat, "GC.run");
            String counters = jcmd(tomcat, "PerfCounter.print");
            return new Figures(
                    counter(counters, "java.cls.loadedClasses")
                            + counter(counters, "java.cls.sharedLoadedClasses")
                            - counter(counters, "java.cls.unloadedClasses")
                            - counter(counters, "java.cls.sharedUnloadedClasses"),
                    counter(counters, "sun.gc.metaspace.used"),
                    counter(counters, "java.threads.live"));
        }

        private static long counter(String counters, String name) {
            Matcher line =
                    Pattern.compile("(?m)^" + Pattern.quote(name) + "=(\\d+)").matcher(counters);
            assertThat(line.find()).as(name + " in " + counters).isTrue();
            return Long.parseLong(line.group(1));
        }

        @Override
        public String toString() {
            return classes + " classes, " + metaspace / 1024 + " KiB of metaspace, " + threads + " threads";
        }
    }
}
