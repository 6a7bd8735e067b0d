package io.github.alexalink.token;

import io.github.alexalink.endpoint.ClientEndpoint;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.OAuthReplies;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.store.Database;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.sql.SQLException;
import java.util.logging.Logger;

/** The token endpoint (RFC 6749 §3.2). It answers {@code invalid_grant} only if the database has decided so. */
public final class TokenServlet extends ClientEndpoint<TokenRequest, TokenAnswer> {

    private static final long serialVersionUID = 1L;
    private static final Logger log = Logger.getLogger(TokenServlet.class.getName());

    private final transient AuthorizationCodeGrant codes;
    private final transient RefreshTokenGrant refreshTokens;

    public TokenServlet(AuthorizationCodeGrant codes, RefreshTokenGrant refreshTokens, Database database) {
        super("token request", database);
        this.codes = codes;
        this.refreshTokens = refreshTokens;
    }

    @Override
    protected TokenRequest read(HttpServletRequest http) throws OAuthException, IOException {
        Parameters form = form(http);
        try {
            return TokenRequest.from(http, form);
        } catch (OAuthException refused) {
            codes.malformed(form, refused);
            throw refused;
        }
    }

    private static Parameters form(HttpServletRequest http) throws OAuthException, IOException {
        return Parameters.ofForm(http.getContentType(), http.getInputStream());
    }

    /** The code is in the query or, if it was another parameter, in the body. */
    @Override
    protected void inTheQuery(HttpServletRequest http, Parameters query, OAuthException refused) throws IOException {
        try {
            codes.malformed(AuthorizationCodeGrant.codeIn(query).isPresent() ? query : form(http), refused);
        } catch (OAuthException unreadable) {
            log.fine(() -> "the body was not read either: " + unreadable.getMessage());
        }
    }

    @Override
    protected String who(TokenRequest request) {
        return request.who();
    }

    @Override
    protected String clientId(TokenRequest request) {
        return request.credentials().clientId();
    }

    @Override
    protected String outcome(TokenAnswer answer) {
        return "issued";
    }

    @Override
    protected TokenAnswer answer(TokenRequest request) throws OAuthException, SQLException {
        return request instanceof TokenRequest.OfCode ofCode
                ? codes.redeem(ofCode)
                : refreshTokens.refresh((TokenRequest.OfRefreshToken) request);
    }

    @Override
    protected String json(TokenAnswer answer) {
        return OAuthReplies.tokens(answer.accessToken(), answer.expiresIn(), answer.refreshToken(), answer.scope());
    }

    /**
     * For a code only: its redemption is marked as answered. Few clients can hold a connection that way, because each
     * code needs a listener who has just signed in.
     */
    @Override
    protected boolean needsDatabaseOnceSent(TokenRequest request) {
        return request instanceof TokenRequest.OfCode;
    }

    @Override
    protected void sent(TokenRequest request, TokenAnswer answer) {
        if (request instanceof TokenRequest.OfCode ofCode) {
            codes.answered(ofCode, answer);
        }
    }
}
