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

    private final TokenRepository tokens;
    private final Refusals refusals;

    public AuthorizationCodeGrant(TokenRepository tokens, Refusals refusals) {
        this.tokens = tokens;
        this.refusals = refusals;
    }

    TokenAnswer redeem(TokenRequest.OfCode request) throws OAuthException, SQLException {
        Optional<Token> code = Token.parse(TokenKind.AUTHORIZATION_CODE, request.code());
        if (code.isEmpty()) {
            throw refusals.unknown(request.credentials(), "the code is not known");
        }
        CodeRedemption redemption =
                new CodeRedemption(request.credentials(), code.get(), request.redirectUri(), request.answered());
        Token accessToken = Token.issue(TokenKind.ACCESS_TOKEN, code.get().linkId());
        Token refreshToken = Token.issue(TokenKind.REFRESH_TOKEN, code.get().linkId());
        Optional<Granted> granted = tokens.redeem(redemption, accessToken, refreshToken);
        if (granted.isEmpty()) {
            throw refused(redemption);
        }
        log.info(
                "code [{}] of link [{}] redeemed by client [{}] for [{}]",
                code.get().hash(),
                code.get().linkId(),
                request.credentials().clientId(),
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
            return refusals.unknown(redemption.credentials(), "the code is not known");
        }
        String reason = Refusals.reason(verdict.get());
        if (verdict.get().event().equals("code_replayed")) {
            log.warn(
                    "code [{}] replayed by client [{}], link [{}] {}",
                    redemption.code().hash(),
                    redemption.credentials().clientId(),
                    redemption.code().linkId(),
                    verdict.get().revoked() ? "revoked" : "was revoked before");
        } else {
            log.info(
                    "code [{}] of link [{}] not redeemed for client [{}]: {} ({})",
                    redemption.code().hash(),
                    redemption.code().linkId(),
                    redemption.credentials().clientId(),
                    verdict.get().event(),
                    reason);
        }
        return new OAuthException(ErrorCode.INVALID_GRANT, reason);
    }
}
