package io.github.alexalink.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

@DisplayName("The help of the tool, and what it says to a command line that it cannot understand")
class HelpTest {

    static List<String> commands() {
        return below(
                        "",
                        Tool.commands(
                                Path.of("alexa.war"),
                                new PrintWriter(new StringWriter()),
                                new PrintWriter(new StringWriter())))
                .toList();
    }

    private static Stream<String> below(String path, CommandLine command) {
        return command.getSubcommands().entrySet().stream()
                .flatMap(each -> Stream.concat(
                        Stream.of(path + each.getKey()), below(path + each.getKey() + " ", each.getValue())));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void each_command_has_a_help_of_80_columns_with_an_example(String command) {
        Answer help = Answer.to((command + " --help").split(" ", -1));
        assertThat(help.status()).isZero();
        assertThat(help.err()).isEmpty();
        assertThat(help.out().lines().toList())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80))
                .as("an address in two lines cannot be copied")
                .noneMatch(line -> line.matches(".*https?:(?://\\S*\\.)?"))
                .first()
                .asString()
                .startsWith("Usage: java -jar alexa.war " + command);
        if (!command.equals("help")) {
            assertThat(help.out())
                    .containsPattern("Example: [\\s\\S]*java -jar alexa.war " + command.split(" ", -1)[0]);
        }
        assertThat(Answer.to(("help " + command).split(" ", -1))).isEqualTo(help);
    }

    @Test
    void without_a_command_the_help_is_an_error_so_that_a_script_or_psql_does_not_take_it_for_an_answer() {
        assertThat(Stream.of(Answer.to(), Answer.to("sql"), Answer.to("account"), Answer.to("client")))
                .allSatisfy(answer -> {
                    assertThat(answer.status()).isEqualTo(2);
                    assertThat(answer.out()).isEmpty();
                    assertThat(answer.err()).startsWith("Usage: java -jar alexa.war ");
                });
        assertThat(Answer.to("help").out()).isEqualTo(Answer.to().err());
        assertThat(Answer.to("--help")).isEqualTo(Answer.to("help"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    acount                        | there is no command acount; did you mean account        |
                    account ad anna               | there is no command ad; did you mean add?               | account
                    help account ad               | there is no command ad; did you mean add?               | account
                    account add                   | Missing required parameter: 'NAME'                      | account add
                    account add a --password x    | there is no option --password; did you mean --password-file? | account add
                    account add a --password=x    | there is no option --password; did you mean --password-file? | account add
                    account add anna smith        | [smith] is one word too many: put quotes around         | account add
                    account list --yaml           | there is no option --yaml                               | account list
                    sql upgrade                   | Missing required option: '--from=VERSION'               | sql upgrade
                    sql upgrade --from one        | Invalid value for option '--from': 'one' is not an int  | sql upgrade
                    """)
    void a_wrong_line_is_answered_in_one_line_and_where_help_is(String line, String words, String command) {
        Answer answer = Answer.to(line.split(" ", -1));
        assertThat(answer.status()).isEqualTo(2);
        assertThat(answer.out()).isEmpty();
        assertThat(answer.err())
                .startsWith(words)
                .endsWith("\n  help:  java -jar alexa.war " + (command == null ? "" : command + " ") + "--help\n")
                .hasLineCount(2);
    }
}
