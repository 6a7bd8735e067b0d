package io.github.alexalink.tool.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("An address of the name that the doctor looks at")
class AddressTest {

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, true, IPv4 10.…",
        "172.31.2.3, true, IPv4 172.31.…",
        "192.168.178.20, true, IPv4 192.168.…",
        "100.64.0.1, true, IPv4 100.64.…",
        "100.127.9.9, true, IPv4 100.127.…",
        "169.254.7.7, true, IPv4 169.…",
        "fd12:3456::7, true, IPv6 fd12:…",
        "fe80::1, true, IPv6 fe80:…",
        "100.63.0.1, false, IPv4 100.63.0.1",
        "100.128.0.1, false, IPv4 100.128.0.1",
        "172.32.0.1, false, IPv4 172.32.0.1",
        "192.0.2.1, false, IPv4 192.0.2.1",
        "2001:db8::1, false, IPv6 2001:db8:0:0:0:0:0:1"
    })
    void one_that_only_its_own_network_reaches_is_private_and_its_end_is_not_shown(
            String written, boolean hidden, String shown) {
        Address address = new Address(Address.literal(written), 1, 1);
        assertThat(address.isPrivate()).isEqualTo(hidden);
        assertThat(address.shown()).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.2, IPv4 127.….2 (address 1 of 2)",
        "192.168.178.20, IPv4 192.168.….20 (address 1 of 2)",
        "::1, IPv6 0:…:1 (address 1 of 2)"
    })
    void of_several_the_last_part_tells_which(String written, String shown) {
        assertThat(new Address(Address.literal(written), 1, 2).shown()).isEqualTo(shown);
    }

    /** A phone's network that has IPv6 alone makes such an address up. */
    @Test
    void one_that_only_this_network_has_made_up_is_left_out() throws Exception {
        InetAddress real = InetAddress.getByName("192.0.2.7");
        InetAddress made = InetAddress.getByName("64:ff9b::c000:207");
        assertThat(Address.withoutTranslated(List.of(made, real))).containsExactly(real);
        assertThat(Address.withoutTranslated(List.of(made))).containsExactly(made);
    }
}
