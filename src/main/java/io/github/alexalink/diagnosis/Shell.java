package io.github.alexalink.diagnosis;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.regex.Pattern;

/** Words for a line to paste into a shell. Some of them a stranger has sent, and a shell must take each for a word alone. */
public final class Shell {

    /** What no shell reads as anything else; a ~ at the beginning would be somebody's home. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._/%:@,=+-][A-Za-z0-9._~/%:@,=+-]*");

    /** What ends a line, or turns on a screen into something else than it is. */
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cntrl}\\p{Cf}\\p{Zl}\\p{Zp}]");

    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+]");
    private static final Pattern PATH = Pattern.compile("[A-Za-z0-9._~/%:-]*");
    private static final int LONGEST_ADDRESS = 200;

    private Shell() {}

    /** The text as one word: as it stands if it is plain, otherwise in single quotes. */
    public static String word(String text) {
        return PLAIN.matcher(text).matches() ? text : quoted(text);
    }

    /** The text as one word in single quotes; a letter that cannot be printed becomes a question mark. */
    static String quoted(String text) {
        return "'" + UNPRINTABLE.matcher(text).replaceAll("?").replace("'", "'\\''") + "'";
    }

    /**
     * An address that a stranger sent, as a word; empty if it is no address as an issuer may be one. Host and path have plain
     * letters alone, and it has no user, query or fragment.
     */
    public static Optional<String> address(String sent) {
        try {
            URI uri = new URI(sent);
            boolean plain = sent.length() <= LONGEST_ADDRESS
                    && "https".equalsIgnoreCase(uri.getScheme())
                    && uri.getHost() != null
                    && HOST.matcher(uri.getHost()).matches()
                    && isPlainPath(uri.getRawPath())
                    && uri.getRawUserInfo() == null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null;
            return plain ? Optional.of(word(sent)) : Optional.empty();
        } catch (URISyntaxException none) {
            return Optional.empty();
        }
    }

    /** Whether the path of an address can stand in a line as it is. */
    public static boolean isPlainPath(String path) {
        return PATH.matcher(path).matches();
    }
}
