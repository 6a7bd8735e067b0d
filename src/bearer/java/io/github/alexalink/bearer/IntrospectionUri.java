package io.github.alexalink.bearer;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;

/** The address at which an Alexa Link in another Tomcat is asked: by https, or on this machine. */
final class IntrospectionUri {

    /** The names of this machine that {@code alexa.issuer} takes too. Any other name may resolve to another machine tomorrow. */
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private static final int LAST_PORT = 65_535;

    private IntrospectionUri() {}

    /**
     * Reads the address from the Valve's attribute.
     *
     * @throws IllegalArgumentException if it will not do; the message never repeats a password
     */
    static URI checked(String value) {
        if (value.contains("@")) {
            // the text before the @ may be a password, and is not repeated
            throw new IllegalArgumentException("introspectionUri has an @ in it: it takes no user name and no password,"
                    + " those are clientId and clientSecretFile");
        }
        URI uri;
        try {
            uri = new URI(value);
        } catch (URISyntaxException notAUri) {
            throw noAddress(value);
        }
        boolean https = "https".equals(uri.getScheme());
        boolean http = "http".equals(uri.getScheme());
        if (!(https || http) || uri.getHost() == null || uri.getPort() > LAST_PORT || uri.getRawFragment() != null) {
            throw noAddress(value);
        }
        if (http && !LOOPBACK.contains(uri.getHost())) {
            throw new IllegalArgumentException("introspectionUri is [" + shown(value)
                    + "]: by plain http the client's secret and every token cross the network readable. It must be https,"
                    + " as the address is by which Alexa reaches Alexa Link, or http on localhost, 127.0.0.1 or [::1]");
        }
        return uri;
    }

    /** Without the query, which may hold a key. */
    static String shown(URI uri) {
        return shown(uri.toString());
    }

    private static String shown(String value) {
        return value.replaceFirst("[?#].*", "");
    }

    private static IllegalArgumentException noAddress(String value) {
        return new IllegalArgumentException("introspectionUri is [" + shown(value)
                + "]: it must be an address, for example https://music.example.org/alexa/introspect");
    }
}
