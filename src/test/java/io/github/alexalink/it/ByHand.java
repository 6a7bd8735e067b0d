package io.github.alexalink.it;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** Writes requests to a proxy over TLS byte by byte, so that nothing makes their paths better on the way. */
final class ByHand {

    private static final String HOST = "localhost";
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int GOAWAY = 7;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int ACK = 1;

    private final SSLContext tls;
    private final int port;

    ByHand(SSLContext tls, int port) {
        this.tls = tls;
        this.port = port;
    }

    /** Sends HTTP/1.1 by an address of this machine, which is then also where it comes from; returns the answer as text. */
    String send(InetAddress by, String methodAndTarget, Map<String, String> headers, String body) throws IOException {
        try (SSLSocket secure = connect(by, "http/1.1")) {
            return answer(secure, request(methodAndTarget, headers, body, port));
        }
    }

    /** Sends this request and nothing else; empty if the proxy hangs up without an answer. */
    String send(String request) throws IOException {
        try (SSLSocket secure = connect(InetAddress.getLoopbackAddress(), "http/1.1")) {
            return answer(secure, request);
        }
    }

    /** Sends HTTP/1.1 past the proxy, to a plain port. */
    static String plain(InetAddress by, int plainPort, String request) throws IOException {
        try (Socket wire = new Socket()) {
            wire.connect(new InetSocketAddress(by, plainPort), 5000);
            return answer(wire, request);
        }
    }

    static String request(String methodAndTarget, Map<String, String> headers, String body, int port) {
        Map<String, String> sent = new LinkedHashMap<>();
        sent.put("Host", HOST + ":" + port);
        sent.put("Connection", "close");
        if (!body.isEmpty()) {
            sent.put("Content-Type", "application/x-www-form-urlencoded");
            sent.put("Content-Length", Integer.toString(body.length()));
        }
        sent.putAll(headers);
        StringBuilder request = new StringBuilder(methodAndTarget).append(" HTTP/1.1\r\n");
        sent.forEach(
                (name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
        return request.append("\r\n").append(body).toString();
    }

    private SSLSocket connect(InetAddress by, String protocol) throws IOException {
        Socket wire = new Socket();
        wire.setTcpNoDelay(true);
        wire.connect(new InetSocketAddress(by, port), 5000);
        SSLSocket secure = (SSLSocket) tls.getSocketFactory().createSocket(wire, HOST, port, true);
        SSLParameters handshake = secure.getSSLParameters();
        handshake.setProtocols(new String[] {"TLSv1.2"}); // the oldest that Amazon may come with
        handshake.setServerNames(List.of(new SNIHostName(HOST)));
        handshake.setEndpointIdentificationAlgorithm("HTTPS");
        handshake.setApplicationProtocols(new String[] {protocol});
        secure.setSSLParameters(handshake);
        return secure;
    }

    private static String answer(Socket wire, String request) throws IOException {
        wire.setSoTimeout(10_000);
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        try {
            wire.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            wire.getOutputStream().flush();
            wire.getInputStream().transferTo(received);
        } catch (SocketTimeoutException silent) {
            throw new IOException("no end of an answer in 10 s, but [" + received + "]", silent);
        } catch (IOException hungUp) {
            // what a proxy refuses it need not read to the end
        }
        return received.toString(StandardCharsets.UTF_8);
    }

    /** Sends a GET with this {@code :path} over HTTP/2; returns the body of the answer, empty if the stream was refused. */
    String http2(String path) throws IOException {
        try (SSLSocket secure = connect(InetAddress.getLoopbackAddress(), "h2")) {
            secure.setSoTimeout(10_000);
            secure.startHandshake();
            if (!"h2".equals(secure.getApplicationProtocol())) {
                throw new AssertionError("the proxy does not speak HTTP/2");
            }
            ByteArrayOutputStream headers = new ByteArrayOutputStream();
            headers.write(0x82); // :method GET
            headers.write(0x87); // :scheme https
            literal(headers, 0x04, path); // :path
            literal(headers, 0x01, HOST + ":" + port); // :authority
            OutputStream out = secure.getOutputStream();
            out.write(PREFACE);
            frame(out, SETTINGS, 0, 0, new byte[0]);
            frame(out, HEADERS, END_STREAM | END_HEADERS, 1, headers.toByteArray());
            out.flush();
            return bodyOf(secure.getInputStream(), out);
        }
    }

    /** A header that is not indexed and not compressed (RFC 7541 §6.2.2). */
    private static void literal(ByteArrayOutputStream headers, int name, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
        headers.write(name);
        if (bytes.length < 127) {
            headers.write(bytes.length);
        } else {
            headers.write(127);
            int rest = bytes.length - 127;
            for (; rest >= 128; rest >>= 7) {
                headers.write((rest & 0x7f) | 0x80);
            }
            headers.write(rest);
        }
        headers.writeBytes(bytes);
    }

    private static void frame(OutputStream out, int type, int flags, int stream, byte[] payload) throws IOException {
        out.write(ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array());
    }

    private static String bodyOf(InputStream from, OutputStream out) throws IOException {
        DataInputStream in = new DataInputStream(from);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            in.readInt();
            byte[] payload = in.readNBytes(length);
            if (type == SETTINGS && (flags & ACK) == 0) {
                frame(out, SETTINGS, ACK, 0, new byte[0]);
                out.flush();
            }
            if (type == DATA) {
                body.writeBytes(payload);
            }
            boolean ended = (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
            if (ended || type == RST_STREAM || type == GOAWAY) {
                return body.toString(StandardCharsets.UTF_8);
            }
        }
    }
}
