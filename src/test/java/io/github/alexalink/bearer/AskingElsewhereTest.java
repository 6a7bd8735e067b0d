package io.github.alexalink.bearer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Asking an Alexa Link in another Tomcat about a token (RFC 7662)")
class AskingElsewhereTest {

    private static final String LIVE =
            "{\"active\":true,\"sub\":\"anna\",\"client_id\":\"alexa\",\"scope\":\"music.read\",\"exp\":4000000000,"
                    + "\"iat\":1,\"nbf\":null}";

    /** More than an answer takes on a busy machine. */
    private static final int PATIENCE_MS = 10_000;

    private static final int LITTLE_PATIENCE_MS = 1000;

    private final Queue<String> asked = new ConcurrentLinkedQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;
    private Answer answer = exchange -> reply(exchange, 200, LIVE);

    /** What the other side does. */
    private interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            asked.add(exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Authorization") + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            try (exchange) {
                answer.to(exchange);
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    @Test
    void a_live_token_has_claims_and_the_request_has_the_credentials_form_encoded() throws Exception {
        Elsewhere elsewhere = new Elsewhere(uri(), "music:server", "s+c%t", 30, 10, PATIENCE_MS);
        assertThat(elsewhere.claimsOf("ala_x~/+="))
                .containsEntry("sub", "anna")
                .containsEntry("scope", "music.read")
                .doesNotContainKey("nbf");
        // music%3Aserver:s%2Bc%25t
        assertThat(asked).containsExactly("/introspect Basic bXVzaWMlM0FzZXJ2ZXI6cyUyQmMlMjV0 token=ala_x%7E%2F%2B%3D");
    }

    @Test
    void it_is_believed_for_so_many_seconds_and_then_asked_again() throws Exception {
        Elsewhere elsewhere = elsewhere(3, 10);
        elsewhere.claimsOf("ala_x");
        elsewhere.claimsOf("ala_x");
        assertThat(asked).hasSize(1);
        elsewhere.claimsOf("ala_y");
        assertThat(asked).hasSize(2);
        answer = exchange -> reply(exchange, 200, "{\"active\":false}");
        TimeUnit.MILLISECONDS.sleep(3100);
        assertThat(elsewhere.claimsOf("ala_x")).isEmpty();
        assertThat(asked).hasSize(3);
    }

    @Test
    void with_0_seconds_it_is_asked_each_time() throws Exception {
        Elsewhere elsewhere = elsewhere(0, 10);
        elsewhere.claimsOf("ala_x");
        elsewhere.claimsOf("ala_x");
        assertThat(asked).hasSize(2);
    }

    @Test
    void it_is_never_believed_beyond_its_own_end() throws Exception {
        long exp = Instant.now().getEpochSecond() + 1;
        answer = exchange -> reply(exchange, 200, LIVE.replace("4000000000", Long.toString(exp)));
        Elsewhere elsewhere = elsewhere(30, 10);
        elsewhere.claimsOf("ala_x");
        TimeUnit.MILLISECONDS.sleep(1050);
        elsewhere.claimsOf("ala_x");
        assertThat(asked).hasSize(2);
    }

    @Test
    void that_one_is_not_live_is_not_kept() throws Exception {
        answer = exchange -> reply(exchange, 200, "{\"active\":false}");
        Elsewhere elsewhere = elsewhere(30, 10);
        assertThat(elsewhere.claimsOf("ala_x")).isEmpty();
        answer = exchange -> reply(exchange, 200, LIVE);
        assertThat(elsewhere.claimsOf("ala_x")).isNotEmpty();
    }

    @Test
    void no_more_are_kept_than_were_allowed_and_the_one_that_is_used_stays() throws Exception {
        Elsewhere elsewhere = elsewhere(30, 3);
        for (String token : List.of("ala_1", "ala_2", "ala_3", "ala_1", "ala_4", "ala_1")) {
            elsewhere.claimsOf(token);
        }
        assertThat(asked).hasSize(4);
        elsewhere.claimsOf("ala_2");
        assertThat(asked).as("the eldest has gone").hasSize(5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<html><body>Welcome to the router</body></html>",
                "[1]",
                "{\"active\":true",
                "{\"active\": truth}",
                "\u0000\u0001#!",
                "\"active\"",
                "null"
            })
    void an_answer_that_is_no_json_object_is_no_answer(String body) {
        answer = exchange -> reply(exchange, 200, body);
        assertUnavailable(elsewhere(30, 10));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"active\":\"true\"}", "{\"active\":1}", "{\"sub\":\"anna\"}"})
    void nothing_but_active_true_is_live(String body) throws Exception {
        answer = exchange -> reply(exchange, 200, body);
        assertThat(elsewhere(30, 10).claimsOf("ala_x")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 400, 401, 403, 404, 500, 503})
    void any_status_but_200_is_no_answer(int status) {
        answer = exchange -> reply(exchange, status, LIVE);
        assertUnavailable(elsewhere(30, 10));
    }

