package io.github.alexalink.deploy;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each starts a Tomcat and a JVM as some operators have them. */
@Tag("thorough")
@DisplayName("A Tomcat or a JVM that was set up in an unusual way")
class OddTomcatsIT {

    private final Path base = Path.of("target/it/odd-tomcat").toAbsolutePath();
    private final Path log = base.resolve("logs/console.log");
    private int port;

    @BeforeEach
    void prepare() throws IOException {
        port = TestServers.freePort();
        CatalinaBase.delete(base);
        TestServers.prepareBase(base, port);
        CatalinaBase.deploy(base, Path.of("target/alexa.war"), "alexa");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-Dorg.apache.catalina.STRICT_SERVLET_COMPLIANCE=true -Djava.awt.headless=true",
                "-Duser.language=tr -Duser.country=TR -Dfile.encoding=ISO-8859-1 -Duser.timezone=Asia/Kathmandu",
                "-Duser.language=ar -Duser.country=EG -Duser.timezone=GMT+05:30 -Dfile.encoding=US-ASCII",
                "-Duser.language=th -Duser.country=TH -Duser.variant=TH -Duser.timezone=America/St_Johns",
                "-Djava.io.tmpdir=/nonexistent",
            })
    void a_listener_links_whatever_java_was_told(String options) throws Exception {
        try (TomcatProcess tomcat = start(List.of(options.split(" ")))) {
            assertThat(tomcat.handle().isAlive()).isTrue();
            linksAndSeesTheLink();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "unpackWARs=\"true\"        | unpackWARs=\"false\"",
                "name=\"localhost\" appBase | name=\"music.example.org\" appBase",
                "<Connector port            | <Connector executor=\"virtual\" port",
            })
    void a_listener_links_whatever_server_xml_says(String shipped, String own) throws Exception {
        Path server = base.resolve("conf/server.xml");
        String changed = Files.readString(server).replace(shipped, own);
        assertThat(changed).contains(own);
        Files.writeString(
                server,
                changed.replace(
                                "defaultHost=\"localhost\"",
                                own.contains("example")
                                        ? "defaultHost=\"music.example.org\""
                                        : "defaultHost=\"localhost\"")
                        .replace(
                                "<Service name=\"Catalina\">",
                                own.contains("virtual") && Runtime.version().feature() >= 21
                                        ? "<Service name=\"Catalina\"><Executor name=\"virtual\""
                                                + " className=\"org.apache.catalina.core.StandardVirtualThreadExecutor\"/>"
                                        : "<Service name=\"Catalina\"><Executor name=\"virtual\" maxThreads=\"5\" minSpareThreads=\"1\"/>"));
        try (TomcatProcess tomcat = start(List.of())) {
            assertThat(tomcat.handle().isAlive()).isTrue();
            linksAndSeesTheLink();
        }
        assertThat(Files.readString(log))
                .contains("AlexaLink.onStartup " + (own.contains("example") ? "[music.example.org/alexa] " : "")
                        + "Alexa Link ");
        assertThat(Files.exists(base.resolve("webapps/alexa"))).isEqualTo(!own.contains("unpackWARs"));
    }

    @Test
    void a_listener_links_where_the_shipped_servlets_of_tomcat_are_gone() throws Exception {
        Files.writeString(
                base.resolve("conf/web.xml"),
                "<web-app xmlns=\"https://jakarta.ee/xml/ns/jakartaee\" version=\"6.0\"/>");
        try (TomcatProcess tomcat = start(List.of())) {
            assertThat(tomcat.handle().isAlive()).isTrue();
            linksAndSeesTheLink();
        }
    }

    @Test
    void a_listener_links_with_a_context_that_reloads_locks_nothing_and_crosses_contexts() throws Exception {
        describe("<Context ", "<Context reloadable=\"true\" antiResourceLocking=\"true\" crossContext=\"true\" ");
        try (TomcatProcess tomcat = start(List.of())) {
            assertThat(tomcat.handle().isAlive()).isTrue();
            linksAndSeesTheLink();
        }
    }

    @Test
    void a_host_that_reads_no_descriptors_of_wars_needs_a_copy_of_ours() throws Exception {
        Path server = base.resolve("conf/server.xml");
        Files.writeString(server, Files.readString(server).replace("unpackWARs=", "deployXML=\"false\" unpackWARs="));
        try (TomcatProcess tomcat = TestServers.startOwn(base, port)) {
            assertThat(tomcat.answers("/alexa/health", 404, Duration.ofMinutes(2)))
                    .isTrue();
            assertThat(Files.readString(log))
                    .as("Tomcat's own words, which docs/operator.md repeats")
                    .contains(
                            "processing of deployment descriptors is prevented by the deployXML setting of this host",
                            "conf/Catalina/localhost/alexa.xml");
        }
        describe("", "");
        try (TomcatProcess tomcat = start(List.of())) {
            assertThat(tomcat.handle().isAlive()).isTrue();
            linksAndSeesTheLink();
        }
    }

    @Test
    void a_descriptor_without_the_pool_is_one_line_that_says_where_it_is() throws Exception {
        CatalinaBase.describe(base, "alexa", "<Context/>");
        try (TomcatProcess tomcat = TestServers.startOwn(base, port)) {
            assertThat(tomcat.answers("/alexa/health", 404, Duration.ofMinutes(2)))
                    .isTrue();
        }
        assertThat(Files.readString(log))
                .containsPattern(
                        "Alexa Link does not start: there is no pool at jdbc/alexa .*: the context descriptor must"
                                + " have its Resource, as the WAR's own META-INF/context.xml does");
    }

    @Test
    void a_time_zone_that_postgresql_does_not_know_is_named_with_what_to_do() throws Exception {
        try (TomcatProcess tomcat = TestServers.startOwn(base, port, List.of("-Duser.timezone=ACT"), Map.of())) {
            assertThat(tomcat.answers("/alexa/health", 503, Duration.ofMinutes(2)))
                    .isTrue();
        }
        assertThat(Files.readString(log))
                .contains(
                        "invalid value for parameter \"TimeZone\": \"ACT\": start Tomcat with -Duser.timezone=UTC, or with"
                                + " another zone of SELECT name FROM pg_timezone_names");
    }

    /** Tomcat's user may write nowhere, as in a container with a read-only file system. */
    @Test
    void a_listener_links_on_a_file_system_that_is_read_only() throws Exception {
        if (!"root".equals(System.getProperty("user.name"))) {
            LeftOut.evenInCi("only root can become another user, who may not write here");
        }
        Path home = Files.createTempDirectory("tomcat-home");
        Path readOnly = Files.createTempDirectory("read-only");
        try {
            run("cp", "-rL", TestServers.tomcatHome() + "/.", home.toString());
            run("cp", "-r", base + "/.", readOnly.toString());
            run("chmod", "-R", "a+rX,go-w", home.toString(), readOnly.toString());
            Files.createDirectories(log.getParent());
            try (TomcatProcess tomcat = TomcatProcess.start(
                    List.of(
                            "setpriv",
                            "--reuid=nobody",
                            "--clear-groups",
                            Path.of(System.getProperty("java.home"), "bin/java").toString(),
                            "-Xmx256m",
                            "-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager",
                            "-Dhttp.port=" + port,
                            "-Dcatalina.home=" + home,
                            "-Dcatalina.base=" + readOnly,
                            "-Djava.io.tmpdir=" + readOnly.resolve("temp"),
                            "-classpath",
                            home.resolve("bin/bootstrap.jar") + ":" + home.resolve("bin/tomcat-juli.jar"),
                            "org.apache.catalina.startup.Bootstrap",
                            "start"),
                    Path.of("/"),
                    port,
                    Map.of(),
                    ProcessBuilder.Redirect.to(log.toFile()))) {
                assertThat(tomcat.answers("/alexa/health", 200, Duration.ofMinutes(2)))
                        .as("health, see " + log)
                        .isTrue();
                linksAndSeesTheLink();
            }
        } finally {
            CatalinaBase.delete(home);
            CatalinaBase.delete(readOnly);
        }
    }

    private TomcatProcess start(List<String> options) throws IOException, InterruptedException {
        return TestServers.startOwn(base, port, new ArrayList<>(options), Map.of(), "/alexa/health");
    }

    /** The WAR's own descriptor, changed, where an operator would put the copy. */
    private void describe(String shipped, String own) throws IOException {
        CatalinaBase.describe(
                base,
                "alexa",
                Files.readString(Path.of("webapp/META-INF/context.xml")).replace(shipped, own));
    }

    private void linksAndSeesTheLink() {
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, PASSWORD);
        String issuer = TestServers.issuer(port);
        Alexa alexa = Alexa.skill(issuer);
        String refreshToken = alexa.link(anna, PASSWORD).getString("refresh_token");
        assertThat(alexa.refresh(refreshToken).statusCode()).isEqualTo(200);
        assertThat(Alexa.get(issuer + "/style.css").statusCode()).isEqualTo(200);
        assertThat(Alexa.get(issuer + "/icon.svg").statusCode()).isEqualTo(200);
        assertThat(alexa.post(
                                "/links",
                                "action=show&username=" + anna + "&password="
                                        + URLEncoder.encode(PASSWORD, StandardCharsets.UTF_8),
                                Map.of("Accept-Language", "en"))
                        .body())
                .containsPattern("Linked since [A-Z][a-z]{2} \\d{1,2}, 20\\d\\d");
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                .as(String.join(" ", command))
                .isZero();
    }
}
