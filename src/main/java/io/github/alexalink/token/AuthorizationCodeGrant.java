package io.github.alexalink.token;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.endpoint.Refusals;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AuthorizationCodeRepository;
import io.github.alexalink.store.AuthorizationCodeRepository.CodeRedemption;
import io.github.alexalink.store.Granted;
import io.github.alexalink.store.Verdict;
import java.sql.SQLException;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Redeems an authorization code (RFC 6749 §4.1.3). */
public final class AuthorizationCodeGrant {

    private static final String NAME = AuthorizationCodeGrant.class.getName();
    private static final Logger log = Logger.getLogger(NAME);

    private static final String REFUSED = "token_refused";

    /**
     * Tries, with pauses, until a code that was redeemed but not answered may be redeemed again: more than a second.
     */
    private static final int TRIES = 40;

    private final AuthorizationCodeRepository codes;
    private final Refusals refusals;

    public AuthorizationCodeGrant(AuthorizationCodeRepository codes, Refusals refusals) {
        this.codes = codes;
        this.refusals = refusals;
    }

    TokenAnswer redeem(TokenRequest.OfCode request) throws OAuthException, SQLException {
        if (request.presented().isEmpty()) {
            refusals.authenticateClient(request.credentials(), REFUSED);
            throw unknown(request.credentials());
        }
        Token code = request.presented().get();
        CodeRedemption redemption =
                new CodeRedemption(request.credentials(), code, request.redirectUri(), request.answered());
        for (int i = 0; i < TRIES; i++) {
            Token accessToken = Token.issue(TokenKind.ACCESS_TOKEN, code.linkId());
            Token refreshToken = Token.issue(TokenKind.REFRESH_TOKEN, code.linkId());
            Optional<Granted> granted = codes.redeem(redemption, accessToken, refreshToken);
            if (granted.isPresent()) {
                String scope = granted.get().scope();
                // names class and method itself: to find them takes the logger longer than everything else
                log.logp(
                        Level.INFO,
                        NAME,
                        "redeem",
                        () -> "code [" + code.hash() + "] redeemed: " + request.who() + ", for [" + scope + "]");
                return new TokenAnswer(accessToken, granted.get().expiresIn(), refreshToken, scope);
            }
            refusals.authenticateClient(redemption.credentials(), REFUSED, Optional.of(code));
            Optional<Verdict> verdict = codes.whyNotRedeemed(redemption);
            if (verdict.isEmpty()) {
                throw unknown(redemption.credentials());
            }
            if (!verdict.get().isUnanswered()) {
                throw refused(redemption, verdict.get());
            }
            codes.pauseBeforeRetry();
        }
        throw Refusals.reasonHasGone();
    }

    /**
     * Marks the redemption as answered, after the response was sent. Without the mark the same request would get new
     * tokens after a second, so that a Tomcat that dies before it answers costs no listener a link.
     */
    void answered(TokenRequest.OfCode request, TokenAnswer answer) {
        Token code = request.presented().orElseThrow();
        try {
            codes.answered(code, answer.accessToken());
        } catch (SQLException broken) {
            log.warning(() -> "code [" + code.hash()
                    + "] was redeemed and answered, and the database does not know the latter: "
                    + broken.getMessage());
        }
    }

    /** Records that a request was malformed, if a code can be found in it that waits to be redeemed. */
    void malformed(Parameters parameters, OAuthException refused) {
        codeIn(parameters).ifPresent(code -> refusals.refusing(Optional.empty(), REFUSED, Optional.of(code), refused));
    }

    static Optional<Token> codeIn(Parameters parameters) {
        return parameters.every("code").stream()
                .flatMap(code -> Token.parse(TokenKind.AUTHORIZATION_CODE, code).stream())
                .findFirst();
    }

    private static OAuthException refused(CodeRedemption redemption, Verdict verdict) throws SQLException {
        Reason reason = verdict.reason().orElseThrow(Refusals::reasonHasGone);
        if (verdict.revoked()) {
            log.warning(() -> "code [" + redemption.code().hash() + "] replayed by client ["
                    + redemption.credentials().clientId() + "]: link ["
                    + redemption.code().linkId() + "] revoked");
        }
        return new OAuthException(ErrorCode.INVALID_GRANT, reason);
    }

    private OAuthException unknown(ClientCredentials credentials) {
        return refusals.refusing(
                credentials, REFUSED, new OAuthException(ErrorCode.INVALID_GRANT, Reason.CODE_UNKNOWN));
    }
}
