package io.github.alexalink.client;

import io.github.alexalink.protocol.Sha256;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A registered client (RFC 6749 §2.2), as it is in the database at this moment.
 *
 * @param displayName the name that listeners read on the page
 * @param redirectUris compared character by character (RFC 9700 §2.1)
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
        Map<String, String> scopes,
        List<Sha256> secretHashes) {

    private static final Pattern AMAZON = Pattern.compile("https://([^/]+\\.)?amazon\\.(com|co\\.jp)/.*");

    /** Whether this is a skill of Alexa's: Amazon gets its answers. */
    public boolean isAmazons() {
        return redirectUris.stream().anyMatch(uri -> AMAZON.matcher(uri).matches());
    }

    /** The three kinds of clients. */
    public enum Kind {
        /** Has a secret, as Alexa does. */
        CONFIDENTIAL,
        /** Has no secret, and must use PKCE. */
        PUBLIC,
        /** A music server: it introspects tokens and gets none. */
        RESOURCE_SERVER
    }
}
