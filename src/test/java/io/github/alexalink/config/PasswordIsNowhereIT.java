package io.github.alexalink.config;

import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.Private;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import neighbour.PryingServlet;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** One Tomcat with the WAR once for each place where a password can be, and a neighbour that looks everywhere. */
@DisplayName("Another web application of the same Tomcat looks for the database's password")
class PasswordIsNowhereIT {

    private static final Path BASE = Path.of("target/it/prying").toAbsolutePath();
    private static final Path LOG = BASE.resolve("logs/console.log");
    private static final Path FILE = BASE.resolve("conf/alexa.db.password");

    private static int port;
    private static TomcatProcess tomcat;

    /** A role and its password; each place has its own. */
    private record Login(String role, String password) {

        static Login make(String place) {
            Login login = new Login(TestDatabase.unique(place).replace('-', '_'), place + "-" + Private.random(12));
            TestDatabase.change(
                    "CREATE ROLE " + login.role + " LOGIN IN ROLE alexa_app PASSWORD '" + login.password + "'");
            TestDatabase.change("ALTER ROLE " + login.role + " SET search_path = pg_catalog, pg_temp");
            return login;
        }
    }

    private static final Login IN_FILE = Login.make("file");
    private static final Login IN_PARAMETER = Login.make("parameter");
    private static final Login IN_RESOURCE = Login.make("resource");
    private static final Login IN_HIKARIS_OWN = Login.make("hikari");

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        port = TestServers.freePort();
        CatalinaBase.delete(BASE);
        Map<String, String> settings = new HashMap<>(TestServers.settings(port));
        settings.remove("alexa.db.password");
        settings.put("alexa.metrics.readers", "127.0.0.1"); // metrics put more into JMX
        TestServers.prepareBase(BASE, TestServers.tomcatHome(), port, settings);
        Private.write(FILE, IN_FILE.password() + "\n");
        String pool = "factory=\"io.github.alexalink.store.PoolFactory\"";
        String war = Files.readString(Path.of("webapp/META-INF/context.xml"));
        describe("alexa", war.replace("</Context>", """
                <Parameter name="alexa.db.user" value="%s"/>
                <Parameter name="alexa.db.password.file" value="%s"/></Context>
                """.formatted(IN_FILE.role(), FILE)));
        describe("parameter", war.replace("</Context>", """
                <Parameter name="alexa.db.user" value="%s"/>
                <Parameter name="alexa.db.password" value="%s"/></Context>
                """.formatted(IN_PARAMETER.role(), IN_PARAMETER.password())));
        describe("resource", war.replace(pool, pool + login(IN_RESOURCE)));
        describe(
                "hikari",
                war.replace(
                        pool,
                        "factory=\"com.zaxxer.hikari.HikariJNDIFactory\" driverClassName=\"org.postgresql.Driver\""
                                + login(IN_HIKARIS_OWN)));
        ShrinkWrap.create(WebArchive.class)
                .addClass(PryingServlet.class)
                .as(ZipExporter.class)
                .exportTo(BASE.resolve("webapps/prying.war").toFile());
        tomcat = TestServers.startOwn(
                BASE,
                port,
                List.of("-Xmx384m"),
                Map.of(),
                "/alexa/health",
                "/parameter/health",
                "/resource/health",
                "/hikari/health");
    }

    @AfterAll
    static void stop() {
        if (tomcat != null) {
            tomcat.close();
        }
    }

    @Test
    void a_password_from_a_file_is_in_no_property_no_environment_no_mbean_and_no_log() throws Exception {
        assertThat(found(IN_FILE)).isEmpty();
        assertThat(Files.readString(LOG))
                .contains("alexa.db.password <not set>, alexa.db.password.file [" + FILE + "]")
                .doesNotContain("can be read by every user", IN_FILE.password());
    }

    @Test
    void a_password_from_a_parameter_of_the_descriptor_is_in_no_property() throws Exception {
        assertThat(pried()).filteredOn(line -> line.startsWith("property ")).isNotEmpty();
        assertThat(found(IN_PARAMETER)).noneMatch(line -> line.matches("(property|environment|command line) .*"));
        System.out.println("<Parameter>, seen by a neighbour: " + found(IN_PARAMETER));
    }

    /** Tomcat still gives it to a caller who asks the Resource's bean by name; docs/operator.md says so. */
    @Test
    void a_password_from_a_resource_with_our_factory_is_in_no_attribute_that_is_listed() throws Exception {
        assertThat(found(IN_RESOURCE)).isNotEmpty().allMatch(line -> line.startsWith("by its name "));
    }

    @Test
    void a_password_from_a_resource_with_hikaris_own_factory_is_listed_by_jmx() throws Exception {
        assertThat(found(IN_HIKARIS_OWN)).anyMatch(line -> line.matches("jmx .*type=DataSource.* password = .*"));
    }

    @Test
    void the_neighbour_finds_a_secret_that_can_be_found() throws Exception {
        assertThat(pried())
                .anyMatch(line -> line.matches("property alexa.issuer = .*"))
                .anyMatch(line -> line.matches("jmx .*type=DataSource.*context=/alexa.* poolName = alexa"))
                .anyMatch(line -> line.startsWith("environment PATH = "));
    }

    @Test
    void another_password_counts_for_the_next_connection_without_a_restart() throws Exception {
        Alexa alexa = Alexa.skill(TestServers.issuer(port));
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, TestDatabase.PASSWORD);
        String refreshToken = alexa.link(anna, TestDatabase.PASSWORD).getString("refresh_token");
        String rotated = "rotated-" + Private.random(12);
        TestDatabase.change("ALTER ROLE " + IN_FILE.role() + " PASSWORD '" + rotated + "'");
        Private.write(FILE, rotated + "\n");
        TestDatabase.ask(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = ?", IN_FILE.role());
        assertTokens(Soon.within(60, () -> alexa.refresh(refreshToken), reply -> reply.statusCode() == 200));
        assertThat(pried()).noneMatch(line -> line.contains(rotated));
    }

    @Test
    void a_password_file_that_is_gone_for_a_moment_is_said_and_tried_again() throws Exception {
        String password = Files.readString(FILE);
        Files.delete(FILE);
        try {
            TestDatabase.ask(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = ?", IN_FILE.role());
            assertThat(tomcat.answers("/alexa/health", 503, Duration.ofMinutes(2)))
                    .isTrue();
            assertThat(Soon.within(60, () -> Files.readString(LOG), log -> log.contains("there is no such file")))
                    .contains("alexa.db.password.file is [" + FILE
                            + "]: there is no such file. It must be the absolute path");
        } finally {
            Private.write(FILE, password);
        }
        assertThat(tomcat.answers("/alexa/health", 200, Duration.ofMinutes(2))).isTrue();
    }

    private static String login(Login login) {
        return " jdbcUrl=\"" + TestDatabase.shared().jdbcUrl() + "\" username=\"" + login.role() + "\" password=\""
                + login.password() + "\"";
    }

    private static void describe(String name, String descriptor) throws IOException {
        CatalinaBase.describe(
                BASE,
                name,
                descriptor
                        .replace(
                                "<Context ",
                                "<Context docBase=\""
                                        + Path.of("target/alexa.war").toAbsolutePath() + "\" ")
                        .replace(
                                "</Context>",
                                "<Parameter name=\"alexa.issuer\" value=\"http://127.0.0.1:" + port + "/" + name
                                        + "\"/><Parameter name=\"alexa.maintenance\" value=\"false\"/></Context>"));
    }

    private static List<String> found(Login login) {
        return pried().stream().filter(line -> line.contains(login.password())).collect(Collectors.toList());
    }

    private static List<String> pried() {
        return Alexa.get("http://127.0.0.1:" + port + "/prying/").body().lines().toList();
    }
}
