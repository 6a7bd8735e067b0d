package io.github.alexalink.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A Tomcat with small buffers, so that a response blocks early, and with a pool of two. */
@DisplayName("Clients that send requests and read no answer, straight to Tomcat")
class SlowReadersIT {

    private static final int POOL = 2;
    private static final int SLOW_READERS = 3 * POOL;
    private static final Path BASE = Path.of("target/it/slow-readers").toAbsolutePath();

    private static int port;
    private static TomcatProcess tomcat;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        port = TestServers.freePort();
        CatalinaBase.delete(BASE);
        TestServers.prepareBase(BASE, port, Map.of("alexa.db.pool", Integer.toString(POOL)));
        Path server = BASE.resolve("conf/server.xml");
        String shipped = Files.readString(server);
        assertThat(shipped).contains("protocol=\"HTTP/1.1\"");
        Files.writeString(
                server,
                shipped.replace(
                        "protocol=\"HTTP/1.1\"",
                        "protocol=\"HTTP/1.1\" socket.txBufSize=\"4096\" maxKeepAliveRequests=\"-1\""));
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        tomcat = TestServers.startOwn(BASE, port, "/alexa/health");
    }

    @AfterAll
    static void stop() {
        if (tomcat != null) {
            tomcat.close();
        }
    }

    @Test
    void a_public_client_that_revokes_without_reading_keeps_no_connection_from_a_household() throws Exception {
        Alexa alexa = Alexa.skill(TestServers.issuer(port));
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, TestDatabase.PASSWORD);
        String refreshToken = alexa.linked(anna).getString("refresh_token");
        String app = TestDatabase.unique("app");
        TestDatabase.ask(
                "SELECT client_id FROM alexa.register_client(client_id => ?, display_name => 'App',"
                        + " redirect_uris => ARRAY['https://app.example/'], public => true)",
                app);
        String form = "client_id=" + app + "&token="
                + Token.issue(TokenKind.REFRESH_TOKEN, Token.newLinkId()).value();
        byte[] request =
                ("POST /alexa/revoke HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                                + "Content-Length: " + form.length() + "\r\n\r\n" + form)
                        .getBytes(StandardCharsets.US_ASCII);
        List<SocketChannel> slow = new ArrayList<>();
        try {
            for (int i = 0; i < SLOW_READERS; i++) {
                slow.add(connect());
            }
            sendUntilNobodyTakesMore(slow, request);
            for (int i = 0; i < 5; i++) {
                assertThat(alexa.refresh(refreshToken).statusCode()).isEqualTo(200);
            }
        } finally {
            for (SocketChannel each : slow) {
                each.close();
            }
        }
    }

    private static SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
        channel.setOption(StandardSocketOptions.SO_SNDBUF, 4096);
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        channel.configureBlocking(false);
        return channel;
    }

    /**
     * Sends until Tomcat reads no more. It reads the next request only after the last response, so then every response
     * blocks.
     */
    private static void sendUntilNobodyTakesMore(List<SocketChannel> slow, byte[] request)
            throws IOException, InterruptedException {
        List<ByteBuffer> unsent = new ArrayList<>();
        slow.forEach(each -> unsent.add(ByteBuffer.wrap(request)));
        long quietSince = System.nanoTime();
        while (System.nanoTime() - quietSince < TimeUnit.MILLISECONDS.toNanos(1500)) {
            for (int i = 0; i < slow.size(); i++) {
                if (slow.get(i).write(unsent.get(i)) > 0) {
                    quietSince = System.nanoTime();
                }
                if (!unsent.get(i).hasRemaining()) {
                    unsent.get(i).rewind();
                }
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }
}
