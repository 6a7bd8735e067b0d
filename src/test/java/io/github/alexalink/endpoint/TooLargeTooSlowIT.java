package io.github.alexalink.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.InTime;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.cases.UnderAttack;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Requests that are too large, or take too long to arrive")
class TooLargeTooSlowIT extends UnderAttack {

    private static final int KIB = 1024;

    private final Cases cases = Cases.of("too large");
    private final Cases slow = Cases.of("too slow");

    @ParameterizedTest
    @ValueSource(ints = {65 * KIB, 200 * KIB, 1500 * KIB, 5000 * KIB})
    void a_form_of_more_than_64_KiB_is_refused(int size) {
        String before = codes();
        String form = Alexa.encoded(allowing(alexa.authorizationRequest()));
        cases.page(form("/alexa/approve", form + "&x=" + "x".repeat(size)), 413, BAD_REQUEST);
        cases.page(
                form("/alexa/approve", form.replaceFirst("username=", "username=" + "x".repeat(size))),
                413,
                BAD_REQUEST);
        cases.page(form("/alexa/links", "action=show&password=" + "x".repeat(size)), 413, BAD_REQUEST);
        cases.json(
                form("/alexa/token", "grant_type=refresh_token&refresh_token=" + "x".repeat(size)),
                413,
                "invalid_request");
        cases.json(form("/alexa/token", "x".repeat(size)), 413, "invalid_request");
        cases.json(form("/alexa/revoke", "token=x&x=x".repeat(size / 11)), 413, "invalid_request");
        assertThat(codes()).isEqualTo(before);
    }

    @Test
    void a_form_that_does_not_say_how_long_it_is_is_refused_after_64_KiB() {
        RawHttp.Reply reply =
                RawHttp.sendAsItIs("POST /alexa/token HTTP/1.1\nHost: x\nConnection: close\nContent-Type: " + FORM
                        + "\nTransfer-Encoding: chunked\n\n" + ("1000\r\n" + "x".repeat(4096) + "\r\n").repeat(20)
                        + "0\r\n\r\n");
        cases.json(reply, 413, "invalid_request");
    }

    @ParameterizedTest
    @CsvSource({"60", "8192", "60000", "1000000", "2000000"})
    void a_token_of_any_length_is_just_inactive(int length) {
        for (String sent : List.of("x".repeat(length), "ala_" + "A".repeat(length), "%41".repeat(length / 3))) {
            cases.inactive(alexa.post(
                    "/introspect",
                    "token=" + sent,
                    Map.of("Authorization", Alexa.basic(musicServer, musicServerSecret))));
            cases.inactive(alexa.post(
                    "/introspect",
                    "client_id=" + musicServer + "&token=" + sent + "&client_secret=" + musicServerSecret,
                    Map.of()));
        }
        cases.revoked(alexa.post("/revoke", "token=" + "x".repeat(length), Map.of("Authorization", alexa.basic())));
    }

    @Test
    void no_form_of_more_than_two_megabytes_is_read() {
        cases.json(form("/alexa/introspect", "token=" + "x".repeat(2100 * KIB)), 413, "invalid_request");
    }

    @ParameterizedTest
    @ValueSource(ints = {101, 1001, 15000})
    @Tag("both")
    void more_than_a_hundred_parameters_are_refused_at_once(int count) {
        long start = System.nanoTime();
        if (count < 4000) {
            cases.page(Alexa.get(alexa.authorizationUrl() + "&x=1".repeat(count)), 400, BAD_REQUEST);
        }
        cases.page(form("/alexa/approve", "&x=1".repeat(count)), 400, BAD_REQUEST);
        cases.page(form("/alexa/links", "&link=".repeat(Math.min(count, 9000))), 400, BAD_REQUEST);
        cases.json(form("/alexa/token", "&x=1".repeat(count)), 400, "invalid_request");
        cases.json(form("/alexa/introspect", "&x=1".repeat(count)), 400, "invalid_request");
        InTime.assertAtMost(Duration.ofSeconds(10), start);
    }

    @Test
    @Tag("both")
    void keys_that_all_have_the_same_hash_take_no_longer() {
        StringBuilder form = new StringBuilder();
        for (int i = 0; i < 3600; i++) {
            StringBuilder key = new StringBuilder();
            for (int bit = 0; bit < 12; bit++) {
                key.append((i >> bit & 1) == 0 ? "Aa" : "BB"); // the same hash, by String.hashCode
            }
            form.append(i == 0 ? "" : "&").append(key).append('=').append(i % 10);
        }
        assertThat("AaAa".hashCode()).isEqualTo("BBBB".hashCode());
        String all = form.substring(0, 64 * KIB < form.length() ? 64 * KIB - 100 : form.length());
        String some = all.substring(0, all.indexOf("&", 12_000));
        form("/alexa/token", all); // the first one warms the code up
        long start = System.nanoTime();
        cases.json(form("/alexa/token", all), 400, "invalid_request");
        cases.page(form("/alexa/approve", all), 400, BAD_REQUEST);
        cases.page(RawHttp.get("/alexa/authorize?" + some), 400, BAD_REQUEST);
        InTime.assertAtMost(Duration.ofSeconds(1), start);
    }

