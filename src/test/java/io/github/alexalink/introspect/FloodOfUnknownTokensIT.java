package io.github.alexalink.introspect;

import static io.github.alexalink.fixture.cases.Neighbour.bearer;
import static io.github.alexalink.fixture.cases.Neighbour.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A stranger floods the music server with access tokens that do not exist")
class FloodOfUnknownTokensIT extends OnTomcat {

    private static final String LIBRARY = "/music-server/api/library";
    private static final String OF_THE_LAST_PARTITION =
            "SELECT %s FROM alexa.partition_bounds WHERE table_name = 'access_token' ORDER BY starts_at DESC LIMIT 1";

    private static final int THREADS = 24;
    private static final int POOL = 10;

    /**
     * Locks the last partition. The unknown tokens say that they were made on its day, so that looking one up waits; a new
     * access token goes into the partition of its own day and does not wait.
     */
    @Test
    void half_the_pool_is_left_to_alexa_when_the_valve_asks() throws Exception {
        assertHalfIsLeft(() -> get(LIBRARY, bearer(unknownToken())).statusCode());
    }

    @Test
    void half_the_pool_is_left_to_alexa_when_another_tomcat_introspects() throws Exception {
        String id = TestDatabase.unique("music");
        String secret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'Music')",
                id);
        Alexa.SECRETS.add(secret);
        assertHalfIsLeft(() -> RawHttp.send(
                        "POST /alexa/introspect HTTP/1.1\nAuthorization: " + Alexa.basic(id, secret)
                                + "\nContent-Type: application/x-www-form-urlencoded",
                        "token=" + unknownToken())
                .statusCode());
    }

    private static void assertHalfIsLeft(Callable<Integer> unknownToken) throws Exception {
        Alexa alexa = Alexa.skill(TestServers.issuer());
        JSONObject tokens = alexa.linked(TestDatabase.unique("carl"));
        String last = TestDatabase.ask(OF_THE_LAST_PARTITION.formatted("partition_name"));
        AtomicBoolean enough = new AtomicBoolean();
        Queue<Integer> answers = new ConcurrentLinkedQueue<>();
        ExecutorService strangers = Executors.newFixedThreadPool(THREADS);
        List<Future<?>> flood = new ArrayList<>();
        try (Connection dba = TestDatabase.shared().superuser();
                Statement statement = dba.createStatement()) {
            dba.setAutoCommit(false);
            statement.execute("LOCK TABLE alexa." + last + " IN ACCESS EXCLUSIVE MODE");
            for (int i = 0; i < THREADS; i++) {
                flood.add(strangers.submit(() -> {
                    while (!enough.get()) {
                        answers.add(unknownToken.call());
                    }
                    return null;
                }));
            }
            assertThat(Soon.within(60, FloodOfUnknownTokensIT::waiting, count -> count >= POOL / 2))
                    .isBetween(POOL / 2, POOL);
            for (int i = 0; i < 5; i++) {
                assertThat(alexa.refresh(tokens.getString("refresh_token")).statusCode())
                        .isEqualTo(200);
                assertThat(waiting()).isLessThanOrEqualTo(POOL / 2);
            }
            assertThat(Soon.within(60, () -> answers, given -> !given.isEmpty()))
                    .isNotEmpty()
                    .containsOnly(503);
        } finally {
            enough.set(true);
            for (Future<?> stranger : flood) {
                stranger.get();
            }
            strangers.shutdownNow();
        }
        assertThat(Soon.within(
                        60,
                        () -> get(LIBRARY, bearer(tokens.getString("access_token")))
                                .statusCode(),
                        status -> status == 200))
                .isEqualTo(200);
    }

    private static String unknownToken() {
        byte[] bytes = new byte[52];
        ThreadLocalRandom.current().nextBytes(bytes);
        ByteBuffer.wrap(bytes)
                .putInt(
                        16,
                        Integer.parseInt(TestDatabase.ask(
                                OF_THE_LAST_PARTITION.formatted("extract(epoch FROM starts_at)::integer"))));
        return "ala_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** The number of the WAR's connections that wait for a lock. */
    private static int waiting() {
        return Integer.parseInt(TestDatabase.ask(
                "SELECT count(*) FROM pg_stat_activity" + " WHERE usename = 'alexa_app' AND wait_event_type = 'Lock'"));
    }
}
