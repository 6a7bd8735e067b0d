package io.github.alexalink.store;

import java.util.Locale;

/**
 * Why a code or a refresh token is refused. {@code why_not_redeemed.sql} and {@code why_not_refreshed.sql} return the
 * word and write it into the audit trail; the client's developer gets the sentence.
 */
public enum Reason {
    CODE_ALREADY_REDEEMED("the code has been redeemed already"),
    CODE_OF_ANOTHER_CLIENT("the code was issued to another client"),
    CODE_EXPIRED("the code has expired"),
    REDIRECT_URI_MISMATCH("redirect_uri is not the one of the authorization request"),
    CODE_VERIFIER_MISSING("code_verifier is missing"),
    CODE_VERIFIER_UNEXPECTED("code_verifier was sent, but no code_challenge with the authorization request"),
    CODE_VERIFIER_MISMATCH("code_verifier does not match code_challenge"),
    ACCOUNT_CHANGED("the account is gone or disabled, or its password was changed"),
    REFRESH_TOKEN_OF_ANOTHER_CLIENT("the refresh token was issued to another client"),
    LINK_REVOKED("the link was revoked"),
    REFRESH_TOKEN_REUSED("the refresh token was used again after its successor"),
    REFRESH_TOKEN_EXPIRED("the refresh token has expired"),
    REFRESH_TOKEN_IDLE("the refresh token was not used for too long"),
    ACCOUNT_DISABLED("the account is disabled"),
    ACCOUNT_GONE("the account is gone"),
    SCOPE_TOO_WIDE("scope is wider than what was allowed");

    private final String sentence;

    Reason(String sentence) {
        this.sentence = sentence;
    }

    static Reason of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** The name in the statements and in the audit trail. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** For {@code error_description}. */
    public String sentence() {
        return sentence;
    }
}
