package io.github.alexalink.token;

import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.TokenRepository;
import io.github.alexalink.store.TokenRepository.CodeRedemption;
import io.github.alexalink.store.TokenRepository.Granted;
import io.github.alexalink.store.TokenRepository.Verdict;
import java.sql.SQLException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Redeems an authorization code (RFC 6749 §4.1.3). */
public final class AuthorizationCodeGrant {

    private static final Logger log = LoggerFactory.getLogger(AuthorizationCodeGrant.class);

    private static final String UNKNOWN = "the code is not known";

    private final TokenRepository tokens;
    private final Refusals refusals;

    public AuthorizationCodeGrant(TokenRepository tokens, Refusals refusals) {
        this.tokens = tokens;
        this.refusals = refusals;
    }

    TokenAnswer redeem(TokenRequest.OfCode request) throws OAuthException, SQLException {
        if (request.presented().isEmpty()) {
            throw refusals.unknown(request.credentials(), UNKNOWN);
        }
        Token code = request.presented().get();
        CodeRedemption redemption =
                new CodeRedemption(request.credentials(), code, request.redirectUri(), request.answered());
        Token accessToken = Token.issue(TokenKind.ACCESS_TOKEN, code.linkId());
        Token refreshToken = Token.issue(TokenKind.REFRESH_TOKEN, code.linkId());
        Optional<Granted> granted = tokens.redeem(redemption, accessToken, refreshToken);
        if (granted.isEmpty()) {
            throw refused(redemption);
        }
        log.info(
                "code [{}] redeemed: {}, for [{}]",
                code.hash(),
                request.who(),
                granted.get().scope());
        return new TokenAnswer(
                accessToken,
                granted.get().expiresIn(),
                refreshToken,
                granted.get().scope());
    }

    private OAuthException refused(CodeRedemption redemption) throws OAuthException, SQLException {
        refusals.authenticate(redemption.credentials());
        Optional<Verdict> verdict = tokens.whyNotRedeemed(redemption);
        if (verdict.isEmpty()) {
            return refusals.unknown(redemption.credentials(), UNKNOWN);
        }
        String reason = Refusals.reason(verdict.get());
        if (verdict.get().revoked()) {
            log.warn(
                    "code [{}] replayed by client [{}]: link [{}] revoked",
                    redemption.code().hash(),
                    redemption.credentials().clientId(),
                    redemption.code().linkId());
        }
        return new OAuthException(ErrorCode.INVALID_GRANT, reason);
    }
}
