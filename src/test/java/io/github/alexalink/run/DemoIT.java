package io.github.alexalink.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runs the launcher as Maven does, in a JVM and a folder of its own, below /tmp, which other users can reach. */
@Tag("thorough")
@DisplayName("./mvnw -Prun keeps its secrets to whoever started it")
class DemoIT {

    private static final String PASSWORD_OF_THE_WAR = "tomcat/conf/alexa.db.password";

    private static Path clone;
    private static Path kept;
    private static Process launcher;
    private static String printed = "";

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        clone = Files.createTempDirectory("the demo's clone");
        Files.setPosixFilePermissions(clone, PosixFilePermissions.fromString("rwxr-xr-x"));
        kept = clone.resolve("target/run");
        Files.createDirectories(clone.resolve("target"));
        for (String needed : List.of(
                "sql", "tomcat-conf", "target/alexa.war", "target/alexa-bearer.jar", "target/alexa-music-server.war")) {
            Files.createSymbolicLink(clone.resolve(needed), Path.of(needed).toAbsolutePath());
        }
        startAgain();
    }

    private static void startAgain() throws IOException, InterruptedException {
        launcher = launch();
        printed = Soon.within(120, DemoIT::log, said -> said.contains("player/play\n") || !launcher.isAlive());
        assertThat(printed).contains("Alexa Link is up after");
    }

    @AfterAll
    static void stopAndDelete() throws IOException, InterruptedException {
        stop();
        CatalinaBase.delete(clone);
    }

    private static void stop() throws InterruptedException {
        launcher.destroy();
        assertThat(launcher.waitFor(60, TimeUnit.SECONDS))
                .as("it stops when it is told to")
                .isTrue();
    }

    @Test
    void other_users_of_the_machine_cannot_get_at_what_it_keeps() throws Exception {
        assertThat(permissions(kept)).isEqualTo("rwx------");
        for (String file : List.of(
                "credentials.properties",
                "anna.password",
                "music-server.secret",
                "tomcat/conf/alexa.client-secret",
                "postgres/superuser.pgpass")) {
            assertThat(permissions(kept.resolve(file))).as(file).isEqualTo("rw-------");
        }
        assertThat(permissions(kept.resolve(PASSWORD_OF_THE_WAR))).isEqualTo("rw-r-----");
        assertThat(permissions(kept.resolve("postgres"))).isEqualTo("rwx------");
        if (!"root".equals(System.getProperty("user.name"))) {
            skip("only root can become another user of this machine");
        }
        assertThat(run(
                        "setpriv",
                        "--reuid=65534",
                        "--regid=65534",
                        "--clear-groups",
                        "cat",
                        kept.resolve("credentials.properties").toString()))
                .contains("Permission denied");
    }

    @Test
    void the_printed_psql_line_works_when_it_is_pasted_and_shows_no_password() throws Exception {
        Matcher line = Pattern.compile("(?m)^ *PostgreSQL +(psql -X .*)$").matcher(printed);
        assertThat(line.find()).isTrue();
        assertThat(line.group(1)).doesNotContain(superusers());
        if (run("sh", "-c", "command -v psql").isEmpty()) {
            skip("no psql here: apt-get install postgresql-client pastes the line");
        }
        assertThat(run("sh", "-c", line.group(1) + " -w -At -c 'SELECT current_user'"))
                .isEqualTo("postgres\n");
    }

    @Test
    void jdbc_url_is_all_that_a_program_needs_to_be_the_superuser() throws Exception {
        try (Connection connection = DriverManager.getConnection(credentials().getProperty("jdbc_url"));
                ResultSet row = connection.createStatement().executeQuery("SELECT current_user, current_database()")) {
            row.next();
            assertThat(row.getString(1) + " " + row.getString(2)).isEqualTo("postgres alexa");
        }
        assertThat(credentials().stringPropertyNames())
                .containsExactlyInAnyOrder(
                        "issuer",
                        "client_id",
                        "client_secret",
                        "redirect_uris",
                        "scopes",
                        "username",
                        "password",
                        "resource_server_id",
                        "resource_server_secret",
                        "jdbc_url");
    }

    @Test
    void no_password_of_the_database_is_in_a_property_or_in_a_list_of_processes() throws Exception {
        String ofTheWar = Files.readString(kept.resolve(PASSWORD_OF_THE_WAR)).strip();
        assertThat(Files.readString(kept.resolve("tomcat/conf/Catalina/localhost/alexa.xml")))
                .contains("alexa.db.password.file")
                .doesNotContain(ofTheWar, superusers());
        List<String> commands = ProcessHandle.allProcesses()
                .map(process -> process.info().commandLine().orElse(""))
                .toList();
        assertThat(commands)
                .anyMatch(command -> command.contains(kept.resolve("tomcat").toString()))
                .noneMatch(command -> command.contains(ofTheWar) || command.contains(superusers()));
        assertThat(log()).doesNotContain(ofTheWar, superusers());
    }

    @Test
    void data_of_an_older_build_are_refused_with_what_to_delete() throws Exception {
        Path older = Files.createTempDirectory("older");
        try {
            Files.createDirectories(older.resolve("target/run/postgres"));
            Files.writeString(older.resolve("target/run/postgres/PG_VERSION"), "17\n");
            Process refusing = launch(older);
            assertThat(refusing.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(refusing.exitValue()).isEqualTo(1);
            assertThat(Files.readString(older.resolve("log")).lines().toList())
                    .singleElement()
                    .asString()
                    .contains("of an older build", "rm -r target/run && ./mvnw -Prun");
        } finally {
            CatalinaBase.delete(older);
        }
    }

    @Test
    void setup_makes_it_and_its_command_and_its_steps_are_printed_without_a_secret() throws Exception {
        assertThat(printed)
                .containsSubsequence(
                        "java -jar target/alexa.war setup", "--yes", "--tomcat target/run/tomcat", "--account anna")
                .contains("Tomcat 11", "account anna", "health")
                .containsPattern("there already|will be made");
        String steps = printed.substring(0, printed.indexOf("Alexa Link is up after"));
        Properties credentials = credentials();
        assertThat(steps)
                .doesNotContain(
                        credentials.getProperty("client_secret"),
                        credentials.getProperty("resource_server_secret"),
                        credentials.getProperty("password"));
    }

    @Test
    void a_second_start_at_another_port_keeps_accounts_links_and_secrets() throws Exception {
        Properties before = credentials();
        JSONObject tokens = link(alexa(before), before.getProperty("password"));
        stop();
        startAgain();
        Properties after = credentials();
        assertThat(after.getProperty("issuer")).isNotEqualTo(before.getProperty("issuer"));
        for (String kept : List.of("client_secret", "resource_server_secret", "username", "password")) {
            assertThat(after.getProperty(kept)).as(kept).isEqualTo(before.getProperty(kept));
        }
        Alexa alexa = alexa(after);
        assertThat(alexa.refresh(tokens.getString("refresh_token")).statusCode())
                .as("a link of the first")
                .isEqualTo(200);
        String token = link(alexa, after.getProperty("password")).getString("access_token");
        String musicServer = Alexa.basic("music-server", after.getProperty("resource_server_secret"));
        assertThat(alexa.post("/introspect", "token=" + token, Map.of("Authorization", musicServer))
                        .body())
                .contains("\"active\":true", "anna");
    }

    /** On a busy machine the first sign-in of a JVM that has just started may take longer than it may: 503, try again. */
    private static JSONObject link(Alexa alexa, String password) throws Exception {
        for (int left = 20; ; left--) {
            try {
                return alexa.link("anna", password);
            } catch (AssertionError refused) {
                if (left == 0 || !String.valueOf(refused.getMessage()).contains("no redirect: 503")) {
                    throw refused;
                }
                TimeUnit.SECONDS.sleep(1);
            }
        }
    }

    private static Alexa alexa(Properties credentials) {
        String issuer = credentials.getProperty("issuer");
        return Alexa.registered(issuer, "alexa", credentials.getProperty("client_secret"))
                .redirectingTo(issuer.replace("/alexa", "/music-server/linked"));
    }

    private static Process launch() throws IOException {
        return launch(clone);
    }

    private static Process launch(Path basedir) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
        command.add("-Dbasedir=" + basedir);
        command.add("-Dtomcat.home=" + TestServers.tomcatHome());
        command.add("-Dhttp.port=" + TestServers.freePort());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Run.class.getName()));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(basedir.resolve("log").toFile())
                .start();
    }

    private static String superusers() {
        String url = credentials().getProperty("jdbc_url");
        return url.substring(url.indexOf("&password=") + 10);
    }

    private static Properties credentials() {
        Properties credentials = new Properties();
        try (Reader file = Files.newBufferedReader(kept.resolve("credentials.properties"))) {
            credentials.load(file);
        } catch (IOException broken) {
            throw new IllegalStateException(broken);
        }
        return credentials;
    }

    private static String log() throws IOException {
        return Files.readString(clone.resolve("log"));
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }

    private static void skip(String reason) {
        LeftOut.evenInCi(reason);
    }
}
