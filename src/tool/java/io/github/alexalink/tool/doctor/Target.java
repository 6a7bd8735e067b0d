package io.github.alexalink.tool.doctor;

import io.github.alexalink.diagnosis.Shell;
import java.net.IDN;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The server that is looked at: the issuer, as Alexa is told it.
 *
 * @param host in lower case and ASCII; an IPv6 address without brackets
 * @param path without a slash at its end; may be empty
 */
public record Target(String host, int port, String path) {

    public static final int HTTPS = 443;

    private static final int MOST_PORT = 65_535;
    private static final Pattern INVISIBLE = Pattern.compile("[\\u00A0\\u200B-\\u200F\\u2060\\uFEFF]");
    private static final Pattern BLANK = Pattern.compile("\\s");

    /** A query or a fragment. */
    private static final Pattern REST = Pattern.compile("[?#].*");

    /** The scheme and its slashes, typed in one of the usual ways. */
    private static final Pattern SCHEME = Pattern.compile("(?i)(https?)(?:\\s*[:;]?\\s*/{1,2}(?=[^/])|:(?=[^/\\d]))");

    /** The scheme, and a user with a password, in which each character may stand. */
    private static final Pattern USER = Pattern.compile("^\\s*(?:\\w+:/*)?[^?#]*@");

    private static final String ENDPOINT =
            "/(authorize|approve|token|revoke|introspect|links|health|metrics|operator|\\.well-known(/.*)?)$";

    /**
     * Reads an address as people paste it: the scheme may be missing, an endpoint or a slash may be at its end.
     *
     * @throws IllegalArgumentException with a reason that can be shown, and the line to type if it can be guessed
     */
    public static Target of(String pasted) {
        String text = INVISIBLE.matcher(pasted).replaceAll("").strip();
        if (USER.matcher(text).find()) {
            throw new IllegalArgumentException("leave out what is before the @, Alexa sends no user with the address:"
                    + typed(USER.matcher(text).replaceFirst("")));
        }
        Matcher scheme = SCHEME.matcher(text);
        if (scheme.lookingAt()) { // with a character too few or too many
            if (scheme.group(1).equalsIgnoreCase("http")) {
                throw new IllegalArgumentException("Alexa asks by https only:" + typed(text.substring(scheme.end())));
            }
            text = text.substring(scheme.end());
        }
        Matcher rest = REST.matcher(text);
        if (rest.find()) {
            throw new IllegalArgumentException(
                    "leave out what is after the " + rest.group().charAt(0)
                            + ", the address that Amazon is told has nothing there:"
                            + typed(rest.replaceFirst("").replaceFirst(ENDPOINT, "")));
        }
        if (BLANK.matcher(text).find()) {
            throw new IllegalArgumentException(
                    "there is a blank in it:" + typed(BLANK.matcher(text).replaceAll("")));
        }
        URI uri = uri(text.contains("://") ? text : "https://" + text);
        if (!"https".equalsIgnoreCase(uri.getScheme()) || uri.getHost() == null) {
            throw none();
        }
        if (uri.getPort() == 0 || uri.getPort() > MOST_PORT) {
            throw new IllegalArgumentException("a port is a number from 1 to " + MOST_PORT);
        }
        String path = uri.getRawPath()
                .replaceAll("/{2,}", "/")
                .replaceFirst("/$", "")
                .replaceFirst(ENDPOINT, "")
                .replaceFirst("/$", "");
        if (!Shell.isPlainPath(path)) {
            throw new IllegalArgumentException("a path has letters, digits and . _ ~ - alone");
        }
        String host = uri.getHost().replaceAll("[\\[\\]]|\\.$", "").toLowerCase(Locale.ROOT);
        return new Target(host, uri.getPort() < 0 ? HTTPS : uri.getPort(), path);
    }

    /** What was pasted, without the user, the password and the query that may be in it. */
    public static String shown(String pasted) {
        return REST.matcher(USER.matcher(pasted).replaceFirst("…@"))
                .replaceFirst("…")
                .replaceAll("\\p{Cntrl}", "?");
    }

    private static String typed(String rest) {
        return "\n    java -jar alexa.war doctor "
                + Shell.word("https://" + BLANK.matcher(rest).replaceAll(""));
    }

    private static IllegalArgumentException none() {
        return new IllegalArgumentException(
                "that is no address of a server, whose name has letters, digits, hyphens and" + " dots. Wanted:"
                        + typed("music.example.org/alexa"));
    }

    private static URI uri(String text) {
        try {
            URI uri = new URI(text);
            if (uri.getHost() == null && uri.getRawAuthority() != null) { // a name with letters beyond ASCII
                String[] parts = uri.getRawAuthority().split(":", 2);
                return new URI(uri.getScheme() + "://" + IDN.toASCII(parts[0])
                        + (parts.length == 2 ? ":" + parts[1] : "") + uri.getRawPath());
            }
            return uri;
        } catch (URISyntaxException | IllegalArgumentException broken) {
            throw none();
        }
    }

    /** As it stands in a URL, and in the header {@code Host}. */
    String authority() {
        return port == HTTPS ? name() : name() + ":" + port;
    }

    /** Whether the host is an IP address. */
    boolean isNumber() {
        return host.matches("[0-9.]+|.*:.*");
    }

    /** The host as it stands in a URL. */
    String name() {
        return host.contains(":") ? "[" + host + "]" : host;
    }

    Target at(int otherPort) {
        return new Target(host, otherPort, path);
    }

    String origin() {
        return "https://" + authority();
    }

    String url() {
        return origin() + path;
    }

    /** Whether another address means this one; letter case of the host and the default port make no difference. */
    boolean isMeantBy(String other) {
        try {
            URI uri = new URI(other);
            String name = String.valueOf(uri.getHost()).replaceAll("[\\[\\]]", "");
            return "https".equalsIgnoreCase(uri.getScheme())
                    && name.equalsIgnoreCase(host)
                    && (uri.getPort() < 0 ? HTTPS : uri.getPort()) == port
                    && String.valueOf(uri.getRawPath()).equals(path);
        } catch (URISyntaxException broken) {
            return false;
        }
    }
}
