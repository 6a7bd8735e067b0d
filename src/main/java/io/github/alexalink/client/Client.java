package io.github.alexalink.client;

import io.github.alexalink.protocol.Sha256;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A registered client (RFC 6749 §2.2), as it is in the database at this moment.
 *
 * @param displayName the name that listeners read on the page
 * @param redirectUris where it may have its answers sent
 * @param formAction where these may send the browser on to, as sources of CSP's {@code form-action}
 * @param scopes the scopes it may ask for, each with the words that listeners read
 * @param secretHashes two while a secret is being exchanged; none for a public client
 */
public record Client(
        String clientId,
        Kind kind,
        String displayName,
        boolean pkceRequired,
        boolean enabled,
        Set<String> redirectUris,
        List<String> formAction,
        Map<String, String> scopes,
        List<Sha256> secretHashes) {

    /** One of the sources that alexa.next_hops gives to the redirect URIs of a skill. */
    private static final String AMAZON = "https://*.amazon.com";

    /** A loopback address, its port, and what follows. A host that only begins like one is none. */
    private static final Pattern LOOPBACK =
            Pattern.compile("(http://(?:127\\.0\\.0\\.1|\\[::1]|localhost))(?::([1-9][0-9]{0,4}))?((?:/.*)?)");

    private static final int MAX_PORT = 65535;

    /** The three kinds of clients. */
    public enum Kind {
        /** Has a secret, as Alexa does. */
        CONFIDENTIAL,
        /** Has no secret, and must use PKCE. */
        PUBLIC,
        /** A music server: it introspects tokens and gets none. */
        RESOURCE_SERVER
    }

    /** Whether this is a skill of Alexa's: Amazon gets its answers. */
    public boolean isAmazons() {
        return formAction.contains(AMAZON);
    }

    /**
     * The registered redirect URI that fits the one asked with: the same, character by character (RFC 9700 §2.1). An app
     * on a computer learns its port from the operating system at each start, so for a public client a loopback address
     * fits whatever its port is (RFC 8252 §7.3).
     */
    public Optional<String> registered(String asked) {
        if (redirectUris.contains(asked)) {
            return Optional.of(asked);
        }
        Optional<String> withoutPort = kind == Kind.PUBLIC ? loopback(asked) : Optional.empty();
        return withoutPort.flatMap(address -> redirectUris.stream()
                .filter(uri -> loopback(uri).equals(withoutPort))
                .findFirst());
    }

    /** A loopback address without its port; empty if it is none. */
    private static Optional<String> loopback(String uri) {
        Matcher loopback = LOOPBACK.matcher(uri);
        if (!loopback.matches()) {
            return Optional.empty();
        }
        String port = loopback.group(2);
        return port != null && Integer.parseInt(port) > MAX_PORT
                ? Optional.empty()
                : Optional.of(loopback.group(1) + loopback.group(3));
    }
}
