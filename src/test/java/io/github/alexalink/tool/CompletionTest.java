package io.github.alexalink.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("bash completes the command alexa by completion/alexa-war.bash")
class CompletionTest {

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("a folder/completion/alexa-war.bash");
        Completion.main(new String[] {file.toString()});
    }

    @Test
    void a_tab_offers_the_commands_then_theirs_then_the_options() throws Exception {
        assertThat(offered("alexa", "")).contains("setup", "sql", "account", "client", "help");
        assertThat(offered("alexa", "account", "")).contains("add", "password", "list", "disable", "enable");
        assertThat(offered("alexa", "client", "se")).containsExactly("secret");
        assertThat(offered("alexa", "account", "add", "--pass")).containsExactly("--password-file");
        assertThat(offered("alexa", "client", "add", "--re")).contains("--redirect-uri", "--resource-server");
    }

    @Test
    void alexa_starts_the_war_in_the_folder_above_or_the_one_that_alexa_war_names() throws Exception {
        String start = ". '" + file + "'; java() { printf '%s|' \"$@\"; }; alexa account add 'a b'";
        assertThat(bash(start))
                .isEqualTo("-jar|" + folder.toRealPath().resolve("a folder/alexa.war") + "|account|add|a b|");
        assertThat(bash("ALEXA_WAR=/opt/alexa.war; " + start)).isEqualTo("-jar|/opt/alexa.war|account|add|a b|");
    }

    private List<String> offered(String... words) throws Exception {
        return bash(". '" + file + "'; COMP_WORDS=('" + String.join("' '", words) + "'); COMP_CWORD="
                        + (words.length - 1) + "; COMP_LINE='" + String.join(" ", words)
                        + "'; _complete_alexa 2>/dev/null; printf '%s\\n' \"${COMPREPLY[@]}\"")
                .lines()
                .map(String::strip)
                .toList();
    }

    private static String bash(String line) throws Exception {
        Process bash = new ProcessBuilder("bash", "--norc", "-c", line)
                .redirectErrorStream(true)
                .start();
        bash.getOutputStream().close();
        String printed = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        bash.waitFor();
        return printed;
    }
}
