package io.github.alexalink.endpoint;

import io.github.alexalink.client.Client;
import io.github.alexalink.client.ClientAuthenticator;
import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.store.AuditRepository;
import io.github.alexalink.store.ClientRepository;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.logging.Logger;

/**
 * Finds the refusal after a deciding statement, which also authenticates the client, returned no row. It authenticates
 * the client first, because only an authenticated client may learn the reason.
 */
public final class Refusals {

    private static final Logger log = Logger.getLogger(Refusals.class.getName());

    private final ClientRepository clients;
    private final AuditRepository audit;

    public Refusals(ClientRepository clients, AuditRepository audit) {
        this.clients = clients;
        this.audit = audit;
    }

    /**
     * Refuses a client that fails authentication or is a resource server, which gets no tokens (RFC 6749 §5.2).
     *
     * @param event the event for the audit trail, for example {@code token_refused}
     */
    public void authenticateClient(ClientCredentials credentials, String event) throws OAuthException, SQLException {
        authenticateClient(credentials, event, Optional.empty());
    }

    /**
     * Refuses a client that presents a code, and fails authentication or is a resource server.
     *
     * @param code beside which the refusal stands in the audit trail, if it waits to be redeemed
     */
    public void authenticateClient(ClientCredentials credentials, String event, Optional<Token> code)
            throws OAuthException, SQLException {
        if (authenticate(credentials, event, code).kind() == Client.Kind.RESOURCE_SERVER) {
            OAuthException refused = new OAuthException(ErrorCode.UNAUTHORIZED_CLIENT, Reason.RESOURCE_SERVER);
            throw refusing(Optional.of(credentials.clientId()), event, code, refused);
        }
    }

    /** Refuses a client that is not a resource server (RFC 7662 §2.1). */
    public void authenticateResourceServer(ClientCredentials credentials, String event)
            throws OAuthException, SQLException {
        if (authenticate(credentials, event, Optional.empty()).kind() != Client.Kind.RESOURCE_SERVER) {
            throw refusing(
                    credentials,
                    event,
                    new OAuthException(ErrorCode.INVALID_CLIENT, "this client is not registered as a resource server"));
        }
    }

    /** Records that a resource server was not told of a token, because it may introspect those of other clients only. */
    public void tokenOfAnotherClient(ClientCredentials resourceServer, String client) {
        audit.refused(
                "introspection_refused",
                resourceServer.clientId(),
                null,
                "the token is of client [" + client + "]: alexa.limit_resource_server does not name it");
    }

    private Client authenticate(ClientCredentials credentials, String event, Optional<Token> code)
            throws OAuthException, SQLException {
        try {
            return ClientAuthenticator.authenticate(clients.byId(credentials.clientId()), credentials);
        } catch (OAuthException refused) {
            String mistake = "";
            for (ClientCredentials.Guess guess : credentials.guesses()) {
                if (ClientAuthenticator.isMeant(clients.byId(guess.clientId()), guess)) {
                    mistake = guess.mistake();
                    log.warning(() -> "client [" + Printable.of(guess.clientId())
                            + "] is refused: it sent the right secret, but " + guess.mistake());
                }
            }
            ClientRepository.NotAuthenticated why = clients.whyNotAuthenticated(credentials);
            String detail = why.since()
                    .map(since -> since.truncatedTo(ChronoUnit.SECONDS).toString())
                    .orElse(mistake);
            OAuthException known = new OAuthException(refused.code(), why.reason(), refused.getMessage(), detail);
            throw refusing(Optional.of(credentials.clientId()), event, code, known);
        }
    }

    /**
     * Writes the refusal of a request into the audit trail, beside its code if that waits to be redeemed, and returns it to
     * be thrown.
     *
     * @param clientId as it was sent; empty if none could be read
     */
    public OAuthException refusing(
            Optional<String> clientId, String event, Optional<Token> code, OAuthException refused) {
        if (code.isPresent()) {
            audit.codeRefused(event, clientId.orElse(null), code.get(), refused);
        } else if (clientId.isPresent()) {
            audit.refused(event, clientId.get(), null, refused.audited());
        }
        return refused;
    }

    /** Writes a refusal into the audit trail, and returns it to be thrown. */
    public OAuthException refusing(ClientCredentials credentials, String event, OAuthException refused) {
        audit.refused(event, credentials.clientId(), null, refused.audited());
        return refused;
    }

    /**
     * The first statement refused the request, and the second found no reason: something changed in between, for example
     * the client was enabled. Answered 503, so that the client sends the request again; a refusal would cost a household
     * its link.
     */
    public static SQLException reasonHasGone() {
        return new SQLTransientException("refused a moment ago, but nothing stands in the way now");
    }
}