    @Test
    void a_redirect_is_not_followed() {
        answer = exchange -> {
            exchange.getResponseHeaders().set("Location", "/elsewhere-again");
            reply(exchange, 307, "");
        };
        assertUnavailable(elsewhere(30, 10));
        assertThat(asked).hasSize(1);
    }

    @Test
    void where_nobody_listens_it_is_known_at_once() throws Exception {
        int port;
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = probe.getLocalPort();
        }
        assertUnavailable(
                new Elsewhere(URI.create("http://127.0.0.1:" + port + "/introspect"), "m", "s", 30, 10, PATIENCE_MS));
    }

    @Test
    void a_server_that_says_nothing_is_given_up() {
        answer = exchange -> sleep(TimeUnit.SECONDS.toMillis(20));
        long start = System.nanoTime();
        assertUnavailable(impatient());
        assertThat(System.nanoTime() - start)
                .isBetween(TimeUnit.MILLISECONDS.toNanos(900), TimeUnit.SECONDS.toNanos(3));
    }

    @Test
    void so_is_one_that_speaks_slowly_but_never_ends() {
        answer = exchange -> {
            exchange.sendResponseHeaders(200, 0);
            OutputStream body = exchange.getResponseBody();
            for (int i = 0; i < 40; i++) {
                body.write(' ');
                body.flush();
                sleep(300);
            }
            body.write(LIVE.getBytes(StandardCharsets.UTF_8));
        };
        long start = System.nanoTime();
        assertUnavailable(impatient());
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(3));
    }

    @Test
    void an_answer_without_end_is_given_up_too() {
        answer = exchange -> {
            exchange.sendResponseHeaders(200, 0);
            OutputStream body = exchange.getResponseBody();
            byte[] spaces = " ".repeat(4096).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 1000; i++) {
                body.write(spaces);
            }
        };
        assertUnavailable(elsewhere(30, 10));
    }

    private Elsewhere elsewhere(int keepSeconds, int maxKept) {
        return new Elsewhere(uri(), "music-server", "secret", keepSeconds, maxKept, PATIENCE_MS);
    }

    private Elsewhere impatient() {
        return new Elsewhere(uri(), "music-server", "secret", 30, 10, LITTLE_PATIENCE_MS);
    }

    private URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/introspect");
    }

    private static void assertUnavailable(Elsewhere elsewhere) {
        assertThatThrownBy(() -> {
                    Map<String, Object> claims = elsewhere.claimsOf("ala_x");
                    throw new AssertionError(claims);
                })
                .isInstanceOf(AccessTokens.Unavailable.class)
                .hasMessageNotContaining("ala_x");
    }

    private static void reply(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 || status == 204 ? -1 : bytes.length);
        if (bytes.length > 0 && status != 204) {
            exchange.getResponseBody().write(bytes);
        }
    }

    private static void sleep(long millis) throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException stopping) {
            throw new IOException("stopping", stopping);
        }
    }
}
