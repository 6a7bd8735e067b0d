package io.github.alexalink.deploy;

import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Scraped;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs the WAR on Tomcat 11, 10.1 and Debian's tomcat10, each with each JDK of this machine, on the oldest that will do,
 * and on two that are too old. The other ITs run on Tomcat 11.
 */
@Tag("thorough")
@DisplayName("The WAR is dropped into a Tomcat")
class DroppingInIT {

    private static final Path DEBIAN = Path.of("/usr/share/tomcat10");

    private static final Path OLDEST = Path.of(System.getProperty("tomcat-oldest.home"));

    /** A Tomcat from the Apache Software Foundation or from Debian, and a JDK. */
    record Container(String name, Path home, String jdkName, Path jdk) {
        @Override
        public String toString() {
            return name + " with " + jdkName;
        }
    }

    static Stream<Container> containers() {
        Path tomcat10 = Path.of(System.getProperty("tomcat-10.home"));
        List<Container> all = new ArrayList<>();
        for (int version : new int[] {17, 25}) {
            Path jdk = jdk(version);
            all.add(new Container("Tomcat 11", TestServers.tomcatHome(), "JDK " + version, jdk));
            all.add(new Container("Tomcat 10.1", tomcat10, "JDK " + version, jdk));
            all.add(new Container("Debian's tomcat10", DEBIAN, "JDK " + version, jdk));
        }
        all.add(new Container("the oldest Tomcat", OLDEST, "JDK 17", jdk(17)));
        return all.stream();
    }

    private static Path jdk(int version) {
        String told = System.getenv("JDK_" + version);
        if (told != null) {
            return Path.of(told);
        }
        return Stream.of("java-" + version + "-openjdk-amd64", "temurin-" + version + "-jdk-amd64")
                .map(Path.of("/usr/lib/jvm")::resolve)
                .filter(Files::isDirectory)
                .findFirst()
                .orElse(Path.of("/no-jdk-" + version));
    }

    @ParameterizedTest
    @MethodSource("containers")
    void a_link_begins_is_refreshed_and_introspected_and_the_log_is_quiet(Container container) throws Exception {
        skipUnless(Files.exists(container.home().resolve("bin/bootstrap.jar")), container.home() + " is no Tomcat");
        skipUnless(
                Files.exists(container.jdk().resolve("bin/java")), container.jdk() + " is no JDK: set JDK_17, JDK_25");
        boolean debian = container.home().equals(DEBIAN);
        skipUnless(!debian || "root".equals(System.getProperty("user.name")), "only root can become Debian's tomcat");
        int port = TestServers.freePort();
        Path base = debian
                ? Files.createTempDirectory("tomcat10")
                : Path.of("target/it/dropping-in").toAbsolutePath();
        Path log = Path.of("target/it", container.toString().replace(' ', '-').replace("'", "") + ".log");
        Files.createDirectories(log.getParent());
        Files.deleteIfExists(log);
        CatalinaBase.delete(base);
        try (TomcatProcess tomcat =
                debian ? startDebians(container, base, port, log) : startApaches(container, base, port, log)) {
            assertThat(tomcat.answers("/alexa/health", 200, Duration.ofMinutes(2)))
                    .as("health, see " + log)
                    .isTrue();
            linksAnAccount(TestServers.issuer(port));
            assertThat(tomcat.answers("/music-server/", 200, Duration.ofMinutes(2)))
                    .isTrue();
        }
        String written = Files.readString(log);
        assertThat(written.lines()
                        .filter(line -> line.contains("WARNING") || line.contains("SEVERE"))
                        // the thread of Tomcat's own RateLimitFilter, which so old a Tomcat does not end with the
                        // filter
                        .filter(line -> !container.home().equals(OLDEST) || !line.contains("clearReferencesThreads")))
                .as(written)
                .noneMatch(line -> line.contains("alexa") || line.contains("hikari") || line.contains("postgresql"));
        assertThat(written).doesNotContain("Exception").contains("schema alexa fits", "alexa.db.password <set>");
        System.out.println(container + ": linked, refreshed, introspected; nothing of ours in the log above INFO");
        if (debian) {
            CatalinaBase.delete(base);
        }
    }

