package io.github.alexalink.tool.doctor;

import io.github.alexalink.protocol.Printable;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.json.JSONException;
import org.json.JSONObject;

/**
 * A whole answer.
 *
 * @param headers names in lower case, in the order in which they came
 * @param text the body
 * @param times in milliseconds
 */
record Reply(int status, List<Map.Entry<String, String>> headers, String text, Times times) {

    private static final Pattern TITLE = Pattern.compile("(?is)<title[^>]*>(.*?)</title>");

    /** How long each part took. */
    record Times(long connect, long handshake, long server) {
        long all() {
            return connect + handshake + server;
        }

        boolean isMostlyHandshake() {
            return handshake > all() / 2;
        }

        boolean isMostlyConnect() {
            return connect > all() / 2;
        }

        String shown() {
            return "connect " + connect + " ms, TLS " + handshake + " ms, answer " + server + " ms";
        }
    }

    List<String> all(String name) {
        return headers.stream()
                .filter(header -> header.getKey().equals(name))
                .map(Map.Entry::getValue)
                .toList();
    }

    String header(String name) {
        return String.join(", ", all(name));
    }

    Optional<JSONObject> json() {
        try {
            return Optional.of(new JSONObject(text));
        } catch (JSONException none) {
            return Optional.empty();
        }
    }

    boolean isHtml() {
        String type = header("content-type").toLowerCase(Locale.ROOT);
        return type.contains("html")
                || text.stripLeading().regionMatches(true, 0, "<!doctype html", 0, 14)
                || text.stripLeading().regionMatches(true, 0, "<html", 0, 5);
    }

    boolean isRedirect() {
        return status >= 300 && status < 400 && status != 304;
    }

    /** Where a redirect leads, without the query, in which a secret may stand. */
    String destination() {
        return Printable.of(header("location").replaceFirst("[?#].*", ""));
    }

    Optional<Instant> date() {
        try {
            return Optional.of(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(header("date"))));
        } catch (DateTimeException none) {
            return Optional.empty();
        }
    }

    /** For a report: the status, and what kind of answer it is. */
    String shown() {
        if (isRedirect()) {
            return "status " + status + ", to " + destination();
        }
        Matcher title = TITLE.matcher(text);
        String type = header("content-type").replaceFirst(";.*", "").strip();
        return "status " + status
                + (isHtml() && title.find()
                        ? ", a page called ["
                                + Printable.of(title.group(1).strip().replaceAll("\\s+", " ")) + "]"
                        : type.isEmpty() ? ", no Content-Type" : ", " + Printable.of(type));
    }
}
