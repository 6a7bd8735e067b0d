package io.github.alexalink.bearer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("introspectionUri: the addresses to which the client's secret and tokens may be sent")
class IntrospectionUriTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://music.example.org/alexa/introspect",
                "https://192.0.2.10:8443/alexa/introspect?tenant=1",
                "http://localhost:8095/alexa/introspect",
                "http://127.0.0.1/alexa/introspect",
                "http://[::1]:8095/alexa/introspect"
            })
    void an_address_is_by_tls_or_on_this_machine(String value) {
        assertThat(IntrospectionUri.checked(value)).hasToString(value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://music.example.org/alexa/introspect",
                "http://192.168.1.5:8095/alexa/introspect",
                "http://10.0.0.7/alexa/introspect",
                "http://0.0.0.0/alexa/introspect",
                "http://[::]/alexa/introspect",
                "http://[fd00::7]/alexa/introspect",
                "http://localhost.example.org/alexa/introspect",
                "http://127.0.0.1.example.org/alexa/introspect",
                "http://2130706433/alexa/introspect",
                "http://ip6-localhost/alexa/introspect",
                "http://localhost./alexa/introspect"
            })
    void plain_http_to_any_other_address_is_refused_with_the_cure(String value) {
        assertThatThrownBy(() -> IntrospectionUri.checked(value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[" + value + "]: by plain http")
                .hasMessageContaining("It must be https");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://music:p4ss@localhost/alexa/introspect",
                "https://music:p4ss@music.example.org/alexa/introspect",
                "https://music:p4/ss@music.example.org/alexa/introspect",
                "https://p4ss@localhost@music.example.org/",
                "http://localhost\\p4ss@music.example.org/",
                "p4ss@"
            })
    void a_user_name_or_a_password_in_the_address_is_refused_and_not_repeated(String value) {
        assertThatThrownBy(() -> IntrospectionUri.checked(value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("introspectionUri has an @ in it")
                .hasMessageNotContaining("p4ss");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "alexa/introspect",
                "file:/etc/passwd",
                "ftp://localhost/",
                "https:///alexa",
                "https://",
                "https://music example.org/",
                "http://127.1/",
                "http://localhost:99999/",
                "http://localhost/#fragment",
                "https://ex_ample/"
            })
    void a_value_that_is_no_address_is_refused(String value) {
        assertThatThrownBy(() -> IntrospectionUri.checked(value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("it must be an address");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://music.example.org/?key=p4ss", "ftp://localhost/?key=p4ss"})
    void a_query_is_not_repeated(String value) {
        assertThatThrownBy(() -> IntrospectionUri.checked(value)).hasMessageNotContaining("p4ss");
    }
}
