package io.github.alexalink.token;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.endpoint.Refusals;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.Granted;
import io.github.alexalink.store.RefreshTokenRepository;
import io.github.alexalink.store.RefreshTokenRepository.Refresh;
import io.github.alexalink.store.Verdict;
import java.sql.SQLException;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Refreshes an access token (RFC 6749 §6). The answer repeats the refresh token, because Alexa loses links to servers
 * that replace it. A client that rotates, for example a public one, gets the successor (RFC 9700 §4.14).
 */
public final class RefreshTokenGrant {

    private static final String NAME = RefreshTokenGrant.class.getName();
    private static final Logger log = Logger.getLogger(NAME);

    private static final String REFUSED = "token_refused";

    private final RefreshTokenRepository tokens;
    private final Refusals refusals;

    public RefreshTokenGrant(RefreshTokenRepository tokens, Refusals refusals) {
        this.tokens = tokens;
        this.refusals = refusals;
    }

    TokenAnswer refresh(TokenRequest.OfRefreshToken request) throws OAuthException, SQLException {
        if (request.presented().isEmpty()) {
            refusals.authenticateClient(request.credentials(), REFUSED);
            throw unknown(request.credentials());
        }
        Token refreshToken = request.presented().get();
        Refresh refresh = new Refresh(request.credentials(), refreshToken, request.scope());
        Token accessToken = Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId());
        Token successor = Token.issue(TokenKind.REFRESH_TOKEN, refreshToken.linkId());
        Optional<Granted> granted = tokens.refresh(refresh, accessToken, successor);
        if (granted.isEmpty()) {
            throw refused(refresh);
        }
        boolean rotated = granted.get().rotated();
        // names class and method itself: to find them takes the logger longer than everything else
        log.logp(
                Level.INFO,
                NAME,
                "refresh",
                () -> "token refreshed: " + request.who() + ", for ["
                        + granted.get().scope() + "]" + (rotated ? ", refresh token rotated" : ""));
        return new TokenAnswer(
                accessToken,
                granted.get().expiresIn(),
                rotated ? successor : refreshToken,
                granted.get().scope());
    }

    private OAuthException refused(Refresh refresh) throws OAuthException, SQLException {
        refusals.authenticateClient(refresh.credentials(), REFUSED);
        Optional<Verdict> verdict = tokens.whyNotRefreshed(refresh);
        if (verdict.isEmpty()) {
            return unknown(refresh.credentials());
        }
        Reason reason = verdict.get().reason().orElseThrow(Refusals::reasonHasGone);
        if (verdict.get().revoked()) {
            log.warning(() -> "refresh token [" + refresh.refreshToken().hash() + "] used again by client ["
                    + refresh.credentials().clientId() + "] after its successor: link ["
                    + refresh.refreshToken().linkId() + "] revoked");
        }
        return new OAuthException(
                reason == Reason.SCOPE_TOO_WIDE ? ErrorCode.INVALID_SCOPE : ErrorCode.INVALID_GRANT,
                reason,
                verdict.get().sentence().orElseThrow(),
                "");
    }

    private OAuthException unknown(ClientCredentials credentials) {
        return refusals.refusing(
                credentials, REFUSED, new OAuthException(ErrorCode.INVALID_GRANT, Reason.REFRESH_TOKEN_UNKNOWN));
    }
}
