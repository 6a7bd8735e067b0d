package io.github.alexalink.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.Pasted;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A line to paste into a shell: a text of a stranger in it is a word, and no command")
class ShellTest {

    static final List<String> HOSTILE = Pasted.HOSTILE;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @FieldSource("HOSTILE")
    void a_word_is_one_word_for_the_shell(String text) throws Exception {
        Pasted.isGood("    java " + Shell.word(text));
        assertThat(said("printf '[%s]' " + Shell.word(text))).isEqualTo("[" + text.replace('\n', '?') + "]");
        assertThat(Shell.address("https://music.example.org/" + text)).isEmpty();
        assertThat(Shell.address("https://" + text + "/alexa")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"alexa, alexa", "https://music.example.org/alexa, https://music.example.org/alexa", "~root, '''~root'''"
    })
    void a_plain_word_stands_as_it_is(String text, String word) {
        assertThat(Shell.word(text)).isEqualTo(word);
    }

    @Test
    void a_letter_that_turns_the_line_around_is_not_printed() {
        assertThat(Shell.word("a\u202Eb\u001b[31m")).isEqualTo("'a?b?[31m'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://music.example.org",
                "https://anna@music.example.org/",
                "https://music.example.org/?x",
                "https://music.example.org/#x",
                "//evil.example/alexa",
                "https:///alexa",
                "https://music.example.org/alexa(1)"
            })
    void a_text_that_is_no_address_of_a_server_is_not_printed(String sent) {
        assertThat(Shell.address(sent)).isEmpty();
    }

    @Test
    void an_address_with_a_port_or_of_ipv6_is_printed() {
        assertThat(Shell.address("https://music.example.org:8443/a/b-c"))
                .contains("https://music.example.org:8443/a/b-c");
        assertThat(Shell.address("https://[2001:db8::7]/alexa")).contains("'https://[2001:db8::7]/alexa'");
    }

    /** The line is run as it is, without sudo, which not each machine has. */
    @ParameterizedTest
    @ValueSource(strings = {"plain", "a b", "it's", "a\"b", "$HOME", "`id`", "a;b", "a\\b", "-r"})
    void the_logs_are_found_in_a_folder_of_any_name(String name) throws Exception {
        Path logs = Files.createDirectories(folder.resolve(name));
        Files.writeString(logs.resolve("catalina.out"), "one reference\ntwo\nthree $PATH's \"quoted\" words\n");
        for (String words : List.of("reference|nothing", "\\$PATH's", "\"quoted\"")) {
            String line = TomcatLogs.lastLines(3, words, logs, "catalina*").strip();
            assertThat(line).startsWith("sudo sh -c ");
            assertThat(said(line.replaceFirst("^sudo ", "")).lines()).as(line).hasSize(1);
        }
    }

    private static String said(String line) throws Exception {
        Process shell =
                new ProcessBuilder("bash", "-c", line).redirectErrorStream(true).start();
        String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).as(line + "\n" + said).isZero();
        return said;
    }
}
