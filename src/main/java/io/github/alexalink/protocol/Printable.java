package io.github.alexalink.protocol;

import java.util.regex.Pattern;

/**
 * A client's text made safe for a log line: printable ASCII, cut to a readable length, and without anything that looks
 * like one of our secrets. People often paste id and secret into each other's field.
 */
public final class Printable {

    private static final int MAX = 200;
    private static final Pattern SECRET = Pattern.compile("(al[acrs]_)[A-Za-z0-9_-]{8,}");
    private static final Pattern UNPRINTABLE = Pattern.compile("[^\\x20-\\x7E]");

    private Printable() {}

    public static String of(String sent) {
        String start = sent.length() > MAX ? sent.substring(0, MAX) + "..." : sent;
        return UNPRINTABLE.matcher(SECRET.matcher(start).replaceAll("$1...")).replaceAll("?");
    }
}
