package io.github.alexalink.config;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tomcat started by its catalina.sh, with files an operator wrote in UTF-8, in the locale that systemd gives a service. */
@Tag("thorough")
@DisplayName("Settings have letters beyond ASCII, and Tomcat runs in the locale C")
class LettersIT {

    private static final Path BASE = Path.of("target/it/letters").toAbsolutePath();
    private static final Path LOG = BASE.resolve("logs/console.log");
    private static final String ROLE = TestDatabase.unique("älexa");
    private static final String NAME = "Über uns: Anna’s 音楽 🎵";

    private static int port;
    private static TomcatProcess tomcat;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        TestDatabase.change(
                "CREATE ROLE \"" + ROLE + "\" LOGIN PASSWORD 'gr\u00fcn-\u00df\u20ac ??' IN ROLE alexa_app");
        TestDatabase.change("ALTER ROLE \"" + ROLE + "\" SET search_path = pg_catalog, pg_temp");
        port = TestServers.freePort();
        CatalinaBase.delete(BASE);
        TestServers.prepareBase(BASE, TestServers.tomcatHome(), port, Map.of());
        Files.writeString(
                BASE.resolve("conf/catalina.properties"),
                "\nalexa.name=" + NAME + "\nalexa.db.password=grün-ß€ ??\n",
                StandardOpenOption.APPEND);
        Path setenv = BASE.resolve("bin/setenv.sh");
        Files.createDirectories(setenv.getParent());
        Files.writeString(setenv, """
                export LC_ALL=C
                export ALEXA_DB_USER='%s'
                CATALINA_OPTS="-Dhttp.port=%d -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
                CATALINA_OPTS="$CATALINA_OPTS -Dalexa.usernames=käse -Dalexa.metrics.readers=nobody"
                """.formatted(ROLE, port));
        context("well", Map.of("alexa.db.user", ROLE, "alexa.usernames", "exact"));
        context(
                "descriptor",
                Map.of("alexa.db.user", ROLE, "alexa.usernames", "exact", "alexa.db.password", "grün-ß€ ??"));
        context("environment", Map.of("alexa.usernames", "exact"));
        context("command-line", Map.of("alexa.db.user", ROLE));
        tomcat = TomcatProcess.start(
                List.of(TestServers.tomcatHome().resolve("bin/catalina.sh").toString(), "run"),
                BASE,
                port,
                Map.of("CATALINA_BASE", BASE.toString(), "JAVA_HOME", System.getProperty("java.home")),
                ProcessBuilder.Redirect.to(LOG.toFile()));
        assertThat(tomcat.answers("/well/health", 200, Duration.ofMinutes(2)))
                .as("health, see " + LOG)
                .isTrue();
    }

    @AfterAll
    static void stop() {
        if (tomcat != null) {
            tomcat.close();
        }
        TestDatabase.change("DROP ROLE IF EXISTS \"" + ROLE + "\"");
    }

    @Test
    void name_and_password_in_catalina_properties_and_a_role_in_the_descriptor_arrive_as_they_were_written() {
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, PASSWORD);
        Alexa alexa = Alexa.skill("http://127.0.0.1:" + port + "/well");
        assertThat(alexa.authorize().body()).contains(NAME);
        assertThat(alexa.link(anna, PASSWORD).getString("token_type")).isEqualToIgnoringCase("bearer");
    }

    @Test
    void a_password_in_the_descriptor_arrives_as_it_was_written() throws InterruptedException {
        assertThat(tomcat.answers("/descriptor/health", 200, Duration.ofMinutes(2)))
                .isTrue();
    }

    @Test
    void letters_that_the_locale_c_took_from_the_environment_and_the_command_line_are_named_with_the_line_to_type()
            throws Exception {
        String cure =
                ": letters of it are lost. Java reads its environment and its command line as [US-ASCII] here: put the"
                        + " line \"export LC_ALL=C.UTF-8\" into Tomcat's bin/setenv.sh";
        for (String context : List.of("environment", "command-line")) {
            assertThat(tomcat.answers("/" + context + "/health", 404, Duration.ofMinutes(2)))
                    .isTrue();
        }
        assertThat(Files.readString(LOG).lines().filter(line -> line.contains("does not start")))
                .hasSize(2)
                .anyMatch(line -> line.contains("alexa.db.user is [") && line.contains(cure))
                .anyMatch(line -> line.contains("alexa.usernames is [") && line.contains(cure));
    }

    private static void context(String name, Map<String, String> parameters) throws IOException {
        StringBuilder own = new StringBuilder();
        Map.of(
                        "alexa.issuer",
                        "http://127.0.0.1:" + port + "/" + name,
                        "alexa.maintenance",
                        "false",
                        "alexa.db.url",
                        TestDatabase.shared().jdbcUrl())
                .forEach((setting, value) -> own.append(parameter(setting, value)));
        parameters.forEach((setting, value) -> own.append(parameter(setting, value)));
        Files.writeString(
                BASE.resolve("conf/Catalina/localhost").resolve(name + ".xml"),
                Files.readString(Path.of("webapp/META-INF/context.xml"))
                        .replace(
                                "<Context ",
                                "<Context docBase=\""
                                        + Path.of("target/alexa.war").toAbsolutePath() + "\" ")
                        .replace("</Context>", own + "</Context>"));
    }

    private static String parameter(String name, String value) {
        return "<Parameter name=\"" + name + "\" value=\"" + value.replace("&", "&amp;") + "\"/>\n";
    }
}
