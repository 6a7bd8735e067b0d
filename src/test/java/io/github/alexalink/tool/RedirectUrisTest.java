package io.github.alexalink.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A vendor id of Amazon, as somebody pastes it")
class RedirectUrisTest {

    private static final String ID = "M2AAAAAAAAAAAA";

    @ParameterizedTest
    @ValueSource(
            strings = {
                ID,
                " M2AAAAAAAAAAAA\n",
                "m2aaaaaaaaaaaa",
                "\"M2AAAAAAAAAAAA\"",
                "“M2AAAAAAAAAAAA”",
                "\u200bM2AAAA\u200bAAAAAAAA\ufeff",
                "M2AAAA\u00a0AAAA AAAA",
                "Ｍ２ＡＡＡＡＡＡＡＡＡＡＡＡ",
                "https://pitangui.amazon.com/api/skill/link/M2AAAAAAAAAAAA",
                "https://layla.amazon.com/api/skill/link/M2AAAAAAAAAAAA/",
                "https://alexa.amazon.co.jp/api/skill/link/M2AAAAAAAAAAAA?a=b#c",
                "HTTPS://Pitangui.Amazon.com/api/skill/link/m2aaaaaaaaaaaa",
                "layla.amazon.com/api/skill/link/M2AAAAAAAAAAAA",
                "<https://layla.amazon.com/api/skill/link/M2AAAAAAAAAAAA>,",
                "https://pitangui.amazon.com/api/skill/link/M2AAAAAAAAAAAA\r\nhttps://layla.amazon.com/api/skill/link/M2AAAAAAAAAAAA\nhttps://alexa.amazon.co.jp/api/skill/link/M2AAAAAAAAAAAA"
            })
    void an_id_makes_the_address_of_each_region(String pasted) throws Exception {
        assertThat(RedirectUris.ofAlexa(pasted))
                .containsExactly(
                        "https://pitangui.amazon.com/api/skill/link/" + ID,
                        "https://layla.amazon.com/api/skill/link/" + ID,
                        "https://alexa.amazon.co.jp/api/skill/link/" + ID);
    }

    @ParameterizedTest
    @ValueSource(strings = {"M2EXAMPLE", " m2example ", "https://layla.amazon.com/api/skill/link/M2EXAMPLE"})
    void the_id_of_our_examples_is_not_registered(String pasted) {
        assertThatThrownBy(() -> RedirectUris.toRegister(pasted))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("M2EXAMPLE is the vendor id of an example, and not yours");
    }

    @ParameterizedTest
    @ValueSource(strings = {"M2EXAMPLE", "M123456789012", "M1A2B3C4D5E6F7", "M0123456789ABCDEF01"})
    void an_id_of_another_length_is_taken_because_amazon_promises_none(String id) throws Exception {
        assertThat(RedirectUris.ofAlexa(id)).allSatisfy(uri -> assertThat(uri).endsWith("/" + id));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "M",
                "alexa",
                "A2AAAAAAAAAAAA",
                "M2AAAA-AAAAAAAA",
                "amzn1.ask.skill.01234567-89ab-cdef-0123-456789abcdef",
                "https://layla.amazon.com/api/skill/link/",
                "https://layla.amazon.com/M2AAAAAAAAAAAA",
                "https://music.example.org/api/skill/link/M2AAAAAAAAAAAA",
                "https://layla.amazon.com.example.org/api/skill/link/M2AAAAAAAAAAAA",
                "https://layla.amazon.com/api/skill/link/M2AAAAAAAAAAAA/more",
                "als_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
            })
    void anything_else_is_refused_with_what_an_id_looks_like_and_where_it_is(String pasted) {
        assertThatThrownBy(() -> RedirectUris.ofAlexa(pasted))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(
                        "] is no vendor id of Amazon: M and about 13 letters and digits\n  it ends the Alexa"
                                + " Redirect URLs on the skill's account linking page")
                .hasMessageNotContainingAny("0123456789abcdefghij");
    }

    @Test
    void the_addresses_of_two_vendors_are_refused() {
        assertThatThrownBy(() -> RedirectUris.ofAlexa("https://pitangui.amazon.com/api/skill/link/M2AAAAAAAAAAAA"
                        + " https://layla.amazon.com/api/skill/link/M2BBBBBBBBBBBB"))
                .hasMessageStartingWith("these are addresses of several vendors: M2AAAAAAAAAAAA, M2BBBBBBBBBBBB");
    }
}
