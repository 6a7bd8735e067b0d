package io.github.alexalink.tool.doctor;

import io.github.alexalink.tool.doctor.Unanswered.Kind;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/**
 * Connections to the addresses of the server: one for each request, with a limit for its time and for the size of its
 * answer. TLS takes every certificate, so that it can be looked at; a request with a secret in it is sent only if the
 * certificate is good.
 */
final class Wire {

    /** More than Alexa waits, so that a slow answer is seen to be one. */
    static final Duration EXCHANGE = Duration.ofSeconds(8);

    static final Duration CONNECT = Duration.ofSeconds(4);

    static final Duration HANDSHAKE = Duration.ofSeconds(5);

    /** For a handshake that was late once: what is only slow shall not be taken for silent. */
    static final Duration PATIENT = Duration.ofSeconds(15);

    static final List<String> TODAY = List.of("TLSv1.3", "TLSv1.2");

    /** Our largest answer is a page of 20 KiB. */
    private static final int MOST_BYTES = 256 * 1024;

    private static final int MOST_HEADERS = 64 * 1024;

    /** Enough of an answer to plain http to read in it that TLS is wanted. */
    private static final int HINT_BYTES = 1024;

    /** Closes a connection at its deadline, so that a read that never ends does. */
    private static final ScheduledExecutorService WATCHDOG = watchdog();

    private final Target target;
    private final Trust trust;

    Wire(Target target, Trust trust) {
        this.target = target;
        this.trust = trust;
    }

    /** What a handshake has shown; the chain as it was sent. */
    record Shaken(String protocol, List<X509Certificate> chain, boolean wantsClientCertificate, long millis) {}

