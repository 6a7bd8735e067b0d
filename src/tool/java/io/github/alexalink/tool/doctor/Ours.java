package io.github.alexalink.tool.doctor;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How an answer of Alexa Link looks, even if a proxy has changed it on the way. */
final class Ours {

    /** The id of a client that nobody registers. */
    static final String NOBODY = "alexa-doctor";

    private static final Pattern INPUT = Pattern.compile("(?is)<input\\b[^>]*>");
    private static final Pattern ATTRIBUTE =
            Pattern.compile("(?is)\\b(type|name|value)\\s*=\\s*(\"([^\"]*)\"|'([^']*)')");

    private Ours() {}

    static boolean isHealth(Reply reply) {
        String text = reply.text();
        return (reply.status() == 200 || reply.status() == 503)
                && text.contains("status")
                && text.contains("endpoints")
                && text.contains("/authorize");
    }

    static boolean isMetadata(Reply reply) {
        return reply.status() == 200 && reply.text().contains("authorization_endpoint");
    }

    /** An answer of the token endpoint: tokens or an error of RFC 6749 §5.2. */
    static boolean isToken(Reply reply) {
        return !reply.isRedirect()
                && reply.text().matches("(?s).*\"?(error|access_token)\"?\\s*:.*")
                && (reply.status() == 200
                        || reply.text().matches("(?s).*(invalid_|unauthorized_client|unsupported_|temporarily_).*"));
    }

    /** A page: one of the sign-in form or one that says what went wrong. */
    static boolean isPage(Reply reply) {
        String text = reply.text();
        return text.contains("class=\"product\"") && text.contains("style.css");
    }

    static boolean isSignInPage(Reply reply) {
        return isPage(reply) && reply.text().contains("action=\"approve\"");
    }

    /** The hidden fields of a page, as a browser would send them back. */
    static Map<String, String> hidden(Reply page) {
        Map<String, String> fields = new LinkedHashMap<>();
        Matcher input = INPUT.matcher(page.text());
        while (input.find()) {
            Map<String, String> attributes = new LinkedHashMap<>();
            Matcher attribute = ATTRIBUTE.matcher(input.group());
            while (attribute.find()) {
                String value = Optional.ofNullable(attribute.group(3)).orElseGet(() -> attribute.group(4));
                attributes.put(attribute.group(1).toLowerCase(Locale.ROOT), value);
            }
            if ("hidden".equalsIgnoreCase(attributes.get("type")) && attributes.containsKey("name")) {
                fields.put(attributes.get("name"), decoded(attributes.getOrDefault("value", "")));
            }
        }
        return fields;
    }

    private static String decoded(String html) {
        return html.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&#43;", "+")
                .replace("&amp;", "&");
    }
}
