package io.github.alexalink.protocol;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import org.apache.oltu.oauth2.as.issuer.OAuthIssuer;
import org.apache.oltu.oauth2.as.issuer.OAuthIssuerImpl;
import org.apache.oltu.oauth2.as.issuer.ValueGenerator;
import org.apache.oltu.oauth2.common.exception.OAuthSystemException;

/**
 * An authorization code, access token or refresh token: {@code prefix_} + base64url(16-byte link id ‖ 32 random bytes),
 * 68 characters. The link id lets every statement look at one link only; the 256 random bits are the secret.
 *
 * @param value as it is sent; never logged, and stored only as {@link #hash()}
 */
public record Token(TokenKind kind, UUID linkId, String value) {

    private static final int RANDOM_BYTES = 32;
    private static final int ENCODED_CHARACTERS = 64;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Makes a new token for a link that exists or is about to. */
    public static Token issue(TokenKind kind, UUID linkId) {
        OAuthIssuer issuer = new OAuthIssuerImpl(new LinkValues(linkId));
        try {
            return new Token(
                    kind,
                    linkId,
                    kind.prefix()
                            + switch (kind) {
                                case AUTHORIZATION_CODE -> issuer.authorizationCode();
                                case ACCESS_TOKEN -> issuer.accessToken();
                                case REFRESH_TOKEN -> issuer.refreshToken();
                            });
        } catch (OAuthSystemException impossible) {
            throw new IllegalStateException("LinkValues never fails", impossible);
        }
    }

    /** Makes a link id for a new consent: random, so that it tells nothing about other links. */
    public static UUID newLinkId() {
        byte[] bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        ByteBuffer id = ByteBuffer.wrap(bytes);
        return new UUID(id.getLong(), id.getLong());
    }

    /** Reads a value if it has the form of this kind; only the database knows whether it is good. */
    public static Optional<Token> parse(TokenKind kind, String value) {
        String prefix = kind.prefix();
        if (!value.startsWith(prefix)) {
            return Optional.empty();
        }
        String encoded = value.substring(prefix.length());
        if (encoded.length() != ENCODED_CHARACTERS || encoded.indexOf('=') >= 0) {
            return Optional.empty();
        }
        ByteBuffer bytes;
        try {
            bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(encoded));
        } catch (IllegalArgumentException garbled) {
            return Optional.empty();
        }
        return Optional.of(new Token(kind, new UUID(bytes.getLong(), bytes.getLong()), value));
    }

    public Sha256 hash() {
        return Sha256.of(value);
    }

    /** Hides the value, which a record would print. */
    @Override
    public String toString() {
        return kind + "[" + hash().fingerprint() + "] of link " + linkId;
    }

    /** The values that Oltu's issuer asks for: the link id and 32 bytes of {@link SecureRandom}. */
    private record LinkValues(UUID linkId) implements ValueGenerator {

        @Override
        public String generateValue() {
            byte[] secret = new byte[RANDOM_BYTES];
            RANDOM.nextBytes(secret);
            byte[] bytes = ByteBuffer.allocate(2 * Long.BYTES + RANDOM_BYTES)
                    .putLong(linkId.getMostSignificantBits())
                    .putLong(linkId.getLeastSignificantBits())
                    .put(secret)
                    .array();
            return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        }

        /** Oltu's interface requires it; no token is derived from a parameter. */
        @Override
        public String generateValue(String param) {
            return generateValue();
        }
    }
}