    private static ScheduledExecutorService watchdog() {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, work -> {
            Thread thread = new Thread(work, "deadlines");
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        return executor;
    }

    /** A connection that is closed at its deadline. */
    private record Connection(Socket raw, ScheduledFuture<?> end, Deadline deadline, long began)
            implements AutoCloseable {

        long millis() {
            return (System.nanoTime() - began) / 1_000_000;
        }

        Unanswered failed(Kind kind, Throwable cause) {
            return new Unanswered(deadline.isOver() && kind != Kind.LARGE ? Kind.SLOW : kind, millis(), cause);
        }

        @Override
        public void close() {
            end.cancel(false);
            closeQuietly(raw);
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException closed) {
            // it is
        }
    }

    private Connection connect(Address address, Deadline deadline) throws Unanswered {
        long began = System.nanoTime();
        Socket raw = new Socket();
        try {
            raw.setTcpNoDelay(true);
            int wait = (int) Math.max(1, Math.min(CONNECT.toMillis(), deadline.millis()));
            raw.connect(new InetSocketAddress(address.ip(), target.port()), wait);
            raw.setSoTimeout((int) Math.max(1, deadline.millis()));
        } catch (IOException failed) {
            closeQuietly(raw);
            throw new Unanswered(kindOf(failed), (System.nanoTime() - began) / 1_000_000, failed);
        }
        ScheduledFuture<?> end =
                WATCHDOG.schedule(() -> closeQuietly(raw), Math.max(1, deadline.millis()), TimeUnit.MILLISECONDS);
        return new Connection(raw, end, deadline, began);
    }

    private static Kind kindOf(IOException failed) {
        String said = String.valueOf(failed.getMessage()).toLowerCase(Locale.ROOT);
        if (said.contains("network is unreachable") || said.contains("protocol family unavailable")) {
            return Kind.NO_ROUTE;
        }
        return failed instanceof ConnectException && said.contains("refused") ? Kind.REFUSED : Kind.SILENT;
    }

    /** Whether somebody takes a connection there. */
    void knock(Address address, Deadline limit) throws Unanswered {
        connect(address, limit.within(EXCHANGE)).close();
    }

    /** Shakes hands by one of these versions of TLS. */
    Shaken shake(Address address, List<String> versions, Deadline limit) throws Unanswered {
        return shake(address, versions, HANDSHAKE, limit);
    }

    /** Shakes hands within this time. */
    Shaken shake(Address address, List<String> versions, Duration time, Deadline limit) throws Unanswered {
        try (Connection connection = connect(address, limit.within(time))) {
            Witness witness = new Witness();
            SSLSocket tls = tls(connection, versions, witness);
            // in TLS 1.3 a server may refuse only after the handshake, which this does not wait for
            return new Shaken(
                    tls.getSession().getProtocol(),
                    witness.chain(),
                    witness.wantsClientCertificate(),
                    connection.millis());
        }
    }

    private SSLSocket tls(Connection connection, List<String> versions, Witness witness) throws Unanswered {
        try {
            SSLContext context = SSLContext.getInstance("TLS"); // a new one, so that no session is resumed
            context.init(new KeyManager[] {witness.clientCertificates()}, new TrustManager[] {witness}, null);
            SSLSocket tls = (SSLSocket)
                    context.getSocketFactory().createSocket(connection.raw(), target.host(), target.port(), true);
            SSLParameters parameters = tls.getSSLParameters();
            parameters.setProtocols(versions.toArray(String[]::new));
            if (!target.host().matches("[0-9.]+|.*:.*")) {
                parameters.setServerNames(List.of(new SNIHostName(target.host())));
            }
            tls.setSSLParameters(parameters);
            tls.startHandshake();
            return tls;
        } catch (SocketTimeoutException slow) {
            throw new Unanswered(Kind.SLOW, connection.millis(), slow);
        } catch (IOException failed) {
            boolean plain = String.valueOf(failed.getMessage()).contains("Unsupported or unrecognized SSL message");
            throw connection.failed(
                    plain ? Kind.PLAIN : witness.wantsClientCertificate() ? Kind.CLIENT_CERTIFICATE : Kind.HANDSHAKE,
                    failed);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every JDK has TLS", impossible);
        }
    }

    /** Whether plain http is spoken there. A port for TLS may answer it too: with 400, and words about TLS. */
    boolean speaksPlainHttp(Address address, Deadline limit) {
        String start = inPlain(address, limit);
        boolean hint = start.matches("(?is)HTTP/1.. 400.*(https|ssl|tls).*");
        return start.startsWith("HTTP/") && !hint;
    }

    /** The start of what is answered to a request without TLS; empty if nothing is. */
    String inPlain(Address address, Deadline limit) {
        Request request = Request.machine(target.path() + "/health");
        return new String(raw(address, bytes(request), HINT_BYTES, limit), StandardCharsets.ISO_8859_1);
    }

    /** Sends bytes without TLS, and returns what comes back, up to so many bytes; empty if nothing does. */
    byte[] raw(Address address, byte[] bytes, int most, Deadline limit) {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try (Connection connection = connect(address, limit.within(HANDSHAKE))) {
            connection.raw().getOutputStream().write(bytes);
            InputStream in = connection.raw().getInputStream();
            for (int octet = in.read(); octet >= 0; octet = in.read()) {
                answer.write(octet);
                if (answer.size() == most) {
                    break;
                }
            }
        } catch (IOException end) {
            // what came before it counts
        }
        return answer.toByteArray();
    }

    /** Sends a request and reads the whole answer. */
    Reply ask(Address address, Request request, Deadline limit) throws Unanswered {
        try (Connection connection = connect(address, limit.within(EXCHANGE))) {
            long connected = connection.millis();
            Witness witness = new Witness();
            SSLSocket tls = tls(connection, TODAY, witness);
            long shaken = connection.millis();
            if (request.secret() && !trust.isGood(witness.chain(), target.host())) {
                throw new Unanswered(Kind.UNTRUSTED, shaken, null);
            }
            Reading reading = new Reading(connection);
            try {
                OutputStream out = tls.getOutputStream();
                out.write(bytes(request));
                out.flush();
                return reading.reply(tls.getInputStream(), connected, shaken);
            } catch (IOException failed) {
                Unanswered known = failed instanceof Unanswered none ? none : reading.failed(failed);
                // by TLS 1.3 a server that demands a certificate refuses only now
                throw known.kind() == Kind.RESET && witness.wantsClientCertificate()
                        ? new Unanswered(Kind.CLIENT_CERTIFICATE, connection.millis(), failed)
                        : known;
            }
        }
    }

    private byte[] bytes(Request request) {
        StringBuilder head = new StringBuilder(request.method() + " " + request.path() + " HTTP/1.1\r\n");
        head.append("Host: ").append(target.authority()).append("\r\n");
        request.headers()
                .forEach((name, value) ->
                        head.append(name).append(": ").append(value).append("\r\n"));
        if (request.method().equals("POST")) {
            head.append("Content-Length: ").append(request.body().length()).append("\r\n"); // encoded, so ASCII
        }
        head.append("Connection: close\r\n\r\n").append(request.body());
        return head.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Reads one answer. */
    private static final class Reading {

        private final Connection connection;
        private long firstByte = -1;

        Reading(Connection connection) {
            this.connection = connection;
        }

        Unanswered failed(IOException failed) {
            if (connection.deadline().isOver() || failed instanceof SocketTimeoutException) {
                return new Unanswered(firstByte < 0 ? Kind.SLOW : Kind.ENDLESS, connection.millis(), failed);
            }
            return new Unanswered(firstByte < 0 ? Kind.RESET : Kind.CUT, connection.millis(), failed);
        }

        Reply reply(InputStream from, long connected, long shaken) throws IOException {
            InputStream in = new BufferedInputStream(from);
            while (true) {
                String start = line(in);
                if (!start.matches("HTTP/1\\.[01] \\d{3}.*")) {
                    throw new Unanswered(Kind.GARBLED, connection.millis(), null);
                }
                int status = Integer.parseInt(start.substring(9, 12));
                List<Map.Entry<String, String>> headers = headers(in);
                if (status >= 200) {
                    Reply head = new Reply(status, headers, "", null);
                    String body = status == 204 || status == 304 ? "" : text(body(in, head), head);
                    // the whole answer counts: Alexa needs all of it
                    return new Reply(
                            status,
                            headers,
                            body,
                            new Reply.Times(connected, shaken - connected, connection.millis() - shaken));
                }
            }
        }

        private int read(InputStream in) throws IOException {
            int octet = in.read();
            if (firstByte < 0 && octet >= 0) {
                firstByte = connection.millis();
            }
            return octet;
        }

        private String line(InputStream in) throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int octet = read(in); octet != '\n'; octet = read(in)) {
                if (octet < 0) {
                    throw new Unanswered(firstByte < 0 ? Kind.RESET : Kind.CUT, connection.millis(), null);
                }
                line.write(octet);
                if (line.size() > MOST_HEADERS) {
                    throw new Unanswered(Kind.LARGE, connection.millis(), null);
                }
                endIfOver();
            }
            return line.toString(StandardCharsets.ISO_8859_1).replaceFirst("\r$", "");
        }

        private List<Map.Entry<String, String>> headers(InputStream in) throws IOException {
            List<Map.Entry<String, String>> headers = new ArrayList<>();
            int size = 0;
            for (String line = line(in); !line.isEmpty(); line = line(in)) {
                size += line.length();
                int colon = line.indexOf(':');
                if (colon > 0) {
                    headers.add(new SimpleImmutableEntry<>(
                            line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
                            line.substring(colon + 1).strip()));
                }
                if (size > MOST_HEADERS) {
                    throw new Unanswered(Kind.LARGE, connection.millis(), null);
                }
            }
            return headers;
        }

        private byte[] body(InputStream in, Reply head) throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            if (head.header("transfer-encoding").toLowerCase(Locale.ROOT).contains("chunked")) {
                for (int size = chunk(in); size > 0; size = chunk(in)) {
                    copy(in, size, body);
                    line(in);
                }
                headers(in);
                return body.toByteArray();
            }
            String length = head.header("content-length");
            if (length.matches("\\d{1,18}")) {
                copy(in, Long.parseLong(length), body);
                return body.toByteArray();
            }
            for (int octet = read(in); octet >= 0; octet = read(in)) { // up to the end of the connection
                body.write(octet);
                limit(body.size());
                endIfOver();
            }
            return body.toByteArray();
        }

