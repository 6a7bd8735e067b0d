package io.github.alexalink.config;

import java.io.IOException;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The letters of a setting on their way from the operator's file to this JVM. Tomcat reads {@code catalina.properties} as
 * Latin-1, and in the locale C Java reads its environment and its command line as ASCII.
 */
public final class Letters {

    /** What the name of a setting begins with if a file in UTF-8 with a byte order mark was read as Latin-1. */
    static final String BYTE_ORDER_MARK =
            new String("\uFEFF".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);

    /** The second is that of an XML declaration. It differs from the first in the bytes 0x80 to 0x9F. */
    private static final List<Charset> MISTAKEN = List.of(StandardCharsets.ISO_8859_1, Charset.forName("windows-1252"));

    /** What Java writes in the place of a byte it could not read. */
    private static final char LOST = '\uFFFD';

    private static final Pattern BLANK_AROUND =
            Pattern.compile("^[\\p{Z}\\s\\u200B\\u2060\\uFEFF]+|[\\p{Z}\\s\\u200B\\u2060\\uFEFF]+$");

    private Letters() {}

    /**
     * The value as it was written, if it was written in UTF-8 and read in another encoding: {@code MÃ¼ller} is {@code Müller}.
     * Any other value is returned unchanged. In Latin-1 no word looks like UTF-8 by chance: a letter such as Ã would stand
     * before a sign such as ¼ each time.
     */
    static String asWritten(String value) {
        for (Charset mistaken : MISTAKEN) {
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(mistaken.newEncoder().encode(CharBuffer.wrap(value)))
                        .toString();
            } catch (CharacterCodingException another) {
                // the next one
            }
        }
        return value;
    }

    /** Whether letters of the value are lost: Java could not read them, or a pair of surrogates has only one half. */
    public static boolean areLost(String value) {
        return value.indexOf(LOST) >= 0
                || value.codePoints().anyMatch(point -> Character.getType(point) == Character.SURROGATE);
    }

    /**
     * Marks the letters of a system property that became question marks. In the locale C Java makes one of each byte beyond
     * ASCII on its command line.
     */
    static String withLostMarked(String name, String value) {
        return value != null && value.indexOf('?') >= 0 && hadOtherLetters(name) ? value.replace('?', LOST) : value;
    }

    /** Whether this JVM was started with a {@code -D} of that name that has bytes beyond ASCII. Only Linux can tell. */
    private static boolean hadOtherLetters(String name) {
        if (!"US-ASCII".equals(charsetOfTheCommandLine())) {
            return false;
        }
        for (String file : List.of("/proc/self/cmdline", "/proc/self/environ")) { // JAVA_TOOL_OPTIONS
            try {
                String words = Files.readString(Path.of(file), StandardCharsets.ISO_8859_1);
                for (String word : words.split("\0", -1)) {
                    if (word.contains("-D" + name + "=") && word.chars().anyMatch(letter -> letter > 0x7F)) {
                        return true;
                    }
                }
            } catch (IOException another) {
                return false;
            }
        }
        return false;
    }

    private static String charsetOfTheCommandLine() {
        try {
            return Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"))
                    .name();
        } catch (IllegalArgumentException unknown) {
            return "unknown";
        }
    }

    /** Why letters are lost, and what the operator can do. */
    static String whyLost() {
        return "letters of it are lost. Java reads its environment and its command line as ["
                + charsetOfTheCommandLine()
                + "] here: put the line \"export LC_ALL=C.UTF-8\" into Tomcat's bin/setenv.sh (with systemd:"
                + " Environment=LC_ALL=C.UTF-8 in the unit), or write the setting into conf/catalina.properties";
    }

    /** The value without blanks around it, also those that cannot be seen and come with a copy from a web page. */
    static String trimmed(String value) {
        return BLANK_AROUND.matcher(value).replaceAll("");
    }
}
