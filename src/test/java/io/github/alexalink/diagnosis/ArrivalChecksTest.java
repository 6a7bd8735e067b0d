package io.github.alexalink.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.diagnosis.Arrival.Kind;
import io.github.alexalink.diagnosis.Arrival.Path;
import io.github.alexalink.diagnosis.Arrival.Way;
import io.github.alexalink.fixture.Pasted;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

@DisplayName("What the last requests say about the proxy")
class ArrivalChecksTest {

    private static final java.nio.file.Path LOGS = java.nio.file.Path.of("/var/lib/tomcat10/logs");

    private static final String HOST = "music.example.org";

    /** A browser on the server itself. */
    private static final Way HERE = new Way("127.0.0.1", false, false, null, false, "http", "localhost:8080");

    private final Arrivals arrivals = new Arrivals();

    private static Way way(String peer, boolean believed, boolean forwardedFor, boolean proto, String scheme) {
        return new Way(peer, believed, forwardedFor, proto ? "https" : null, false, scheme, HOST);
    }

    private void came(Kind kind, Way way) {
        arrivals.add(Arrival.of(kind, "alexa", null, way));
    }

    private List<String> named(Way page) {
        return new ArrivalChecks(URI.create("https://music.example.org/alexa"), LOGS, arrivals)
                .findings(page).stream()
                        .filter(finding -> finding.severity().needsAttention())
                        .map(Finding::id)
                        .toList();
    }