        /** Reads what came compressed although nobody asked for that, so that it can be named. */
        private static String text(byte[] body, Reply head) {
            if (head.header("content-encoding").equalsIgnoreCase("gzip")) {
                try (InputStream packed = new GZIPInputStream(new ByteArrayInputStream(body))) {
                    return new String(packed.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
                } catch (IOException broken) {
                    return "";
                }
            }
            return new String(body, StandardCharsets.UTF_8);
        }

        private int chunk(InputStream in) throws IOException {
            String size = line(in).replaceFirst(";.*", "").strip();
            if (!size.matches("[0-9A-Fa-f]{1,7}")) {
                throw new Unanswered(Kind.GARBLED, connection.millis(), null);
            }
            return Integer.parseInt(size, 16);
        }

        private void copy(InputStream in, long length, ByteArrayOutputStream body) throws IOException {
            limit(body.size() + length);
            for (long i = 0; i < length; i++) {
                int octet = read(in);
                if (octet < 0) {
                    throw new Unanswered(Kind.CUT, connection.millis(), null);
                }
                body.write(octet);
                endIfOver();
            }
        }

        private void limit(long size) throws Unanswered {
            if (size > MOST_BYTES) {
                throw new Unanswered(Kind.LARGE, connection.millis(), null);
            }
        }

        private void endIfOver() throws Unanswered {
            if (connection.deadline().isOver()) {
                throw new Unanswered(Kind.ENDLESS, connection.millis(), null);
            }
        }
    }
}
