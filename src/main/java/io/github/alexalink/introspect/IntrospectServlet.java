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
 * token it answers {@code {"active":false}} without a reason (§2.2).
 */
public final class IntrospectServlet extends ClientEndpoint<PresentedToken, String> {

    private static final long serialVersionUID = 1L;

    private final transient AccessTokenRepository tokens;
    private final transient LookUpLimit pool;
    private final transient Refusals refusals;
    private final String issuer;

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
    protected String outcome(String answer) {
        return answer.equals(OAuthReplies.INACTIVE) ? "inactive" : "active";
    }

    @Override
    protected String answer(PresentedToken request) throws OAuthException, SQLException {
        return pool.lookUp(() -> lookUp(request));
    }

    private String lookUp(PresentedToken request) throws OAuthException, SQLException {
        Optional<Introspected> found = tokens.introspect(
                request.credentials(), request.token().filter(token -> token.kind() == TokenKind.ACCESS_TOKEN));
        if (found.isEmpty()) {
            refusals.authenticateResourceServer(request.credentials(), "introspection_refused");
            throw Refusals.reasonHasGone();
        }
        return found.get()
                .live()
                .map(live -> OAuthReplies.active(
                        live.scope(), live.clientId(), live.subject(), live.issuedAt(), live.expiresAt(), issuer))
                .orElse(OAuthReplies.INACTIVE);
    }

    @Override
    protected String json(String answer) {
        return answer;
    }
}
