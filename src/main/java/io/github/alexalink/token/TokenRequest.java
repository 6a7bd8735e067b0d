package io.github.alexalink.token;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.endpoint.Outcome;
import io.github.alexalink.protocol.CodeChallenge;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;

/** A token request as it was sent (RFC 6749 §4.1.3, §6): well-formed, but not yet checked. */
sealed interface TokenRequest {

    ClientCredentials credentials();

    /** The code or refresh token; empty if the value does not have the form of one, so that it cannot be one. */
    Optional<Token> presented();

    /** Client and link as the request claims them, for the log. */
    default String who() {
        return "client [" + Printable.of(credentials().clientId()) + "], link ["
                + presented().map(token -> token.linkId().toString()).orElse("") + "]";
    }

    /**
     * Asks for the tokens of a code.
     *
     * @param redirectUri empty if none was sent
     * @param answered the challenge that the sent verifier answers; empty if no verifier was sent
     */
    record OfCode(
            ClientCredentials credentials,
            Optional<Token> presented,
            String redirectUri,
            Optional<CodeChallenge> answered)
            implements TokenRequest {}

    /** Asks for a new access token. */
    record OfRefreshToken(ClientCredentials credentials, Optional<Token> presented, Optional<Scope> scope)
            implements TokenRequest {}

    /**
     * Reads a request.
     *
     * @throws OAuthException {@code invalid_request}, {@code unsupported_grant_type} or {@code invalid_scope};
     *     {@code invalid_client} if the client sends no id
     */
    static TokenRequest from(HttpServletRequest http, Parameters form) throws OAuthException {
        String grantType = form.required("grant_type");
        return switch (grantType) {
            case "authorization_code" -> {
                Outcome.setGrantType(http, "authorization_code");
                yield new OfCode(
                        ClientCredentials.from(http.getHeaders("Authorization"), form),
                        Token.parse(TokenKind.AUTHORIZATION_CODE, form.required("code")),
                        form.optional("redirect_uri").orElse(""),
                        form.optional("code_verifier").map(CodeChallenge::answeredBy));
            }
            case "refresh_token" -> {
                Outcome.setGrantType(http, "refresh_token");
                ClientCredentials credentials = ClientCredentials.from(http.getHeaders("Authorization"), form);
                Optional<String> scope = form.optional("scope");
                yield new OfRefreshToken(
                        credentials,
                        Token.parse(TokenKind.REFRESH_TOKEN, form.required("refresh_token")),
                        scope.isPresent() ? Optional.of(Scope.parse(scope.get())) : Optional.empty());
            }
            default ->
                throw new OAuthException(
                        ErrorCode.UNSUPPORTED_GRANT_TYPE, "grant_type must be authorization_code or refresh_token");
        };
    }
}
