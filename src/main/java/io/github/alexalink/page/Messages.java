package io.github.alexalink.page;

import java.text.Bidi;
import java.text.MessageFormat;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.List;
import java.util.Locale;
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
    private final ResourceBundle bundle;

    private Messages(Locale language) {
        this.language = language;
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
     * The best language for an {@code Accept-Language} header; English if it is missing, garbled or names no known
     * language.
     */
    static Messages accepting(String acceptLanguage) {
        if (acceptLanguage == null || acceptLanguage.length() > MAX_ACCEPT_LANGUAGE) {
            return new Messages(FALLBACK);
        }
        try {
            List<Locale.LanguageRange> ranges = Locale.LanguageRange.parse(acceptLanguage);
            return new Messages(ranges.stream()
                    .filter(range -> range.getWeight() > 0)
                    .flatMap(range -> LANGUAGES.stream().filter(known -> isOf(range, known)))
                    .filter(known -> ranges.stream().noneMatch(range -> refuses(range, known)))
                    .findFirst()
                    .orElse(FALLBACK));
        } catch (RuntimeException junk) { // the JDK's parser throws more exceptions than it documents
            return new Messages(FALLBACK);
        }
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
     * A moment as people write it in this language, in the time zone of the server, which is assumed to be the
     * listener's.
     */
    String moment(Instant moment) {
        return written(moment, DateTimeFormatter.ofLocalizedDateTime(FormatStyle.MEDIUM, FormatStyle.SHORT));
    }

    /** The day of a moment, likewise. */
    String day(Instant moment) {
        return written(moment, DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM));
    }

    private String written(Instant moment, DateTimeFormatter format) {
        return format.withLocale(language).withZone(ZoneId.systemDefault()).format(moment);
    }
}
