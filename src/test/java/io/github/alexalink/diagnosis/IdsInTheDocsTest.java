package io.github.alexalink.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.protocol.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The ids of causes: each has a heading in docs/operator.md, When something is wrong")
class IdsInTheDocsTest {

    private static final List<String> SOURCES = List.of(
            "sql/migrations/V3__upkeep.sql",
            "src/main/java/io/github/alexalink/diagnosis",
            "src/main/java/io/github/alexalink/operator",
            "src/main/java/io/github/alexalink/protocol/Reason.java",
            "src/tool/java/io/github/alexalink/tool/doctor",
            "src/tool/java/io/github/alexalink/tool/CheckCommand.java",
            "src/tool/java/io/github/alexalink/tool/ConsoleCommand.java",
            "src/tool/java/io/github/alexalink/tool/LocalAnswer.java",
            "src/tool/java/io/github/alexalink/tool/DoctorCommand.java");

    /** What is written like an id and is none: headers, their values, words in pages of others. */
    private static final Set<String> NO_IDS = Set.of(
            "alexa-doctor",
            "alexa-operator",
            "allow-forms",
            "cache-control",
            "cf-mitigated",
            "content-encoding",
            "content-length",
            "content-security-policy",
            "content-type",
            "d-link",
            "dd-wrt",
            "form-action",
            "ngrok-error-code",
            "no-store",
            "pi-hole",
            "same-origin",
            "tp-link",
            "transfer-encoding",
            "user-agent",
            "www-authenticate");

    @Test
    void each_id_of_the_code_has_a_heading() throws IOException {
        Set<String> ids = matches("\"([a-z0-9]+(?:-[a-z0-9]+)+)\"");
        ids.removeAll(NO_IDS);
        Stream.of(Reason.values()).map(Reason::id).forEach(ids::add);
        assertThat(headings()).containsAll(ids);
    }

    @Test
    void each_verdict_of_the_record_has_a_heading() throws IOException {
        String view = Files.readString(Path.of("sql/migrations/V3__upkeep.sql"));
        Set<String> verdicts = Pattern.compile("WHEN '([a-z-]+)' THEN (?:CASE|')")
                .matcher(view)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(verdicts).contains("code-not-fetched", "linked");
        assertThat(headings()).containsAll(verdicts);
    }

    @Test
    void each_heading_is_an_id_of_the_code() throws IOException {
        assertThat(matches("[\"']([a-z0-9-]+)[\"']")).containsAll(headings());
    }

    /** The first group of each match in the sources. */
    private static Set<String> matches(String regex) throws IOException {
        Pattern pattern = Pattern.compile(regex);
        Set<String> found = new TreeSet<>();
        for (String source : SOURCES) {
            try (Stream<Path> files = Files.walk(Path.of(source))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    pattern.matcher(Files.readString(file))
                            .results()
                            .map(match -> match.group(1))
                            .forEach(found::add);
                }
            }
        }
        return found;
    }

    private static List<String> headings() throws IOException {
        String document = Files.readString(Path.of("docs/operator.md"));
        return Pattern.compile("(?m)^#### (.*)$")
                .matcher(document)
                .results()
                .map((MatchResult heading) -> heading.group(1))
                .toList();
    }
}
