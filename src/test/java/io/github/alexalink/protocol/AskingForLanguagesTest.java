package io.github.alexalink.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The languages a request asks for: ui_locales (OpenID Connect Core §3.1.2.1)")
class AskingForLanguagesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "de | de",
                "fr-CA fr en | fr-CA fr en",
                "DE-de | DE-de",
                "zh-Hant-TW | zh-Hant-TW",
                "'  de   en ' | de en",
                "de_DE fr | fr",
                "de,fr | ''",
                "'de;q=0.5 it' | it",
                "d | ''",
                "* | ''",
                "'<script> nl' | nl",
                "../../etc/passwd | ''",
                "${7*7} | ''",
                "abcdefghi | ''",
                "de-abcdefghi | ''",
                "'' | ''",
            })
    void tags_keep_their_order_and_what_is_no_tag_is_left_out(String sent, String tags) throws OAuthException {
        assertThat(asked("ui_locales=" + URLEncoder.encode(sent, StandardCharsets.UTF_8)))
                .hasToString(tags);
    }

    @Test
    void a_control_character_a_second_value_or_500_characters_are_ignored_and_no_error() throws OAuthException {
        assertThat(asked("ui_locales=de%00")).hasToString("");
        assertThat(asked("ui_locales=de%0D%0Aen fr")).hasToString("fr");
        assertThat(asked("ui_locales=de&ui_locales=fr")).hasToString("");
        assertThat(asked("ui_locales=" + "de+".repeat(167))).hasToString("");
        assertThat(asked("ui_locales=" + "de+".repeat(166)).tags()).hasSize(166);
        assertThat(asked("")).hasToString("");
    }

    private static UiLocales asked(String query) throws OAuthException {
        return UiLocales.in(Parameters.ofQuery(query));
    }
}
