package io.github.alexalink.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Redirecting back to the client (RFC 6749 §4.1.2, RFC 9207, RFC 9700 §4.11)")
class RedirectingTest {

    private static final String PITANGUI = "https://pitangui.amazon.com/api/skill/link/M2X";
    private static final String HOPS = " https://*.amazon.de com.example.app:";
    private static final URI ISSUER = URI.create("https://music.example.org/alexa");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://pitangui.amazon.com/api/skill/link/M2X/",
                "https://pitangui.amazon.com/api/skill/link/m2x",
                "https://PITANGUI.amazon.com/api/skill/link/M2X",
                "https://pitangui.amazon.com:443/api/skill/link/M2X",
                "https://pitangui.amazon.com/api/skill/link/M2X/../M2X",
                "https://pitangui.amazon.com/api/skill/link/M2X?x=1",
                "https://pitangui.amazon.com/api/skill/link/M2X#x",
                "https://pitangui.amazon.com/api/skill/link/%4D2X",
                "https://pitangui.amazon.com@evil.example/api/skill/link/M2X",
                "https://pitangui.amazon.com.evil.example/api/skill/link/M2X",
                "http://pitangui.amazon.com/api/skill/link/M2X",
                "//pitangui.amazon.com/api/skill/link/M2X",
                "https://layla.amazon.com/api/skill/link/M2X",
                " https://pitangui.amazon.com/api/skill/link/M2X",
                "javascript:alert(1)",
                "data:text/html,x",
                ""
            })
    void an_address_that_is_not_registered_to_the_character_is_no_target(String redirectUri) {
        assertThatThrownBy(() -> target(redirectUri, "s")).hasMessage("redirect_uri is not registered for this client");
    }

    @Test
    void the_state_comes_back_byte_for_byte() throws Exception {
        String state = "a+b/c==&x=%41#\"'<>é \u65e5 " + "~".repeat(1000);
        Token code = Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId());
        String location = target(PITANGUI, state).answering(code);
        assertThat(location).startsWith(PITANGUI + "?code=" + code.value() + "&state=");
        assertThat(location).matches("[\\x21-\\x7E]+");
        assertThat(parameter(location, "state")).isEqualTo(state);
        assertThat(parameter(location, "iss")).isEqualTo(ISSUER.toString());
    }

    @Test
    void a_refusal_carries_error_description_state_and_issuer() throws Exception {
        String location = target(PITANGUI, "s")
                .refusing(new OAuthException(ErrorCode.ACCESS_DENIED, "the listener did not allow it"));
        assertThat(location)
                .isEqualTo(PITANGUI + "?error=access_denied&error_description=the%20listener%20did%20not%20allow%20it"
                        + "&state=s&iss=https%3A%2F%2Fmusic.example.org%2Falexa");
    }

    @Test
    void a_redirect_uri_that_has_a_query_keeps_it() throws Exception {
        String location = target("https://skill.example.org/cb?vendor=1", "s")
                .refusing(new OAuthException(ErrorCode.ACCESS_DENIED, "no"));
        assertThat(location).startsWith("https://skill.example.org/cb?vendor=1&error=access_denied&");
    }

    @Test
    void without_a_state_none_is_sent() throws Exception {
        RedirectTarget target = RedirectTarget.of(client(), PITANGUI, Optional.empty(), ISSUER);
        assertThat(target.refusing(new OAuthException(ErrorCode.ACCESS_DENIED, "no")))
                .doesNotContain("state=");
    }

    @Test
    void a_state_that_no_redirect_can_carry_is_refused_before_anybody_types_a_password() throws Exception {
        assertThat(target(PITANGUI, "+".repeat(2048))
                        .answering(Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId()))
                        .length())
                .isLessThan(7 * 1024);
        assertThatThrownBy(() -> target(PITANGUI, "+".repeat(2500)))
                .hasMessage("state is too long to be sent back in a redirect");
    }

    @Test
    void the_form_may_lead_to_the_redirect_uris_origin_and_to_where_that_sends_the_browser_on() throws Exception {
        assertThat(target(PITANGUI, "s").formAction())
                .isEqualTo("https://pitangui.amazon.com https://*.amazon.de com.example.app:");
        assertThat(target("https://skill.example.org/cb?vendor=1", "s").formAction())
                .startsWith("https://skill.example.org ");
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1/cb, http://127.0.0.1/cb",
        "http://127.0.0.1/cb, http://127.0.0.1:53219/cb",
        "http://127.0.0.1/cb, http://127.0.0.1:1/cb",
        "http://127.0.0.1/cb, http://127.0.0.1:65535/cb",
        "http://[::1]:8080/cb?a=b, http://[::1]:53219/cb?a=b",
        "http://[::1]:8080/cb?a=b, http://[::1]/cb?a=b",
        "http://localhost:1, http://localhost:53219",
        "http://localhost:1, http://localhost"
    })
    void a_public_client_may_ask_with_any_port_of_its_loopback_address(String registered, String asked)
            throws Exception {
        RedirectTarget target = target(client(Client.Kind.PUBLIC, registered), asked);
        assertThat(target.redirectUri()).isEqualTo(asked);
        assertThat(target.registered()).isEqualTo(registered);
        String source = asked.replaceFirst("/cb.*", "").replace("[::1]:", "*:").replace("[::1]", "*:80");
        assertThat(target.formAction()).isEqualTo(source + HOPS);
        assertThat(target.refusing(new OAuthException(ErrorCode.ACCESS_DENIED, "no")))
                .startsWith(asked);
    }

    @ParameterizedTest
    @CsvSource({"http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost/cb"})
    void the_port_of_a_loopback_address_that_is_registered_with_several_is_taken_to_the_character(String address)
            throws Exception {
        Client client =
                client(Client.Kind.PUBLIC, address, address.replace("/cb", ":1/cb"), address.replace("/cb", ":2/cb"));
        for (String asked : client.redirectUris()) {
            assertThat(target(client, asked).registered()).isEqualTo(asked);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://localhost:53219/cb",
                "http://[::1]:53219/cb",
                "http://127.0.0.2:53219/cb",
                "http://127.1:53219/cb",
                "http://2130706433:53219/cb",
                "http://0x7f.0.0.1:53219/cb",
                "http://0.0.0.0:53219/cb",
                "http://[::ffff:127.0.0.1]:53219/cb",
                "http://127.0.0.1.evil.example/cb",
                "http://127.0.0.1.evil.example:53219/cb",
                "http://127.0.0.1:53219.evil.example/cb",
                "http://evil.example:53219/cb",
                "http://127.0.0.1:53219@evil.example/cb",
                "http://127.0.0.1:pw@127.0.0.1:53219/cb",
                "http://anna@127.0.0.1:53219/cb",
                "http://127.0.0.1:0/cb",
                "http://127.0.0.1:65536/cb",
                "http://127.0.0.1:99999/cb",
                "http://127.0.0.1:053219/cb",
                "http://127.0.0.1:/cb",
                "http://127.0.0.1:-1/cb",
                "http://127.0.0.1:+1/cb",
                "http://127.0.0.1: 53219/cb",
                "http://127.0.0.1:53219 /cb",
                "http://127.0.0.1:\u0661\u0662/cb",
                "http://127.0.0.1:53219",
                "http://127.0.0.1:53219/",
                "http://127.0.0.1:53219/cb/",
                "http://127.0.0.1:53219/CB",
                "http://127.0.0.1:53219/cb/../x",
                "http://127.0.0.1:53219/x/../cb",
                "http://127.0.0.1:53219/cb?x=1",
                "http://127.0.0.1:53219/cb#x",
                "http://127.0.0.1:53219//cb",
                "http://127.0.0.1:53219\\@evil.example/cb",
                "http://127.0.0.1:53219/cb\n",
                "HTTP://127.0.0.1:53219/cb",
                "https://127.0.0.1:53219/cb",
                "//127.0.0.1:53219/cb",
                "127.0.0.1:53219/cb"
            })
    void everything_but_the_port_of_a_loopback_address_counts_to_the_character(String asked) {
        Client client = client(Client.Kind.PUBLIC, "http://127.0.0.1/cb");
        assertThatThrownBy(() -> target(client, asked)).hasMessage("redirect_uri is not registered for this client");
    }

    @Test
    void a_client_with_a_secret_and_an_address_elsewhere_keep_their_port() {
        Client confidential = client(Client.Kind.CONFIDENTIAL, "http://127.0.0.1/cb");
        assertThatThrownBy(() -> target(confidential, "http://127.0.0.1:53219/cb"))
                .hasMessage("redirect_uri is not registered for this client");
        Client elsewhere = client(Client.Kind.PUBLIC, "https://app.example.org/cb");
        assertThatThrownBy(() -> target(elsewhere, "https://app.example.org:53219/cb"))
                .hasMessage("redirect_uri is not registered for this client");
    }

    private static RedirectTarget target(String redirectUri, String state) throws OAuthException {
        return RedirectTarget.of(client(), redirectUri, Optional.of(state), ISSUER);
    }

    private static RedirectTarget target(Client client, String redirectUri) throws OAuthException {
        return RedirectTarget.of(client, redirectUri, Optional.of("s"), ISSUER);
    }

    private static Client client() {
        return client(Client.Kind.CONFIDENTIAL, PITANGUI, "https://skill.example.org/cb?vendor=1");
    }

    private static Client client(Client.Kind kind, String... redirectUris) {
        return new Client(
                "alexa",
                kind,
                "Alexa",
                false,
                true,
                Set.of(redirectUris),
                List.of(HOPS.strip().split(" ")),
                Map.of(),
                List.of());
    }

    private static String parameter(String location, String name) {
        for (String pair : location.substring(location.indexOf('?') + 1).split("&", -1)) {
            if (pair.startsWith(name + "=")) {
                return URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8);
            }
        }
        throw new AssertionError("no " + name + " in " + location);
    }
}
