package io.github.alexalink.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The network between Tomcat and PostgreSQL. It can stop forwarding, as a firewall or a dead switch does: connections
 * stay open, new ones are accepted, and no data arrive.
 */
final class Wire implements AutoCloseable {

    /** A direction. */
    enum Way {
        TO_POSTGRES,
        FROM_POSTGRES
    }

    private final ServerSocket listening;
    private final int postgresPort;
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
    private final Set<Way> silent = EnumSet.noneOf(Way.class);
    private int connections;
    private int forgotten;
    private boolean closed;

    private Wire(ServerSocket listening, int postgresPort) {
        this.listening = listening;
        this.postgresPort = postgresPort;
    }

    static Wire to(int postgresPort) throws IOException {
        Wire wire = new Wire(new ServerSocket(0, 100, InetAddress.getLoopbackAddress()), postgresPort);
        start("wire", wire::accept);
        return wire;
    }

    String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + listening.getLocalPort() + "/alexa";
    }

    /** Stops forwarding in these directions, for old and new connections; keeps the data that arrive meanwhile. */
    synchronized void fallSilent(Way... ways) {
        silent.addAll(Arrays.asList(ways));
    }

    /** Forwards again, the kept data first. */
    synchronized void heal() {
        silent.clear();
        notifyAll();
    }

    /** Forwards nothing on the present connections ever again, as a firewall that restarted; new connections work. */
    synchronized void forget() {
        forgotten = connections;
    }

    private void accept() {
        while (true) {
            try {
                Socket tomcat = listening.accept();
                Socket postgres = new Socket();
                sockets.add(tomcat);
                sockets.add(postgres);
                int number = nextConnection();
                start("wire-" + number, () -> connect(number, tomcat, postgres));
            } catch (IOException over) {
                return;
            }
        }
    }

    private void connect(int number, Socket tomcat, Socket postgres) {
        try {
            postgres.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), postgresPort));
        } catch (IOException down) {
            close(tomcat); // Tomcat sees a refused connection
            return;
        }
        start("wire-back-" + number, () -> forward(number, Way.FROM_POSTGRES, postgres, tomcat));
        forward(number, Way.TO_POSTGRES, tomcat, postgres);
    }

    private void forward(int number, Way way, Socket from, Socket to) {
        byte[] buffer = new byte[8192];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            int read;
            do {
                read = in.read(buffer);
                awaitForwarding(number, way);
                if (read > 0) {
                    out.write(buffer, 0, read);
                }
            } while (read >= 0);
            to.shutdownOutput();
        } catch (IOException broken) {
            close(from); // as without this class: a killed server resets its connections
            close(to);
        }
    }

    private synchronized int nextConnection() {
        return connections++;
    }

    private synchronized void awaitForwarding(int number, Way way) {
        while (!closed && (silent.contains(way) || number < forgotten)) {
            try {
                wait();
            } catch (InterruptedException impossible) {
                throw new IllegalStateException("nobody interrupts a wire", impossible);
            }
        }
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException alreadyGone) {
            // expected
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        sockets.forEach(Wire::close);
        synchronized (this) {
            closed = true;
            notifyAll();
        }
    }
}
