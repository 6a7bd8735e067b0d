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

    private final TokenRepository tokens;
    private final Refusals refusals;

    public RefreshTokenGrant(TokenRepository tokens, Refusals refusals) {
        this.tokens = tokens;
        this.refusals = refusals;
    }

    TokenAnswer refresh(TokenRequest.OfRefreshToken request) throws OAuthException, SQLException {
        Optional<Token> refreshToken = Token.parse(TokenKind.REFRESH_TOKEN, request.refreshToken());
        if (refreshToken.isEmpty()) {
            throw refusals.unknown(request.credentials(), "the refresh token is not known");
        }
        Refresh refresh = new Refresh(request.credentials(), refreshToken.get(), request.scope());
        Token accessToken =
                Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.get().linkId());
        Optional<Granted> granted = tokens.refresh(refresh, accessToken);
        if (granted.isEmpty()) {
            throw refused(refresh);
        }
        log.info(
                "link [{}] refreshed by client [{}] for [{}]",
                refreshToken.get().linkId(),
                request.credentials().clientId(),
                granted.get().scope());
        return new TokenAnswer(
                accessToken,
                granted.get().expiresIn(),
                refreshToken.get(),
                granted.get().scope());
    }

    private OAuthException refused(Refresh refresh) throws OAuthException, SQLException {
        refusals.authenticate(refresh.credentials());
        Optional<Verdict> verdict = tokens.whyNotRefreshed(refresh);
        if (verdict.isEmpty()) {
            return refusals.unknown(refresh.credentials(), "the refresh token is not known");
        }
        String reason = Refusals.reason(verdict.get());
        log.info(
                "link [{}] not refreshed for client [{}]: {}",
                refresh.refreshToken().linkId(),
                refresh.credentials().clientId(),
                reason);
        return new OAuthException(
                verdict.get().event().equals("scope_refused") ? ErrorCode.INVALID_SCOPE : ErrorCode.INVALID_GRANT,
                reason);
    }
}
