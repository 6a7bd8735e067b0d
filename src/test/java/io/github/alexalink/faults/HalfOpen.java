package io.github.alexalink.faults;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * An attacker who opens connections from several addresses, sends nothing or half a request line on them, and replaces
 * each that is closed.
 */
final class HalfOpen implements AutoCloseable {

    private static final int ADDRESSES = 20;
    private static final byte[] HALF = "GET /alexa/health HTT".getBytes(StandardCharsets.US_ASCII);

    private final InetSocketAddress target;
    private final Selector selector = Selector.open();
    private final Thread thread;
    private volatile boolean going = true;
    private int begun;
    private volatile int held;

    private HalfOpen(int port, int count) throws IOException {
        target = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        thread = new Thread(() -> hold(count), "attacker");
    }

    /** Starts the attack, and returns at once. */
    static HalfOpen at(int port, int count) throws IOException {
        HalfOpen attacker = new HalfOpen(port, count);
        attacker.thread.start();
        return attacker;
    }

    /** The number of connections that the server has accepted and not closed. */
    int held() {
        return held;
    }

    private void hold(int count) {
        try {
            while (going) {
                // a few at a time, because good requests need room in the loopback's queue
                for (int i = 0; i < 100 && selector.keys().size() < count; i++) {
                    begin();
                }
                selector.select(20);
                for (SelectionKey key : selector.selectedKeys()) {
                    attend(key);
                }
                selector.selectedKeys().clear();
                selector.selectNow();
                held = (int) selector.keys().stream()
                        .filter(key -> key.isValid() && key.interestOps() == SelectionKey.OP_READ)
                        .count();
            }
        } catch (IOException broken) {
            throw new IllegalStateException("the attacker broke down", broken);
        }
    }

    private void begin() throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.bind(new InetSocketAddress("127.0.1." + (1 + begun % ADDRESSES), 0));
        channel.connect(target);
        channel.register(selector, SelectionKey.OP_CONNECT);
        begun++;
    }

    private void attend(SelectionKey key) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        try {
            if (key.isConnectable()) {
                channel.finishConnect();
                key.interestOps(SelectionKey.OP_READ);
                if (channel.socket().getLocalPort() % 2 == 0) {
                    channel.write(ByteBuffer.wrap(HALF));
                }
            } else if (channel.read(ByteBuffer.allocate(512)) < 0) {
                channel.close();
            }
        } catch (IOException refused) {
            channel.close();
        }
    }

    @Override
    public void close() throws IOException {
        going = false;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
        }
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
