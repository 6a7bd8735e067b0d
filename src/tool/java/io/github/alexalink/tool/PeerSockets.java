package io.github.alexalink.tool;

import java.io.File;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.net.SocketFactory;

/**
 * Connects the JDBC driver to a Unix socket by way of a {@link Relay} process, as the operating system's user that
 * PostgreSQL is to see. The driver makes it by its name, with an argument {@code USER:PATH} or {@code :PATH}.
 */
public final class PeerSockets extends SocketFactory {

    private final String user;
    private final String path;

    /** @param argument the user to become, or nothing to stay who one is; a colon; the path of the socket */
    public PeerSockets(String argument) {
        int colon = argument.indexOf(':');
        this.user = argument.substring(0, colon);
        this.path = argument.substring(colon + 1);
    }

    @Override
    public Socket createSocket() {
        return new Relayed(user, path);
    }

    @Override
    public Socket createSocket(String host, int port) {
        return createSocket();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        return createSocket();
    }

    /** A socket whose two streams are those of a process. */
    private static final class Relayed extends Socket {

        private final String user;
        private final String path;
        private Process process;
        private Path folder;

        Relayed(String user, String path) {
            this.user = user;
            this.path = path;
        }

        @Override
        public void connect(SocketAddress endpoint, int timeout) throws IOException {
            // the other user may not be allowed to read where the tool lies
            folder = Files.createTempDirectory(
                    "alexa-link-relay-",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
            String name = Relay.class.getName().replace('.', '/') + ".class";
            Path relay = folder.resolve(name);
            Files.createDirectories(relay.getParent());
            for (Path each = relay.getParent(); each.startsWith(folder); each = each.getParent()) {
                Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x")); // whatever the umask
            }
            try (InputStream bytes = Relay.class.getClassLoader().getResourceAsStream(name)) {
                Files.copy(bytes, relay);
            }
            Files.setPosixFilePermissions(relay, PosixFilePermissions.fromString("rw-r--r--"));
            List<String> command = new ArrayList<>();
            if (!user.isEmpty()) {
                command.addAll(List.of("runuser", "-u", user, "--"));
            }
            command.addAll(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xshare:auto",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    folder.toString(),
                    Relay.class.getName(),
                    path));
            process = new ProcessBuilder(command).directory(new File("/")).start();
        }

        @Override
        public void connect(SocketAddress endpoint) throws IOException {
            connect(endpoint, 0);
        }

        @Override
        public InputStream getInputStream() {
            return new FilterInputStream(process.getInputStream()) {
                private boolean answered;

                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
                }

                @Override
                public int read(byte[] into, int offset, int length) throws IOException {
                    int read = super.read(into, offset, length);
                    if (read < 0 && !answered) {
                        throw new IOException(complaint());
                    }
                    if (!answered) {
                        answered = true;
                        forgetRelay(); // it is loaded
                    }
                    return read;
                }
            };
        }

        /** What the relay or runuser said before it ended without an answer. */
        private String complaint() throws IOException {
            String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return said.isEmpty()
                    ? "nothing answers at " + path
                    : said.lines().findFirst().orElse("");
        }

        @Override
        public OutputStream getOutputStream() {
            return process.getOutputStream();
        }

        @Override
        public synchronized void close() throws IOException {
            if (process != null) {
                process.destroy();
            }
            forgetRelay();
        }

        private synchronized void forgetRelay() throws IOException {
            if (folder != null) {
                delete(folder);
                folder = null;
            }
        }

        private static void delete(Path folder) throws IOException {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path each : (Iterable<Path>) all.sorted(Comparator.reverseOrder())::iterator) {
                    Files.delete(each);
                }
            }
        }

        @Override
        public boolean isConnected() {
            return process != null;
        }

        @Override
        public void setTcpNoDelay(boolean on) {
            // there is no TCP
        }

        @Override
        public void setKeepAlive(boolean on) {
            // the process is there or not
        }

        @Override
        public void setSoTimeout(int timeout) {
            // statement_timeout is the server's
        }

        @Override
        public int getSoTimeout() {
            return 0;
        }
    }
}
