package io.github.alexalink.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Reading the settings (RFC 8414 §2 for the issuer)")
class ReadingSettingsTest {

    @Test
    void every_setting_but_the_issuer_has_a_default() throws Exception {
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
                .hasMessageStartingWith("alexa.issuer is "
                        + (issuer.isEmpty() ? "not set" : "[" + issuer.replace("user@", "…@") + "]")
                        + ": it must be the https address")
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
    void the_context_descriptor_counts_before_a_system_property_and_that_before_the_environment() {
        Map<String, String> descriptor = new HashMap<>(Map.of("alexa.name", "descriptor"));
        Map<String, String> properties = new HashMap<>(Map.of("alexa.name", "property"));
        Map<String, String> environment =
                new HashMap<>(Map.of("ALEXA_NAME", "environment", "alexa.name", "environment with dots"));
        UnaryOperator<String> source = Settings.of(descriptor::get, properties::get, environment::get);
        assertThat(source.apply("alexa.name")).isEqualTo("descriptor");
        descriptor.put("alexa.name", " ");
        assertThat(source.apply("alexa.name")).as("blank is not set").isEqualTo("property");
        properties.clear();
        assertThat(source.apply("alexa.name")).isEqualTo("environment");
        environment.remove("ALEXA_NAME");
        assertThat(source.apply("alexa.name")).isEqualTo("environment with dots");
        environment.clear();
        assertThat(source.apply("alexa.name")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Über uns",
                "Müller",
                "Anna’s music",
                "音楽 🎵",
                "naïve ½ × ÷",
                "Łódź",
                "Wer? «Ich»",
                "Music server"
            })
    void a_name_arrives_from_catalina_properties_in_utf_8_in_escapes_and_if_it_can_be_written_so_in_latin_1(String name)
            throws Exception {
        assertThat(nameIn(("alexa.name=" + name).getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(name);
        assertThat(nameIn(("\uFEFFalexa.name=" + name + "\r\n").getBytes(StandardCharsets.UTF_8)))
                .as("with a byte order mark, as Windows writes it")
                .isEqualTo(name);
        String escaped = name.chars()
                .mapToObj(letter -> letter < 0x80 ? Character.toString(letter) : "\\u%04x".formatted(letter))
                .collect(Collectors.joining());
        assertThat(nameIn(("alexa.name=" + escaped).getBytes(StandardCharsets.ISO_8859_1)))
                .isEqualTo(name);
        if (StandardCharsets.ISO_8859_1.newEncoder().canEncode(name)) {
            assertThat(nameIn(("alexa.name=" + name).getBytes(StandardCharsets.ISO_8859_1)))
                    .isEqualTo(name);
        }
        if (Charset.forName("windows-1252").newEncoder().canEncode(name)) {
            Map<String, String> descriptor = Map.of(
                    "alexa.issuer",
                    "https://a/b",
                    "alexa.name",
                    new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
            assertThat(Settings.read(Settings.of(descriptor::get)).name())
                    .as("a context descriptor in UTF-8 that says it is in Latin-1")
                    .isEqualTo(name);
        }
    }

    private static String nameIn(byte[] catalinaProperties) throws Exception {
        Properties properties = new Properties();
        properties.load(new ByteArrayInputStream(catalinaProperties)); // as Tomcat does
        return Settings.read(
                        Settings.of(Map.of("alexa.issuer", "https://a/b")::get, properties::getProperty, none -> null))
                .name();
    }

    @Test
    void blanks_around_a_value_are_not_part_of_it_even_if_they_are_of_another_kind() throws Exception {
        assertThat(read(Map.of("alexa.issuer", "\u00a0https://music.example.org/alexa\u200b\u3000"))
                        .issuer())
                .hasToString("https://music.example.org/alexa");
    }

    @Test
    void a_name_has_sixty_characters_at_most_however_many_java_counts_and_turns_no_text_around() throws Exception {
        String notes = "🎵".repeat(60);
        assertThat(read(Map.of("alexa.issuer", "https://a/b", "alexa.name", notes))
                        .name())
                .isEqualTo(notes);
        for (String other : List.of(notes + "x", "Music\nserver", "Music\u2028server", "Music\u202eserver")) {
            assertThatThrownBy(() -> read(Map.of("alexa.issuer", "https://a/b", "alexa.name", other)))
                    .hasMessageEndingWith("]: it must be at most 60 characters, on one line");
        }
    }

    @Test
    void a_value_that_lost_letters_is_refused_with_the_line_to_type_and_a_password_is_not_shown() {
        String cure = "letters of it are lost. Java reads its environment and its command line as [";
        assertThatThrownBy(() -> read(Map.of("alexa.issuer", "https://a/b", "alexa.name", "M\ufffd\ufffdller")))
                .hasMessageStartingWith("alexa.name is [M\ufffd\ufffdller]: " + cure)
                .hasMessageContaining("export LC_ALL=C.UTF-8");
        assertThatThrownBy(() -> read(Map.of("alexa.issuer", "https://a/b", "alexa.name", "half \ud83c")))
                .hasMessageContaining(cure);
        assertThatThrownBy(() -> DatabaseSettings.read(Map.of(
                        "alexa.db.url", "jdbc:postgresql://db/alexa", "alexa.db.password", "s3cr\ufffd\ufffdt")::get))
                .hasMessageStartingWith("alexa.db.password: " + cure);
    }

    @Test
    void a_question_mark_is_a_letter_like_any_other() throws Exception {
        assertThat(nameIn("alexa.name=What??".getBytes(StandardCharsets.UTF_8))).isEqualTo("What??");
    }

    @Test
    void every_setting_of_the_database_but_its_address_has_a_default() throws Exception {
        DatabaseSettings settings = DatabaseSettings.read(
                Map.of("alexa.db.url", "jdbc:postgresql://db/alexa", "alexa.db.password", " x ")::get);
        assertThat(settings.user()).isEqualTo("alexa_app");
        assertThat(settings.password()).as("a password is what it is").isEqualTo(" x ");
        assertThat(settings.pool()).isEqualTo(10);
        assertThat(settings).asString().contains("alexa.db.password <set>").doesNotContain(" x ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://127.0.0.1:5432/alexa",
                "jdbc:postgresql://[::1]:5432/alexa?sslmode=verify-full",
                "jdbc:postgresql://a.example,b.example:5433/alexa?targetServerType=primary&prepareThreshold=0",
                "jdbc:postgresql:alexa"
            })
    void an_address_as_the_driver_takes_it_will_do(String url) throws Exception {
        assertThat(DatabaseSettings.read(Map.of("alexa.db.url", url)::get).url())
                .isEqualTo(url);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "127.0.0.1:5432/alexa …",
                "postgresql://127.0.0.1:5432/alexa postgresql://…",
                "jdbc:mysql://127.0.0.1/alexa jdbc:mysql://…",
                "jdbc:postgresql://127.0.0.1:port/alexa jdbc:postgresql://…",
                "'jdbc:postgresql://127.0.0.1 /alexa' jdbc:postgresql://…"
            })
    void any_other_address_is_refused_and_its_scheme_is_all_that_is_told_of_it(String url, String told) {
        assertThatThrownBy(() -> DatabaseSettings.read(Map.of("alexa.db.url", url)::get))
                .hasMessage("alexa.db.url is [" + told + "]: it must be the address of the database, for example"
                        + " jdbc:postgresql://127.0.0.1:5432/alexa");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "101", "ten", "-1", "1e1"})
    void a_pool_is_a_number_from_1_to_100(String size) {
        assertThatThrownBy(() -> DatabaseSettings.read(
                        Map.of("alexa.db.url", "jdbc:postgresql://db/alexa", "alexa.db.pool", size)::get))
                .hasMessage("alexa.db.pool is [" + size + "]: it must be a number from 1 to 100");
    }

    @Test
    void no_client_reads_the_metrics_unless_the_operator_names_it() throws Exception {
        MetricsReaders readers = read(Map.of("alexa.issuer", "https://a/b", "alexa.metrics.readers", " "))
                .metricsReaders();
        assertThat(readers.isEmpty()).isTrue();
        assertThat(readers.include("127.0.0.1")).isFalse();
        assertThat(readers).hasToString("nobody");
    }

    @Test
    void readers_are_addresses_networks_and_resource_servers_in_any_order() throws Exception {
        MetricsReaders readers = readers(" 127.0.0.1,10.0.0.7/8 , resource-servers,::1, fd00::/8");
        assertThat(readers.isEmpty()).isFalse();
        assertThat(readers.resourceServers()).isTrue();
        for (String in : List.of(
                "127.0.0.1", "10.255.0.1", "::1", "0:0:0:0:0:0:0:1", "fd12::3", "fd12::3%eth0", "::ffff:10.1.2.3")) {
            assertThat(readers.include(in)).as(in).isTrue();
        }
        for (String out : List.of(
                "127.0.0.2", "11.0.0.1", "::2", "fe80::1", "", "localhost", "10.0.0.1.example.org", "10.0.0.1,x")) {
            assertThat(readers.include(out)).as(out).isFalse();
        }
        assertThat(readers("resource-servers").include("127.0.0.1")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "true",
                "localhost",
                "music.example.org",
                "10.0.0.1/33",
                "10.0.0.256",
                "10.0.0",
                "10.0.0.1;8080",
                "fe80::1/129",
                "::1::2",
                "127.0.0.1,",
                "127.0.0.1 10.0.0.1",
                "nobody, 127.0.0.1",
                "Resource-Servers",
                "*"
            })
    void any_other_reader_is_refused(String value) {
        assertThatThrownBy(() -> readers(value))
                .hasMessage("alexa.metrics.readers is [" + value
                        + "]: it must be nobody, or a list with commas between: addresses such as 127.0.0.1, networks"
                        + " such as 10.0.0.0/8 or fd00::/8, and resource-servers");
    }

    private static MetricsReaders readers(String value) throws Settings.BadSetting {
        return read(Map.of("alexa.issuer", "https://a/b", "alexa.metrics.readers", value))
                .metricsReaders();
    }

    private static Settings read(Map<String, String> values) throws Settings.BadSetting {
        return Settings.read(values::get);
    }
}
