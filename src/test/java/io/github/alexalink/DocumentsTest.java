package io.github.alexalink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What the documents name is there")
class DocumentsTest {

    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#\\s]*)(?:#([^)\\s]+))?\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");

    /** A class of tests, with or without a method; or a method of the class before it. */
    private static final Pattern TEST = Pattern.compile("`(?:(\\w+(?:Test|IT|Fuzz|Bench))(?:#(\\w+))?|#(\\w+))`");

    private static final Pattern PSQL_TYPED = Pattern.compile("\\bpsql -");
    private static final Pattern PSQL_WITH_PSQLRC = Pattern.compile("\\bpsql -(?!X)(?!-version)");

    @Test
    void every_link_leads_to_a_file_and_a_heading() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path document : documents()) {
            for (MatchResult link :
                    LINK.matcher(Files.readString(document)).results().toList()) {
                Path target = link.group(1).isEmpty() ? document : document.resolveSibling(link.group(1));
                boolean isThere = Files.exists(target)
                        && (link.group(2) == null || headings(target).contains(link.group(2)));
                if (!isThere) {
                    broken.add(document + ": " + link.group());
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void every_test_that_a_document_names_exists() throws IOException {
        Map<String, String> tests = new HashMap<>();
        try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
            for (Path file :
                    (Iterable<Path>) files.filter(file -> file.toString().endsWith(".java"))::iterator) {
                tests.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
            }
        }
        List<String> missing = new ArrayList<>();
        for (Path document : documents()) {
            String source = "";
            Matcher named = TEST.matcher(Files.readString(document));
            while (named.find()) {
                if (named.group(1) != null) {
                    source = tests.getOrDefault(named.group(1), "");
                }
                String method = named.group(2) != null ? named.group(2) : named.group(3);
                boolean isThere = method == null ? !source.isEmpty() : source.contains(" " + method + "(");
                // a lone #method may be one of a class that is no test, such as TokenRepository
                if (!isThere && (named.group(1) != null || method.contains("_"))) {
                    missing.add(document + ": " + named.group());
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    /** Without -X a private .psqlrc counts, and one with AUTOCOMMIT off takes back what the command did. */
    @Test
    void every_psql_that_a_document_has_people_type_reads_no_psqlrc() throws IOException {
        List<String> unsafe = new ArrayList<>();
        int typed = 0;
        for (Path document : documents()) {
            for (String line : Files.readAllLines(document)) {
                typed += PSQL_TYPED.matcher(line).find() ? 1 : 0;
                if (PSQL_WITH_PSQLRC.matcher(line).find()) {
                    unsafe.add(document + ": " + line.strip());
                }
            }
        }
        assertThat(unsafe).isEmpty();
        assertThat(typed).isPositive();
    }

    private static List<Path> documents() throws IOException {
        try (Stream<Path> documents = Files.walk(Path.of("docs"))) {
            return Stream.concat(Stream.of(Path.of("README.md"), Path.of("CHANGELOG.md")), documents)
                    .filter(document -> document.toString().endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }

    /** The anchors that GitHub and Gitea make of the headings of a document. */
    private static List<String> headings(Path document) throws IOException {
        return HEADING.matcher(Files.readString(document))
                .results()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                        .replace(' ', '-'))
                .toList();
    }
}
