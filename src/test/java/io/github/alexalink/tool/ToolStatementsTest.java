package io.github.alexalink.tool;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

@DisplayName("The files in sql/tool: each is used, and its header says by which commands")
class ToolStatementsTest {

    private static final Path FOLDER = TestDatabase.SQL.resolve("tool");

    /** A file, and the parameters it is loaded with. */
    private static final Pattern LOADED =
            Pattern.compile("NamedStatement\\.load\\(\\s*\\w+\\.class,\\s*\"(\\w+)\"((?:,\\s*\"\\w+\")*)\\)");

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().toList();
        }
    }

    @Test
    void every_file_is_loaded_once_with_the_parameters_of_its_header() throws IOException {
        Map<String, String> loaded = new TreeMap<>();
        try (Stream<Path> sources = Files.walk(Path.of("src/tool/java"))) {
            for (Path source :
                    sources.filter(file -> file.toString().endsWith(".java")).toList()) {
                LOADED.matcher(Files.readString(source)).results().forEach(load -> assertThat(loaded.put(
                                load.group(1),
                                load.group(2).replaceAll("[\\s\"]", "").replaceFirst("^,", "")))
                        .as(load.group(1))
                        .isNull());
            }
        }
        Map<String, String> headers = new TreeMap<>();
        for (Path file : files()) {
            String takes = labelled(file, "Takes").replaceAll("\\([^)]*\\)", "");
            headers.put(
                    nameOf(file),
                    takes.equals("nothing")
                            ? ""
                            : takes.replaceAll("(\\w+) +[\\w\\[\\]]+ *", "$1").replace(" ", ""));
        }
        assertThat(loaded).isEqualTo(headers);
    }

    @ParameterizedTest
    @MethodSource("files")
    void the_header_has_the_name_and_commands_that_exist(Path file) throws IOException {
        assertThat(Files.readAllLines(file).get(0)).matches("-- " + nameOf(file) + "\\.sql: \\S.{10,}");
        for (String command : labelled(file, "Asked by").split(", ", -1)) {
            CommandLine found = Tool.commands(
                    Path.of("alexa.war"), new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()));
            for (String word : command.split(" ", -1)) {
                if (!command.matches("console|check|every command")) {
                    found = found.getSubcommands().get(word);
                    assertThat(found).as(command).isNotNull();
                }
            }
        }
        assertThat(labelled(file, "Reads") + labelled(file, "Answers")).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    alexa.set_password_hash changes it          | java -jar alexa.war account password changes it
                    SELECT client_id, kind FROM alexa.client lists them | java -jar alexa.war client list lists them
                    SELECT * FROM alexa.rotate_client_secret(client_id => 'a') | SELECT * FROM java -jar alexa.war client secret
                    alexa.revoke_links(subject => …)            | alexa.revoke_links(subject => …)
                    a line without SQL                          | a line without SQL
                    """)
    void a_hint_names_the_command_that_calls_its_function(String hint, String words) {
        assertThat(SqlFunctions.asCommands(hint)).isEqualTo(words);
    }

    private static String nameOf(Path file) {
        return file.getFileName().toString().replace(".sql", "");
    }

    private static String labelled(Path file, String label) throws IOException {
        return Pattern.compile("(?m)^-- " + label + " +(.*)$")
                .matcher(Files.readString(file))
                .results()
                .findFirst()
                .orElseThrow(() -> new AssertionError(file + " has no line " + label))
                .group(1);
    }
}