    @ParameterizedTest
    @CsvSource({"tomcat-9.home, 9.0.", "tomcat-too-old.home, 10.1.8"})
    void a_tomcat_that_is_too_old_is_told_what_is_needed_in_one_line(String which, String version) throws Exception {
        Path home = Path.of(System.getProperty(which));
        Path base = Path.of("target/it", which).toAbsolutePath();
        Path log = Path.of("target/it", which + ".log");
        Files.deleteIfExists(log);
        CatalinaBase.delete(base);
        int port = TestServers.freePort();
        TestServers.prepareBase(base, home, port, TestServers.settings(port));
        CatalinaBase.deploy(base, Path.of("target/alexa.war"), "alexa");
        Path neighbour = Files.createDirectories(base.resolve("webapps/neighbour"));
        Files.writeString(neighbour.resolve("index.html"), "a neighbour");
        try (TomcatProcess tomcat =
                TomcatProcess.start(home, base, port, List.of("-Xmx256m"), ProcessBuilder.Redirect.to(log.toFile()))) {
            assertThat(tomcat.answers("/neighbour/", 200, Duration.ofMinutes(2)))
                    .isTrue();
            assertThat(tomcat.answers("/alexa/health", 404, Duration.ofMinutes(2)))
                    .isTrue();
        }
        String written = Files.readString(log);
        assertThat(written)
                .containsOnlyOnce("Alexa Link does not start: it needs Tomcat 10.1.9 or later, or 11, and this is"
                        + " Apache Tomcat/" + version)
                .doesNotContain("ClassNotFoundException", "NoClassDefFoundError", "forcibly unregistered")
                .doesNotContain("Alexa Link 0", "\n\tat io.github.alexalink");
    }

    @Test
    void a_tomcat_whose_lock_out_takes_capitals_for_other_people_is_named_behind_a_realm_of_the_operators_own()
            throws Exception {
        Path base = Path.of("target/it/capitals").toAbsolutePath();
        Path log = Path.of("target/it/capitals.log");
        Files.deleteIfExists(log);
        CatalinaBase.delete(base);
        int port = TestServers.freePort();
        TestServers.prepareBase(base, OLDEST, port, TestServers.settings(port));
        Path war = Path.of("target/alexa.war");
        CatalinaBase.deploy(base, war, "alexa");
        for (Map.Entry<String, String> own :
                Map.of("people", "ignore-case", "exact", "exact").entrySet()) {
            Map<String, String> settings = new HashMap<>(TestServers.settings(port));
            settings.put("alexa.issuer", "http://127.0.0.1:" + port + "/" + own.getKey());
            settings.put("alexa.usernames", own.getValue());
            CatalinaBase.describeAlexa(base, own.getKey(), war, settings);
            Path descriptor = base.resolve("conf/Catalina/localhost/" + own.getKey() + ".xml");
            Files.writeString(descriptor, Files.readString(descriptor).replace("alexa.realm_account", "others.people"));
        }
        try (TomcatProcess tomcat = TomcatProcess.start(
                OLDEST, base, port, List.of("-Xmx256m"), ProcessBuilder.Redirect.to(log.toFile()))) {
            for (String path : List.of("/people", "/exact", "/alexa")) {
                assertThat(tomcat.answers(path + "/health", 200, Duration.ofMinutes(2)))
                        .isTrue();
            }
            String casey = TestDatabase.unique("casey");
            TestDatabase.addAccount(casey, PASSWORD);
            Alexa alexa = Alexa.skill(TestServers.issuer(port));
            HttpResponse<String> page = alexa.authorize();
            for (int i = 0; i < 5; i++) {
                String capitals = casey.substring(0, i).toUpperCase(Locale.ROOT) + casey.substring(i);
                assertThat(alexa.press(page, "allow", capitals, "wrong").statusCode())
                        .isEqualTo(200);
            }
            assertThat(alexa.press(page, "allow", casey, PASSWORD).body())
                    .as("with the Realm of the WAR the fault does no harm: five wrong passwords lock a name")
                    .contains("User name or password is wrong");
        }
        assertThat(Files.readString(log).lines().filter(line -> line.contains("CVE-")))
                .singleElement(as(STRING))
                .contains(
                        "WARNING",
                        "[/people] the LockOutRealm of this Tomcat counts anna, Anna and ANNA as three people"
                                + " (CVE-2026-43513)",
                        "Update to Tomcat 10.1.55 or 11.0.22, or later");
    }

