package io.github.alexalink.config;

import java.text.Normalizer;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a listener's password may be, and in which form it is hashed and compared. */
public final class Passwords {

    private static final int MAX_LENGTH = 1000;

    private static final Pattern OTHER_BLANK = Pattern.compile("[\\p{Zs}&&[^ ]]");

    private Passwords() {}

    /**
     * A password in one Unicode form and with one kind of blank, whatever keyboard it was typed on (RFC 8265 §4.2.2). It is
     * not trimmed.
     */
    public static String prepared(String password) {
        return isTooLong(password)
                ? password
                : Normalizer.normalize(OTHER_BLANK.matcher(password).replaceAll(" "), Normalizer.Form.NFC);
    }

    /** Whether a sign-in refuses it unseen: hashing a text of any length would take any time. */
    public static boolean isTooLong(String password) {
        return password.length() > MAX_LENGTH;
    }

    /** Why nobody could sign in with this password, if so. */
    public static Optional<String> objection(String password) {
        if (password.isEmpty()) {
            return Optional.of("it is empty");
        }
        if (isTooLong(prepared(password))) {
            return Optional.of("it is longer than " + MAX_LENGTH + " characters");
        }
        return Letters.areLost(password) ? Optional.of("letters of it are lost") : Optional.empty();
    }
}
