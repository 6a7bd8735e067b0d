package io.github.alexalink.token;

import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.TokenRepository;
import io.github.alexalink.store.TokenRepository.Granted;
import io.github.alexalink.store.TokenRepository.Refresh;
import io.github.alexalink.store.TokenRepository.Verdict;
import java.sql.SQLException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refreshes an access token (RFC 6749 §6). The answer repeats the refresh token: Alexa loses links to servers that
 * replace it.
 */
public final class RefreshTokenGrant {

    private static final Logger log = LoggerFactory.getLogger(RefreshTokenGrant.class);

    private static final String UNKNOWN = "the refresh token is not known";

    private final TokenRepository tokens;
    private final Refusals refusals;

    public RefreshTokenGrant(TokenRepository tokens, Refusals refusals) {
        this.tokens = tokens;
        this.refusals = refusals;
    }

    TokenAnswer refresh(TokenRequest.OfRefreshToken request) throws OAuthException, SQLException {
        if (request.presented().isEmpty()) {
            throw refusals.unknown(request.credentials(), UNKNOWN);
        }
        Token refreshToken = request.presented().get();
        Refresh refresh = new Refresh(request.credentials(), refreshToken, request.scope());
        Token accessToken = Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId());
        Optional<Granted> granted = tokens.refresh(refresh, accessToken);
        if (granted.isEmpty()) {
            throw refused(refresh);
        }
        log.info("token refreshed: {}, for [{}]", request.who(), granted.get().scope());
        return new TokenAnswer(
                accessToken,
                granted.get().expiresIn(),
                refreshToken,
                granted.get().scope());
    }

    private OAuthException refused(Refresh refresh) throws OAuthException, SQLException {
        refusals.authenticate(refresh.credentials());
        Optional<Verdict> verdict = tokens.whyNotRefreshed(refresh);
        if (verdict.isEmpty()) {
            return refusals.unknown(refresh.credentials(), UNKNOWN);
        }
        String reason = Refusals.reason(verdict.get());
        return new OAuthException(
                verdict.get().event().equals("scope_refused") ? ErrorCode.INVALID_SCOPE : ErrorCode.INVALID_GRANT,
                reason);
    }
}