    private static void linksAnAccount(String issuer) {
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccountAsShipped(anna, PASSWORD);
        Alexa alexa = Alexa.skill(issuer);
        HttpResponse<String> page = alexa.authorize();
        assertThat(page.statusCode()).isEqualTo(200);
        JSONObject tokens = assertTokens(alexa.exchange(Alexa.codeIn(alexa.press(page, "allow", anna, PASSWORD))));
        JSONObject next = assertTokens(alexa.refresh(tokens.getString("refresh_token")));
        String server = TestDatabase.unique("music");
        String secret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'M')",
                server);
        JSONObject claims = new JSONObject(alexa.post(
                        "/introspect",
                        Alexa.encoded(Map.of("token", next.getString("access_token"))),
                        Map.of("Authorization", Alexa.basic(server, secret)))
                .body());
        assertThat(claims.optBoolean("active")).as(claims.toString()).isTrue();
        // the metrics count a request a moment after its response
        assertThat(Soon.within(
                        60,
                        () -> Scraped.of(Alexa.get(issuer + "/metrics").body())
                                .requests("introspect", "none", "active", "200"),
                        count -> count > 0))
                .isEqualTo(1);
    }

    /** Settings with metrics, because these need classes of the Tomcat they were compiled against. */
    private static Map<String, String> settings(int port) {
        Map<String, String> settings = new HashMap<>(TestServers.settings(port));
        settings.put("alexa.metrics.readers", "127.0.0.1");
        return settings;
    }

    /** Starts a Tomcat: 11 with the settings in {@code catalina.properties}, 10.1 with them in the environment. */
    private static TomcatProcess startApaches(Container container, Path base, int port, Path log) throws IOException {
        Map<String, String> settings = settings(port);
        boolean properties = "Tomcat 11".equals(container.name());
        CatalinaBase.prepare(
                base, container.home(), Path.of("tomcat-conf").toAbsolutePath(), properties ? settings : Map.of());
        CatalinaBase.deploy(base, Path.of("target/alexa.war"), "alexa");
        CatalinaBase.deploy(base, Path.of("target/alexa-music-server.war"), "music-server");
        return TomcatProcess.start(
                container.jdk(),
                container.home(),
                base,
                port,
                List.of("-Xmx256m"),
                properties ? Map.of() : TestServers.environment(settings),
                ProcessBuilder.Redirect.to(log.toFile()));
    }

    /**
     * Starts Debian's Tomcat as its package and its unit do, with its own {@code server.xml}. {@code conf} belongs to
     * root; Tomcat's user may write only to {@code webapps}, {@code conf/Catalina}, the log and the cache.
     */
    private static TomcatProcess startDebians(Container container, Path base, int port, Path log)
            throws IOException, InterruptedException {
        Files.createDirectories(base);
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
        run("cp", "-a", "/etc/tomcat10", base.resolve("etc").toString());
        for (String folder : List.of("lib", "webapps", "log", "cache", "tmp")) {
            Files.createDirectories(base.resolve(folder));
            run("chown", "tomcat:tomcat", base.resolve(folder).toString());
        }
        Files.createSymbolicLink(base.resolve("conf"), Path.of("etc"));
        Files.createSymbolicLink(base.resolve("logs"), Path.of("log"));
        Files.createSymbolicLink(base.resolve("work"), Path.of("cache"));
        Path server = base.resolve("etc/server.xml");
        Files.writeString(
                server,
                Files.readString(server).replace("port=\"8080\"", "address=\"127.0.0.1\" port=\"" + port + "\""));
        run(
                "install",
                "-m",
                "644",
                "target/alexa.war",
                base.resolve("webapps/alexa.war").toString());
        run(
                "install",
                "-m",
                "644",
                "target/alexa-music-server.war",
                base.resolve("webapps/music-server.war").toString());
        Map<String, String> environment = TestServers.environment(settings(port));
        environment.put("JAVA_HOME", container.jdk().toString());
        environment.put("CATALINA_HOME", DEBIAN.toString());
        environment.put("CATALINA_BASE", base.toString());
        environment.put("CATALINA_TMPDIR", base.resolve("tmp").toString());
        environment.put("JAVA_OPTS", "-Djava.awt.headless=true -Xmx256m");
        return TomcatProcess.start(
                List.of(
                        "setpriv",
                        "--reuid=tomcat",
                        "--regid=tomcat",
                        "--clear-groups",
                        "--no-new-privs",
                        DEBIAN.resolve("bin/catalina.sh").toString(),
                        "run"),
                base,
                port,
                environment,
                ProcessBuilder.Redirect.to(log.toFile()));
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                .as(String.join(" ", command))
                .isZero();
    }

    private static void skipUnless(boolean possible, String reason) {
        if (!possible) {
            LeftOut.evenInCi(reason);
        }
    }
}
