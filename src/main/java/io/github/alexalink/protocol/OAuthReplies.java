package io.github.alexalink.protocol;

import org.apache.oltu.oauth2.as.response.OAuthASResponse;
import org.apache.oltu.oauth2.common.OAuth;
import org.apache.oltu.oauth2.common.exception.OAuthProblemException;
import org.apache.oltu.oauth2.common.exception.OAuthSystemException;
import org.json.JSONStringer;

/** The JSON bodies for clients (RFC 6749 §5.1, §5.2; RFC 7662 §2.2). */
public final class OAuthReplies {

    /** Seconds a client should wait after {@code temporarily_unavailable}; the pool recovers sooner. */
    public static final String RETRY_AFTER = "5";

    /** The introspection of a token that is not live; it has no other member (RFC 7662 §2.2). */
    public static final String INACTIVE = "{\"active\":false}";

    private OAuthReplies() {}

    /**
     * The answer to a token request. Alexa never refreshes if {@code refresh_token} or {@code expires_in} is missing, so
     * refreshes get both as well.
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

    /**
     * The introspection of a live access token (RFC 7662 §2.2).
     *
     * @param issuedAt seconds since 1970
     * @param expiresAt seconds since 1970
     */
    public static String active(
            String scope, String clientId, String subject, long issuedAt, long expiresAt, String issuer) {
        return new JSONStringer()
                .object()
                .key("active")
                .value(true)
                .key("scope")
                .value(scope)
                .key("client_id")
                .value(clientId)
                .key("username")
                .value(subject)
                .key("sub")
                .value(subject)
                .key("token_type")
                .value(OAuth.OAUTH_HEADER_NAME)
                .key("exp")
                .value(expiresAt)
                .key("iat")
                .value(issuedAt)
                .key("iss")
                .value(issuer)
                .endObject()
                .toString();
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
