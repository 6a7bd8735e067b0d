package io.github.alexalink.endpoint;

import io.github.alexalink.client.Client;
import io.github.alexalink.client.ClientAuthenticator;
import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.store.AuditRepository;
import io.github.alexalink.store.ClientRepository;
import java.sql.SQLException;
import java.sql.SQLTransientException;

/**
 * What an endpoint says when its deciding statement, which authenticates the client too, found nothing: first who is
 * asking, because the reason is told to an authenticated client only.
 */
public final class Refusals {

    private final ClientRepository clients;
    private final AuditRepository audit;

    public Refusals(ClientRepository clients, AuditRepository audit) {
        this.clients = clients;
        this.audit = audit;
    }

    /**
     * Refuses who is not a client, or is one that can have no tokens (RFC 6749 §5.2).
     *
     * @param event what the trail calls it, for example {@code token_refused}
     */
    public void authenticateClient(ClientCredentials credentials, String event) throws OAuthException, SQLException {
        if (authenticate(credentials, event).kind() == Client.Kind.RESOURCE_SERVER) {
            throw refusing(
                    credentials,
                    event,
                    new OAuthException(ErrorCode.UNAUTHORIZED_CLIENT, "a resource server has no tokens of its own"));
        }
    }

    /** Refuses who is not a resource server (RFC 7662 §2.1). */
    public void authenticateResourceServer(ClientCredentials credentials, String event)
            throws OAuthException, SQLException {
        if (authenticate(credentials, event).kind() != Client.Kind.RESOURCE_SERVER) {
            throw refusing(
                    credentials,
                    event,
                    new OAuthException(ErrorCode.INVALID_CLIENT, "this client is not registered as a resource server"));
        }
    }

    private Client authenticate(ClientCredentials credentials, String event) throws OAuthException, SQLException {
        try {
            return ClientAuthenticator.authenticate(clients.byId(credentials.clientId()), credentials);
        } catch (OAuthException refused) {
            throw refusing(credentials, event, refused);
        }
    }

    /** Puts a refusal into the trail, and gives it back to be thrown. */
    public OAuthException refusing(ClientCredentials credentials, String event, OAuthException refused) {
        audit.refused(event, credentials.clientId(), null, refused.getMessage());
        return refused;
    }

    /**
     * Where no reason is left (a client was enabled between the two statements, say) the request is good by now, and a
     * refusal would cost a household its link: it is 503, and the client asks again.
     */
    public static SQLException nothingInTheWay() {
        return new SQLTransientException("refused a moment ago, but nothing stands in the way now");
    }
}
