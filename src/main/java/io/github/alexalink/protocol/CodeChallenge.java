package io.github.alexalink.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The {@code code_challenge} a client sent to the authorization endpoint, waiting for the {@code code_verifier} that
 * proves the same client is redeeming the code (RFC 7636).
 *
 * <p>Only {@code S256} is accepted: with {@code plain} the challenge <em>is</em> the secret and travels through the
 * browser (RFC 9700 §2.1.1).
 *
 * @param value the challenge as received, 43 characters of base64url without padding
 */
public record CodeChallenge(String value) {

    public static final String S256 = "S256";

    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{43}");
    private static final Pattern VERIFIER = Pattern.compile("[A-Za-z0-9._~-]{43,128}");

    /**
     * Reads the challenge of an authorization request; empty if none was sent.
     *
     * @throws OAuthException {@code invalid_request} if there is a method without a challenge, if the method is
     *     {@code plain} or missing (which means {@code plain}, §4.3), or if the value is no SHA-256
     */
    public static Optional<CodeChallenge> from(Parameters parameters) throws OAuthException {
        Optional<String> challenge = parameters.optional("code_challenge");
        Optional<String> method = parameters.optional("code_challenge_method");
        if (challenge.isEmpty()) {
            if (method.isPresent()) {
                throw new OAuthException(ErrorCode.INVALID_REQUEST, Reason.CODE_CHALLENGE_METHOD_ALONE);
            }
            return Optional.empty();
        }
        if (method.filter(S256::equals).isEmpty()) {
            throw new OAuthException(ErrorCode.INVALID_REQUEST, Reason.CODE_CHALLENGE_NOT_S256);
        }
        if (!FORM.matcher(challenge.get()).matches()) {
            throw new OAuthException(ErrorCode.INVALID_REQUEST, Reason.CODE_CHALLENGE_MALFORMED);
        }
        return challenge.map(CodeChallenge::new);
    }

    /**
     * The challenge that a verifier answers (RFC 7636 §4.6). For a verifier that is too short or has other characters
     * (§4.1) it is empty; no code is ever issued for an empty challenge.
     */
    public static CodeChallenge answeredBy(String verifier) {
        if (!VERIFIER.matcher(verifier).matches()) {
            return new CodeChallenge("");
        }
        byte[] digest = Sha256.digest(verifier.getBytes(StandardCharsets.US_ASCII));
        return new CodeChallenge(Base64.getUrlEncoder().withoutPadding().encodeToString(digest));
    }

    public boolean isAnsweredBy(String verifier) {
        return equals(answeredBy(verifier));
    }
}
