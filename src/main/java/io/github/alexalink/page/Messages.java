package io.github.alexalink.page;

import java.text.MessageFormat;
import java.util.List;
import java.util.Locale;
import java.util.ResourceBundle;

/** The words of the pages in one language, from {@code messages*.properties} beside this class. */
final class Messages {

    private static final Locale FALLBACK = Locale.ENGLISH;
    private static final List<Locale> LANGUAGES = List.of(FALLBACK);

    /** A browser sends a few dozen characters; parsing a stranger's kilobytes serves nobody. */
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

    /** The best language for an {@code Accept-Language} header; English for none, for junk and for a foreign one. */
    static Messages accepting(String acceptLanguage) {
        if (acceptLanguage == null || acceptLanguage.length() > MAX_ACCEPT_LANGUAGE) {
            return new Messages(FALLBACK);
        }
        try {
            Locale best = Locale.lookup(Locale.LanguageRange.parse(acceptLanguage), LANGUAGES);
            return new Messages(best == null ? FALLBACK : best);
        } catch (RuntimeException junk) { // the JDK's parser throws more kinds than it says
            return new Messages(FALLBACK);
        }
    }

    String languageTag() {
        return language.toLanguageTag();
    }

    String direction() {
        return List.of("ar", "he", "fa", "ur").contains(language.getLanguage()) ? "rtl" : "ltr";
    }

    String get(String key, Object... arguments) {
        String pattern = bundle.getString(key);
        return arguments.length == 0 ? pattern : new MessageFormat(pattern, language).format(arguments);
    }
}
