package io.github.alexalink.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Reading the settings (RFC 8414 §2 for the issuer)")
class ReadingSettingsTest {

    @Test
    void an_issuer_is_all_it_takes() throws Exception {
        Settings settings = read(Map.of("alexa.issuer", " https://music.example.org/alexa "));
        assertThat(settings.issuer()).hasToString("https://music.example.org/alexa");
        assertThat(settings.name()).isEqualTo("Music server");
        assertThat(settings.maintenance()).isTrue();
    }

    @Test
    void http_is_for_trying_things_out_on_this_machine_only() throws Exception {
        assertThat(read(Map.of("alexa.issuer", "http://127.0.0.1:8095/alexa")).issuer())
                .hasPort(8095);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "music.example.org/alexa",
                "http://music.example.org/alexa",
                "https://music.example.org/alexa/",
                "https://music.example.org/alexa?x=1",
                "https://music.example.org/alexa#x",
                "https://user@music.example.org/alexa",
                "https:///alexa",
                "ftp://music.example.org/alexa",
                "https://exa mple/alexa"
            })
    void any_other_issuer_is_refused_with_what_it_was_and_what_would_do(String issuer) {
        assertThatThrownBy(() -> read(Map.of("alexa.issuer", issuer)))
                .isInstanceOf(Settings.BadSetting.class)
                .hasMessageStartingWith("alexa.issuer is [" + issuer + "]: it must be the https address")
                .hasMessageContaining("https://music.example.org/alexa");
    }

    @Test
    void a_name_fits_a_phone_and_maintenance_is_true_or_false() {
        assertThatThrownBy(() -> read(Map.of("alexa.issuer", "https://a/b", "alexa.name", "x".repeat(61))))
                .hasMessageStartingWith("alexa.name is [");
        assertThatThrownBy(() -> read(Map.of("alexa.issuer", "https://a/b", "alexa.maintenance", "yes")))
                .hasMessage("alexa.maintenance is [yes]: it must be true or false");
    }

    @Test
    void the_context_descriptor_counts_before_a_system_property() {
        System.setProperty("alexa.test.setting", "property");
        assertThat(Settings.of(name -> "descriptor").apply("alexa.test.setting"))
                .isEqualTo("descriptor");
        assertThat(Settings.of(name -> null).apply("alexa.test.setting")).isEqualTo("property");
        assertThat(Settings.of(name -> null).apply("no.such.setting")).isNull();
    }

    private static Settings read(Map<String, String> values) throws Settings.BadSetting {
        return Settings.read(values::get);
    }
}
