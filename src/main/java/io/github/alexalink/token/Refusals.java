package io.github.alexalink.token;

import io.github.alexalink.client.Client;
import io.github.alexalink.client.ClientAuthenticator;
import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.store.AuditRepository;
import io.github.alexalink.store.ClientRepository;
import io.github.alexalink.store.TokenRepository.Verdict;
import java.sql.SQLException;
import java.sql.SQLTransientException;

/**
 * What both grants say when the deciding statement found nothing: first who is asking, because the reason is told to an
 * authenticated client only, then why.
 */
public final class Refusals {

    private final ClientRepository clients;
    private final AuditRepository audit;

    public Refusals(ClientRepository clients, AuditRepository audit) {
        this.clients = clients;
        this.audit = audit;
    }

    /** Refuses who is not a client, or is one that may not have tokens (RFC 6749 §5.2). */
    void authenticate(ClientCredentials credentials) throws OAuthException, SQLException {
        Client client;
        try {
            client = ClientAuthenticator.authenticate(clients.byId(credentials.clientId()), credentials);
        } catch (OAuthException refused) {
            audit.refused("token_refused", credentials.clientId(), null, refused.getMessage());
            throw refused;
        }
        if (client.kind() == Client.Kind.RESOURCE_SERVER) {
            audit.refused("token_refused", client.clientId(), null, "a resource server asked for tokens");
            throw new OAuthException(ErrorCode.UNAUTHORIZED_CLIENT, "a resource server cannot ask for tokens");
        }
    }

    /** Refuses what no row was found for; only an authenticated client is told so. */
    OAuthException unknown(ClientCredentials credentials, String reason) throws OAuthException, SQLException {
        authenticate(credentials);
        audit.refused("token_refused", credentials.clientId(), null, reason);
        return new OAuthException(ErrorCode.INVALID_GRANT, reason);
    }

    /**
     * The reason of a verdict. Where none is left (a client was enabled between the two statements, say), the token is
     * good by now, and {@code invalid_grant} would cost a household its link: it is 503, and the client asks again.
     */
    static String reason(Verdict verdict) throws SQLException {
        return verdict.reason()
                .orElseThrow(
                        () -> new SQLTransientException("refused a moment ago, but nothing stands in the way now"));
    }
}
