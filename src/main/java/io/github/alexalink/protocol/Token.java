package io.github.alexalink.protocol;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import org.apache.oltu.oauth2.as.issuer.OAuthIssuer;
import org.apache.oltu.oauth2.as.issuer.OAuthIssuerImpl;
import org.apache.oltu.oauth2.as.issuer.ValueGenerator;
import org.apache.oltu.oauth2.common.exception.OAuthSystemException;

/**
 * An authorization code or refresh token: {@code prefix_} + base64url(16-byte link id ‖ 32 random bytes), 68 characters; or
 * an access token: {@code prefix_} + base64url(16-byte link id ‖ 4-byte moment ‖ 32 random bytes), 74 characters. The link id
 * lets every statement go to one link only, the moment leads a look-up to one partition; the 256 random bits are the
 * secret. All of it is hashed, so a token with another link id or moment is another token.
 *
 * @param value as it is sent; never logged, and stored only as {@link #hash()}
 */
public record Token(TokenKind kind, UUID linkId, String value) {

    private static final int RANDOM_BYTES = 32;
    private static final int LINK_ID_BYTES = 2 * Long.BYTES;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Makes a new token for a link that exists or is about to. */
    public static Token issue(TokenKind kind, UUID linkId) {
        OAuthIssuer issuer = new OAuthIssuerImpl(new LinkValues(kind, linkId));
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
        if (encoded.length() != encodedCharacters(kind) || encoded.indexOf('=') >= 0) {
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

    /** In base64url without padding. */
    private static int encodedCharacters(TokenKind kind) {
        return ((LINK_ID_BYTES + momentBytes(kind) + RANDOM_BYTES) * 4 + 2) / 3;
    }

    private static int momentBytes(TokenKind kind) {
        return kind == TokenKind.ACCESS_TOKEN ? Integer.BYTES : 0;
    }

    /** When an access token was made, by the clock of the Tomcat that made it, to the second; until the year 2106. */
    public OffsetDateTime mintedAt() {
        if (kind != TokenKind.ACCESS_TOKEN) {
            throw new IllegalStateException(kind + " does not say when it was made");
        }
        byte[] bytes =
                Base64.getUrlDecoder().decode(value.substring(kind.prefix().length()));
        long second = Integer.toUnsignedLong(ByteBuffer.wrap(bytes).getInt(LINK_ID_BYTES));
        return Instant.ofEpochSecond(second).atOffset(ZoneOffset.UTC);
    }

    public Sha256 hash() {
        return Sha256.of(value);
    }

    /** Hides the value, which a record would print. */
    @Override
    public String toString() {
        return kind + "[" + hash().fingerprint() + "] of link " + linkId;
    }

    /** What Oltu's issuer asks for its values: the link id, for an access token this second, and random bytes. */
    private record LinkValues(TokenKind kind, UUID linkId) implements ValueGenerator {

        @Override
        public String generateValue() {
            byte[] secret = new byte[RANDOM_BYTES];
            RANDOM.nextBytes(secret);
            ByteBuffer bytes = ByteBuffer.allocate(LINK_ID_BYTES + momentBytes(kind) + RANDOM_BYTES)
                    .putLong(linkId.getMostSignificantBits())
                    .putLong(linkId.getLeastSignificantBits());
            if (kind == TokenKind.ACCESS_TOKEN) {
                bytes.putInt((int) Instant.now().getEpochSecond());
            }
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(bytes.put(secret).array());
        }

        /** Oltu's interface requires it; no token is derived from a parameter. */
        @Override
        public String generateValue(String param) {
            return generateValue();
        }
    }
}
