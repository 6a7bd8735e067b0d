package io.github.alexalink.deploy;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.ByHand;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.alexa.SignInMinute;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runs the checks of {@code docs/operator.md} on the {@code server.xml} of the Apache Software Foundation. */
@Tag("thorough")
@DisplayName("A Tomcat as it comes, behind a proxy on the same machine")
class StockTomcatIT {

    private static final InetAddress HERE = InetAddress.getLoopbackAddress();
    private static final Path DOCS = Path.of("docs/operator.md");

    @Test
    void the_checks_of_the_docs_show_what_they_say_for_tomcat_11() throws Exception {
        checks(TestServers.tomcatHome());
    }

    @Test
    void the_checks_of_the_docs_show_what_they_say_for_tomcat_10() throws Exception {
        Path home = Path.of(System.getProperty("tomcat-10.home"));
        if (!Files.exists(home.resolve("bin/bootstrap.jar"))) {
            LeftOut.evenInCi("no Tomcat 10.1 here: ./mvnw -Pthorough verify downloads it");
        }
        checks(home);
    }

    private static void checks(Path home) throws Exception {
        int port = TestServers.freePort();
        Path base = base(home, port);
        try (TomcatProcess tomcat = start(home, base, port)) {
            String query = "?state=" + Alexa.STATE.substring(0, 20).replaceAll("[+/=]", "x");
            assertThat(from("203.0.113.7:50001", "GET /alexa/links" + query, "", port))
                    .startsWith("HTTP/1.1 200");
            assertThat(log(base, "localhost_access_log.", query)).contains("127.0.0.1", query);
            assertThat(log(base, "catalina.", "Alexa Link"))
                    .as("our lines are in logs/catalina.<day>.log")
                    .contains("schema alexa fits");
            assertThat(from("203.0.113.7", "GET /.well-known/oauth-authorization-server/alexa", "", port))
                    .startsWith("HTTP/1.1 404");
            assertThat(from("203.0.113.7", "GET /alexa/.well-known/oauth-authorization-server", "", port))
                    .startsWith("HTTP/1.1 200");
            assertThat(from("203.0.113.7", "GET /alexa/..;/alexa/health", "", port))
                    .startsWith("HTTP/1.1 200");
            assertThat(from("203.0.113.7", "GET /[", "", port)).contains("Apache Tomcat/");
            SignInMinute.inOne(Duration.ZERO, () -> households(port));
            assertThat(tomcat.handle().isAlive()).isTrue();
        }

        // what the docs say to change
        Path server = base.resolve("conf/server.xml");
        String stock = Files.readString(server);
        String changed = stock.replace(
                        "<Connector port=\"" + port + "\" protocol=\"HTTP/1.1\"",
                        ofTheDocs("<Connector port=\"8080\" address=").replace("8080", Integer.toString(port)))
                .replaceFirst(
                        "(?s)<Valve className=\"org.apache.catalina.valves.AccessLogValve\".*?/>",
                        Matcher.quoteReplacement(
                                ofTheDocs("<Valve className=\"org.apache.catalina.valves.RemoteIpValve\"")));
        assertThat(changed).contains("address=\"127.0.0.1\"", "RemoteIpValve").isNotEqualTo(stock);
        Files.writeString(server, changed);
        CatalinaBase.delete(base.resolve("logs"));
        Files.createDirectories(base.resolve("logs"));
        try (TomcatProcess tomcat = start(home, base, port)) {
            assertThat(from("198.51.100.1, 203.0.113.7", "GET /alexa/links?state=secret", "", port))
                    .startsWith("HTTP/1.1 200");
            assertThat(log(base, "localhost_access_log.", "/alexa/links"))
                    .contains("203.0.113.7 [")
                    .doesNotContain("state", "198.51.100.1");
            assertThat(tomcat.handle().isAlive()).isTrue();
        }
    }

    /** Signs in too often from one address with a port, and once from another. */
    private static void households(int port) throws IOException {
        String form = Alexa.encoded(Map.of("action", "show", "username", "x".repeat(256), "password", PASSWORD));
        for (int i = 1; i <= Limits.SIGN_INS_PER_MINUTE; i++) {
            assertThat(from("203.0.113.8:5" + i + ", 127.0.0.1:4" + i, "POST /alexa/links", form, port))
                    .startsWith("HTTP/1.1 200");
        }
        assertThat(from("203.0.113.8:9", "POST /alexa/links", form, port)).startsWith("HTTP/1.1 429");
        assertThat(from("203.0.113.9:9", "POST /alexa/links", form, port)).startsWith("HTTP/1.1 200");
    }

    /** A base with the distribution's own conf, where nothing is changed but the ports and our settings. */
    private static Path base(Path home, int port) throws IOException {
        Path base = TestServers.folder("stock-tomcat");
        CatalinaBase.delete(base);
        for (String folder : List.of("conf", "lib", "logs", "temp", "webapps", "work")) {
            Files.createDirectories(base.resolve(folder));
        }
        try (Stream<Path> files = Files.list(home.resolve("conf"))) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                Files.copy(file, base.resolve("conf").resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Path server = base.resolve("conf/server.xml");
        String stock = Files.readString(server);
        assertThat(stock).contains("<Connector port=\"8080\" protocol=\"HTTP/1.1\"", "port=\"8005\"");
        Files.writeString(
                server, stock.replace("port=\"8005\"", "port=\"-1\"").replace("\"8080\"", "\"" + port + "\""));
        Properties settings = new Properties();
        settings.putAll(new HashMap<>(TestServers.settings(port)));
        try (Writer file =
                Files.newBufferedWriter(base.resolve("conf/catalina.properties"), StandardOpenOption.APPEND)) {
            settings.store(file, "Alexa Link");
        }
        CatalinaBase.deploy(base, Path.of("target/alexa.war"), "alexa");
        return base;
    }

    private static TomcatProcess start(Path home, Path base, int port) throws IOException, InterruptedException {
        Path console = base.resolve("logs/console.txt");
        TomcatProcess tomcat = TomcatProcess.start(
                home,
                base,
                port,
                List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                ProcessBuilder.Redirect.to(console.toFile()));
        if (!tomcat.answers("/alexa/health", 200, Duration.ofMinutes(2))) {
            tomcat.close();
            throw new AssertionError("Tomcat does not answer: see " + console);
        }
        return tomcat;
    }

    private static String from(String forwardedFor, String methodAndTarget, String form, int port) throws IOException {
        return ByHand.plain(
                HERE, port, ByHand.request(methodAndTarget, Map.of("X-Forwarded-For", forwardedFor), form, port));
    }

    /** What the files of this name hold, once the text is in them: Tomcat writes them a moment later. */
    private static String log(Path base, String prefix, String text) throws IOException {
        return Soon.within(60, () -> read(base.resolve("logs"), prefix), said -> said.contains(text));
    }

    private static String read(Path logs, String prefix) throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.list(logs)) {
            for (Path file : (Iterable<Path>)
                    files.filter(each -> each.getFileName().toString().startsWith(prefix))::iterator) {
                all.append(Files.readString(file));
            }
        }
        return all.toString();
    }

    /** The block of code in docs/operator.md that begins so. */
    private static String ofTheDocs(String beginning) throws IOException {
        Matcher block = Pattern.compile("(?m)^    " + Pattern.quote(beginning) + ".*\n(    .*\n)*")
                .matcher(Files.readString(DOCS));
        assertThat(block.find()).as(beginning).isTrue();
        return block.group().strip();
    }
}
