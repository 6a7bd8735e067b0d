package io.github.alexalink.it;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Stands between a proxy and Tomcat, passes every byte on, and keeps the request lines as the proxy wrote them. */
final class WireTap implements AutoCloseable {

    private static final Pattern REQUEST_LINE = Pattern.compile("[^\\s:]+\\s+(.*) HTTP/1\\.[01]");

    private final ServerSocket listening;
    private final int tomcatPort;
    private final List<String> targets = new CopyOnWriteArrayList<>();

    private WireTap(ServerSocket listening, int tomcatPort) {
        this.listening = listening;
        this.tomcatPort = tomcatPort;
    }

    static WireTap before(int tomcatPort) throws IOException {
        WireTap tap = new WireTap(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), tomcatPort);
        run(tap::accept);
        return tap;
    }

    int port() {
        return listening.getLocalPort();
    }

    /** What the proxy asked of Tomcat so far, with the query; a request is in it before Tomcat has it. */
    List<String> targets() {
        return List.copyOf(targets);
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket proxy = listening.accept();
                Socket tomcat = new Socket(InetAddress.getLoopbackAddress(), tomcatPort);
                proxy.setTcpNoDelay(true);
                tomcat.setTcpNoDelay(true);
                run(() -> pass(proxy, tomcat, new Lines()));
                run(() -> pass(tomcat, proxy, null));
            } catch (IOException closed) {
                // the proxy asks again, or the test is over
            }
        }
    }

    private static void run(Runnable work) {
        Thread thread = new Thread(work, "wire-tap");
        thread.setDaemon(true);
        thread.start();
    }

    private static void pass(Socket from, Socket to, Lines lines) {
        byte[] buffer = new byte[16_384];
        try (from;
                to;
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                if (lines != null) {
                    lines.read(buffer, length);
                }
                out.write(buffer, 0, length);
            }
        } catch (IOException closed) {
            // by either of the two
        }
    }

    /** The lines of one connection; no body that a test sends has one that looks like a request line. */
    private final class Lines {

        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        void read(byte[] bytes, int length) {
            for (int i = 0; i < length; i++) {
                if (bytes[i] != '\n') {
                    line.write(bytes[i]);
                    continue;
                }
                Matcher request = REQUEST_LINE.matcher(
                        line.toString(StandardCharsets.ISO_8859_1).replaceFirst("\r$", ""));
                if (request.matches()) {
                    targets.add(request.group(1));
                }
                line.reset();
            }
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
