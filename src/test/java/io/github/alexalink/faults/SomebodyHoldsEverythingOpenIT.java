package io.github.alexalink.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.servers.ReverseProxy;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("thorough")
@Tag("faults")
@DisplayName("Somebody holds connections, headers and forms open, by the thousand")
class SomebodyHoldsEverythingOpenIT {

    private static final String SLOWHTTPTEST = "/usr/bin/slowhttptest";
    private static final int HOUSEHOLDS = 4;

    private static House house;
    private static House.Site tomcat;
    private static ReverseProxy proxy;
    private static ReverseProxy nginx;
    private static int port;
    private static int nginxPort;
    private static Vitals before;

    /**
     * The way by which the attacker comes. Households use the same proxy, or HAProxy if the attacker goes past it to
     * Tomcat.
     */
    enum Way {
        HAPROXY("HAProxy"),
        NGINX("nginx"),
        TOMCAT("Tomcat itself");

        private final String name;

        Way(String name) {
            this.name = name;
        }

        int port() {
            return this == HAPROXY ? port : this == NGINX ? nginxPort : tomcat.port();
        }

        String issuer() {
            return TestServers.issuer(this == NGINX ? nginxPort : port);
        }

        @Override
        public String toString() {
            return "at " + name;
        }
    }

    /** All ways with -Pfaults; only HAProxy, which starts fast, with -Pthorough. */
    static Stream<Way> ways() {
        return Faults.areLong() ? Stream.of(Way.values()) : Stream.of(Way.HAPROXY);
    }

    static Stream<Way> waysOfConnections() {
        return Faults.areLong() ? Stream.of(Way.values()) : Stream.of(Way.HAPROXY, Way.TOMCAT);
    }

    @BeforeAll
    static void start() throws Exception {
        port = TestServers.freePort();
        nginxPort = TestServers.freePort();
        house = new House("held-open");
        tomcat = house.addTomcat(Map.of("alexa.issuer", TestServers.issuer(port)));
        tomcat.start();
        proxy = ReverseProxy.plain(ReverseProxy.Kind.HAPROXY, port, List.of(tomcat.port()));
        if (Faults.areLong()) {
            nginx = ReverseProxy.plain(ReverseProxy.Kind.NGINX, nginxPort, List.of(tomcat.port()));
        }
        households(TestServers.issuer(port), 2).assertOnlyGood();
        before = Vitals.of(tomcat.handle());
    }

    @AfterAll
    static void stop() throws Exception {
        for (ReverseProxy each : Arrays.asList(proxy, nginx)) {
            if (each != null) {
                each.close();
            }
        }
        if (house != null) {
            house.close();
        }
    }

    @ParameterizedTest
    @MethodSource("waysOfConnections")
    void connections_on_which_nothing_or_half_a_line_comes(Way way) throws Exception {
        // more than Tomcat's maxConnections; a proxy takes two descriptors of a limit of 20,000 for each
        int count = Faults.times(1500, way == Way.TOMCAT ? 10_000 : 9000);
        int seconds = Faults.times(3, 30);
        try (HalfOpen attacker = HalfOpen.at(way.port(), count)) {
            awaitHeld(attacker, way == Way.TOMCAT ? 1000 : count * 8 / 10);
            survive(count + " half-open connections " + way, seconds, way);
        }
        assertFlat();
    }

