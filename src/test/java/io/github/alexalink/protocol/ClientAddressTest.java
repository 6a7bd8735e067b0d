package io.github.alexalink.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The address of a client, as proxies write it (RFC 7239 §6, RFC 4291 §2.2)")
class ClientAddressTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "203.0.113.7                        | 203.0.113.7           | 203.0.113.7",
                "203.0.113.7:50001                  | 203.0.113.7           | 203.0.113.7",
                "\"203.0.113.7:50001\"              | 203.0.113.7           | 203.0.113.7",
                "' 203.0.113.7 '                    | 203.0.113.7           | 203.0.113.7",
                "::ffff:203.0.113.7                 | 203.0.113.7           | 203.0.113.7",
                "[::ffff:203.0.113.7]:443           | 203.0.113.7           | 203.0.113.7",
                "::ffff:cb00:7107                   | 203.0.113.7           | 203.0.113.7",
                "64:ff9b::203.0.113.7               | 203.0.113.7           | 203.0.113.7",
                "[64:ff9b::cb00:7107]:1             | 203.0.113.7           | 203.0.113.7",
                "2001:db8::1                        | 2001:db8:0:0:0:0:0:1  | 2001:db8:0:0::/64",
                "[2001:db8::1]                      | 2001:db8:0:0:0:0:0:1  | 2001:db8:0:0::/64",
                "[2001:DB8::1]:443                  | 2001:db8:0:0:0:0:0:1  | 2001:db8:0:0::/64",
                "\"[2001:db8::1]:443\"              | 2001:db8:0:0:0:0:0:1  | 2001:db8:0:0::/64",
                "2001:db8:0:0:0:0:0:1               | 2001:db8:0:0:0:0:0:1  | 2001:db8:0:0::/64",
                "2001:db8:0:0:0:0:0:1:50001         | 2001:db8:0:0:0:0:0:1  | 2001:db8:0:0::/64",
                "2001:db8:0:1:ffff:ffff:ffff:ffff   | 2001:db8:0:1:ffff:ffff:ffff:ffff | 2001:db8:0:1::/64",
                "fe80::1%eth0                       | fe80:0:0:0:0:0:0:1    | fe80:0:0:0::/64",
                "[fe80::1%25eth0]:80                | fe80:0:0:0:0:0:0:1    | fe80:0:0:0::/64",
            })
    void every_way_to_write_an_address_is_that_address_and_its_household(
            String written, String address, String household) {
        assertThat(ClientAddress.of(written)).hasToString(address);
        assertThat(ClientAddress.of(written).household()).isEqualTo(household);
        assertThat(ClientAddress.of(written).isLoopback()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "unknown",
                "_hidden",
                "unix:",
                "localhost",
                "for=203.0.113.7",
                "203.0.113",
                "203.0.113.256",
                "203.0.113.7:",
                "203.0.113.7:123456",
                "203.0.113.7 50001",
                "203.0.113.7:1:2",
                "[203.0.113.7]:1",
                "::ffff:192.0.2",
                ":",
                ":::",
                "1:2",
                "[2001:db8::1",
                "2001:db8::1]:443",
                "2001:db8::1::2",
                "203.0.113.7, 203.0.113.8"
            })
    void everything_that_is_no_address_is_one_household(String written) {
        ClientAddress junk = ClientAddress.of(written);
        assertThat(junk.numeric()).isEmpty();
        assertThat(junk.household()).isEqualTo(ClientAddress.of("unknown").household());
        assertThat(junk.isLoopback()).isFalse();
        assertThat(junk).hasToString(written);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.0.1.1:80", "::1", "[::1]:80", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"})
    void this_machine_is_known_in_every_spelling(String written) {
        assertThat(ClientAddress.of(written).isLoopback()).isTrue();
    }

    @Test
    void an_address_forges_no_line_of_the_log() {
        assertThat(ClientAddress.of("x\nSEVERE y")).hasToString("x?SEVERE y");
    }
}
