package io.github.alexalink.client;

import io.github.alexalink.protocol.Sha256;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A registered client (RFC 6749 §2.2), as it is in the database at this moment.
 *
 * @param displayName what a listener reads on the page
 * @param redirectUris compared character by character (RFC 9700 §2.1)
 * @param scopes what it may ask for, each with the words a listener reads
 * @param secretHashes more than one while a secret is being exchanged; none for a public client
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

    /** What a client can be. */
    public enum Kind {
        /** Has a secret, as Alexa does. */
        CONFIDENTIAL,
        /** Has none, and must use PKCE. */
        PUBLIC,
        /** A music server: asks about tokens, never for them. */
        RESOURCE_SERVER
    }
}
