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

@DisplayName("A connection that went bad: the pool forgets all of its kind, and what was asked is asked again")
class ReadOnlyMomentIT extends OnTomcat {

    private static final String ANNA = TestDatabase.unique("anna");
    private static final String POOL =
            " FROM pg_stat_activity WHERE usename = 'alexa_app' AND datname = current_database()";

    /** As webapp/META-INF/context.xml has it: so many the pool has again a moment after it lost all. */
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
    void while_the_server_is_read_only_it_is_503_and_the_first_request_after_it_is_fine() {
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

    /** As after a failover: the database is well, only what is in the pool will not write until it is closed. */
    @Test
    void connections_that_stay_read_only_are_all_gone_at_once_and_nobody_notices() {
        Set<String> writable = pool();
        TestDatabase.change("ALTER ROLE alexa_app SET default_transaction_read_only = on");
        TestDatabase.ask("SELECT count(pg_terminate_backend(pid))" + POOL);
        await(() -> pool().stream().noneMatch(writable::contains));
        await(() -> Alexa.get(ISSUER + "/health").body().contains("\"schema\"")); // a new connection, and read-only
        assertUnavailable(alexa.refresh(refreshToken)); // which forgets those as well that nobody knows to be dead
        await(ReadOnlyMomentIT::isFilledAndStaysSo); // one that is opened later would be writable
        Set<String> before = pool();
        TestDatabase.change("ALTER ROLE alexa_app RESET default_transaction_read_only");

        assertTokens(alexa.refresh(refreshToken));
        await(() -> pool().stream().noneMatch(before::contains));
    }

    @Test
    void a_backend_that_is_terminated_in_the_middle_of_a_refresh_is_not_noticed_either() throws Exception {
        String pid = "";
        while (pid.isEmpty()) {
            pid = terminateInTheMiddleOfARefresh();
        }
        String terminated = pid;
        await(() -> !pool().contains(terminated));
    }

    /** Its process id; empty where the wait for the lock was over before: it ends by itself after 1.5 s. */
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
    void backends_that_are_terminated_while_they_idle_are_not_even_noticed() throws Exception {
        Set<String> before = pool();
        TimeUnit.MILLISECONDS.sleep(
                600); // one that was in use within half a second is not tried before it is given out
        TestDatabase.ask("SELECT count(pg_terminate_backend(pid))" + POOL);
        await(() -> pool().stream().noneMatch(before::contains));
        assertTokens(alexa.refresh(refreshToken));
    }

    /** Its process id; empty where nobody waits. */
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

    /** The process ids of what the WAR holds open. */
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
