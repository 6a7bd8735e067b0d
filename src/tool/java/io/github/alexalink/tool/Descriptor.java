package io.github.alexalink.tool;

import io.github.alexalink.protocol.Sha256;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text of a context descriptor: the WAR's own, with the settings in it. */
final class Descriptor {

    private static final Pattern COMMENT = Pattern.compile("(?s)(?<=\\?>\n)<!--.*?-->");
    private static final Pattern CONTEXT = Pattern.compile("<Context\\b[^>]*>");
    private static final Pattern SUM = Pattern.compile("sum ([0-9a-f]{64})");

    private Descriptor() {}

    /** A new one. */
    static String of(Map<String, String> settings) {
        String head =
                "<!-- Written by \"java -jar alexa.war setup\", which writes it anew for a newer WAR as long as nobody else changed it."
                        + "\n     Settings: docs/operator.md. sum 0 -->";
        String text = with(settings, COMMENT.matcher(own()).replaceFirst(Matcher.quoteReplacement(head)));
        return text.replace("sum 0 ", "sum " + sum(text) + " ");
    }

    /** Whether the text is as {@link #of} made it, in this version or an older one. */
    static boolean isUntouched(String text) {
        Matcher sum = SUM.matcher(text);
        return sum.find() && sum(SUM.matcher(text).replaceFirst("sum 0")).equals(sum.group(1));
    }

    /** A text with these settings in the place of those it has; the rest of it stays as somebody wrote it. */
    static String with(Map<String, String> settings, String text) {
        String changed = text;
        StringBuilder missing = new StringBuilder();
        for (Map.Entry<String, String> setting : new TreeMap<>(settings).entrySet()) {
            String line =
                    "<Parameter name=\"" + setting.getKey() + "\" value=\"" + escaped(setting.getValue()) + "\"/>";
            Pattern there =
                    Pattern.compile("<Parameter\\s[^>]*name=[\"']" + Pattern.quote(setting.getKey()) + "[\"'][^>]*/>");
            Matcher found = there.matcher(changed);
            if (found.find()) {
                changed = found.replaceFirst(Matcher.quoteReplacement(line));
            } else {
                missing.append("\n  ").append(line);
            }
        }
        return missing.isEmpty()
                ? changed
                : CONTEXT.matcher(changed)
                        .replaceFirst(context -> Matcher.quoteReplacement(context.group() + "\n" + missing));
    }

    /** The descriptor that the WAR has. */
    static String own() {
        return Scripts.packed("context.xml");
    }

    private static String sum(String text) {
        return HexFormat.of().formatHex(Sha256.of(text).bytes());
    }

    /** In ASCII, so that no program mistakes its encoding. */
    private static String escaped(String value) {
        StringBuilder escaped = new StringBuilder();
        value.codePoints().forEach(point -> {
            if (point > 0x7E || point < 0x20 || "<>&\"'".indexOf(point) >= 0) {
                escaped.append("&#").append(point).append(';');
            } else {
                escaped.appendCodePoint(point);
            }
        });
        return escaped.toString();
    }
}
