package io.github.alexalink.protocol;

/** What a stranger sent, made safe for a log line: printable ASCII, and not more of it than one can read. */
public final class Printable {

    private static final int MAX = 200;

    private Printable() {}

    public static String of(String sent) {
        String start = sent.length() > MAX ? sent.substring(0, MAX) + "..." : sent;
        return start.replaceAll("[^\\x20-\\x7E]", "?");
    }
}
