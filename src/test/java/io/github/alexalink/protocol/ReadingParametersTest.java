package io.github.alexalink.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Reading the parameters of a request (RFC 6749 §3.1, §3.2, appendix B)")
class ReadingParametersTest {

    private static final String FORM = "application/x-www-form-urlencoded";

    @Test
    void a_value_is_decoded_once() throws Exception {
        assertThat(Parameters.ofQuery("state=a%2Bb%20c+d%2525").required("state"))
                .isEqualTo("a+b c d%25");
    }

    @Test
    void letters_beyond_ascii_are_utf8() throws Exception {
        assertThat(form(FORM, "username=J%C3%BCrgen").required("username")).isEqualTo("Jürgen");
        assertThat(form(FORM, "username=Jürgen").required("username")).isEqualTo("Jürgen");
    }

    @Test
    void a_parameter_without_a_value_counts_as_not_sent() throws Exception {
        assertThat(Parameters.ofQuery("scope=&state").optional("scope")).isEmpty();
        assertThat(Parameters.ofQuery("scope=&state").optional("state")).isEmpty();
        assertThat(Parameters.ofQuery(null).optional("state")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"state=a&state=a", "state=a&state=b", "state=&state=b", "state&s%74ate=b"})
    void a_parameter_sent_twice_is_refused_by_name(String query) throws Exception {
        Parameters parameters = Parameters.ofQuery(query);
        assertThatThrownBy(() -> parameters.optional("state")).hasMessage("state is sent more than once");
    }

    @Test
    void a_parameter_that_no_endpoint_reads_is_ignored_however_often_it_comes() throws Exception {
        assertThat(Parameters.ofQuery("x=1&x=2&state=s").required("state")).isEqualTo("s");
    }

    @ParameterizedTest
    @ValueSource(strings = {"state=%", "state=%4", "state=%zz", "%=1", "state=%ff", "state=%c3%28", "state=%ed%a0%80"})
    void bytes_that_are_not_percent_encoded_utf8_are_refused(String query) {
        assertThatThrownBy(() -> Parameters.ofQuery(query))
                .isInstanceOfSatisfying(OAuthException.class, refused -> assertThat(refused.code())
                        .isEqualTo(ErrorCode.INVALID_REQUEST));
    }

    @ParameterizedTest
    @ValueSource(strings = {"%00", "a%0d%0aSet-Cookie:x", "%7f", "%c2%85"})
    void control_characters_are_refused_except_in_secrets(String value) throws Exception {
        Parameters parameters = Parameters.ofQuery("state=" + value);
        assertThatThrownBy(() -> parameters.optional("state")).hasMessage("state has control characters in it");
        assertThat(parameters.secret("state")).isPresent();
    }

    @Test
    void more_than_a_hundred_parameters_are_refused() throws Exception {
        assertThat(Parameters.ofQuery("x=1&".repeat(99) + "state=s").required("state"))
                .isEqualTo("s");
        assertThatThrownBy(() -> Parameters.ofQuery("x=1&".repeat(101))).hasMessage("more than 100 parameters");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                FORM,
                FORM + ";charset=UTF-8",
                "Application/X-WWW-Form-URLEncoded; Charset=\"utf-8\"",
                FORM + " ; charset=UTF-8"
            })
    void a_form_is_a_form_in_any_spelling(String contentType) throws Exception {
        assertThat(form(contentType, "code=1").required("code")).isEqualTo("1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "text/plain;application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/x-www-form-urlencodedx",
                FORM + ";charset=utf-16",
                FORM + ";x=y",
                ""
            })
    void any_other_content_type_is_no_form(String contentType) {
        assertThatThrownBy(() -> form(contentType, "code=1"))
                .hasMessage("the body must be application/x-www-form-urlencoded, in UTF-8");
    }

    @Test
    void a_form_has_64_KiB_at_most() throws Exception {
        assertThat(form(FORM, "code=" + "x".repeat(Parameters.MAX_FORM - 5)).required("code"))
                .hasSize(Parameters.MAX_FORM - 5);
        assertThatThrownBy(() -> form(FORM, "code=" + "x".repeat(Parameters.MAX_FORM - 4)))
                .hasMessage("the body is larger than 64 KiB");
    }

    @Test
    void a_value_that_is_too_long_takes_no_room_however_the_body_arrives() throws Exception {
        String full = ("x=" + "x".repeat(8000) + "&").repeat(8);
        byte[] body = (full + "token=" + "x".repeat(9000)).getBytes(StandardCharsets.UTF_8);
        InputStream slow = new ByteArrayInputStream(body) {
            @Override
            public int read(byte[] into) {
                return read(into, 0, 1000);
            }
        };
        assertThat(Parameters.ofLargeForm(FORM, new ByteArrayInputStream(body)).required("token"))
                .isEqualTo("-");
        assertThat(Parameters.ofLargeForm(FORM, slow).required("token")).isEqualTo("-");
    }

    @Test
    void a_form_with_a_large_value_has_2_MiB_at_most_and_says_so() {
        byte[] body = ("token=" + "x".repeat(2 * 1024 * 1024)).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> Parameters.ofLargeForm(FORM, new ByteArrayInputStream(body)))
                .hasMessage("the body is larger than 2048 KiB");
    }

    @Test
    void whether_a_name_was_sent_does_not_depend_on_its_value() throws Exception {
        assertThat(Parameters.ofQuery("code=").hasAny(List.of("code"))).isTrue();
        assertThat(Parameters.ofQuery("tenant=1").hasAny(List.of("code"))).isFalse();
    }

    private static Parameters form(String contentType, String body) throws OAuthException, IOException {
        return Parameters.ofForm(contentType, new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
    }
}
