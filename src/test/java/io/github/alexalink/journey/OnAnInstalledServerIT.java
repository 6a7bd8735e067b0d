package io.github.alexalink.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("thorough")
@DisplayName(
        "An operator links an account on an installed server without a skill, by the commands of docs/first-run.md")
class OnAnInstalledServerIT extends OnTomcat {

    private static final String HEADING = "## On your own server\n";

    @Test
    void the_commands_link_refresh_ask_revoke_and_leave_no_client_behind() throws Exception {
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, TestDatabase.PASSWORD);
        String said = bash(
                commands()
                        .replace("https://music.example.org/alexa", ISSUER)
                        .replace("http://127.0.0.1:8080/alexa", ISSUER)
                        .replace("-d alexa", "-d '" + TestDatabase.shared().libpqUri("alexa") + "'")
                        .replace("username=anna", "username=" + anna),
                "what the browser would show\n" + TestDatabase.PASSWORD + "\n");
        assertThat(said.lines().findFirst().orElseThrow())
                .startsWith(ISSUER + "/authorize?response_type=code&client_id=trial&");
        assertThat(said.split("\"access_token\":\"ala_", -1)).as(said).hasSize(3);
        assertThat(said).contains("\"active\":true", "\"sub\":\"" + anna + "\"", "{\"active\":false}");
        assertThat(said).endsWith("DELETE 1\nDELETE 2\n");
        assertThat(TestDatabase.ask("SELECT count(*)::text FROM alexa.client WHERE client_id LIKE 'trial%'"))
                .isEqualTo("0");
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
            new ProcessBuilder("psql", "--version").start();
            new ProcessBuilder("curl", "--version").start();
            bash = new ProcessBuilder("bash", "-e", script.getFileName().toString())
                    .directory(folder.toFile())
                    .redirectInput(answers.toFile())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException missing) {
            LeftOut.because(
                    "no psql, curl or bash here: apt-get install postgresql-client curl links as an operator does");
            throw missing;
        }
        String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor(1, TimeUnit.MINUTES)).as(said).isTrue();
        assertThat(bash.exitValue()).as(said).isZero();
        return said;
    }
}
