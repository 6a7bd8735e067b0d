package io.github.alexalink.tool;

import static io.github.alexalink.fixture.servers.Front.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.Certified;
import io.github.alexalink.fixture.servers.Front;
import io.github.alexalink.fixture.servers.Front.Fault;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;

/** The doctor looks at a front with a fault. Behind it is the WAR, in a Tomcat whose issuer is the front's address. */
abstract class BehindAFront {

    static final Path BASE = TestServers.folder("doctor");
    static final Path FILES = TestServers.folder("doctor-files");
    static final int TOMCAT = TestServers.freePort();
    static final int PORT = TestServers.freePort();
    static final String URL = "https://localhost:" + PORT + "/alexa";
    static final String IPV4 = "127.0.0.1";
    static final String USER = TestDatabase.unique("doctors-patient");
    static final String PASSWORD = "an account for trying 0815";

    static final Map<String, Front> FRONTS = new HashMap<>();

    /** Fault, what was named, how long it took. */
    private static final List<String> TABLE = new CopyOnWriteArrayList<>();

    private static String test = "";

    static Certified certified;
    static SSLContext good;
    static Alexa alexa;
    static TomcatProcess tomcat;

    /** What the doctor printed. */
    record Report(Answer answer) {

        List<JSONObject> records() {
            return StreamSupport.stream(
                            new JSONObject(answer.out()).getJSONArray("records").spliterator(), false)
                    .map(JSONObject.class::cast)
                    .toList();
        }

        /** What somebody has to do something about: the id and how bad it is. */
        List<String> named() {
            return records().stream()
                    .filter(record -> List.of("fatal", "error", "warning").contains(record.getString("severity")))
                    .map(record -> record.getString("id") + " " + record.getString("severity"))
                    .toList();
        }

        JSONObject first() {
            return records().get(0);
        }

        /** One cause is named, and what it says can stand alone. */
        Report names(String id, String severity, String cure) {
            assertThat(named()).as(answer.out()).containsExactly(id + " " + severity);
            assertThat(answer.status()).isEqualTo(severity.equals("warning") ? 0 : 1);
            assertThat(first().getString("do")).contains(cure);
            for (String member : List.of("says", "found", "wanted", "do", "why", "source")) {
                assertThat(first().getString(member)).as(member).isNotBlank();
            }
            assertThat(answer.err()).isEmpty();
            return this;
        }

        Report says(String words) {
            assertThat(first().getString("says")).contains(words);
            return this;
        }

        Report does(String words) {
            assertThat(first().getString("do")).contains(words);
            return this;
        }

        Report found(String words) {
            assertThat(first().getString("found")).contains(words);
            return this;
        }
    }

    @BeforeAll
    static void start() throws Exception {
        CatalinaBase.delete(FILES);
        Files.createDirectories(FILES);
        TestServers.prepareBase(BASE, TOMCAT, Map.of("alexa.issuer", URL));
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        tomcat = TestServers.startOwn(BASE, TOMCAT, "/alexa/health");
        certified = Certified.in(TestServers.folder("certified"));
        good = certified.good();
        if (alexa == null) { // once in this JVM
            alexa = Alexa.skill(URL);
            TestDatabase.addAccount(USER, PASSWORD);
        }
    }

    @BeforeEach
    void remember(TestInfo info) {
        String name = info.getTestMethod().orElseThrow().getName().replace('_', ' ');
        String which = info.getDisplayName().startsWith("[") ? " " + info.getDisplayName() : "";
        test = (name + which.replaceAll("\\s+", " ")).replaceFirst("^(.{78}).*", "$1");
    }

    @AfterAll
    static void stop() {
        TABLE.forEach(System.out::println);
        TABLE.clear();
        if (tomcat != null) {
            tomcat.close();
        }
    }

    static Front front(SSLContext tls, Fault fault) throws IOException {
        return front(IPV4, tls, fault);
    }

