package io.github.alexalink.store;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code DoorsTest} checks that Java can send no other statements than these files. */
@DisplayName("The files in sql/statements: each is used, has a true header, and holds all SQL")
class StatementFilesTest {

    private static final Path FOLDER = TestDatabase.SQL.resolve("statements");
    private static final Path MAIN = Path.of("src/main/java");

    private static final Pattern LOADED = Pattern.compile("NamedStatement\\.load\\(\\s*\"(\\w+)\"");
    private static final Pattern LITERAL = Pattern.compile("\"\"\"[\\s\\S]*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*+\"");
    /** A message to the operator may end in SQL; a statement begins with SQL. */
    private static final Pattern SQL = Pattern.compile(
            "^\"+\\s*(SELECT|INSERT\\s+INTO|UPDATE|DELETE\\s+FROM|MERGE|WITH\\s+(RECURSIVE\\s+)?\\w+\\s*(\\([^)]*\\)\\s*)?AS|VALUES|CALL|SET\\s+(LOCAL|SESSION)|LOCK|EXPLAIN)\\s[\\s\\S]*",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern LABEL = Pattern.compile("^-- (Asked by|Reads|Writes|Locks|Answers|Takes)  +(.*)$");
    private static final Pattern PARAMETER =
            Pattern.compile("(\\w+) (?:text|uuid|bytea|timestamptz|integer|bigint)(?:\\[])?(?: \\(.*\\))?");

    /** The names of events, which both statements return too. refresh_token_reused is an event and a reason. */
    private static final Set<String> EVENTS =
            Set.of("code_unanswered", "code_repeated", "code_replayed", "token_refused");

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().toList();
        }
    }

    @Test
    void every_file_is_loaded_once_and_every_loaded_file_exists() throws IOException {
        assertThat(loaded())
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(
                        files().stream().map(StatementFilesTest::nameOf).toList());
    }

    /** Statements by listener, who can have many links: Citus asks every shard. */
    private static final Set<String> BY_SUBJECT = Set.of("links_of_subject", "unlink", "unlink_codes");

    private static final Pattern LARGE_TABLE = Pattern.compile(
            "(?:FROM|JOIN|UPDATE|,)\\s+alexa\\.(?:link|refresh_token|access_token|authorization_code|live_access_token)\\s+(\\w+)");
    private static final Pattern WRITTEN_BY_A_CHANGE = Pattern.compile(
            "UPDATE\\s+alexa\\.\\w+[\\s\\S]*?(SET[\\s\\S]*?)(?=\\n\\s*(?:FROM|WHERE))|(RETURNING[\\s\\S]*?)(?=\\n\\))");

    /** Citus sends a statement to one shard only if each large table names the link itself. */
    @ParameterizedTest
    @MethodSource("files")
    void each_large_table_names_the_link(Path file) throws IOException {
        String text = Files.readString(file).replaceAll("(?m)--.*$", "");
        List<String> aliases = LARGE_TABLE
                .matcher(text)
                .results()
                .map(table -> table.group(1))
                .distinct()
                .toList();
        if (BY_SUBJECT.contains(nameOf(file))) {
            assertThat(text).contains("subject = ");
            return;
        }
        assertThat(aliases)
                .allSatisfy(alias -> assertThat(text).as(nameOf(file)).contains(alias + ".link_id = :link_id"));
    }

    /** Citus refuses a clock in CASE or COALESCE where a change writes, and a row lock on top of a WITH query. */
    @ParameterizedTest
    @MethodSource("files")
    void a_change_takes_the_clock_as_it_is(Path file) throws IOException {
        String text = Files.readString(file).replaceAll("(?m)--.*$", "");
        assertThat(WRITTEN_BY_A_CHANGE.matcher(text).results().map(MatchResult::group))
                .allSatisfy(
                        written -> assertThat(written.toLowerCase(Locale.ROOT)).doesNotContain("coalesce", "case "));
        assertThat(Pattern.compile("FOR UPDATE[^)]*\\)(?! AS)").matcher(text).find())
                .as("lock in a SELECT inside")
                .isFalse();
    }

    @Test
    void the_statements_that_go_to_one_link_are_found() throws IOException {
        assertThat(LARGE_TABLE
                        .matcher(Files.readString(FOLDER.resolve("refresh.sql")))
                        .results())
                .hasSizeGreaterThan(3);
        assertThat(WRITTEN_BY_A_CHANGE
                        .matcher(Files.readString(FOLDER.resolve("redeem_code.sql")))
                        .results())
                .hasSize(2);
    }

    @Test
    void there_is_no_sql_text_in_java() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path source : sources()) {
            LITERAL.matcher(Files.readString(source))
                    .results()
                    .filter(literal -> SQL.matcher(literal.group()).matches())
                    .forEach(literal -> found.add(source + ": " + literal.group()));
        }
        assertThat(found).as("a statement is a file in sql/statements").isEmpty();
    }

    @ParameterizedTest
    @MethodSource("files")
    void the_first_line_has_the_name_and_says_what_the_statement_answers(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        assertThat(lines.get(0)).matches("-- " + Pattern.quote(nameOf(file) + ".sql: ") + "\\S.{10,}");
        assertThat(lines.get(1)).isEqualTo("--");
    }

    @ParameterizedTest
    @MethodSource("files")
    void the_header_says_who_asks_and_what_is_read_and_answered(Path file) throws IOException {
        Map<String, String> header = header(file);
        assertThat(header).containsKeys("Asked by", "Reads", "Answers", "Takes");
        assertThat(header.values()).doesNotContain("");
        Matcher method =
                Pattern.compile("\\((\\w+)(?:\\.(\\w+)(?: and (\\w+))?)?\\)").matcher(header.get("Asked by"));
        assertThat(method.find()).as("Asked by … (Repository.method)").isTrue();
        Path repository = MAIN.resolve("io/github/alexalink/store").resolve(method.group(1) + ".java");
        assertThat(repository).content().contains("\"" + nameOf(file) + "\"");
        for (int group = 2; group <= 3 && method.group(group) != null; group++) {
            assertThat(repository).content().contains(" " + method.group(group) + "(");
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void the_header_names_every_table_that_the_statement_writes(Path file) throws IOException {
        boolean writes = Pattern.compile("INSERT INTO|UPDATE alexa|DELETE FROM|alexa\\.maintain\\(")
                .matcher(Files.readString(file))
                .find();
        assertThat(header(file).getOrDefault("Writes", "nothing").startsWith("nothing"))
                .isEqualTo(!writes);
    }

    @ParameterizedTest
    @MethodSource("files")
    void takes_lists_exactly_the_parameters_of_the_text(Path file) throws IOException {
        List<String> taken = new ArrayList<>();
        String takes = header(file).get("Takes");
        if (!takes.equals("nothing")) {
            // a comma in parentheses does not separate parameters
            for (String parameter : takes.split(", (?![^(]*\\))", -1)) {
                Matcher matcher = PARAMETER.matcher(parameter);
                assertThat(matcher.matches())
                        .as("name type (remark): " + parameter)
                        .isTrue();
                taken.add(matcher.group(1));
            }
        }
        String text = Files.readString(file);
        // the constructor throws if the names are not those of the text
        assertThat(new NamedStatement(nameOf(file), text, taken.toArray(String[]::new)).sql())
                .contains("/* " + nameOf(file) + " */");
    }

    @Test
    void every_word_that_says_why_has_a_sentence_and_every_sentence_a_word() throws IOException {
        String texts = Files.readString(FOLDER.resolve("why_not_redeemed.sql"))
                + Files.readString(FOLDER.resolve("why_not_refreshed.sql"))
                + Files.readString(FOLDER.resolve("why_not_authenticated.sql"));
        Set<String> words = Pattern.compile("(?:THEN|ELSE) '(\\w+)'")
                .matcher(texts)
                .results()
                .map(word -> word.group(1))
                .collect(toCollection(TreeSet::new));
        words.removeAll(EVENTS);
        for (Path source : sources()) {
            Pattern.compile("Reason\\.([A-Z][A-Z0-9_]+)")
                    .matcher(Files.readString(source))
                    .results()
                    .forEach(reason -> words.add(reason.group(1).toLowerCase(Locale.ROOT)));
        }
        assertThat(words)
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(Reason.values()).map(Reason::word).toList());
    }

    private static List<String> loaded() throws IOException {
        List<String> loaded = new ArrayList<>();
        for (Path source : sources()) {
            LOADED.matcher(Files.readString(source)).results().forEach(load -> loaded.add(load.group(1)));
        }
        return loaded;
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(MAIN)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .sorted()
                    .toList();
        }
    }

    /** The text after each label, which may span several lines. */
    private static Map<String, String> header(Path file) throws IOException {
        Map<String, String> header = new TreeMap<>();
        String label = null;
        for (String line : Files.readAllLines(file)) {
            Matcher matcher = LABEL.matcher(line);
            if (matcher.matches()) {
                label = matcher.group(1);
                header.put(label, matcher.group(2));
            } else if (label != null && line.startsWith("--            ")) {
                header.merge(label, line.substring(14).strip(), (text, more) -> text + " " + more);
            } else {
                label = null;
            }
        }
        return header;
    }

    private static String nameOf(Path file) {
        return file.getFileName().toString().replace(".sql", "");
    }
}
