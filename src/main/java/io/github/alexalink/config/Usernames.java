package io.github.alexalink.config;

import java.text.Normalizer;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How the Realm compares the names of people. One person must be one subject, however they type their name: whatever ends
 * the links of a subject would not reach those of another spelling.
 */
public enum Usernames {

    /** LDAP, MySQL and SQL Server take {@code Anna} for {@code anna}. */
    IGNORE_CASE("ignore-case"),

    /** {@code Anna} and {@code anna} are two people. */
    EXACT("exact");

    private static final Pattern AROUND = Pattern.compile("^[\\p{Z}\\s]+|[\\p{Z}\\s]+$");

    private static final Pattern BLANKS = Pattern.compile("[\\p{Z}\\s]+");

    /** Characters that are not seen; LDAP ignores them as well (RFC 4518 §2.2). */
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

    /** A name as it was meant: phones leave a blank behind it, and some type ü in two pieces (RFC 8265 §3.3). */
    public static String tidied(String typed) {
        return AROUND.matcher(Normalizer.normalize(typed, Normalizer.Form.NFC)).replaceAll("");
    }

    /** The subject of somebody whom the Realm has let in by this name. */
    public String subject(String name) {
        if (this == EXACT) {
            return name;
        }
        String plain = Normalizer.normalize(name, Normalizer.Form.NFKC);
        plain = BLANKS.matcher(INVISIBLE.matcher(plain).replaceAll(""))
                .replaceAll(" ")
                .strip();
        // by way of the capitals, so that ß and SS are one name
        return Normalizer.normalize(plain.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT), Normalizer.Form.NFC);
    }

    @Override
    public String toString() {
        return word;
    }
}
