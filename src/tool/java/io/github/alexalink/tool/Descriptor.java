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
    private static final String ATTRIBUTES = "(?:[^>\"']|\"[^\"]*\"|'[^']*')*?";
    private static final Pattern CONTEXT_OR_COMMENT = Pattern.compile("(?s)<!--.*?-->|<Context\\b" + ATTRIBUTES + ">");

    /** What stands in a comment is no setting. */
    private static final Pattern PARAMETER_OR_COMMENT =
            Pattern.compile("(?s)<!--.*?-->|<Parameter\\b" + ATTRIBUTES + "(?:/>|>\\s*</Parameter\\s*>)");

    private static final Pattern NAME = Pattern.compile("\\sname\\s*=\\s*([\"'])(.*?)\\1");
    private static final Pattern SUM = Pattern.compile("sum ([0-9a-f]{64})");

    private Descriptor() {}

    /** A new one. */
    static String of(Map<String, String> settings) {
        String head =
                "<!-- Written by \"java -jar alexa.war setup\", which writes it anew for a newer WAR as long as nobody else changed it."
                        + "\n     Settings: docs/operator.md. sum 0 -->";
        String text = with(settings, COMMENT.matcher(own()).replaceFirst(Matcher.quoteReplacement(head)));
        return text.replaceFirst("sum 0 ", "sum " + sum(text) + " ");
    }

    /** Whether the text is as {@link #of} made it, in this version or an older one. */
    static boolean isUntouched(String text) {
        Matcher sum = SUM.matcher(text);
        return sum.find() && sum(SUM.matcher(text).replaceFirst("sum 0")).equals(sum.group(1));
    }

    /** A text with these settings in the place of those it has; the rest of it stays as somebody wrote it. */
    static String with(Map<String, String> settings, String text) {
        Map<String, String> missing = new TreeMap<>(settings);
        String changed = PARAMETER_OR_COMMENT.matcher(text).replaceAll(found -> {
            String name = nameOf(found.group());
            String value = settings.get(name);
            if (value == null) {
                return Matcher.quoteReplacement(found.group());
            }
            missing.remove(name);
            return Matcher.quoteReplacement(line(name, value));
        });
        if (missing.isEmpty()) {
            return changed;
        }
        StringBuilder lines = new StringBuilder();
        missing.forEach((name, value) -> lines.append("\n  ").append(line(name, value)));
        boolean[] added = {false};
        return CONTEXT_OR_COMMENT.matcher(changed).replaceAll(found -> {
            String tag = found.group();
            if (added[0] || tag.startsWith("<!--")) {
                return Matcher.quoteReplacement(tag);
            }
            added[0] = true;
            return Matcher.quoteReplacement(
                    tag.endsWith("/>")
                            ? tag.substring(0, tag.length() - 2).stripTrailing() + ">\n" + lines + "\n</Context>"
                            : tag + "\n" + lines);
        });
    }

    private static String line(String name, String value) {
        return "<Parameter name=\"" + name + "\" value=\"" + escaped(value) + "\"/>";
    }

    private static String nameOf(String tag) {
        Matcher name = NAME.matcher(tag);
        return !tag.startsWith("<!--") && name.find() ? name.group(2) : "";
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
