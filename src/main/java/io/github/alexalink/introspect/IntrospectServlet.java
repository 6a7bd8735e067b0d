package io.github.alexalink.introspect;

import io.github.alexalink.config.Settings;
import io.github.alexalink.endpoint.ClientEndpoint;
import io.github.alexalink.endpoint.PresentedToken;
import io.github.alexalink.endpoint.Refusals;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.OAuthReplies;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AccessTokenRepository;
import io.github.alexalink.store.AccessTokenRepository.Introspected;
import io.github.alexalink.store.Database;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;

/**
 * The introspection endpoint (RFC 7662 §2), for registered resource servers. For any value that is not a live access
 * token it answers {@code {"active":false}} without a reason (§2.2), and so it does for a token of a client that is none
 * of this resource server's (§4).
 */
public final class IntrospectServlet extends ClientEndpoint<PresentedToken, IntrospectServlet.Answer> {

    private static final long serialVersionUID = 1L;

    private final transient AccessTokenRepository tokens;
    private final transient LookUpLimit pool;
    private final transient Refusals refusals;
    private final String issuer;

    /**
     * What the resource server is told.
     *
     * @param otherClient the client of a live token that the resource server must not learn of
     */
    record Answer(String json, Optional<String> otherClient) {}

    public IntrospectServlet(
            AccessTokenRepository tokens, LookUpLimit pool, Refusals refusals, Database database, Settings settings) {
        super("introspection", database);
        this.tokens = tokens;
        this.pool = pool;
        this.refusals = refusals;
        this.issuer = settings.issuer().toString();
    }

    @Override
    protected PresentedToken read(HttpServletRequest http) throws OAuthException, IOException {
        return PresentedToken.from(http);
    }

    @Override
    protected String who(PresentedToken request) {
        return request.who();
    }

    @Override
    protected String clientId(PresentedToken request) {
        return request.credentials().clientId();
    }

    @Override
    protected String outcome(Answer answer) {
        if (answer.otherClient().isPresent()) {
            return "other_client";
        }
        return answer.json().equals(OAuthReplies.INACTIVE) ? "inactive" : "active";
    }

    @Override
    protected Answer answer(PresentedToken request) throws OAuthException, SQLException {
        return pool.lookUp(() -> lookUp(request));
    }

    private Answer lookUp(PresentedToken request) throws OAuthException, SQLException {
        Optional<Introspected> found = tokens.introspect(
                request.credentials(), request.token().filter(token -> token.kind() == TokenKind.ACCESS_TOKEN));
        if (found.isEmpty()) {
            refusals.authenticateResourceServer(request.credentials(), "introspection_refused");
            throw Refusals.reasonHasGone();
        }
        String json = found.get()
                .live()
                .map(live -> OAuthReplies.active(
                        live.scope(), live.clientId(), live.subject(), live.issuedAt(), live.expiresAt(), issuer))
                .orElse(OAuthReplies.INACTIVE);
        return new Answer(json, found.get().otherClient());
    }

    @Override
    protected String json(Answer answer) {
        return answer.json();
    }

    /** Tells the operator afterwards, so that the response does not take longer than that to an unknown token. */
    @Override
    protected void sent(PresentedToken request, Answer answer) {
        answer.otherClient().ifPresent(client -> refusals.tokenOfAnotherClient(request.credentials(), client));
    }
}
