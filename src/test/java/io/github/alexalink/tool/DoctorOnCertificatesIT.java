package io.github.alexalink.tool;

import static io.github.alexalink.fixture.servers.Front.NONE;
import static io.github.alexalink.fixture.servers.Front.page;
import static io.github.alexalink.fixture.servers.Front.speaking;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.servers.Front;
import io.github.alexalink.fixture.servers.Front.Fault;
import io.github.alexalink.fixture.servers.OldTls;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("thorough")
@DisplayName("doctor: names, addresses, TLS and certificates")
class DoctorOnCertificatesIT extends BehindAFront {

    private static final InetSocketAddress HERE = new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT);

    /** TLS says that it does not speak this version. */
    private static final byte[] ALERT = {21, 3, 3, 0, 2, 2, 70};

    private static final InetAddress IPV6 = loopback();

    private static InetAddress loopback() {
        try {
            byte[] bytes = new byte[16];
            bytes[15] = 1;
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("16 bytes are an IPv6 address", impossible);
        }
    }

    @Test
    void a_self_signed_certificate_is_named_once() throws Exception {
        front(certified.selfSigned(), NONE);
        look().names("root-unknown", "error", "certificate").found("itself");
    }

    @Test
    void no_secret_is_sent_to_a_server_whose_certificate_is_not_good() throws Exception {
        List<String> forms = new CopyOnWriteArrayList<>();
        front(certified.selfSigned(), (asked, behind, out) -> {
            forms.add(asked.body());
            NONE.answer(asked, behind, out);
        });
        Report report = run(who(alexa)).names("root-unknown", "error", "certificate");
        assertThat(report.answer().out()).contains("a link: not checked, because of root-unknown");
        assertThat(forms)
                .isNotEmpty()
                .noneMatch(form -> form.contains("username") || form.contains("password") || form.contains("als_"));
    }

    @Test
    void a_closed_port_is_named() throws Exception {
        look().names("port-closed", "fatal", "forwards port " + PORT + " to it").found("IPv4");
    }

    @Test
    void tls_1_3_alone_is_named() throws Exception {
        front(IPV4, good, speaking("TLSv1.3"), NONE);
        look().names("tls-too-new", "error", "TLSv1.2 TLSv1.3");
    }

    @Test
    void tls_1_2_alone_is_no_fault() throws Exception {
        front(IPV4, good, speaking("TLSv1.2"), NONE);
        assertThat(look().named()).isEmpty();
    }

    @Test
    void an_ipv6_address_that_is_dead_is_named() throws Exception {
        front(good, NONE);
        look("--resolve", "localhost=127.0.0.1,::1").names("ipv6-dead", "error", "AAAA");
    }

    @Test
    void two_addresses_with_two_answers_are_named() throws Exception {
        front(good, NONE);
        front("127.0.0.2", good, (asked, behind, out) -> out.write(page("404 Not Found", "<h1>404</h1>")));
        look("--resolve", "localhost=127.0.0.1,127.0.0.2")
                .names("addresses-differ", "error", "old address")
                .found("address 2 of 2");
        close();
        front(good, NONE);
        look("--resolve", "localhost=127.0.0.1,127.0.0.2").names("addresses-differ", "error", "old address");
    }

    /** The router's own IPv6 address in the place of the proxy's, or a record of a server that has moved. */
    @ParameterizedTest
    @ValueSource(strings = {"::1", "127.0.0.2"})
    void an_address_at_which_another_machine_answers_is_named_and_its_certificate_is_not(String other)
            throws Exception {
        String both = "localhost=127.0.0.1," + other;
        front(good, NONE);
        for (SSLContext foreign : List.of(certified.selfSigned(), certified.forAnotherName())) {
            front(
                    other,
                    foreign,
                    (asked, behind, out) -> out.write(page("200 OK", "<title>FRITZ!Box</title><script></script>")));
            Report router = look("--resolve", both).names("addresses-differ", "error", "old address");
            router.found("address 1 of 2): Alexa Link;").found("FRITZ!Box");
            front(other, foreign, NONE);
            look("--resolve", both)
                    .names("addresses-differ", "error", "old address")
                    .found("address 2 of 2");
        }
    }

    @Test
    void of_two_addresses_the_one_that_is_another_machine_can_be_told() throws Exception {
        front(good, NONE);
        front("127.0.0.2", good, (asked, behind, out) -> out.write(page("404 Not Found", "<h1>404</h1>")));
        look("--resolve", "localhost=127.0.0.1,127.0.0.2")
                .names("addresses-differ", "error", "nslookup localhost")
                .found("IPv4 127.….2 (address 2 of 2)");
    }

    @Test
    void a_certificate_of_one_address_is_named_with_the_address() throws Exception {
        front(good, NONE);
        front("127.0.0.2", certified.withoutIntermediate(), NONE);
        Report report =
                look("--resolve", "localhost=127.0.0.1,127.0.0.2").names("chain-incomplete", "error", "fullchain.pem");
        assertThat(report.first().getString("says")).contains("address 2 of 2");
    }

    @Test
    void another_port_than_amazons_is_named() {
        String[] ask = {"doctor", URL, "--json", "--no-link", "--resolve", "localhost=127.0.0.1"};
        Report report = new Report(Answer.to(ask));
        assertThat(report.named()).containsExactly("address-private fatal", "port error");
        String port = report.records().get(1).toString();
        assertThat(port)
                .contains("\"found\":\"port " + PORT, "doctor https://localhost/alexa", "proxy")
                .contains("\"source\":\"https:");
        assertThat(report.answer().status()).isEqualTo(1);
    }

    @Test
    void a_private_address_is_named() throws Exception {
        String url = "https://localhost/alexa";
        Answer answer = Answer.to("doctor", url, "--json", "--no-link", "--resolve", "localhost=192.168.178.20");
        Report report =
                new Report(answer).names("address-private", "fatal", "hotspot").found("192.168.…");
        assertThat(report.answer().out()).doesNotContain("178.20");
        new Report(Answer.to("doctor", url, "--json", "--no-link", "--resolve", "localhost=100.64.1.2"))
                .names("address-private", "fatal", "carrier-grade NAT")
                .found("100.64.…");
    }

    @Test
    void a_name_that_nobody_knows_is_named() {
        new Report(Answer.to("doctor", "https://music.invalid/alexa", "--json", "--no-link"))
                .names("name-unknown", "fatal", "nslookup music.invalid");
    }

    @Test
    void certificates_that_are_wrong_in_other_ways_are_named() throws Exception {
        front(certified.expired(), NONE);
        look().names("certificate-expired", "error", "renew");
        front(certified.notYetValid(), NONE);
        look().names("certificate-not-yet", "error", "clock");
        front(certified.forAWeek(), NONE);
        look().names("certificate-soon", "warning", "--dry-run");
        front(certified.forAnotherName(), NONE);
        look().names("name-not-in-certificate", "error", "localhost").found("music.example.net");
        front(certified.ofAnUnknownRoot(), NONE);
        look().names("root-unknown", "error", "public CA").found("CN=stranger");
        front(certified.inAnotherOrder(), NONE);
        assertThat(look().named()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "TLSv1, TLS_RSA_WITH_AES_128_CBC_SHA, TLS 1.0",
        "TLSv1.1, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS 1.1",
        "TLSv1.2, SSL_RSA_WITH_3DES_EDE_CBC_SHA, 3DES",
        "TLSv1.2, SSL_RSA_WITH_RC4_128_SHA, RC4"
    })
    void tls_of_long_ago_is_named(String version, String cipher, String found) throws Exception {
        try (OldTls old = OldTls.start(PORT, certified.rsa(), version, cipher)) {
            assertThat(old.isAlive()).isTrue();
            look().names("tls-too-old", "fatal", "ssl_protocols TLSv1.2 TLSv1.3")
                    .found(found);
        }
    }

    @ParameterizedTest
    @CsvSource({"TLSv1.2", "TLSv1.3"})
    void a_certificate_that_is_demanded_of_the_client_is_named(String version) throws Exception {
        Consumer<SSLSocket> demanding = socket -> {
            socket.setEnabledProtocols(new String[] {version});
            socket.setNeedClientAuth(true);
        };
        front(IPV4, good, demanding, NONE);
        Report report = look();
        assertThat(report.named()).contains("challenge-in-front fatal");
        assertThat(report.first().getString("do")).contains("ssl_verify_client optional");
    }

    @Test
    void a_certificate_that_nginx_demands_by_a_page_is_named() throws Exception {
        front(
                IPV4,
                good,
                socket -> socket.setWantClientAuth(true),
                (asked, behind, out) -> out.write(page(
                        "400 Bad Request",
                        "<html><head><title>400 No required SSL certificate was sent</title></head></html>")));
        look().names("challenge-in-front", "fatal", "ssl_verify_client optional");
    }

    @Test
    void a_proxy_without_a_certificate_for_this_name_is_named() throws Exception {
        Consumer<SSLSocket> picky = socket -> {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setSNIMatchers(List.of(SNIHostName.createSNIMatcher("other\\.example\\.org")));
            socket.setSSLParameters(parameters);
        };
        front(IPV4, good, picky, NONE);
        look().names("name-not-in-certificate", "fatal", "letter by letter").says("no certificate for this name");
    }

    @Test
    void a_port_that_takes_connections_and_says_nothing_is_named() throws Exception {
        try (ServerSocket silent = Front.bound(HERE)) {
            assertThat(silent.isBound()).isTrue();
            look().names("port-closed", "fatal", "sudo ss -ltnp").says("takes connections");
        }
    }

    /** What is longer than a refusal is lost, as behind a tunnel that takes smaller packets than the server sends. */
    @Test
    void large_answers_that_are_lost_on_the_way_are_named() throws Exception {
        try (ServerSocket hole = Front.bound(HERE)) {
            daemon(() -> onlyShort(hole));
            look().names("packets-lost", "fatal", "mtu 1280").says("too busy");
        }
    }

    @Test
    void a_server_that_shakes_hands_late_is_slow_and_not_silent() throws Exception {
        front(IPV4, good, socket -> late(), NONE);
        look().names("too-slow", "fatal", "TLS handshake").found("more than 5000 ms");
    }

    /** A refusal comes at once, as of a proxy that is busy with keys alone. */
    @Test
    void a_late_handshake_beside_a_fast_refusal_is_no_lost_packet() throws Exception {
        int behind = TestServers.freePort();
        try (Front front = Front.start(IPV4, behind, good, Front.speaking(), TOMCAT, NONE);
                ServerSocket door = Front.bound(HERE)) {
            daemon(() -> refuseOrPassOnLate(door, behind));
            look().names("too-slow", "fatal", "TLS handshake").found("more than 5000 ms");
            assertThat(front.lines())
                    .as("what is too late for Alexa is asked for nothing")
                    .isEmpty();
        }
    }

    private static void refuseOrPassOnLate(ServerSocket door, int behind) {
        while (!door.isClosed()) {
            try {
                Socket socket = door.accept();
                daemon(() -> {
                    try (socket;
                            Socket to = new Socket(InetAddress.getLoopbackAddress(), behind)) {
                        byte[] hello = socket.getInputStream().readNBytes(11);
                        if (isOld(hello)) {
                            socket.getOutputStream().write(ALERT);
                            return;
                        }
                        late();
                        to.getOutputStream().write(hello);
                        daemon(() -> pass(to, socket));
                        pass(socket, to);
                    } catch (IOException closed) {
                        // the doctor has hung up
                    }
                });
            } catch (IOException closed) {
                // the test is over
            }
        }
    }

    private static void pass(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException closed) {
            // one of them has hung up
        }
    }

    private static void late() {
        try {
            TimeUnit.SECONDS.sleep(7);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "door");
        thread.setDaemon(true);
        thread.start();
    }

    /** A version that a server of today refuses. */
    private static boolean isOld(byte[] hello) {
        return hello.length == 11 && hello[0] == 22 && hello[10] < 3;
    }

    private static void onlyShort(ServerSocket hole) {
        while (!hole.isClosed()) {
            try {
                Socket socket = hole.accept();
                byte[] hello = socket.getInputStream().readNBytes(11);
                if (isOld(hello)) {
                    socket.getOutputStream().write(ALERT);
                }
            } catch (IOException closed) {
                // the test is over
            }
        }
    }

    @Test
    void an_ipv4_address_that_is_dead_beside_a_good_ipv6_one_is_named() throws Exception {
        front("::1", good, NONE);
        look("--resolve", "localhost=127.0.0.1,::1")
                .names("port-closed", "error", "DS-Lite")
                .says("IPv4");
    }

    @Test
    void an_ipv6_address_that_is_silent_is_named() throws Exception {
        front(good, NONE);
        try (ServerSocket silent = new ServerSocket(PORT, 1, IPV6)) {
            List<Socket> waiting = new ArrayList<>();
            for (int i = 0; i < 4; i++) { // as many as Linux takes for nobody; what comes later is dropped
                Socket socket = new Socket();
                waiting.add(socket);
                try {
                    socket.connect(new InetSocketAddress(IPV6, PORT), 300);
                } catch (IOException dropped) {
                    break;
                }
            }
            look("--resolve", "localhost=127.0.0.1,::1")
                    .names("ipv6-dead", "error", "AAAA")
                    .found("no answer to the connection");
            for (Socket socket : waiting) {
                socket.close();
            }
            assertThat(silent.isBound()).isTrue();
        }
    }

    @Test
    void a_wildcard_is_for_one_label() throws Exception {
        front(certified.forName("*.example.org"), called("music.example.org"));
        Report report = run("https://music.example.org:" + PORT + "/alexa", List.of("--no-link"));
        assertThat(report.named()).as(report.answer().out()).isEmpty();
        Report deeper = run("https://a.music.example.org:" + PORT + "/alexa", List.of("--no-link"));
        assertThat(deeper.named()).contains("name-not-in-certificate error");
        assertThat(deeper.first().getString("found")).isEqualTo("*.example.org");
    }

    @Test
    void a_name_with_letters_beyond_ascii_is_looked_up_as_dns_has_it() throws Exception {
        front(certified.forName("xn--msik-0ra.example.org"), called("xn--msik-0ra.example.org"));
        Answer answer = Answer.to(
                "doctor",
                "https://müsik.example.org:" + PORT + "/alexa",
                "--json",
                "--no-link",
                "--allow-private",
                "--resolve",
                "müsik.example.org=" + IPV4,
                "--ca",
                certified.root().toString());
        assertThat(new Report(answer).named()).as(answer.toString()).isEmpty();
    }

    /** As if alexa.issuer had this name. */
    private static Fault called(String name) {
        Fault metadata = changing("/.well-known/", head -> head, body -> body.replace("localhost", name));
        return (asked, behind, out) -> metadata.answer(
                new Front.Asked(
                        asked.head().replace("Origin: https://" + name, "Origin: https://localhost"), asked.body()),
                behind,
                out);
    }

    @Test
    void a_common_name_alone_is_no_name() throws Exception {
        front(certified.byCommonName(), NONE);
        look().names("name-not-in-certificate", "error", "certonly -d localhost")
                .found("no subjectAltName");
    }

    @ParameterizedTest
    @CsvSource({"-keyalg RSA -keysize 1024, 1024 bits", "-sigalg SHA1withECDSA, SHA1withECDSA"})
    void a_certificate_that_is_too_weak_is_named(String options, String found) throws Exception {
        front(certified.madeBy(options.split(" ")), NONE);
        look().names("certificate-weak", "error", "new key").found(found);
    }

    @Test
    void an_intermediate_certificate_that_has_expired_is_named() throws Exception {
        front(certified.byAnExpiredAuthority(), NONE);
        look().names("certificate-expired", "error", "fullchain.pem").says("intermediate");
    }

    @Test
    void an_expired_certificate_that_is_not_needed_is_no_fault() throws Exception {
        front(certified.withAnExpiredCross(), NONE);
        Report report = look();
        assertThat(report.named()).as(report.answer().out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "(STAGING) Artificial Apricot, staging environment",
        "CloudFlare Origin Certificate, the cloud is orange",
        "Caddy Local Authority, tls internal",
        "Kaspersky Anti-Virus Personal Root, in another network"
    })
    void an_issuer_whose_name_tells_what_happened_has_a_cure_of_its_own(String issuer, String cure) throws Exception {
        front(certified.by(issuer), NONE);
        look().names("root-unknown", "error", cure).found(issuer);
    }
}
