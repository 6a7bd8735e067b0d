package io.github.alexalink.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("thorough")
@Tag("faults")
@DisplayName("PostgreSQL refuses a statement, having done nothing: it is asked again, and if need be Alexa asks again")
class RefusedByPostgresIT {

    private static House house;
    private static House.Site tomcat;

    private Alexa alexa;
    private Traffic answers;

    @BeforeAll
    static void start() throws Exception {
        house = new House("refused-by-postgres");
        tomcat = house.addTomcat();
        tomcat.start();
        Forced.install(house);
    }

    @AfterAll
    static void stop() throws Exception {
        if (house != null) {
            house.close();
        }
    }

    @BeforeEach
    void skill() throws SQLException {
        alexa = house.skill(tomcat.issuer(), false);
        answers = Traffic.start(house, List.of(tomcat.issuer()), 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"25006", "40001", "40P01"})
    void a_statement_is_refused_once_and_no_client_notices(String sqlState) throws Exception {
        for (Map.Entry<String, Supplier<HttpResponse<String>>> request :
                requests().entrySet()) {
            Forced.next(house, sqlState, 0, 1);
            HttpResponse<String> reply = answers.ask(request.getKey(), request.getValue());
            assertThat(house.ask("SELECT last_value FROM fault.statement"))
                    .as("%s was refused", request.getKey())
                    .isNotEqualTo("1");
            assertThat(reply.statusCode()).as(request.getKey()).isIn(200, 303);
        }
        Forced.never(house);
        answers.ledger().assertOnlyGood();
    }

    @ParameterizedTest
    @ValueSource(strings = {"25006", "40001", "40P01"})
    void a_statement_is_refused_again_and_again_and_the_answer_is_try_later(String sqlState) throws Exception {
        Map<String, Supplier<HttpResponse<String>>> requests = requests();
        Forced.next(house, sqlState, 0, 1_000_000);
        requests.forEach(answers::ask);
        Forced.never(house);
        assertThat(answers.ledger().answers()).hasSize(5).allMatch(Ledger.Answer::isTryLater);
        requests.forEach((what, request) ->
                assertThat(request.get().statusCode()).as(what).isIn(200, 303));
        answers.ledger().assertInTime();
    }

    /**
     * The page reads the client, the sign-in checks whether the Realm can read its table, and the third statement is the
     * Realm's.
     */
    @Test
    void the_realms_statement_is_refused_and_no_listener_reads_that_the_password_is_wrong() throws Exception {
        HttpResponse<String> page = alexa.authorize();
        Forced.next(house, "40001", 2, 1);
        assertThat(alexa.press(page, "allow", House.ANNA, TestDatabase.PASSWORD).statusCode())
                .as("refused once")
                .isEqualTo(303);
        Forced.next(house, "40001", 2, 1_000_000);
        HttpResponse<String> later = alexa.press(page, "allow", House.ANNA, TestDatabase.PASSWORD);
        assertThat(later.statusCode()).isEqualTo(503);
        assertThat(later.body()).contains("Please try again later").doesNotContain("wrong");
        Forced.never(house);
    }

    /** A real deadlock: a transaction locks a table and then wants a row that the redemption has locked. */
    @Test
    void a_deadlock_costs_a_second() throws Exception {
        String code = house.codes(alexa, 1).get(0);
        try (Connection other = house.postgres().superuser();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SET deadlock_timeout = '20s'"); // so that PostgreSQL ends the other transaction
            statement.execute("LOCK TABLE alexa.link IN SHARE MODE");
            CompletableFuture<HttpResponse<String>> redeeming =
                    CompletableFuture.supplyAsync(() -> alexa.exchange(code));
            awaitSomebodyWhoWaits(statement);
            statement.execute("LOCK TABLE alexa.authorization_code IN SHARE MODE");
            other.commit();
            assertThat(redeeming.get(5, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        }
    }

    /** A real failure: a DBA has made transactions serializable, and the row has changed since the snapshot. */
    @Test
    void a_serialization_failure_is_not_noticed() throws Exception {
        try (Connection other = house.postgres().superuser();
                Statement statement = other.createStatement()) {
            statement.execute("ALTER ROLE alexa_app SET default_transaction_isolation = 'repeatable read'");
            statement.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'alexa_app'");
            String code = house.codes(alexa, 1).get(0);
            other.setAutoCommit(false);
            statement.execute("UPDATE alexa.authorization_code SET scope = scope WHERE code_hash = alexa.hash_of('"
                    + code + "')");
            CompletableFuture<HttpResponse<String>> redeeming =
                    CompletableFuture.supplyAsync(() -> alexa.exchange(code));
            awaitSomebodyWhoWaits(statement);
            other.commit();
            assertThat(redeeming.get(5, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            other.setAutoCommit(true);
            statement.execute("ALTER ROLE alexa_app RESET default_transaction_isolation");
            statement.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'alexa_app'");
        }
    }

    /** One good request of each kind. */
    private Map<String, Supplier<HttpResponse<String>>> requests() throws SQLException {
        List<String> codes = house.codes(alexa, 3);
        JSONObject link = new JSONObject(alexa.exchange(codes.get(0)).body());
        JSONObject other = new JSONObject(alexa.exchange(codes.get(1)).body());
        HttpResponse<String> page = alexa.authorize();
        String secret = house.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'Music')",
                "music-" + alexa.clientId() + "-" + System.nanoTime());
        String server = house.ask(
                "SELECT max(client_id) FROM alexa.client WHERE client_id LIKE ?", "music-" + alexa.clientId() + "-%");
        Alexa music = Alexa.registered(tomcat.issuer(), server, secret);
        Map<String, Supplier<HttpResponse<String>>> requests = new LinkedHashMap<>();
        requests.put("refresh", () -> alexa.refresh(link.getString("refresh_token")));
        requests.put("code", () -> alexa.exchange(codes.get(2)));
        requests.put("approve", () -> alexa.press(page, "allow", House.ANNA, TestDatabase.PASSWORD));
        requests.put(
                "introspect",
                () -> music.post(
                        "/introspect",
                        "token=" + link.getString("access_token"),
                        Map.of("Authorization", music.basic())));
        requests.put(
                "revoke",
                () -> alexa.post(
                        "/revoke",
                        "token=" + other.getString("refresh_token"),
                        Map.of("Authorization", alexa.basic())));
        return requests;
    }

    /** Waits until a statement waits for a lock. It asks over an open connection, because the wait ends after 1.5 s. */
    private static void awaitSomebodyWhoWaits(Statement statement) throws SQLException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (!somebodyWaits(statement)) {
            assertThat(System.nanoTime()).as("the redemption waits").isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private static boolean somebodyWaits(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT FROM pg_locks WHERE NOT granted")) {
            return row.next();
        }
    }
}
