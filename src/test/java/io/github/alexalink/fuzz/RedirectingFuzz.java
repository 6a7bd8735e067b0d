package io.github.alexalink.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.DictionaryFile;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.alexalink.client.Client;
import io.github.alexalink.client.RedirectTarget;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;

/**
 * An input is the {@code redirect_uri}, a line end, and the {@code state}. If the first line is no registered address,
 * it is also inserted into each registered one, at a place that its bytes decide.
 */
@DisplayName("Any redirect_uri and any state (RFC 6749 §4.1.2, RFC 9207, RFC 9700 §4.11)")
class RedirectingFuzz {

    private static final String LOOPBACK = "http://[::1]:8080/cb?a=b%26c&d=%C3%A9";
    private static final List<String> REGISTERED = List.of(
            "https://pitangui.amazon.com/api/skill/link/M2X",
            "https://skill.example.org/cb?vendor=1",
            "https://skill.example.org/cb?",
            LOOPBACK);
    private static final Client CLIENT = new Client(
            "alexa",
            Client.Kind.CONFIDENTIAL,
            "Alexa",
            false,
            true,
            Set.copyOf(REGISTERED),
            List.of(),
            Map.of(),
            List.of());
    private static final Client APP = new Client(
            "app", Client.Kind.PUBLIC, "App", true, true, Set.copyOf(REGISTERED), List.of(), Map.of(), List.of());
    private static final URI ISSUER = URI.create("https://music.example.org/alexa");
    private static final Token CODE = Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId());

    /** The refusal with the longest text at the authorization endpoint. */
    private static final ErrorCode REFUSED = ErrorCode.UNSUPPORTED_RESPONSE_TYPE;

    private static final String WHY = "this client must send code_challenge, with code_challenge_method S256";

    /** Tomcat's 8 KiB of headers, without those for the other headers. */
    private static final int MAX_LOCATION = 7 * 1024;

    private static final Tried TRIED = new Tried("RedirectTarget", RedirectingFuzz.class);

    @AfterAll
    static void say() {
        TRIED.say();
    }

    @DictionaryFile(resourcePath = "RedirectingFuzz.dict")
    @FuzzTest
    void an_answer_goes_to_a_registered_address_with_the_state_as_it_came_or_nowhere(byte[] sent) {
        TRIED.one(sent, () -> {
            String[] lines = new String(sent, ISO_8859_1).split("\n", 2);
            String redirectUri = text(lines[0]);
            Optional<String> state =
                    Optional.of(text(lines.length == 1 ? "" : lines[1])).filter(value -> !value.isEmpty());
            assertNowhereUnlessRegistered(redirectUri);
            assertNoMutationIsTaken(redirectUri, Arrays.hashCode(sent));
            assertAnyPortReachesTheApp(Math.floorMod(Arrays.hashCode(sent), 65535) + 1);
            for (String registered : REGISTERED) {
                assertAnswersReach(registered, state);
            }
        });
    }

    private static void assertNowhereUnlessRegistered(String redirectUri) {
        boolean registered = REGISTERED.contains(redirectUri);
        try {
            RedirectTarget target = RedirectTarget.of(CLIENT, redirectUri, Optional.empty(), ISSUER);
            assertThat(registered).isTrue();
            assertThat(target.redirectUri()).isEqualTo(redirectUri);
        } catch (OAuthException refused) {
            assertThat(registered).isFalse();
            assertThat(refused).hasMessage("redirect_uri is not registered for this client");
        }
        if (!registered && APP.registered(redirectUri).isPresent()) {
            assertIsTheAppAtAnotherPort(URI.create(redirectUri));
        }
    }

    /** Reads the address with other code than accepted it. */
    private static void assertIsTheAppAtAnotherPort(URI asked) {
        URI app = URI.create(LOOPBACK);
        assertThat(asked.getScheme()).isEqualTo("http");
        assertThat(asked.getRawUserInfo()).isNull();
        assertThat(asked.getHost()).isEqualTo(app.getHost());
        assertThat(asked.getPort()).matches(port -> port == -1 || (port > 0 && port < 65536));
        assertThat(asked.getRawPath()).isEqualTo(app.getRawPath());
        assertThat(asked.getRawQuery()).isEqualTo(app.getRawQuery());
        assertThat(asked.getRawFragment()).isNull();
    }

    private static void assertAnyPortReachesTheApp(int port) {
        assertThat(APP.registered(LOOPBACK.replace(":8080", ":" + port))).contains(LOOPBACK);
        assertThat(CLIENT.registered(LOOPBACK.replace(":8080", ":" + port)).isPresent())
                .isEqualTo(port == 8080);
    }

    private static void assertNoMutationIsTaken(String piece, int place) {
        for (String registered : REGISTERED) {
            int at = Math.floorMod(place, registered.length() + 1);
            int past = Math.min(registered.length(), at + piece.length());
            assertNowhereUnlessRegistered(registered.substring(0, at) + piece + registered.substring(at));
            assertNowhereUnlessRegistered(registered.substring(0, at) + piece + registered.substring(past));
            assertNowhereUnlessRegistered(registered.substring(0, at) + registered.substring(past));
        }
    }

    private static void assertAnswersReach(String registered, Optional<String> state) {
        RedirectTarget target;
        try {
            target = RedirectTarget.of(CLIENT, registered, state, ISSUER);
        } catch (OAuthException refused) {
            assertThat(refused).hasMessage("state is too long to be sent back in a redirect");
            // 400 for the code or the error, a hundred for the issuer and the names
            assertThat(registered.length() + encodedLength(state.orElse("")) + 500)
                    .isGreaterThan(MAX_LOCATION);
            return;
        }
        Map<String, String> carried = new HashMap<>(Map.of("iss", ISSUER.toString()));
        state.ifPresent(value -> carried.put("state", value));
        carried.put("code", CODE.value());
        assertLeadsTo(registered, target.answering(CODE), carried);
        carried.remove("code");
        carried.put("error", REFUSED.wireName());
        carried.put("error_description", WHY);
        assertLeadsTo(registered, target.refusing(new OAuthException(REFUSED, WHY)), carried);
    }

    private static void assertLeadsTo(String registered, String location, Map<String, String> carried) {
        assertThat(location).startsWith(registered).hasSizeLessThanOrEqualTo(MAX_LOCATION);
        assertThat(location.chars().allMatch(c -> c > ' ' && c <= '~')).isTrue();
        URI there = URI.create(location);
        URI wanted = URI.create(registered);
        assertThat(there.getRawAuthority()).isEqualTo(wanted.getRawAuthority());
        assertThat(there.getRawPath()).isEqualTo(wanted.getRawPath());
        assertThat(there.getRawFragment()).isNull();
        String added = location.substring(registered.length());
        assertThat(added).startsWith(registered.indexOf('?') < 0 ? "?" : "&");
        assertThat(readByAnother(added.substring(1))).isEqualTo(carried);
    }

    /** Parses a query with other code than wrote it; a name that comes twice is an exception. */
    private static Map<String, String> readByAnother(String query) {
        return Arrays.stream(query.split("&", -1))
                .map(pair -> pair.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> URLDecoder.decode(pair[1], UTF_8)));
    }

    private static int encodedLength(String state) {
        return URLEncoder.encode(state, UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~")
                .length();
    }

    /** The bytes as UTF-8 if they are, else one character per byte, so that every input is some text. */
    private static String text(String bytes) {
        byte[] raw = bytes.getBytes(ISO_8859_1);
        String text = new String(raw, UTF_8);
        return Arrays.equals(text.getBytes(UTF_8), raw) ? text : bytes;
    }
}