    @ParameterizedTest
    @CsvSource({
        // the peer, believed, For, Proto, scheme, what is named
        "127.0.0.1,    false, true,  true,  http,  ",
        "203.0.113.9,  true,  false, true,  https, ",
        "[2001:db8::1]:4711, true, false, true, https, ",
        "203.0.113.9:4711, true, true, true, https, ",
        "127.0.0.1,    true,  false, true,  https, ",
        "127.0.0.1,    false, false, false, http,  forwarded-missing",
        "127.0.0.1,    false, true,  false, http,  forwarded-missing",
        "127.0.0.1,    false, false, true,  http,  forwarded-missing",
        "203.0.113.9,  true,  false, false, http,  forwarded-missing",
        "192.168.1.7,  false, false, false, http,  forwarded-missing",
        "192.168.1.7,  false, true,  true,  http,  forwarded-untrusted",
        "172.17.0.1,   false, false, true,  http,  forwarded-untrusted",
        "100.64.1.7,   false, true,  false, http,  forwarded-untrusted",
        "fd00::7,      false, true,  true,  http,  forwarded-untrusted",
        "203.0.113.9,  false, true,  true,  http,  forwarded-untrusted",
    })
    void how_tokens_were_issued_last_tells_how_the_proxy_asks(
            String peer, boolean believed, boolean forwardedFor, boolean proto, String scheme, String id) {
        came(Kind.TOKENS, way(peer, believed, forwardedFor, proto, scheme));
        assertThat(named(HERE)).isEqualTo(id == null ? List.of() : List.of(id));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1,   false, http,           http,  forwarded-missing",
        "203.0.113.9, true,  http,           http,  forwarded-missing",
        "203.0.113.9, true,  'https, http',  http,  forwarded-missing",
        "127.0.0.1,   false, 'https, https', http,  ",
        "203.0.113.9, true,  https,          https, ",
    })
    void a_proxy_behind_another_that_ends_tls_is_told_to_say_https(
            String peer, boolean believed, String proto, String scheme, String id) {
        Way way = new Way(peer, believed, !believed, proto, false, scheme, HOST);
        came(Kind.TOKENS, way);
        assertThat(named(HERE)).isEqualTo(id == null ? List.of() : List.of(id));
        assertThat(named(way)).isEqualTo(named(HERE));
        if (id != null) {
            assertThat(new ArrivalChecks(URI.create("https://music.example.org/alexa"), LOGS, arrivals)
                            .forwarded(way)
                            .orElseThrow()
                            .cure())
                    .contains("\n    proxy_set_header X-Forwarded-Proto https;\n");
        }
    }

    @Test
    void nothing_is_named_before_anybody_came() {
        assertThat(named(HERE)).isEmpty();
    }

    @Test
    void a_request_by_hand_on_the_server_says_nothing_about_the_proxy() {
        came(Kind.PAGE, HERE);
        assertThat(named(HERE)).isEmpty();
    }

    @Test
    void a_stranger_who_sends_the_headers_of_a_proxy_from_the_internet_is_told_apart_from_the_proxy() {
        came(Kind.TOKENS, way("203.0.113.9", true, false, true, "https"));
        came(Kind.STRANGER, way("198.51.100.7", false, true, false, "http"));
        ArrivalChecks checks = new ArrivalChecks(URI.create("https://music.example.org/alexa"), LOGS, arrivals);
        assertThat(checks.findings(HERE))
                .filteredOn(finding -> finding.severity().needsAttention())
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.id()).isEqualTo("forwarded-untrusted");
                    assertThat(finding.says()).contains("past the proxy");
                    assertThat(finding.toString()).doesNotContain("198.51.100.7", "203.0.113.9");
                });
    }

    @Test
    void sign_ins_counted_for_the_proxy_are_named_only_if_no_header_is_the_cause() {
        came(Kind.TOKENS, way("127.0.0.1", true, false, true, "https"));
        came(Kind.BRAKED, way("127.0.0.1", true, false, true, "https"));
        assertThat(named(HERE)).containsExactly("braked");
        came(Kind.TOKENS, way("127.0.0.1", false, false, false, "http"));
        assertThat(named(HERE)).containsExactly("forwarded-missing");
    }

    @Test
    void a_household_that_has_to_wait_is_no_fault() {
        came(Kind.TOKENS, way("203.0.113.9", true, false, true, "https"));
        came(Kind.BRAKED, way("203.0.113.9", true, false, true, "https"));
        came(Kind.BRAKED, way("192.168.1.7", false, false, false, "http"));
        assertThat(named(HERE)).isEmpty();
    }

    @Test
    void a_listener_at_another_address_is_named_and_one_at_an_address_in_numbers_is_not() {
        came(Kind.CODE, new Way("203.0.113.9", true, false, "https", false, "https", "old.example.org:443"));
        assertThat(named(HERE)).containsExactly("issuer-differs");
        came(Kind.CODE, new Way("192.168.1.7", true, false, "https", false, "https", "192.168.1.2:8080"));
        assertThat(named(HERE)).isEmpty();
        came(Kind.CODE, new Way("203.0.113.9", true, false, "https", false, "https", "MUSIC.example.org:8443"));
        assertThat(named(HERE)).isEmpty();
    }

    @Test
    void a_prefix_that_came_twice_is_named_until_tokens_are_issued() throws InterruptedException {
        arrivals.add(Arrival.elsewhere(Path.OTHER, HERE));
        assertThat(named(HERE)).isEmpty();
        arrivals.add(Arrival.elsewhere(Path.PREFIX_TWICE, HERE));
        assertThat(named(HERE)).containsExactly("prefix-lost");
        Thread.sleep(5); // so that the clock has gone on
        came(Kind.TOKENS, way("203.0.113.9", true, false, true, "https"));
        assertThat(named(HERE)).isEmpty();
    }

    static final List<String> HOSTILE = Pasted.HOSTILE;

    @ParameterizedTest
    @FieldSource("HOSTILE")
    void commands_of_a_shell_in_the_host_header_get_into_no_line_to_paste(String text) throws Exception {
        came(Kind.CODE, new Way("203.0.113.9", true, false, "https", false, "https", "old" + text));
        for (Finding finding :
                new ArrivalChecks(URI.create("https://music.example.org/alexa"), LOGS, arrivals).findings(HERE)) {
            Pasted.isGood(finding.cure());
        }
        assertThat(named(HERE)).containsExactly("issuer-differs");
    }

    @Test
    void for_trying_things_out_on_localhost_no_proxy_is_wanted() {
        came(Kind.TOKENS, HERE);
        assertThat(new ArrivalChecks(URI.create("http://localhost:8095/alexa"), LOGS, arrivals).findings(HERE))
                .allSatisfy(finding -> {
                    assertThat(finding.severity().needsAttention()).isFalse();
                    assertThat(finding.says()).doesNotContain("https");
                });
    }
}
