package io.github.alexalink.tool.doctor;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Optional;

/** The first message of a client that speaks TLS 1.1 at most (RFC 4346 §7.4.1.2), which Java by itself sends no more. */
final class OldHello {

    private static final int HANDSHAKE = 22;
    private static final int SERVER_HELLO = 2;

    /** A record's header, a message's header, and the version in it. */
    static final int ANSWER_BYTES = 11;

    private OldHello() {}

    static byte[] bytes(String host) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(new byte[] {3, 2});
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        body.writeBytes(random);
        body.write(0); // no session
        int[] suites = {0xC009, 0xC00A, 0xC013, 0xC014, 0x0033, 0x0039, 0x002F, 0x0035, 0x000A, 0x00FF};
        body.writeBytes(number(suites.length * 2));
        for (int suite : suites) {
            body.writeBytes(number(suite));
        }
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
