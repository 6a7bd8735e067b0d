package io.github.alexalink.protocol;

import org.apache.oltu.oauth2.as.response.OAuthASResponse;
import org.apache.oltu.oauth2.common.OAuth;
import org.apache.oltu.oauth2.common.exception.OAuthProblemException;
import org.apache.oltu.oauth2.common.exception.OAuthSystemException;

/** The JSON bodies of the token endpoint's answers (RFC 6749 §5.1, §5.2). */
public final class OAuthReplies {

    /** Seconds a client should wait after {@code temporarily_unavailable}; a pool recovers sooner. */
    public static final String RETRY_AFTER = "5";

    private OAuthReplies() {}

    /**
     * A successful answer. Alexa never refreshes where {@code refresh_token} or {@code expires_in} is missing, so both
     * are in every one, refreshes included.
     *
     * @param expiresIn seconds
     */
    public static String tokens(Token accessToken, long expiresIn, Token refreshToken, String scope) {
        try {
            return OAuthASResponse.tokenResponse(200)
                    .setAccessToken(accessToken.value())
                    .setTokenType(OAuth.OAUTH_HEADER_NAME)
                    .setExpiresIn(Long.toString(expiresIn))
                    .setRefreshToken(refreshToken.value())
                    .setParam(OAuth.OAUTH_SCOPE, scope)
                    .buildJSONMessage()
                    .getBody();
        } catch (OAuthSystemException impossible) {
            throw new IllegalStateException("a map of strings is always JSON", impossible);
        }
    }

    public static String error(OAuthException refused) {
        return error(refused.code(), refused.getMessage());
    }

    public static String error(ErrorCode code, String description) {
        try {
            return OAuthASResponse.errorResponse(code.httpStatus())
                    .error(OAuthProblemException.error(code.wireName(), description))
                    .buildJSONMessage()
                    .getBody();
        } catch (OAuthSystemException impossible) {
            throw new IllegalStateException("a map of strings is always JSON", impossible);
        }
    }
}