    private static void awaitHeld(HalfOpen attacker, int count) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
        while (attacker.held() < count) {
            assertThat(System.nanoTime()).as(attacker.held() + " are held").isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void headers_that_come_line_by_line_and_forms_that_come_byte_by_byte(Way way) throws Exception {
        List<Slow> all = new ArrayList<>();
        try {
            all.add(new Slow(way, "-H", "/alexa/authorize"));
            for (String path : List.of("/alexa/token", "/alexa/approve", "/alexa/links")) {
                all.add(new Slow(way, "-B", path));
            }
            survive("4 x 400 slow headers and forms (slowhttptest) " + way, Slow.SECONDS - 1, way);
            if (way == Way.HAPROXY) {
                assertThat(Soon.within(10, proxy::accessLog, log -> log.contains(" 408 ")))
                        .as("who was cut off")
                        .contains(" 408 ");
            }
        } finally {
            all.forEach(Slow::close);
        }
        assertFlat();
    }

    @ParameterizedTest
    @MethodSource("ways")
    void headers_of_64_kilobytes_and_more_many_at_once(Way way) throws Exception {
        try (TooLong attackers = new TooLong(way.port())) {
            survive("headers of 64 KiB to 1 MiB, " + TooLong.AT_ONCE + " at once, " + way, Faults.times(2, 30), way);
            System.out.println("faults: headers refused: " + attackers.refused());
            assertThat(attackers.refused().keySet()).isSubsetOf("400", "431", "cut off");
        }
        assertFlat();
    }

    /**
     * Households go on meanwhile. An attacker who goes past the proxy is on the same machine, and may slow them down.
     */
    private static void survive(String fault, int seconds, Way way) throws Exception {
        Traffic traffic = Traffic.start(house, List.of(way.issuer()), HOUSEHOLDS);
        TimeUnit.SECONDS.sleep(seconds);
        Vitals during = Vitals.of(tomcat.handle());
        Ledger ledger = traffic.stop();
        Audit audit = Audit.behindABalancer(house, traffic);
        FaultTable.add(fault, 1, ledger, audit, FaultTable.NOT_MEASURED);
        System.out.println("faults: while " + fault + ": " + during);
        if (way != Way.TOMCAT) {
            ledger.assertOnlyGood();
            ledger.assertInTime();
        }
        audit.assertNothingIsLostOrDoubled();
    }

    private static Ledger households(String issuer, int seconds) throws Exception {
        Traffic traffic = Traffic.start(house, List.of(issuer), HOUSEHOLDS);
        TimeUnit.SECONDS.sleep(seconds);
        return traffic.stop();
    }

    /**
     * Asserts that Tomcat uses no more than before, once the attacker has stopped and Tomcat's ten seconds per request
     * are over.
     */
    private static void assertFlat() throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
        Vitals after = Vitals.of(tomcat.handle());
        while (after.descriptors() > before.descriptors() + 40) {
            assertThat(System.nanoTime()).as("before %s, now %s", before, after).isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(500);
            after = Vitals.of(tomcat.handle());
        }
        System.out.println("faults: before " + before + "; after " + after);
        // Tomcat keeps the buffers of 500 connections and its threads for a minute; setenv.sh reckons with 20 + 80 MB
        assertThat(after.heap()).as("KiB").isLessThan(80 * 1024);
        assertThat(after.threads()).isLessThan(before.threads() + 200);
        households(TestServers.issuer(port), 1).assertInTime();
    }

    /** Debian's slowhttptest. */
    private static final class Slow implements AutoCloseable {

        private static final int SECONDS = Faults.times(5, 30);
        private final Process process;

        Slow(Way way, String mode, String path) throws IOException {
            if (!Files.isExecutable(Path.of(SLOWHTTPTEST))) {
                String reason = "no slowhttptest here: apt-get install slowhttptest";
                LeftOut.because(reason);
            }
            process = new ProcessBuilder(
                            SLOWHTTPTEST,
                            mode,
                            "-c",
                            "400",
                            "-r",
                            "400",
                            "-i",
                            "1",
                            "-x",
                            "10",
                            "-s",
                            "8192",
                            "-l",
                            Integer.toString(SECONDS + 5), // longer than the proxy's five seconds
                            "-u",
                            "http://127.0.0.1:" + way.port() + path)
                    .redirectErrorStream(true)
                    .redirectOutput(house.folder()
                            .resolve("slowhttptest" + path.replace('/', '-') + ".log")
                            .toFile())
                    .start();
        }

        @Override
        public void close() {
            process.onExit().join();
        }
    }

    /** Attackers who send a header that no server reads to its end, again and again. */
    private static final class TooLong implements AutoCloseable {

        /** Attackers at a time. Each writes up to a megabyte, and the machine has to serve households as well. */
        private static final int AT_ONCE = Faults.times(10, 50);

        private final Map<String, LongAdder> refused = new ConcurrentHashMap<>();
        private final ExecutorService attackers = Executors.newFixedThreadPool(AT_ONCE);
        private volatile boolean going = true;

        TooLong(int to) {
            for (int i = 0; i < AT_ONCE; i++) {
                byte[] head = ("GET /alexa/health HTTP/1.1\r\nHost: x\r\nX-Long: " + "x".repeat((64 << 10) << i % 5)
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
                attackers.execute(() -> {
                    try {
                        while (going) {
                            refused.computeIfAbsent(send(to, head), unseen -> new LongAdder())
                                    .increment();
                            TimeUnit.MILLISECONDS.sleep(20); // so that the attack does not use up the processor
                        }
                    } catch (InterruptedException over) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
        }

        private static String send(int to, byte[] head) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), to)) {
                socket.setSoTimeout(10_000);
                try {
                    socket.getOutputStream().write(head);
                } catch (IOException refusedMeanwhile) {
                    // a server need not read a request that it refuses
                }
                String status = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
                return status.length() < 12 ? "cut off" : status.substring(9);
            } catch (SocketTimeoutException nothing) {
                return "nothing";
            } catch (IOException cut) {
                return "cut off";
            }
        }

        Map<String, LongAdder> refused() {
            return refused;
        }

        @Override
        public void close() {
            going = false;
            attackers.shutdownNow();
        }
    }
}