    @Test
    void a_query_of_three_megabytes_and_a_header_of_twenty_kilobytes_are_refused_by_tomcat() {
        cases.answered(RawHttp.get("/alexa/authorize?state=" + "x".repeat(3_000_000)), 400, 414);
        cases.answered(RawHttp.get("/alexa/" + "x".repeat(20_000)), 400, 414);
        cases.answered(RawHttp.send("GET /alexa/health HTTP/1.1\nX: " + "x".repeat(20_000), ""), 400, 431);
        cases.answered(RawHttp.send("GET /alexa/health HTTP/1.1" + "\nX: y".repeat(2000), ""), 400, 431);
        cases.answered(RawHttp.get("/alexa/health" + "/x".repeat(5000)), 404);
        cases.answered(RawHttp.get("/alexa/health" + ";x".repeat(5000)), 200, 400);
        cases.answered(RawHttp.get("/alexa" + "/x/..".repeat(1500) + "/nothing"), 404);
        cases.answered(
                RawHttp.send("GET /alexa/style.css HTTP/1.1\nRange: bytes=0-0" + ",0-".repeat(2000), ""),
                200,
                206,
                400,
                416);
    }

    @Test
    void a_large_request_that_is_allowed_works() {
        Map<String, String> form = allowing(with("state", "s".repeat(2048)));
        form.put("unknown", "x".repeat(50_000));
        cases.fine(alexa.approve(form), 303);
    }

    @Tag("thorough")
    @Test
    @Tag("both")
    void a_body_that_trickles_is_cut_after_five_seconds_and_one_that_stops_after_ten_while_others_are_served()
            throws Exception {
        String refresh = alexa.linked(anna).getString("refresh_token");
        List<String> paths = List.of("approve", "links", "token", "revoke", "introspect");
        ExecutorService attackers = Executors.newFixedThreadPool(2 * paths.size());
        try (Socket slowHead = RawHttp.connect()) {
            slowHead.getOutputStream().write("GET /alexa/health HTT".getBytes(StandardCharsets.US_ASCII));
            long start = System.nanoTime();
            List<Future<Double>> trickling = new ArrayList<>();
            List<Future<RawHttp.Reply>> silent = new ArrayList<>();
            for (String path : paths) {
                trickling.add(attackers.submit(() -> secondsUntilAnswered(path)));
                silent.add(attackers.submit(() -> RawHttp.sendAsItIs(head(path) + "x=1")));
            }
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
            while (System.nanoTime() < end) {
                slow.fine(alexa.refresh(refresh), 200);
                slow.fine(alexa.authorize(), 200);
                TimeUnit.MILLISECONDS.sleep(500);
            }
            for (Future<Double> seconds : trickling) {
                assertThat(seconds.get()).isGreaterThan(4.5);
            }
            InTime.assertAtMost(Duration.ofSeconds(8), start);
            for (Future<RawHttp.Reply> reply : silent) {
                slow.answered(reply.get(), 400, 408);
            }
        } finally {
            attackers.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"approve", "links", "token", "revoke", "introspect"})
    void a_body_that_ends_too_early_is_refused(String path) throws IOException {
        try (Socket socket = RawHttp.connect()) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(bytes(head(path) + "x=1"));
            socket.shutdownOutput();
            slow.answered(RawHttp.read(socket), 400);
        }
    }

    @Tag("thorough")
    @Test
    void more_trickling_bodies_than_there_are_threads_are_all_cut_off_and_then_everybody_is_served() throws Exception {
        List<Socket> open = new ArrayList<>();
        try {
            for (int i = 0; i < 220; i++) { // Tomcat has 200 threads
                Socket socket = RawHttp.connect();
                open.add(socket);
                socket.getOutputStream()
                        .write(bytes(head("token").replace("Content-Length: 1000", "Content-Length: 60000")));
            }
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
            List<Socket> trickling = new ArrayList<>(open);
            while (!trickling.isEmpty()) {
                assertThat(System.nanoTime())
                        .as(trickling.size() + " are still held")
                        .isLessThan(end);
                trickling.removeIf(TooLargeTooSlowIT::isCutOff);
                TimeUnit.MILLISECONDS.sleep(200);
            }
            slow.fine(alexa.authorize(), 200);
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    /** Sends one byte more; returns whether the connection is closed. */
    private static boolean isCutOff(Socket socket) {
        try {
            socket.getOutputStream().write('x');
            return false;
        } catch (IOException cut) {
            return true;
        }
    }

    /** Sends a byte every tenth of a second; returns the seconds until there is a response. */
    private double secondsUntilAnswered(String path) throws IOException {
        try (Socket socket = RawHttp.connect()) {
            socket.setSoTimeout(100);
            long start = System.nanoTime();
            socket.getOutputStream().write(bytes(head(path)));
            while (true) {
                isCutOff(socket); // the response is there, and is read
                try {
                    byte[] status = socket.getInputStream().readNBytes(12);
                    assertThat(new String(status, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 400");
                    return (System.nanoTime() - start) / 1e9;
                } catch (SocketTimeoutException notYet) {
                    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(90));
                }
            }
        }
    }

    private static String head(String path) {
        return "POST /alexa/" + path + " HTTP/1.1\nHost: x\nConnection: close\nContent-Type: " + FORM
                + "\nContent-Length: 1000\n\n";
    }

    private static byte[] bytes(String request) {
        return request.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    private static RawHttp.Reply form(String target, String form) {
        return RawHttp.send("POST " + target + " HTTP/1.1\nContent-Type: " + FORM, form);
    }
}
