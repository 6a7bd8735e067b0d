package io.github.alexalink.endpoint;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Optional;

/**
 * A client and the token it introspects or revokes (RFC 7009 §2.1, RFC 7662 §2.1). {@code token_type_hint} is ignored,
 * because the prefix of a token says its type.
 *
 * @param token empty if the value does not have the form of a token, so that it cannot be one
 */
public record PresentedToken(ClientCredentials credentials, Optional<Token> token) {

    /**
     * Reads a request.
     *
     * @throws OAuthException {@code invalid_client} if the client sends no id, {@code invalid_request} if there is no
     *     token
     */
    public static PresentedToken from(HttpServletRequest http) throws OAuthException, IOException {
        // a value of any form and length counts as an unknown token, which is no error
        Parameters form = Parameters.ofLargeForm(http.getContentType(), http.getInputStream());
        ClientCredentials credentials = ClientCredentials.from(http.getHeaders("Authorization"), form);
        String token = form.secret("token").orElse("");
        if (token.isEmpty()) {
            form.required("token");
        }
        return new PresentedToken(
                credentials,
                Token.parse(TokenKind.ACCESS_TOKEN, token).or(() -> Token.parse(TokenKind.REFRESH_TOKEN, token)));
    }

    /** Client and link as the request claims them, for the log. */
    public String who() {
        return "client [" + Printable.of(credentials.clientId()) + "], link ["
                + token.map(known -> known.linkId().toString()).orElse("") + "]";
    }
}
