package io.github.alexalink.config;

import java.text.Normalizer;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the Realm compares user names. One person must be one subject, however they type their name: otherwise whoever
 * ends the links of a subject would miss those of another spelling.
 */
public enum Usernames {

    /** {@code Anna} and {@code anna} are one person, as in LDAP, MySQL and SQL Server. */
    IGNORE_CASE("ignore-case"),

    /** {@code Anna} and {@code anna} are two people. */
    EXACT("exact");

    /** Blanks, and signs without width or for the direction of a text, which come with a name that is pasted. */
    private static final String AROUND_ONE =
            "[\\p{Z}\\s\\u00AD\\u061C\\u200B-\\u200F\\u202A-\\u202E\\u2060-\\u2069\\uFEFF]+";

    private static final Pattern AROUND = Pattern.compile("^" + AROUND_ONE + "|" + AROUND_ONE + "$");

    /** Letters as wide as Japanese ones, and Japanese ones of half the width. */
    private static final Pattern OTHER_WIDTH = Pattern.compile("[\uFF01-\uFFEE]+");

    /** A longer text is no name. To put its letters into one form could take a second. */
    private static final int MOST_TIDIED = 1000;

    private static final Pattern BLANKS = Pattern.compile("[\\p{Z}\\s]+");

    /** Invisible characters, which LDAP ignores as well (RFC 4518 §2.2). */
    private static final Pattern INVISIBLE = Pattern.compile("[\\p{Cf}\u034F\u180B-\u180D\uFE00-\uFE0F\uFFFC]");

    private final String word;

    Usernames(String word) {
        this.word = word;
    }

    static Optional<Usernames> parse(String value) {
        for (Usernames each : values()) {
            if (each.word.equals(value)) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    /**
     * A typed name without blanks around it, in one Unicode form: phones append a blank, some send ü as two characters, and
     * Japanese keyboards have an ａ of full width (RFC 8265 §3.3).
     */
    public static String tidied(String typed) {
        if (typed.length() > MOST_TIDIED) {
            return typed;
        }
        String usual = OTHER_WIDTH
                .matcher(typed)
                .replaceAll(wide -> Matcher.quoteReplacement(Normalizer.normalize(wide.group(), Normalizer.Form.NFKC)));
        return AROUND.matcher(Normalizer.normalize(usual, Normalizer.Form.NFC)).replaceAll("");
    }

    /** The subject of a person whom the Realm has let in by this name. */
    public String subject(String name) {
        if (this == EXACT) {
            return name;
        }
        String plain = Normalizer.normalize(name, Normalizer.Form.NFKC);
        plain = BLANKS.matcher(INVISIBLE.matcher(plain).replaceAll(""))
                .replaceAll(" ")
                .strip();
        // upper case first, so that ß and SS are one name
        return Normalizer.normalize(plain.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT), Normalizer.Form.NFC);
    }

    @Override
    public String toString() {
        return word;
    }
}
