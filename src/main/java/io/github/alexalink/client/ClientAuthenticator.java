package io.github.alexalink.client;

import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import java.util.Optional;

/** Authenticates clients (RFC 6749 §2.3, §3.2.1). */
public final class ClientAuthenticator {

    private ClientAuthenticator() {}

    /**
     * Returns the client if it has proved itself. A public client proves itself later, by PKCE; one that sends a secret
     * is an impostor.
     *
     * @throws OAuthException {@code invalid_client}, with the same words for an unknown client as for a wrong secret
     */
    public static Client authenticate(Optional<Client> registered, ClientCredentials credentials)
            throws OAuthException {
        Client client = registered.filter(Client::enabled).orElseThrow(ClientAuthenticator::failed);
        boolean proved =
                switch (client.kind()) {
                    case PUBLIC -> credentials.secretHashes().isEmpty();
                    case CONFIDENTIAL, RESOURCE_SERVER ->
                        credentials.secretHashes().stream()
                                .anyMatch(sent -> client.secretHashes().stream().anyMatch(sent::matches));
                };
        if (!proved) {
            throw failed();
        }
        return client;
    }

    /** Whether this client would have authenticated without the mistake that is guessed. */
    public static boolean isMeant(Optional<Client> registered, ClientCredentials.Guess guess) {
        return registered
                .filter(Client::enabled)
                .filter(client -> client.secretHashes().stream().anyMatch(guess.secretHash()::matches))
                .isPresent();
    }

    private static OAuthException failed() {
        return new OAuthException(ErrorCode.INVALID_CLIENT, "client authentication failed");
    }
}
