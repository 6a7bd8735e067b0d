package io.github.alexalink.protocol;

import org.apache.oltu.oauth2.common.error.OAuthError;

/** Why a request was refused, in the words of RFC 6749 §4.1.2.1 and §5.2. */
public enum ErrorCode {
    INVALID_REQUEST(OAuthError.TokenResponse.INVALID_REQUEST, 400),
    /** {@code invalid_request} with the status that HTTP has for a body that is too large. */
    REQUEST_TOO_LARGE(OAuthError.TokenResponse.INVALID_REQUEST, 413),
    INVALID_CLIENT(OAuthError.TokenResponse.INVALID_CLIENT, 401),
    INVALID_GRANT(OAuthError.TokenResponse.INVALID_GRANT, 400),
    INVALID_SCOPE(OAuthError.TokenResponse.INVALID_SCOPE, 400),
    UNAUTHORIZED_CLIENT(OAuthError.TokenResponse.UNAUTHORIZED_CLIENT, 400),
    UNSUPPORTED_GRANT_TYPE(OAuthError.TokenResponse.UNSUPPORTED_GRANT_TYPE, 400),
    UNSUPPORTED_RESPONSE_TYPE(OAuthError.CodeResponse.UNSUPPORTED_RESPONSE_TYPE, 400),
    ACCESS_DENIED(OAuthError.CodeResponse.ACCESS_DENIED, 400),
    /** The database could not decide. It says nothing about the token (RFC 6749 §4.1.2.1). */
    TEMPORARILY_UNAVAILABLE(OAuthError.CodeResponse.TEMPORARILY_UNAVAILABLE, 503);

    private final String wireName;
    private final int httpStatus;

    ErrorCode(String wireName, int httpStatus) {
        this.wireName = wireName;
        this.httpStatus = httpStatus;
    }

    public String wireName() {
        return wireName;
    }

    public int httpStatus() {
        return httpStatus;
    }
}
