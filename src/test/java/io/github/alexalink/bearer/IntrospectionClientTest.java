package io.github.alexalink.bearer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.alexalink.fixture.InTime;
import io.github.alexalink.fixture.alexa.Soon;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Execution(ExecutionMode.CONCURRENT) // most of the time these tests wait
@DisplayName("Asking an Alexa Link in another Tomcat about a token (RFC 7662)")
class IntrospectionClientTest {

    private static final String LIVE =
            "{\"active\":true,\"sub\":\"anna\",\"client_id\":\"alexa\",\"scope\":\"music.read\",\"exp\":4000000000,"
                    + "\"iat\":1,\"nbf\":null}";

    /** Longer than an answer takes on a busy machine. */
    private static final int PATIENCE_MS = 10_000;

    private static final int LITTLE_PATIENCE_MS = 1000;

    private final Queue<String> asked = new ConcurrentLinkedQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;
    private Answer answer = exchange -> reply(exchange, 200, LIVE);

    /** How the other Tomcat answers. */
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
        IntrospectionClient elsewhere = new IntrospectionClient(uri(), "music:server", "s+c%t", 30, 10, PATIENCE_MS);
        assertThat(elsewhere.claimsOf("ala_x~/+="))
                .containsEntry("sub", "anna")
                .containsEntry("scope", "music.read")
                .doesNotContainKey("nbf");
        // music%3Aserver:s%2Bc%25t
        assertThat(asked).containsExactly("/introspect Basic bXVzaWMlM0FzZXJ2ZXI6cyUyQmMlMjV0 token=ala_x%7E%2F%2B%3D");
    }

    @Test
    void a_live_token_is_believed_for_so_many_seconds_and_then_asked_again() throws Exception {
        IntrospectionClient elsewhere = elsewhere(5, 10);
        elsewhere.claimsOf("ala_x");
        elsewhere.claimsOf("ala_x");
        assertThat(asked).hasSize(1);
        elsewhere.claimsOf("ala_y");
        assertThat(asked).hasSize(2);
        answer = exchange -> reply(exchange, 200, "{\"active\":false}");
        TimeUnit.MILLISECONDS.sleep(5100);
        assertThat(elsewhere.claimsOf("ala_x")).isEmpty();
        assertThat(asked).hasSize(3);
    }

    @Test
    void with_0_seconds_alexa_link_is_asked_each_time() throws Exception {
        IntrospectionClient elsewhere = elsewhere(0, 10);
        elsewhere.claimsOf("ala_x");
        elsewhere.claimsOf("ala_x");
        assertThat(asked).hasSize(2);
    }

    @Test
    void a_live_token_is_never_believed_beyond_its_own_end() throws Exception {
        long exp = Instant.now().getEpochSecond() + 1;
        answer = exchange -> reply(exchange, 200, LIVE.replace("4000000000", Long.toString(exp)));
        IntrospectionClient elsewhere = elsewhere(30, 10);
        elsewhere.claimsOf("ala_x");
        TimeUnit.MILLISECONDS.sleep(1050);
        elsewhere.claimsOf("ala_x");
        assertThat(asked).hasSize(2);
    }

    @Test
    void the_answer_that_a_token_is_not_live_is_not_kept() throws Exception {
        answer = exchange -> reply(exchange, 200, "{\"active\":false}");
        IntrospectionClient elsewhere = elsewhere(30, 10);
        assertThat(elsewhere.claimsOf("ala_x")).isEmpty();
        answer = exchange -> reply(exchange, 200, LIVE);
        assertThat(elsewhere.claimsOf("ala_x")).isNotEmpty();
    }

    @Test
    void no_more_answers_are_kept_than_allowed_and_the_one_in_use_stays() throws Exception {
        IntrospectionClient elsewhere = elsewhere(30, 3);
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
                "null",
                LIVE + "x",
                LIVE + LIVE,
                "{\"active\":true,\"sub\":\"anna\",\"x\":\"\\uZZZZ\"}",
                "{\"active\":true,\"sub\":\"anna\",\"exp\":1.0e99999999999}",
                "{\"active\":true,\"sub\":\"anna\",\"exp\":1e9}"
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

    @Test
    void an_answer_that_goes_too_deep_is_no_answer() {
        answer = exchange -> reply(
                exchange,
                200,
                "{\"active\":true,\"sub\":\"anna\",\"x\":" + "[".repeat(30_000) + "]".repeat(30_000) + "}");
        assertUnavailable(elsewhere(30, 10));
    }

    @Test
    void a_packed_answer_is_no_answer() {
        answer = exchange -> {
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
                gzip.write(LIVE.getBytes(StandardCharsets.UTF_8));
            }
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            exchange.sendResponseHeaders(200, packed.size());
            packed.writeTo(exchange.getResponseBody());
        };
        assertUnavailable(elsewhere(30, 10));
    }

    @Test
    void sixty_four_kibibytes_are_an_answer_and_one_byte_more_is_none() throws Exception {
        String filled = LIVE + " ".repeat(64 * 1024 - LIVE.length());
        answer = exchange -> reply(exchange, 200, filled);
        assertThat(elsewhere(0, 10).claimsOf("ala_x")).containsEntry("sub", "anna");
        answer = exchange -> reply(exchange, 200, filled + " ");
        assertUnavailable(elsewhere(0, 10));
        answer = exchange -> reply(exchange, 200, filled + "{\"active\":false}");
        assertUnavailable(elsewhere(0, 10));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"1.0e60", "1.0e999999999", "-1", "9223372036854775807", "92233720368547758070000", "0", "\"x\""})
    void an_end_that_is_no_time_is_never_believed_for_longer(String exp) throws Exception {
        answer = exchange -> reply(exchange, 200, LIVE.replace("4000000000", exp));
        IntrospectionClient elsewhere = elsewhere(3600, 10);
        assertThat(elsewhere.claimsOf("ala_x")).containsEntry("sub", "anna");
        assertThat(elsewhere.claimsOf("ala_x")).containsEntry("sub", "anna");
    }

    @Test
    void a_member_that_comes_twice_counts_as_it_came_last() throws Exception {
        answer = exchange -> reply(exchange, 200, "{\"active\":true,\"sub\":\"anna\",\"active\":false}");
        assertThat(elsewhere(30, 10).claimsOf("ala_x")).isEmpty();
    }

    @Test
    void a_name_is_what_the_escapes_in_it_mean() throws Exception {
        String name = "a\"b\\c/d\u2019e\\u0041 \\\"";
        answer = exchange -> reply(
                exchange,
                200,
                new JSONObject().put("active", true).put("sub", name).toString());
        assertThat(elsewhere(30, 10).claimsOf("ala_x")).containsEntry("sub", name);
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
    void a_port_on_which_nobody_listens_is_known_at_once() throws Exception {
        int port;
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = probe.getLocalPort();
        }
        assertUnavailable(new IntrospectionClient(
                URI.create("http://127.0.0.1:" + port + "/introspect"), "m", "s", 30, 10, PATIENCE_MS));
    }

    @Test
    @Tag("both")
    void a_server_that_says_nothing_is_given_up() {
        answer = exchange -> sleep(TimeUnit.SECONDS.toMillis(20));
        long start = System.nanoTime();
        assertUnavailable(impatient());
        assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(900));
        InTime.assertAtMost(Duration.ofSeconds(3), start);
    }

    @Test
    @Tag("both")
    void a_server_that_speaks_slowly_but_never_ends_is_given_up() {
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
        InTime.assertAtMost(Duration.ofSeconds(8), start);
    }

    @Test
    void an_answer_without_end_is_given_up() {
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

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1 100 Continue\r\n\r\n", "X-More: x\r\n", "x"})
    void a_server_that_never_comes_to_its_answer_is_given_up(String again) throws Exception {
        try (ServerSocket raw = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Future<?> speaking = threads.submit(() -> {
                try (Socket socket = raw.accept()) {
                    socket.getOutputStream()
                            .write(
                                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
                                            .getBytes(StandardCharsets.US_ASCII),
                                    0,
                                    again.startsWith("HTTP") ? 25 : 42);
                    while (true) {
                        socket.getOutputStream().write(again.getBytes(StandardCharsets.US_ASCII));
                        TimeUnit.MILLISECONDS.sleep(100);
                    }
                }
            });
            assertUnavailable(new IntrospectionClient(
                    URI.create("http://127.0.0.1:" + raw.getLocalPort() + "/"), "m", "s", 30, 10, LITTLE_PATIENCE_MS));
            assertThatThrownBy(() -> speaking.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void a_few_tokens_are_asked_about_at_a_time_and_the_rest_is_told_to_come_back() throws Exception {
        CountDownLatch answering = new CountDownLatch(1);
        answer = exchange -> {
            await(answering);
            reply(exchange, 200, LIVE);
        };
        IntrospectionClient elsewhere = elsewhere(30, 100);
        List<Future<Map<String, Object>>> waiting = new ArrayList<>();
        for (int i = 0; i < IntrospectionClient.MAX_CONCURRENT; i++) {
            String token = "ala_" + i;
            waiting.add(threads.submit(() -> elsewhere.claimsOf(token)));
        }
        assertThat(Soon.within(60, asked::size, count -> count == IntrospectionClient.MAX_CONCURRENT))
                .isEqualTo(IntrospectionClient.MAX_CONCURRENT);
        assertUnavailable(elsewhere);
        assertThat(asked).hasSize(IntrospectionClient.MAX_CONCURRENT);
        answering.countDown();
        for (Future<Map<String, Object>> one : waiting) {
            assertThat(one.get()).containsEntry("sub", "anna");
        }
        assertThat(elsewhere.claimsOf("ala_x")).containsEntry("sub", "anna");
    }

    private IntrospectionClient elsewhere(int keepSeconds, int maxKept) {
        return new IntrospectionClient(uri(), "music-server", "secret", keepSeconds, maxKept, PATIENCE_MS);
    }

    private IntrospectionClient impatient() {
        return new IntrospectionClient(uri(), "music-server", "secret", 30, 10, LITTLE_PATIENCE_MS);
    }

    private URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/introspect");
    }

    private static void assertUnavailable(IntrospectionClient elsewhere) {
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

    private static void await(CountDownLatch latch) throws IOException {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException stopping) {
            throw new IOException("stopping", stopping);
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
