package io.github.alexalink.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@Tag("thorough")
@DisplayName(
        "An operator links an account on an installed server without a skill, by the commands of docs/first-run.md")
class OnAnInstalledServerIT extends OnTomcat {

    private static final String HEADING = "## On your own server\n";

    @Test
    void the_commands_link_refresh_ask_revoke_and_disable_the_trial() throws Exception {
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, TestDatabase.PASSWORD);
        String said = bash(
                commands()
                        .replace("https://music.example.org/alexa", ISSUER)
                        .replace("http://127.0.0.1:8080/alexa", ISSUER)
                        .replace(
                                "alexa.war",
                                Path.of("target/alexa.war").toAbsolutePath().toString())
                        .replace("username=anna", "username=" + anna),
                "what the browser would show\n" + TestDatabase.PASSWORD + "\n");
        assertThat(said).contains("\n" + ISSUER + "/authorize?response_type=code&client_id=trial&");
        assertThat(said.split("\"access_token\":\"ala_", -1)).as(said).hasSize(3);
        assertThat(said).contains("\"active\":true", "\"sub\":\"" + anna + "\"", "{\"active\":false}");
        assertThat(said).endsWith("client trial is disabled\nclient trial-music is disabled\n");
        assertThat(
                        TestDatabase.ask(
                                "SELECT count(*)::text FROM alexa.client WHERE client_id LIKE 'trial%' AND disabled_at IS NULL"))
                .isEqualTo("0");
        TestDatabase.change("DELETE FROM alexa.link WHERE client_id = 'trial'");
        TestDatabase.change("DELETE FROM alexa.client WHERE client_id IN ('trial', 'trial-music')");
    }

    /** All commands of the section, in the order of the page. */
    private static String commands() throws IOException {
        String document = Files.readString(Path.of("docs/first-run.md"));
        assertThat(document).contains(HEADING);
        return document.substring(document.indexOf(HEADING))
                .lines()
                .filter(line -> line.startsWith("    "))
                .map(line -> line.substring(4))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static String bash(String commands, String typed) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory(Path.of("target"), "installed");
        Path script = Files.writeString(folder.resolve("commands.sh"), commands);
        Path answers = Files.writeString(folder.resolve("typed"), typed);
        Process bash;
        try {
            new ProcessBuilder("curl", "--version").start();
            ProcessBuilder builder = new ProcessBuilder(
                            "bash", "-e", script.getFileName().toString())
                    .directory(folder.toFile())
                    .redirectInput(answers.toFile())
                    .redirectErrorStream(true);
            PGSimpleDataSource superuser = FreshDatabase.as(FreshDatabase.SUPERUSER, "alexa");
            builder.environment()
                    .putAll(Map.of(
                            "PGHOST", "127.0.0.1",
                            "PGPORT", String.valueOf(superuser.getPortNumbers()[0]),
                            "PGUSER", superuser.getUser(),
                            "PGPASSWORD", superuser.getPassword()));
            bash = builder.start();
        } catch (IOException missing) {
            LeftOut.because("no curl or bash here: apt-get install curl links as an operator does");
            throw missing;
        }
        String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor(1, TimeUnit.MINUTES)).as(said).isTrue();
        assertThat(bash.exitValue()).as(said).isZero();
        return said;
    }
}
