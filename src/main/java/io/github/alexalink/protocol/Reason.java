package io.github.alexalink.protocol;

import java.util.Locale;

/**
 * Why a request is refused: a word for the audit trail, an id for the operator, and a sentence for the client's developer.
 * Several words can have one id, which names the cause and never changes; {@code alexa.attempt} has the same ids as
 * verdicts.
 */
public enum Reason {
    // the authorization request, and the listener
    CLIENT_UNKNOWN("client-unknown", "client authentication failed"),
    REDIRECT_URI_UNREGISTERED("redirect-uri-missing", "redirect_uri is not registered for this client"),
    SCOPE_UNREGISTERED("scopes-differ", "scope is not registered for this client"),
    CODE_CHALLENGE_MISSING("pkce-differs", "this client must send code_challenge, with code_challenge_method S256"),
    CODE_CHALLENGE_METHOD_ALONE("pkce-differs", "code_challenge_method without code_challenge"),
    CODE_CHALLENGE_NOT_S256("pkce-differs", "code_challenge_method must be S256"),
    CODE_CHALLENGE_MALFORMED("pkce-differs", "code_challenge must be 43 characters of base64url without padding"),
    SIGN_IN_FAILED("sign-in-failed", "wrong user name or password, or the name is locked"),
    DENIED("denied", "the listener did not allow it"),
    // client authentication: once there is a client_id, the client always gets the same sentence
    AUTHENTICATION_MISSING("authorization-lost", "client authentication is missing"),
    AUTHORIZATION_NOT_BASIC("authorization-lost", "the Authorization header is not Basic"),
    CLIENT_DISABLED("client-disabled", "client authentication failed"),
    SECRET_MISSING("authorization-lost", "client authentication failed"),
    SECRET_WRONG("secret-wrong", "client authentication failed"),
    SECRET_EXPIRED("secret-expired", "client authentication failed"),
    /** A public client has none. */
    SECRET_UNEXPECTED("secret-wrong", "client authentication failed"),
    RESOURCE_SERVER("client-differs", "a resource server has no tokens of its own"),
    // a code
    CODE_UNKNOWN("code-unknown", "the code is not known"),
    CODE_ALREADY_REDEEMED("code-replayed", "the code has been redeemed already"),
    CODE_OF_ANOTHER_CLIENT("client-differs", "the code was issued to another client"),
    CODE_EXPIRED("code-expired", "the code has expired"),
    REDIRECT_URI_MISMATCH("redirect-uri-differs", "redirect_uri is not the one of the authorization request"),
    CODE_VERIFIER_MISSING("pkce-differs", "code_verifier is missing"),
    CODE_VERIFIER_UNEXPECTED(
            "pkce-differs", "code_verifier was sent, but no code_challenge with the authorization request"),
    CODE_VERIFIER_MISMATCH("pkce-differs", "code_verifier does not match code_challenge"),
    ACCOUNT_CHANGED("account-changed", "the account is gone or disabled, or its password was changed"),
    // a refresh token
    REFRESH_TOKEN_UNKNOWN("token-unknown", "the refresh token is not known"),
    REFRESH_TOKEN_OF_ANOTHER_CLIENT("client-differs", "the refresh token was issued to another client"),
    LINK_REVOKED("ended", "the link was revoked"),
    REFRESH_TOKEN_REUSED("ended", "the refresh token was used again after its successor"),
    REFRESH_TOKEN_EXPIRED("ended", "the refresh token has expired"),
    REFRESH_TOKEN_IDLE("ended", "the refresh token was not used for too long"),
    ACCOUNT_DISABLED("account-changed", "the account is disabled"),
    ACCOUNT_GONE("account-changed", "the account is gone"),
    SCOPE_TOO_WIDE("scopes-differ", "scope is wider than what was allowed");

    private final String id;
    private final String sentence;

    Reason(String id, String sentence) {
        this.id = id;
        this.sentence = sentence;
    }

    public static Reason of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** The name in the statements and in the audit trail. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The cause, as the operator finds it in the log, in {@code alexa.attempt} and in the documents. */
    public String id() {
        return id;
    }

    /** For {@code error_description}. */
    public String sentence() {
        return sentence;
    }
}
