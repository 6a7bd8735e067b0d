package io.github.alexalink.page;

import java.text.Bidi;
import java.text.MessageFormat;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DecimalStyle;
import java.time.format.FormatStyle;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ResourceBundle;

/** The words of the pages in one language, from {@code messages*.properties} beside this class. */
public final class Messages {

    private static final Locale FALLBACK = Locale.ENGLISH;

    private static final List<Locale> LANGUAGES = List.of(
            FALLBACK,
            Locale.GERMAN,
            Locale.FRENCH,
            Locale.forLanguageTag("es"),
            Locale.ITALIAN,
            Locale.forLanguageTag("pt-BR"),
            Locale.JAPANESE,
            Locale.forLanguageTag("hi"),
            Locale.forLanguageTag("ar"),
            Locale.forLanguageTag("nl"));

    /** A browser sends a few dozen characters; longer headers are not parsed. */
    private static final int MAX_ACCEPT_LANGUAGE = 500;

    private final Locale language;
    private final Locale region;
    private final ResourceBundle bundle;

    private Messages(Locale language, Locale region) {
        this.language = language;
        this.region = region;
        this.bundle = ResourceBundle.getBundle(
                Messages.class.getPackageName() + ".messages",
                language,
                ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES));
    }

    /** The tags of all languages. This list is the master: tests compare the documents and the schema with it. */
    public static List<String> languageTags() {
        return LANGUAGES.stream().map(Locale::toLanguageTag).toList();
    }

    /**
     * The best language: of those that the request asks for, then of those that the browser accepts; English if none of
     * them is known, or the header is missing or garbled.
     *
     * @param uiLocales language tags, the most wanted first
     * @param acceptLanguage null if there is no such header
     */
    static Messages in(List<String> uiLocales, String acceptLanguage) {
        return best(uiLocales.stream().map(Locale.LanguageRange::new).toList())
                .or(() -> best(parsed(acceptLanguage)))
                .orElseGet(() -> new Messages(FALLBACK, FALLBACK));
    }

    private static List<Locale.LanguageRange> parsed(String acceptLanguage) {
        if (acceptLanguage == null || acceptLanguage.length() > MAX_ACCEPT_LANGUAGE) {
            return List.of();
        }
        try {
            return Locale.LanguageRange.parse(acceptLanguage);
        } catch (RuntimeException junk) { // the JDK's parser throws more exceptions than it documents
            return List.of();
        }
    }

    private static Optional<Messages> best(List<Locale.LanguageRange> ranges) {
        return ranges.stream()
                .filter(range -> range.getWeight() > 0)
                .flatMap(range -> LANGUAGES.stream()
                        .filter(known -> isOf(range, known))
                        .filter(known -> ranges.stream().noneMatch(other -> refuses(other, known)))
                        .map(known -> new Messages(known, regional(range, known))))
                .findFirst();
    }

    /** The language as the listener's region writes dates: Britain, not the United States, for {@code en-GB}. */
    private static Locale regional(Locale.LanguageRange range, Locale known) {
        String region = Locale.forLanguageTag(range.getRange()).getCountry();
        return region.isEmpty()
                ? known
                : new Locale.Builder()
                        .setLanguage(known.getLanguage())
                        .setRegion(region)
                        .build();
    }

    /** Ignores the region: Brazilian Portuguese serves a listener in Lisbon better than English. */
    private static boolean isOf(Locale.LanguageRange range, Locale known) {
        String language = range.getRange().split("-", 2)[0];
        return range.getRange().equals("*") || language.equals(known.getLanguage());
    }

    /** Whether the listener excludes the language with all its regions. Excluding de-AT does not exclude German. */
    private static boolean refuses(Locale.LanguageRange range, Locale known) {
        return range.getWeight() == 0 && range.getRange().equals(known.getLanguage());
    }

    String languageTag() {
        return language.toLanguageTag();
    }

    String direction() {
        return isRightToLeft() ? "rtl" : "ltr";
    }

    private boolean isRightToLeft() {
        return language.getLanguage().equals("ar");
    }

    /** The text of a key. Each argument keeps its own direction, whatever the direction of the text. */
    String get(String key, Object... arguments) {
        Object[] isolated = new Object[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            isolated[i] = isolated(String.valueOf(arguments[i]));
        }
        return new MessageFormat(bundle.getString(key), language).format(isolated);
    }

    /**
     * Puts an argument into Unicode isolates if two directions may meet. A bdi element would not do, because a title
     * takes no elements.
     */
    private String isolated(String argument) {
        boolean foreign = isRightToLeft() || Bidi.requiresBidi(argument.toCharArray(), 0, argument.length());
        return foreign ? "\u2068" + argument + "\u2069" : argument;
    }

    /**
     * A moment as people write it in this language and region, with the offset of the server's time zone from Greenwich:
     * a listener elsewhere could not know the zone, and its short name means several.
     */
    String moment(Instant moment) {
        return written(
                moment,
                new DateTimeFormatterBuilder()
                        .appendLocalized(FormatStyle.MEDIUM, FormatStyle.SHORT)
                        .appendLiteral('\u00a0')
                        .appendLocalizedOffset(TextStyle.SHORT)
                        .toFormatter(region));
    }

    /** The day of a moment, likewise. */
    String day(Instant moment) {
        return written(
                moment, DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM).withLocale(region));
    }

    private String written(Instant moment, DateTimeFormatter format) {
        String text = format.withZone(ZoneId.systemDefault()).format(moment);
        char zero = DecimalStyle.of(region).getZeroDigit();
        // not withDecimalStyle, which leaves the digits of the offset as they are
        return text.chars()
                .map(letter -> letter >= '0' && letter <= '9' ? letter - '0' + zero : letter)
                .collect(StringBuilder::new, (all, letter) -> all.append((char) letter), StringBuilder::append)
                .toString();
    }
}
