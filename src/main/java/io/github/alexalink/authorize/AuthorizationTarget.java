package io.github.alexalink.authorize;

import io.github.alexalink.client.Client;
import io.github.alexalink.client.RedirectTarget;
import io.github.alexalink.config.Settings;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.store.AuditRepository;
import io.github.alexalink.store.ClientRepository;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Checks the client and the redirect URI of an authorization request. Until both are known to be good, no redirect is
 * safe (RFC 6749 §4.1.2.1).
 */
public final class AuthorizationTarget {

    private final ClientRepository clients;
    private final AuditRepository audit;
    private final Settings settings;

    public AuthorizationTarget(ClientRepository clients, AuditRepository audit, Settings settings) {
        this.clients = clients;
        this.audit = audit;
        this.settings = settings;
    }

    /** A registered client, and where its answer goes. */
    public record Found(Client client, RedirectTarget target) {}

    /** A refusal that can only be shown on a page: the key of its text, and the reason for the log. */
    public static final class NoRedirect extends Exception {
        private static final long serialVersionUID = 1L;

        private final String key;
        private final transient Optional<Reason> reason;

        NoRedirect(String key, String why) {
            this(key, why, Optional.empty());
        }

        NoRedirect(String key, String why, Optional<Reason> reason) {
            super(reason.map(known -> known.id() + ": ").orElse("") + why, null, false, false);
            this.key = key;
            this.reason = reason;
        }

        public Optional<Reason> reason() {
            return reason;
        }

        public String key() {
            return key;
        }

        /**
         * The name of this refusal in metrics: RFC 6749 has a word for two of the three, RFC 7591 §3.2.2 for the third.
         */
        public String outcome() {
            return switch (key) {
                case "problem.client" -> "invalid_client";
                case "problem.redirect_uri" -> "invalid_redirect_uri";
                default -> "invalid_request";
            };
        }
    }

    /**
     * Finds client and redirect target.
     *
     * @param language of the page
     * @throws NoRedirect if a page must tell the listener instead
     */
    public Found find(Parameters parameters, String language) throws NoRedirect, SQLException {
        String clientId;
        try {
            clientId = parameters.required("client_id");
        } catch (OAuthException refused) {
            throw new NoRedirect("problem.client", refused.getMessage());
        }
        Optional<Client> client = clients.byId(clientId, language);
        if (client.isEmpty()) {
            throw new NoRedirect(
                    "problem.client",
                    "client [" + Printable.of(clientId) + "] is not registered",
                    Optional.of(Reason.CLIENT_UNKNOWN));
        }
        if (!client.get().enabled()) {
            throw new NoRedirect(
                    "problem.client", "client [" + clientId + "] is disabled", Optional.of(Reason.CLIENT_DISABLED));
        }
        String redirectUri = null;
        try {
            redirectUri = parameters.required("redirect_uri");
            return new Found(
                    client.get(),
                    RedirectTarget.of(client.get(), redirectUri, parameters.optional("state"), settings.issuer()));
        } catch (OAuthException refused) {
            boolean unregistered =
                    redirectUri != null && client.get().registered(redirectUri).isEmpty();
            audit.refused("authorization_refused", clientId, null, refused.audited());
            throw new NoRedirect(
                    unregistered ? "problem.redirect_uri" : "problem.request",
                    "client [" + clientId + "]: " + refused.getMessage()
                            + (unregistered ? ", it is [" + Printable.of(redirectUri) + "]" : ""),
                    refused.reason());
        }
    }

    /** The redirect that tells the client of a refusal. Also writes the audit event. */
    public String refusing(Found found, OAuthException refused, String username) {
        audit.refused(
                refused.code() == ErrorCode.ACCESS_DENIED ? "access_denied" : "authorization_refused",
                found.client().clientId(),
                username,
                refused.audited());
        return found.target().refusing(refused);
    }
}
