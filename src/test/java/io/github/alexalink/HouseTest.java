package io.github.alexalink;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Reads the sources: class files have no Javadoc, and constants of another class are inlined in them. */
@DisplayName("The packages of the tests, and names and comments that make sense alone")
class HouseTest {

    private static final Path SOURCES = Path.of("src");
    private static final String OURS = "io/github/alexalink";
    private static final Path TESTS = Path.of("src/test/java", OURS);

    /** A Javadoc that makes no sense without the one above it, or does not say who acts. */
    private static final Pattern GOES_ON =
            Pattern.compile("/\\*\\*[\\s*]*(The same|As above|Likewise|And|But|Or|Nor|So|It|They"
                    + "|These|Those|Of these|Whoever|Whatever|Somebody|Nobody|Anybody)\\b[^\\n]*");

    /** The name of a test that goes on from another, or does not say who acts. */
    private static final Pattern HALF_A_SENTENCE = Pattern.compile(
            "\\bvoid ((nor|so|and|is|or|but|it|they|these|those|who|whom|whoever|what|whatever|where)_\\w+)\\(");

    private static final Pattern TEST = Pattern.compile("\\w+(?:Test|IT|Fuzz|Bench)");
    private static final Pattern NO_CODE = Pattern.compile("\"\"\"[\\s\\S]*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*+\""
            + "|'(?:\\\\.|[^'\\\\\\n])++'|/\\*[\\s\\S]*?\\*/|//[^\\n]*");

    /** Packages in which helpers stand beside the tests that need them. */
    private static final Set<String> WITH_HELPERS = Set.of("fixture", "faults", "fuzz", "run", "speed");

    /** Packages that the program does not have, because they test more than one of its packages. */
    private static final Set<String> OF_TESTS_ALONE =
            Set.of("deploy", "faults", "fixture", "fuzz", "journey", "proxy", "run", "schema", "speed");

    /** Helpers outside those packages, each with its reason. */
    private static final Map<String, String> BESIDE_THEIR_TESTS = Map.of(
            "deploy/ManagedTomcat", "what Arquillian needs for ManagedTomcatIT",
            "proxy/ProxyPathsTable", "the paths that ProxyPathsIT sends",
            "schema/Traps", "what ObjectsInPublicTest puts into schema public",
            "store/CapturingDataSource", "notes the statements that EveryStatementTest explains",
            "store/Plan", "what EveryStatementTest reads out of an EXPLAIN",
            "tool/BehindAFront", "the server, and the front with a fault, that the tests of the doctor look at",
            "tool/Answer", "what the tool answers to its tests in this JVM");

    @Test
    void no_javadoc_begins_in_the_middle() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path source : javaIn(SOURCES)) {
            GOES_ON.matcher(Files.readString(source))
                    .results()
                    .forEach(javadoc -> found.add(source + ": " + javadoc.group()));
        }
        assertThat(found).as("say what it does, not what another one does").isEmpty();
    }

    @Test
    void no_test_has_a_name_that_goes_on_from_another() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path source : javaIn(TESTS)) {
            HALF_A_SENTENCE
                    .matcher(Files.readString(source))
                    .results()
                    .forEach(method -> found.add(nameOf(source) + "#" + method.group(1)));
        }
        assertThat(found)
                .as("a report shows each alone: say who, and what happens")
                .isEmpty();
    }

    /** Otherwise nobody could change, move or skip a test without reading the class that uses it. */
    @Test
    void no_class_uses_a_test() throws IOException {
        Set<String> tests = javaIn(TESTS).stream()
                .map(HouseTest::nameOf)
                .filter(HouseTest::isTest)
                .collect(toCollection(TreeSet::new));
        assertThat(tests).contains("HouseTest", "DoorsTest");
        List<String> found = new ArrayList<>();
        for (Path source : javaIn(SOURCES)) {
            String code = NO_CODE.matcher(Files.readString(source)).replaceAll(" ");
            TEST.matcher(code)
                    .results()
                    .map(MatchResult::group)
                    .filter(name -> tests.contains(name) && !name.equals(nameOf(source)))
                    .distinct()
                    .forEach(name -> found.add(source + ": " + name));
        }
        assertThat(found).as("what two need lives under fixture").isEmpty();
    }

    @Test
    void a_helper_lives_under_fixture_or_is_named_here() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path source : javaIn(TESTS)) {
            String room = roomOf(source);
            if (room.equals("bearer") && !nameOf(source).matches("\\w+(Test|IT)")) {
                found.add(source + ", which would be packed into alexa-bearer.jar");
            } else if (!isTest(nameOf(source))
                    && !nameOf(source).equals("package-info")
                    && !WITH_HELPERS.contains(room.split("/", 2)[0])
                    && !BESIDE_THEIR_TESTS.containsKey(room + "/" + nameOf(source))) {
                found.add(source.toString());
            }
        }
        assertThat(found)
                .as("call a test *Test or *IT, or nobody runs it; move a helper under fixture, or name it in"
                        + " BESIDE_THEIR_TESTS with a reason")
                .isEmpty();
    }

    @Test
    void every_room_of_the_tests_is_one_of_the_program_or_named_here() throws IOException {
        Set<String> rooms = javaIn(TESTS).stream().map(HouseTest::roomOf).collect(toCollection(TreeSet::new));
        assertThat(rooms).contains("token", "bearer", "schema", "fixture/alexa");
        rooms.removeIf(room -> OF_TESTS_ALONE.contains(room.split("/", 2)[0])
                || Files.isDirectory(Path.of("src/main/java", OURS, room))
                || Files.isDirectory(Path.of("src/bearer/java", OURS, room))
                || Files.isDirectory(Path.of("src/tool/java", OURS, room)));
        assertThat(rooms)
                .as("a test lies in the room of its subject; a room of tests alone is named in OF_TESTS_ALONE")
                .isEmpty();
    }

    private static List<Path> javaIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .sorted()
                    .toList();
        }
    }

    private static boolean isTest(String name) {
        return TEST.matcher(name).matches();
    }

    private static String nameOf(Path source) {
        return source.getFileName().toString().replace(".java", "");
    }

    /** The folder of a source below io/github/alexalink; empty for that one. */
    private static String roomOf(Path source) {
        return TESTS.relativize(source.getParent()).toString().replace('\\', '/');
    }
}
