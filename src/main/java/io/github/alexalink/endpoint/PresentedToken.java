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
 * A client and the token it asks about, or wants to be revoked (RFC 7009 §2.1, RFC 7662 §2.1). {@code token_type_hint} is
 * not looked at: a token says by its prefix what it is.
 *
 * @param token empty where it has the form of none of ours, and so is known to nobody
 */
public record PresentedToken(ClientCredentials credentials, Optional<Token> token) {

    /**
     * Reads a request.
     *
     * @throws OAuthException {@code invalid_client} where the client does not even say who it is, {@code invalid_request}
     *     where there is no token
     */
    public static PresentedToken from(HttpServletRequest http) throws OAuthException, IOException {
        // whatever is sent as a token, a megabyte too, is an unknown one and no error
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

    /** For the log: which client and which link, both as claimed. */
    public String who() {
        return "client [" + Printable.of(credentials.clientId()) + "], link ["
                + token.map(known -> known.linkId().toString()).orElse("") + "]";
    }
}
