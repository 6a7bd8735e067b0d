package io.github.alexalink.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("thorough") // counts tries by the clock
@DisplayName("The pool while the database is away")
class DatabaseAwayTest {

    @Test
    void the_pool_retries_at_one_interval_however_long_the_database_is_away() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        try (ServerSocket nobody = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Pool pool = pool(nobody.getLocalPort(), 2)) {
            Thread hangingUp = new Thread(() -> hangUp(nobody, tries));
            hangingUp.setDaemon(true);
            hangingUp.start();
            assertThatThrownBy(pool::getConnection)
                    .isInstanceOf(SQLTransientConnectionException.class)
                    .hasMessageContaining("Connection is not available")
                    .hasCauseInstanceOf(SQLException.class);
            // by now HikariCP itself would sleep for 1.3 s, then 2.6 s, then 5 s
            TimeUnit.SECONDS.sleep(3);
            int before = tries.get();
            TimeUnit.SECONDS.sleep(2);
            assertThat(tries.get() - before).isGreaterThanOrEqualTo(3);
        }
    }

    private static Pool pool(int port, int connections) {
        Pool pool = new Pool();
        pool.setInitializationFailTimeout(-1);
        pool.setConnectionTimeout(2000);
        pool.setMaximumPoolSize(connections);
        pool.connectTo(
                "jdbc:postgresql://127.0.0.1:" + port + "/alexa",
                "alexa_app",
                () -> TestDatabase.APP_PASSWORD,
                connections);
        return pool;
    }

    private static void hangUp(ServerSocket server, AtomicInteger tries) {
        while (true) {
            try {
                server.accept().close();
                tries.incrementAndGet();
            } catch (IOException over) {
                return;
            }
        }
    }
}
