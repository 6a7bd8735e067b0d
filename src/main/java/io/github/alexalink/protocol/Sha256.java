package io.github.alexalink.protocol;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The SHA-256 of a code, token or client secret: the database stores nothing else of them. They are 256 random bits, so
 * guessing them needs no slower hash.
 */
public final class Sha256 {

    private final byte[] bytes;

    private Sha256(byte[] bytes) {
        this.bytes = bytes;
    }

    public static Sha256 of(String secret) {
        return new Sha256(digest(secret.getBytes(StandardCharsets.UTF_8)));
    }

    /** A hash as it came from the database. */
    public static Sha256 stored(byte[] bytes) {
        return new Sha256(bytes.clone());
    }

    static byte[] digest(byte[] input) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(input);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    /** Compares in constant time. */
    public boolean matches(Sha256 other) {
        return MessageDigest.isEqual(bytes, other.bytes);
    }

    /** The first eight hex digits: enough to find the row, useless as a credential. */
    public String fingerprint() {
        return HexFormat.of().formatHex(bytes, 0, 4);
    }

    @Override
    public String toString() {
        return fingerprint();
    }
}
