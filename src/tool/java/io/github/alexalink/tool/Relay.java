package io.github.alexalink.tool;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/**
 * The {@code main} of a process that may run as another user: copies its standard input to a Unix socket, and what comes
 * back to its standard output. So PostgreSQL's peer authentication sees that user. It depends on no other class.
 */
final class Relay {

    private Relay() {}

    public static void main(String[] arguments) throws IOException {
        try (SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(Path.of(arguments[0])))) {
            Thread there = new Thread(() -> {
                try {
                    copy(Channels.newChannel(System.in), socket);
                    socket.shutdownOutput();
                } catch (IOException closed) {
                    // the other direction ends as well
                }
            });
            there.setDaemon(true);
            there.start();
            copy(socket, Channels.newChannel(System.out));
        }
    }

    /** By channel, because a stream of a socket channel would not write while it waits to read (JDK 17). */
    private static void copy(ReadableByteChannel from, WritableByteChannel to) throws IOException {
        ByteBuffer some = ByteBuffer.allocate(64 * 1024);
        while (from.read(some) >= 0) {
            some.flip();
            while (some.hasRemaining()) {
                to.write(some);
            }
            some.clear();
            if (!(to instanceof SocketChannel)) {
                System.out.flush();
            }
        }
    }
}
