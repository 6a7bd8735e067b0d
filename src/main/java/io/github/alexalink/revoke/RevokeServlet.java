package io.github.alexalink.revoke;

import io.github.alexalink.endpoint.ClientEndpoint;
import io.github.alexalink.endpoint.PresentedToken;
import io.github.alexalink.endpoint.Refusals;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AccessTokenRepository;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.RefreshTokenRepository;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.logging.Logger;

/**
 * The revocation endpoint (RFC 7009 §2). A refresh token ends its link and all tokens of the link; an access token ends
 * alone. An unknown value, another client's token and a code get 200 as well, and nothing changes (§2.2).
 */
public final class RevokeServlet extends ClientEndpoint<PresentedToken, String> {

    private static final long serialVersionUID = 1L;
    private static final Logger log = Logger.getLogger(RevokeServlet.class.getName());

    private static final String REFUSED = "revocation_refused";

    private final transient RefreshTokenRepository refreshTokens;
    private final transient AccessTokenRepository accessTokens;
    private final transient Refusals refusals;

    public RevokeServlet(
            RefreshTokenRepository refreshTokens,
            AccessTokenRepository accessTokens,
            Refusals refusals,
            Database database) {
        super("revocation", database);
        this.refreshTokens = refreshTokens;
        this.accessTokens = accessTokens;
        this.refusals = refusals;
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
    protected String answer(PresentedToken request) throws OAuthException, SQLException {
        if (request.token().isEmpty()) {
            refusals.authenticateClient(request.credentials(), REFUSED);
            log.info(() -> "nothing to revoke, the token is none of ours: " + request.who());
            return "";
        }
        Token token = request.token().get();
        TokenKind kind = token.kind();
        Optional<Boolean> revoked = kind == TokenKind.ACCESS_TOKEN
                ? accessTokens.revoke(request.credentials(), token)
                : refreshTokens.revoke(request.credentials(), token);
        if (revoked.isEmpty()) {
            refusals.authenticateClient(request.credentials(), REFUSED);
            throw Refusals.reasonHasGone();
        }
        log.info(() -> (revoked.get()
                        ? kind + " revoked: "
                        : "nothing to revoke, " + kind + " is unknown, over or another client's: ")
                + request.who());
        return "";
    }

    @Override
    protected String json(String answer) {
        return answer;
    }
}
