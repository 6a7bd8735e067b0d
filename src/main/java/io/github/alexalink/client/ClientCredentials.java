package io.github.alexalink.client;

import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Sha256;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The client id a client claims and the proof it sent: by Basic or in the body, never both (RFC 6749 §2.3.1).
 *
 * @param secretHashes hashes of the secret, one for each way to read it; empty if none was sent. Two if the form-decoded
 *     secret of a Basic header differs from the raw one: §2.3.1 asks for the first, many clients send the second
 * @param byBasic whether the answer to a failure must carry {@code WWW-Authenticate} (§5.2)
 * @param guesses what may have been meant, for the operator's log and never to let a client in; empty as a rule
 */
public record ClientCredentials(String clientId, List<Sha256> secretHashes, boolean byBasic, List<Guess> guesses) {

    /** What comes around a value that was copied: blanks, line ends, invisible signs, quotes. */
    private static final Pattern AROUND = Pattern.compile("^[\\p{Z}\\p{Cf}\\s\"'<>]+|[\\p{Z}\\p{Cf}\\s\"'<>]+$");

    private static final Pattern WHITE_SPACE_AROUND = Pattern.compile("^\\s|\\s$");

    private static final int MOST_GUESSED = 200;

    public ClientCredentials(String clientId, List<Sha256> secretHashes, boolean byBasic) {
        this(clientId, secretHashes, byBasic, List.of());
    }

    /**
     * The credentials that a client would have sent without a common mistake.
     *
     * @param mistake in words that follow "sent the right secret, but"
     */
    public record Guess(String clientId, Sha256 secretHash, String mistake) {}

    /**
     * Reads them from a request.
     *
     * @param authorization every {@code Authorization} header of the request
     * @throws OAuthException {@code invalid_client} if there are none or the header is not Basic;
     *     {@code invalid_request} if they were sent twice
     */
    public static ClientCredentials from(Enumeration<String> authorization, Parameters form) throws OAuthException {
        List<String> headers = Collections.list(authorization);
        Optional<String> clientId = form.optional("client_id");
        Optional<String> secret = form.secret("client_secret");
        if (headers.isEmpty()) {
            if (clientId.isEmpty()) {
                throw new OAuthException(ErrorCode.INVALID_CLIENT, Reason.AUTHENTICATION_MISSING);
            }
            return new ClientCredentials(
                    clientId.get(),
                    secret.stream().map(Sha256::of).toList(),
                    false,
                    guesses(clientId.get(), secret.orElse("")));
        }
        if (headers.size() > 1) {
            throw new OAuthException(ErrorCode.INVALID_REQUEST, "more than one Authorization header");
        }
        if (secret.isPresent()) {
            throw new OAuthException(
                    ErrorCode.INVALID_REQUEST,
                    "client_secret in the body and an Authorization header: send one of them");
        }
        ClientCredentials basic = fromBasic(headers.get(0));
        if (clientId.isPresent() && !clientId.get().equals(basic.clientId)) {
            throw new OAuthException(
                    ErrorCode.INVALID_REQUEST,
                    "client_id in the body differs from the one in the Authorization header");
        }
        return basic;
    }

    static ClientCredentials fromBasic(String header) throws OAuthException {
        if (!header.regionMatches(true, 0, "Basic ", 0, 6)) {
            throw notBasic(Reason.AUTHORIZATION_NOT_BASIC.sentence());
        }
        String pair;
        try {
            byte[] bytes = Base64.getDecoder().decode(header.substring(6).strip());
            pair = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (IllegalArgumentException | CharacterCodingException garbled) {
            throw notBasic("the Basic credentials are not base64 of UTF-8");
        }
        int colon = pair.indexOf(':');
        String id = colon < 0 ? "" : formDecoded(pair.substring(0, colon));
        if (id.isEmpty() || Parameters.hasControlCharacters(id)) {
            throw notBasic("the Basic credentials are not client_id:client_secret");
        }
        String raw = pair.substring(colon + 1);
        return new ClientCredentials(
                id, raw.isEmpty() ? List.of() : hashes(raw, formDecoded(raw)), true, guesses(id, formDecoded(raw)));
    }

    private static OAuthException notBasic(String description) {
        return new OAuthException(ErrorCode.INVALID_CLIENT, Reason.AUTHORIZATION_NOT_BASIC, description, "");
    }

    private static List<Guess> guesses(String id, String secret) {
        if (id.length() > MOST_GUESSED || secret.length() > MOST_GUESSED || secret.isEmpty()) {
            return List.of();
        }
        List<Guess> guesses = new ArrayList<>(0);
        String bareId = AROUND.matcher(id).replaceAll("");
        String bare = AROUND.matcher(secret).replaceAll("");
        if (!bareId.equals(id) || !bare.equals(secret)) {
            String value = bare.equals(secret) ? "client_id" : "it";
            String around = WHITE_SPACE_AROUND
                            .matcher(bare.equals(secret) ? id : secret)
                            .find()
                    ? "with white space"
                    : "with quotes or invisible signs";
            guesses.add(new Guess(bareId, Sha256.of(bare), around + " around " + value));
        }
        String decoded = formDecoded(bare);
        if (!decoded.equals(bare)) {
            guesses.add(
                    new Guess(bareId, Sha256.of(AROUND.matcher(decoded).replaceAll("")), "URL-encoded once too often"));
        }
        if (bareId.startsWith("als_")) {
            guesses.add(new Guess(bare, Sha256.of(bareId), "as the client_id, and the client_id as the secret"));
        }
        return guesses;
    }

    private static List<Sha256> hashes(String raw, String decoded) {
        return raw.equals(decoded) ? List.of(Sha256.of(raw)) : List.of(Sha256.of(raw), Sha256.of(decoded));
    }

    /** Undoes {@code application/x-www-form-urlencoded}; a value that is not encoded that way is returned unchanged. */
    private static String formDecoded(String value) {
        try {
            return URLDecoder.decode(value, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException raw) {
            return value;
        }
    }
}
