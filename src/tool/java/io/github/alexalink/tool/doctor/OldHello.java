package io.github.alexalink.tool.doctor;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The first message of a client of long ago (RFC 4346 §7.4.1.2, RFC 5246 §7.4.1.2), which Java by itself sends no more.
 * What a server answers is short: its choice, or a refusal.
 */
enum OldHello {
    /** TLS 1.1 at most. */
    TLS_1_1(2, "C009C00AC013C01400330039002F0035000A0005"),
    /** TLS 1.2 with RC4 and 3DES alone. */
    WEAK_CIPHERS(3, "C011C007C012C0080016000A00050004");

    private static final int HANDSHAKE = 22;
    private static final int SERVER_HELLO = 2;

    /** A record's header, a message's header, and the version in it. */
    static final int ANSWER_BYTES = 11;

    private final int minor;
    /** In hexadecimal. */
    private final String suites;

    OldHello(int minor, String suites) {
        this.minor = minor;
        this.suites = suites;
    }

    byte[] bytes(String host) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(new byte[] {3, (byte) minor});
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        body.writeBytes(random);
        body.write(0); // no session
        byte[] offered = HexFormat.of().parseHex(suites + "00FF"); // the last one: secure renegotiation (RFC 5746)
        body.writeBytes(number(offered.length));
        body.writeBytes(offered);
        body.writeBytes(new byte[] {1, 0}); // no compression
        byte[] name = host.getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream extensions = new ByteArrayOutputStream();
        extensions.writeBytes(number(0)); // server_name
        extensions.writeBytes(number(name.length + 5));
        extensions.writeBytes(number(name.length + 3));
        extensions.write(0);
        extensions.writeBytes(number(name.length));
        extensions.writeBytes(name);
        extensions.writeBytes(new byte[] {0, 10, 0, 8, 0, 6, 0, 23, 0, 24, 0, 25}); // supported_groups
        extensions.writeBytes(new byte[] {0, 11, 0, 2, 1, 0}); // ec_point_formats
        extensions.writeBytes(new byte[] {0, 13, 0, 10, 0, 8, 4, 1, 4, 3, 2, 1, 2, 3}); // signature_algorithms
        body.writeBytes(number(extensions.size()));
        body.writeBytes(extensions.toByteArray());
        ByteBuffer hello = ByteBuffer.allocate(9 + body.size());
        hello.put((byte) HANDSHAKE).put(new byte[] {3, 1}).putShort((short) (body.size() + 4));
        hello.put(new byte[] {1, 0}).putShort((short) body.size()).put(body.toByteArray());
        return hello.array();
    }

    private static byte[] number(int value) {
        return new byte[] {(byte) (value >> 8), (byte) value};
    }

    /** The version that a server chose; empty if it refused. */
    static Optional<String> chosen(byte[] answer) {
        boolean hello = answer.length >= ANSWER_BYTES && answer[0] == HANDSHAKE && answer[5] == SERVER_HELLO;
        if (!hello || answer[9] != 3) {
            return Optional.empty();
        }
        return Optional.of(answer[10] == 0 ? "SSL 3.0" : "TLS 1." + (answer[10] - 1));
    }
}