    /** Starts one in the place of the one at that address. */
    static Front front(String address, SSLContext tls, Fault fault) throws IOException {
        return front(address, tls, Front.speaking(), fault);
    }

    static Front front(String address, SSLContext tls, Consumer<SSLSocket> shape, Fault fault) throws IOException {
        if (FRONTS.containsKey(address)) {
            FRONTS.get(address).close();
        }
        Front front = Front.start(address, PORT, tls, shape, TOMCAT, fault);
        FRONTS.put(address, front);
        return front;
    }

    @AfterEach
    void close() throws IOException {
        for (Front front : FRONTS.values()) {
            front.close();
        }
        FRONTS.clear();
    }

    /** As a program runs it, without a link. */
    static Report look(String... options) throws Exception {
        return run(Stream.concat(Stream.of("--no-link"), Stream.of(options)).toList());
    }

    static Report look(Fault fault) throws Exception {
        front(good, fault);
        return look();
    }

    static Report run(List<String> options) throws Exception {
        return run(URL, options);
    }

    static Report run(String url, List<String> options) throws Exception {
        String host = URI.create(url).getHost();
        List<String> all = new ArrayList<>(List.of("doctor", url, "--json", "--allow-private"));
        if (!options.contains("--ca")) {
            all.addAll(List.of("--ca", certified.root().toString()));
        }
        if (!options.contains("--resolve")) {
            all.addAll(List.of("--resolve", host + "=" + IPV4));
        }
        all.addAll(options);
        long began = System.nanoTime();
        Answer answer = Answer.to(all.toArray(String[]::new));
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        assertThat(took).isLessThan(Duration.ofSeconds(60)); // the doctor's own limit is 52 s
        for (String secret : Alexa.SECRETS.all()) {
            assertThat(answer.out()).doesNotContain(secret);
        }
        String shipped = "proxy_pass http://127.0.0.1:8080"; // a line of nginx.conf, and not what was looked at
        assertThat(answer.out().replace(shipped, "")).doesNotContain(USER, PASSWORD, IPV4);
        Report report = new Report(answer);
        TABLE.add(String.format(
                Locale.ROOT,
                "%-78s | %-28s | %4.1f s",
                test,
                String.join(", ", report.named()),
                took.toMillis() / 1e3));
        return report;
    }

    static Path file(String content) throws IOException {
        return Files.writeString(Files.createTempFile(FILES, "secret", ""), content);
    }

    static List<String> who(Alexa client) throws IOException {
        return List.of(
                "--client-id",
                client.clientId(),
                "--client-secret-file",
                file(client.secret() + "\n").toString(),
                "--redirect-uri",
                client.redirectUri(),
                "--scope",
                "music.read music.control",
                "--username",
                USER,
                "--password-file",
                file(PASSWORD + "\r\n").toString());
    }

    static Report link(Alexa client, Fault fault) throws Exception {
        front(good, fault);
        return run(who(client));
    }

    /** An answer of Tomcat's with another head or body, and the length of that. */
    static byte[] changed(byte[] answer, UnaryOperator<String> head, UnaryOperator<String> body) {
        String text = new String(answer, StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n") + 4;
        String newBody = body.apply(text.substring(end));
        String newHead = head.apply(
                text.substring(0, end).replaceFirst("(?i)content-length: \\d+", "Content-Length: " + newBody.length()));
        return (newHead + newBody).getBytes(StandardCharsets.ISO_8859_1);
    }

    static Fault changing(String path, UnaryOperator<String> head, UnaryOperator<String> body) {
        return (asked, behind, out) -> out.write(
                asked.line().contains(path) ? changed(behind.answer(asked), head, body) : behind.answer(asked));
    }

    static Fault at(String path, Fault fault) {
        return (asked, behind, out) -> (asked.line().contains(path) ? fault : NONE).answer(asked, behind, out);
    }

    static String header(String head, String line) {
        return head.substring(0, head.length() - 2) + line + "\r\n\r\n";
    }
}
