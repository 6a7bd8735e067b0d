package io.github.alexalink.store;

import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A connection becomes unusable: the pool drops all connections, and the statement is repeated")
class ReadOnlyMomentIT extends OnTomcat {

    private static final String ANNA = TestDatabase.unique("anna");
    private static final String POOL =
            " FROM pg_stat_activity WHERE usename = 'alexa_app' AND datname = current_database()";

    /** The number in webapp/META-INF/context.xml: the pool opens as many again a moment after it lost all. */
    private static final int MINIMUM_IDLE = 2;

    private Alexa alexa;
    private String refreshToken;

    @BeforeAll
    static void account() {
        TestDatabase.addAccount(ANNA, PASSWORD);
    }

    @BeforeEach
    void link() {
        alexa = Alexa.skill(ISSUER);
        refreshToken = alexa.link(ANNA, PASSWORD).getString("refresh_token");
    }

    @AfterEach
    void writable() {
        makeWritable();
        TestDatabase.change("ALTER ROLE alexa_app RESET default_transaction_read_only");
        TestDatabase.ask("SELECT count(pg_terminate_backend(pid))" + POOL);
        await(() -> alexa.refresh(refreshToken).statusCode() == 200);
    }

    @Test
    void a_refresh_is_503_while_the_server_is_read_only_and_succeeds_at_once_after_it() {
        Set<String> before = pool();
        TestDatabase.change("ALTER SYSTEM SET default_transaction_read_only = on");
        TestDatabase.ask("SELECT pg_reload_conf()");
        await(() -> "on".equals(TestDatabase.ask("SHOW default_transaction_read_only")));
        await(() -> alexa.refresh(refreshToken).statusCode() == 503); // the reload may take a moment
        assertUnavailable(alexa.refresh(refreshToken));
        await(() -> !pool().containsAll(before));

        makeWritable();
        assertTokens(alexa.refresh(refreshToken));
    }

    /**
     * Imitates a failover: the database is well, but the connections in the pool stay read-only until they are closed.
     */
    @Test
    void read_only_connections_are_all_dropped_at_once_and_the_next_refresh_succeeds() {
        Set<String> writable = pool();
        TestDatabase.change("ALTER ROLE alexa_app SET default_transaction_read_only = on");
        TestDatabase.ask("SELECT count(pg_terminate_backend(pid))" + POOL);
        await(() -> pool().stream().noneMatch(writable::contains));
        await(() -> Alexa.get(ISSUER + "/health").body().contains("\"schema\"")); // a new connection, read-only
        // the pool drops also the connections that have not failed yet
        assertUnavailable(alexa.refresh(refreshToken));
        await(ReadOnlyMomentIT::isFilledAndStaysSo); // a connection that is opened later would be writable
        Set<String> before = pool();
        TestDatabase.change("ALTER ROLE alexa_app RESET default_transaction_read_only");

        assertTokens(alexa.refresh(refreshToken));
        await(() -> pool().stream().noneMatch(before::contains));
    }

    @Test
    void a_refresh_succeeds_although_its_backend_is_terminated_in_the_middle() throws Exception {
        String pid = "";
        while (pid.isEmpty()) {
            pid = terminateInTheMiddleOfARefresh();
        }
        String terminated = pid;
        await(() -> !pool().contains(terminated));
    }

    /**
     * Returns the process id of the backend; empty if the refresh ended before, because it waits for a lock 1.5 s at
     * most.
     */
    private String terminateInTheMiddleOfARefresh() throws Exception {
        try (Connection blocking = TestDatabase.shared().superuser();
                Statement statement = blocking.createStatement()) {
            blocking.setAutoCommit(false);
            statement.execute("LOCK TABLE alexa.access_token IN EXCLUSIVE MODE");
            CompletableFuture<HttpResponse<String>> waiting =
                    CompletableFuture.supplyAsync(() -> alexa.refresh(refreshToken));
            String pid =
                    Soon.within(60, () -> terminateWhoWaits(statement), gone -> !gone.isEmpty() || waiting.isDone());
            blocking.rollback();
            if (!pid.isEmpty()) {
                assertTokens(waiting.get(1, TimeUnit.MINUTES));
            }
            return pid;
        }
    }

    @Test
    void a_refresh_succeeds_after_all_idle_backends_were_terminated() throws Exception {
        Set<String> before = pool();
        TimeUnit.MILLISECONDS.sleep(600); // HikariCP does not test a connection that was used within half a second
        TestDatabase.ask("SELECT count(pg_terminate_backend(pid))" + POOL);
        await(() -> pool().stream().noneMatch(before::contains));
        assertTokens(alexa.refresh(refreshToken));
    }

    /** Returns the process id of the backend; empty if none waits for a lock. */
    private static String terminateWhoWaits(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(
                "SELECT pid, pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted LIMIT 1")) {
            return row.next() ? row.getString(1) : "";
        }
    }

    private static void makeWritable() {
        TestDatabase.change("ALTER SYSTEM RESET default_transaction_read_only");
        TestDatabase.ask("SELECT pg_reload_conf()");
        await(() -> "off".equals(TestDatabase.ask("SHOW default_transaction_read_only")));
    }

    private static void assertUnavailable(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(503);
        assertThat(reply.headers().firstValue("Retry-After")).isPresent();
        assertThat(new JSONObject(reply.body()).getString("error")).isEqualTo("temporarily_unavailable");
    }

    /** The process ids of the WAR's connections. */
    private static Set<String> pool() {
        return new HashSet<>(Set.of(Optional.ofNullable(TestDatabase.ask("SELECT string_agg(pid::text, ' ')" + POOL))
                .orElse("")
                .split(" ")));
    }

    private static boolean isFilledAndStaysSo() {
        Set<String> seen = pool();
        sleep(500);
        return seen.size() >= MINIMUM_IDLE && pool().equals(seen);
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("it happens within a minute").isLessThan(end);
            sleep(50);
        }
    }

    private static void sleep(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", stopping);
        }
    }
}
