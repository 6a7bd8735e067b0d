package io.github.alexalink.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.Written;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Bidi;
import java.text.MessageFormat;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.TimeZone;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code ./mvnw test -Dtest=BundlesTest -Ddocs.write=true} writes the list of languages anew. */
@DisplayName("The words of the pages in every language")
class BundlesTest {

    private static final Path FOLDER = Path.of("src/main/resources/io/github/alexalink/page");
    private static final Path JAVA = Path.of("src/main/java");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{[^}]*}");

    /** Strings that look like a key in Java; the name of a template does, too. */
    private static final Pattern KEY = Pattern.compile("\"((?:consent|links|problem)\\.(?!ftlh\")[a-z_.]+)\"");

    private static final Properties ENGLISH = bundle("en");

    static List<String> languages() {
        return Messages.languageTags();
    }

    @Test
    void there_is_a_file_for_each_language_and_no_other() throws IOException {
        assertThat(languages()).contains("en").doesNotHaveDuplicates();
        try (Stream<Path> files = Files.list(FOLDER)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(
                            languages().stream().map(BundlesTest::fileName).toList());
        }
    }

    @Test
    void the_operator_reads_which_languages_there_are() throws IOException {
        String names = languages().stream()
                .map(language -> Locale.forLanguageTag(language).getDisplayName(Locale.ENGLISH))
                .collect(Collectors.joining(", "));
        Written.assertSays(Path.of("docs/operator.md"), "languages", names + ".");
    }

    @ParameterizedTest
    @MethodSource("languages")
    void every_language_says_all_that_english_says_and_nothing_else(String language) {
        assertThat(bundle(language).stringPropertyNames()).isEqualTo(ENGLISH.stringPropertyNames());
    }

    @ParameterizedTest
    @MethodSource("languages")
    void every_text_names_what_the_english_one_names(String language) {
        bundle(language).forEach((key, text) -> assertThat(placeholders(text))
                .as("%s in %s", key, language)
                .isEqualTo(placeholders(ENGLISH.get(key))));
    }

    @ParameterizedTest
    @MethodSource("languages")
    void no_apostrophe_quotes_a_placeholder_away_and_nothing_is_left_to_be_filled_in(String language) {
        bundle(language).forEach((key, text) -> {
            assertThat((String) text).as("%s in %s", key, language).isNotBlank().doesNotContain("'");
            assertThat(new MessageFormat((String) text, Locale.forLanguageTag(language))
                            .format(new Object[] {"first", "second"}))
                    .as("%s in %s", key, language)
                    .doesNotContain("{", "}");
        });
    }

    @ParameterizedTest
    @MethodSource("languages")
    void no_line_begins_with_a_colon(String language) {
        // French has a space before a colon, which must be a no-break space
        bundle(language).forEach((key, text) -> assertThat((String) text)
                .as("%s in %s", key, language)
                .doesNotContainPattern(" [:;!?»]|« ")
                .doesNotContain("  ")
                .isEqualTo(((String) text).strip()));
    }

    @Test
    void the_code_asks_for_every_key_of_the_bundle_and_for_no_other() throws IOException {
        Set<String> asked = new TreeSet<>();
        for (String key : keysInTheCode()) {
            if (key.startsWith("problem.") && !ENGLISH.containsKey(key)) { // Pages.problem appends the rest of the key
                asked.addAll(List.of(key + ".title", key + ".what", key + ".todo"));
            } else {
                asked.add(key);
            }
        }
        assertThat(asked).isEqualTo(new TreeSet<>(ENGLISH.stringPropertyNames()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "none | en",
                "'' | en",
                "de | de",
                "DE-de | de",
                "de-AT | de",
                "de-AT,de;q=0.9,en;q=0.8 | de",
                "en-GB,fr;q=0.9 | en",
                "fr;q=0.5,nl;q=0.9 | nl",
                "pt | pt-BR",
                "pt-PT | pt-BR",
                "ar-EG | ar",
                "zh | en",
                "zh-Hant-TW,ja;q=0.2 | ja",
                "zh,zh-TW;q=0.9 | en",
                "de;q=0 | en",
                "de;q=0,fr;q=0.1 | fr",
                "de;q=0,* | en",
                "en;q=0,de;q=0,*;q=0.5 | fr",
                "* | en",
                "it,*;q=0.5 | it",
                "zh,*;q=0.1 | en",
            })
    void accept_language_chooses_the_language(String acceptLanguage, String chosen) {
        assertThat(accepting(acceptLanguage).languageTag()).isEqualTo(chosen);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "de | en | de",
                "fr de | ja | fr",
                "zh nl | ja | nl",
                "zh | ja | ja",
                "zh | none | en",
                "pt-PT | de | pt-BR",
                "DE-at | none | de",
                "de | de;q=0 | de",
                "tlh abc-klingon | it | it",
            })
    void the_languages_of_the_request_come_before_those_of_the_browser(
            String uiLocales, String acceptLanguage, String chosen) {
        assertThat(Messages.in(List.of(uiLocales.split(" ")), acceptLanguage).languageTag())
                .isEqualTo(chosen);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "en | Jul 5, 2026",
                "en-GB,en;q=0.9 | 5 Jul 2026",
                "en-US | Jul 5, 2026",
                "en-AU | 5 July 2026",
                "en-IN | 0?5.Jul.2026",
                "de-AT | 0?5.0?7.2026",
                "es | 5 jul 2026",
                "es-MX | 0?5.jul.?.2026",
                "pt | 5 de jul. de 2026",
                "pt-PT | 05/07/2026",
                "ja | 2026/07/05",
                "ar-EG | ٠٥.*٠٧.*٢٠٢٦",
                "ar-MA | 0?5.*0?7.*2026",
                "en-x-evil | Jul 5, 2026",
                "en-ZZ | Jul 5, 2026",
                "de-u-ca-buddhist | 0?5.0?7.2026",
            })
    void a_date_is_written_as_in_the_listeners_region_and_the_words_stay(String acceptLanguage, String date) {
        Messages messages = accepting(acceptLanguage);
        assertThat(messages.day(Instant.parse("2026-07-05T12:00:00Z"))).matches(date);
        assertThat(messages.get("consent.allow"))
                .isEqualTo(accepting(acceptLanguage.substring(0, 2)).get("consent.allow"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "UTC | en-GB | 5 Jul 2026, 15:11 GMT",
                "UTC | fr | 5 juil. 2026.* 15:11 UTC",
                "Europe/Berlin | de | 05.07.2026, 17:11 GMT\\+2",
                "Asia/Kolkata | en-IN | 0?5.Jul.2026, 8:41.pm GMT\\+5:30",
                "America/Sao_Paulo | pt-BR | 5 de jul. de 2026.* 12:11 GMT-3",
                "Europe/Berlin | ar-EG | .*٥:١١.م غرينتش.?\\+.?٢",
            })
    void a_moment_says_how_far_the_servers_clock_is_from_greenwich(String zone, String language, String moment) {
        TimeZone before = TimeZone.getDefault();
        TimeZone.setDefault(TimeZone.getTimeZone(zone));
        try {
            assertThat(accepting(language)
                            .moment(Instant.parse("2026-07-05T15:11:00Z"))
                            .replaceAll("[\\u00a0\\u202f]", " "))
                    .matches(moment);
        } finally {
            TimeZone.setDefault(before);
        }
    }

    /** Any client may ask, and a listener may open the page of linked apps by hand. */
    @ParameterizedTest
    @MethodSource("languages")
    void no_text_names_alexa_or_amazon_but_the_one_about_the_password_which_alexa_alone_gets(String language) {
        bundle(language).forEach((key, text) -> {
            if (!key.equals("consent.not_amazon")) {
                assertThat((String) text)
                        .as("%s in %s", key, language)
                        .doesNotContainIgnoringCase("alexa")
                        .doesNotContainIgnoringCase("amazon")
                        .doesNotContainIgnoringCase("skill");
            }
        });
    }

    /** German, French, Italian, Portuguese and Hindi bend a word after such a preposition, and a name must not be bent. */
    @ParameterizedTest
    @CsvSource({
        "en, Sign in to My music server",
        "de, Bei „My music server“ anmelden",
        "fr, Connectez-vous à «\u00a0My music server\u00a0»",
        "it, Accedi a “My music server”",
        "ja, 「My music server」にログイン"
    })
    void the_sentence_that_says_where_to_sign_in_survives_any_name(String language, String sentence) {
        assertThat(accepting(language).get("consent.sign_in", "My music server"))
                .isEqualTo(sentence.replace("\\u00a0", "\u00a0"));
    }

    @ParameterizedTest
    @MethodSource("junk")
    void a_garbled_accept_language_gets_english(String junk) {
        assertThat(accepting(junk).languageTag()).isEqualTo("en");
    }

    static List<String> junk() {
        return List.of(
                ";",
                ",,,",
                "q=1",
                ";q=1",
                "de;q=2",
                "de;q=-1",
                "de;q=NaN",
                "de;q=",
                "de_DE",
                "../../etc/passwd",
                "..\\..\\messages_de",
                "messages_de",
                "{0}",
                "${7*7}",
                "\u0000",
                "\u202ede",
                "-",
                "*-*",
                "*-DE",
                "x",
                "i-klingon",
                "de,".repeat(2000));
    }

    @ParameterizedTest
    @MethodSource("languages")
    void a_page_runs_in_the_direction_of_its_words(String language) {
        Bidi words = new Bidi(bundle(language).getProperty("consent.allow"), Bidi.DIRECTION_DEFAULT_LEFT_TO_RIGHT);
        assertThat(accepting(language).direction()).isEqualTo(words.baseIsLeftToRight() ? "ltr" : "rtl");
    }

    @Test
    void a_name_keeps_its_own_direction() {
        assertThat(accepting("ar").get("consent.question", "Amazon (US)")).contains("\u2068Amazon (US)\u2069");
        assertThat(accepting("en").get("consent.title", "موسيقى"))
                .isEqualTo("Link your account with \u2068موسيقى\u2069");
        assertThat(accepting("en").get("consent.question", "Amazon Alexa"))
                .as("no isolates in a text of one direction")
                .isEqualTo("Amazon Alexa would like to:");
    }

    @Test
    void a_name_with_a_quote_or_a_brace_in_it_stays_what_it_is() {
        assertThat(accepting("fr").get("consent.question", "L'app {0}")).isEqualTo("L'app {0} souhaite\u00a0:");
    }

    @Test
    void an_error_is_said_before_the_title_as_each_language_sets_a_colon() {
        assertThat(accepting("en").get("consent.error_title", "Title")).isEqualTo("Error: Title");
        assertThat(accepting("fr").get("consent.error_title", "Titre")).isEqualTo("Erreur\u00a0: Titre");
        assertThat(accepting("ja").get("consent.error_title", "題名")).isEqualTo("エラー：題名");
    }

    private static Messages accepting(String acceptLanguage) {
        return Messages.in(List.of(), acceptLanguage);
    }

    private static Set<String> keysInTheCode() throws IOException {
        try (Stream<Path> files = Files.walk(JAVA)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .flatMap(file -> KEY.matcher(read(file)).results())
                    .map(found -> found.group(1))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static Set<String> placeholders(Object text) {
        return PLACEHOLDER
                .matcher((String) text)
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toSet());
    }

    private static String fileName(String language) {
        return language.equals("en") ? "messages.properties" : "messages_" + language.replace('-', '_') + ".properties";
    }

    private static Properties bundle(String language) {
        Properties texts = new Properties();
        try (InputStream file = Messages.class.getResourceAsStream(fileName(language))) {
            texts.load(new InputStreamReader(file, StandardCharsets.UTF_8));
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
        return texts;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
