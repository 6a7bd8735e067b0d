package io.github.alexalink.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.diagnosis.Arrival.Kind;
import io.github.alexalink.diagnosis.Arrival.Network;
import io.github.alexalink.diagnosis.Arrival.Path;
import io.github.alexalink.diagnosis.Arrival.Way;
import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.protocol.Reason;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The last few requests of each kind, and how they arrived")
class ArrivalsTest {

    private final Arrivals arrivals = new Arrivals();

    @Test
    void a_flood_of_strangers_pushes_out_strangers_and_nobody_else() throws Exception {
        arrivals.add(Arrival.of(Kind.TOKENS, "alexa", null, from("192.0.2.7")));
        arrivals.add(Arrival.of(Kind.TOKEN_REFUSED, "alexa", Reason.SECRET_WRONG, from("192.0.2.7")));
        AtOnce.times(4, () -> {
            for (int i = 0; i < 10_000; i++) {
                arrivals.add(Arrival.of(Kind.STRANGER, "stranger-" + i, Reason.CLIENT_UNKNOWN, from("192.0.2.8")));
                arrivals.add(Arrival.elsewhere(Path.OTHER, from("192.0.2.8")));
            }
            return null;
        });
        assertThat(arrivals.latest(Kind.TOKENS)).hasSize(1);
        assertThat(arrivals.latest(Kind.TOKEN_REFUSED))
                .singleElement()
                .satisfies(refused -> assertThat(refused.reason()).contains(Reason.SECRET_WRONG));
        assertThat(arrivals.latest()).hasSize(2 + 16 + 16);
    }

    @Test
    void the_latest_of_a_kind_comes_first_and_the_seventeenth_is_forgotten() {
        for (int i = 1; i <= 17; i++) {
            arrivals.add(Arrival.of(Kind.PAGE, "client-" + i, null, from("192.0.2.7")));
        }
        assertThat(arrivals.latest(Kind.PAGE))
                .hasSize(16)
                .extracting(Arrival::clientId)
                .doesNotContain(Optional.of("client-1"))
                .contains(Optional.of("client-17"));
        assertThat(arrivals.latest(Kind.PAGE))
                .isSortedAccordingTo((one, other) -> other.at().compareTo(one.at()));
    }

    @Test
    void a_client_id_that_a_stranger_repeats_has_one_place_and_is_the_latest() {
        for (int i = 1; i <= 16; i++) {
            arrivals.add(Arrival.of(Kind.STRANGER, "stranger-" + i, Reason.CLIENT_UNKNOWN, from("192.0.2.8")));
        }
        for (int i = 0; i < 100; i++) {
            arrivals.add(Arrival.of(Kind.STRANGER, "stranger-1", Reason.CLIENT_UNKNOWN, from("192.0.2.8")));
        }
        arrivals.add(Arrival.of(Kind.STRANGER, null, Reason.CLIENT_UNKNOWN, from("192.0.2.8")));
        assertThat(arrivals.latest(Kind.STRANGER))
                .hasSize(16)
                .extracting(Arrival::clientId)
                .doesNotHaveDuplicates()
                .contains(Optional.empty(), Optional.of("stranger-1"), Optional.of("stranger-3"))
                .doesNotContain(Optional.of("stranger-2"));
    }

    @Test
    void an_id_that_is_nearly_a_registered_one_is_not_pushed_out_by_others() {
        arrivals.know(Set.of("alexa"));
        arrivals.add(Arrival.of(Kind.PAGE, "music", null, from("192.0.2.7")));
        for (String typed : List.of("alexxa", "Alexa ", "musik", "aleax")) {
            arrivals.add(Arrival.of(Kind.STRANGER, typed, Reason.CLIENT_UNKNOWN, from("192.0.2.8")));
        }
        for (int i = 1; i <= 40; i++) {
            arrivals.add(Arrival.of(Kind.STRANGER, "stranger-" + i, Reason.CLIENT_UNKNOWN, from("192.0.2.8")));
        }
        assertThat(arrivals.latest(Kind.STRANGER))
                .hasSize(16)
                .extracting(Arrival::clientId)
                .contains(
                        Optional.of("alexxa"),
                        Optional.of("Alexa "),
                        Optional.of("musik"),
                        Optional.of("aleax"),
                        Optional.of("stranger-40"));
        for (int i = 1; i <= 100; i++) {
            arrivals.add(Arrival.of(Kind.STRANGER, "alexa" + i, Reason.CLIENT_UNKNOWN, from("192.0.2.8")));
        }
        assertThat(arrivals.latest(Kind.STRANGER)).hasSize(16);
    }

    @Test
    void an_e_mail_address_that_was_typed_for_a_client_id_is_not_remembered() {
        arrivals.add(Arrival.of(Kind.STRANGER, "anna@example.org", Reason.CLIENT_UNKNOWN, from("192.0.2.8")));
        assertThat(arrivals.latest(Kind.STRANGER))
                .extracting(Arrival::clientId)
                .containsExactly(Optional.of("(an e-mail address)"));
    }

    @Test
    void text_of_a_stranger_is_cut_and_printable_and_no_address_is_printed() {
        Arrival arrival = Arrival.of(
                Kind.STRANGER,
                "als_0123456789abcdef\n" + "x".repeat(2_000_000),
                Reason.CLIENT_UNKNOWN,
                new Way("192.0.2.8", false, true, "https", false, "http", "evil\r\n" + "y".repeat(1_000)));
        assertThat(arrival.clientId().orElseThrow()).startsWith("als_...?").hasSizeLessThanOrEqualTo(100);
        assertThat(arrival.way().host()).startsWith("evil??").hasSize(100);
        assertThat(arrival.way()).asString().isEqualTo("PUBLIC");
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, LOOPBACK",
        "::1, LOOPBACK",
        "[::1]:4711, LOOPBACK",
        "10.0.0.7, PRIVATE",
        "172.17.0.1, PRIVATE",
        "192.168.1.1:80, PRIVATE",
        "100.64.0.9, PRIVATE",
        "100.128.0.9, PUBLIC",
        "169.254.1.1, PRIVATE",
        "fd00::7, PRIVATE",
        "fe80::1%eth0, PRIVATE",
        "2001:db8::7, PUBLIC",
        "54.240.197.1, PUBLIC",
        "unknown, UNKNOWN"
    })
    void an_address_is_of_this_machine_of_a_home_or_of_the_internet(String peer, Network network) {
        assertThat(from(peer).network()).isEqualTo(network);
    }

    @Test
    void a_page_on_which_nobody_signed_in_for_five_minutes_was_left() {
        arrivals.add(Arrival.of(Kind.PAGE, "alexa", null, from("192.0.2.7")));
        arrivals.add(Arrival.of(Kind.SIGN_IN_FAILED, "alexa", Reason.SIGN_IN_FAILED, from("192.0.2.7")));
        assertThat(arrivals.pagesLeft()).isEmpty();
        Instant later = Instant.now().plus(6, ChronoUnit.MINUTES);
        assertThat(arrivals.pagesLeft(later)).singleElement().satisfies(left -> {
            assertThat(left.id()).isEqualTo("page-left");
            assertThat(left.severity()).isEqualTo(Severity.INFO);
            assertThat(left.found()).endsWith("1 sign-in failed");
        });
        arrivals.add(Arrival.of(Kind.CODE, "alexa", null, from("192.0.2.7")));
        assertThat(arrivals.pagesLeft(later)).isEmpty();
    }

    private static Way from(String peer) {
        return new Way(peer, false, false, null, false, "https", "music.example.org");
    }
}
