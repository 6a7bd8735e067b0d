package io.github.alexalink.tool.doctor;

import java.net.IDN;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * The server that is looked at: the issuer, as Alexa is told it.
 *
 * @param host in lower case and ASCII; an IPv6 address without brackets
 * @param path without a slash at its end; may be empty
 */
public record Target(String host, int port, String path) {

    public static final int HTTPS = 443;

    /**
     * Reads an address as people paste it: the scheme may be missing, an endpoint or a slash may be at its end.
     *
     * @throws IllegalArgumentException with a reason that can be shown
     */
    public static Target of(String pasted) {
        String text = pasted.strip();
        if (text.toLowerCase(Locale.ROOT).startsWith("http://")) {
            throw new IllegalArgumentException("Alexa asks by https only: doctor https://" + text.substring(7));
        }
        if (!text.contains("://")) {
            text = "https://" + text;
        }
        URI uri;
        try {
            uri = new URI(text);
            if (uri.getHost() == null && uri.getRawAuthority() != null) { // a name with letters beyond ASCII
                String[] parts = uri.getRawAuthority().split(":", 2);
                uri = new URI(uri.getScheme() + "://" + IDN.toASCII(parts[0])
                        + (parts.length == 2 ? ":" + parts[1] : "") + uri.getRawPath());
            }
        } catch (URISyntaxException | IllegalArgumentException broken) {
            throw new IllegalArgumentException("that is no address. Wanted: https://music.example.org/alexa", broken);
        }
        if (!"https".equalsIgnoreCase(uri.getScheme()) || uri.getHost() == null) {
            throw new IllegalArgumentException("that is no https address. Wanted: https://music.example.org/alexa");
        }
        if (uri.getRawUserInfo() != null) {
            throw new IllegalArgumentException("leave out what is before the @: Alexa sends no user with the address");
        }
        String path = uri.getRawPath()
                .replaceFirst("/+$", "")
                .replaceFirst("/(authorize|approve|token|revoke|links|health|metrics)$", "")
                .replaceFirst("/+$", "");
        String host = uri.getHost().replaceAll("[\\[\\]]", "").toLowerCase(Locale.ROOT);
        return new Target(host, uri.getPort() < 0 ? HTTPS : uri.getPort(), path);
    }

    /** As it stands in a URL, and in the header {@code Host}. */
    String authority() {
        String name = host.contains(":") ? "[" + host + "]" : host;
        return port == HTTPS ? name : name + ":" + port;
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
