package io.github.alexalink.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.DictionaryFile;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Sha256;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;

/**
 * An input is a little request: {@code Authorization} headers, a line each, an empty line, the form. The same bytes are
 * then what a Basic header says, still to be encoded: the first line is the id, the others are the secret.
 */
@DisplayName("Any credentials that a client may send (RFC 6749 §2.3.1, §5.2)")
class AuthenticatingAClientFuzz {

    /** The constraint of {@code alexa.client}. */
    private static final Pattern REGISTRABLE = Pattern.compile("[A-Za-z0-9._~-]{1,100}");

    private static final Pattern PERCENT_ENCODED = Pattern.compile("%[0-9A-Fa-f]{2}");

    private static final Pattern ERROR_DESCRIPTION = Pattern.compile("[\\x20-\\x21\\x23-\\x5B\\x5D-\\x7E]+");

    private static final Tried TRIED = new Tried("ClientCredentials.from", AuthenticatingAClientFuzz.class);

    @AfterAll
    static void say() {
        TRIED.say();
    }

    @DictionaryFile(resourcePath = "AuthenticatingAClientFuzz.dict")
    @FuzzTest
    void a_client_is_refused_or_is_what_was_sent_and_by_one_way_only(byte[] sent) {
        TRIED.one(sent, () -> {
            String text = new String(sent, ISO_8859_1);
            String[] parts = text.split("\n\n", 2);
            List<String> headers = parts[0].isEmpty() ? List.of() : List.of(parts[0].split("\n", -1));
            readable(parts.length == 1 ? "" : parts[1]).ifPresent(form -> {
                assertBothWaysAreRefused(headers, form);
                from(headers, form).ifPresent(credentials -> assertOneWay(headers, form, credentials));
            });
            assertPair(sent);
            String[] lines = text.split("\n", 2);
            assertRoundTrip(utf8(lines[0]), utf8(lines.length == 1 ? "" : lines[1]));
        });
    }

    private static void assertBothWaysAreRefused(List<String> headers, Parameters form) {
        if (headers.size() > 1 || (!headers.isEmpty() && hasSecret(form))) {
            assertThat(from(headers, form)).isEmpty();
        }
    }

    private static void assertOneWay(List<String> headers, Parameters form, ClientCredentials credentials) {
        assertThat(credentials.clientId()).isNotEmpty().matches(id -> id.chars().noneMatch(Character::isISOControl));
        assertThat(credentials.byBasic()).isEqualTo(!headers.isEmpty());
        if (credentials.byBasic()) {
            assertThat(headers).hasSize(1);
            assertThat(headers.get(0)).startsWithIgnoringCase("Basic ");
            assertThat(secret(form)).isEmpty();
            assertThat(id(form)).isIn(Optional.empty(), Optional.of(credentials.clientId()));
            assertThat(credentials.secretHashes()).hasSizeLessThanOrEqualTo(2);
        } else {
            assertThat(id(form)).contains(credentials.clientId());
            assertThat(credentials.secretHashes())
                    .hasSize(secret(form).isPresent() ? 1 : 0)
                    .allMatch(hash -> hash.matches(Sha256.of(secret(form).orElseThrow())));
        }
    }

    /** Takes the bytes for the content of Basic: id, colon, secret, each form-encoded or not. */
    private static void assertPair(byte[] pair) {
        Optional<ClientCredentials> credentials = from(List.of(basic(pair)), nothing());
        String text = new String(pair, UTF_8);
        int colon = text.indexOf(':');
        if (colon < 1 || !Arrays.equals(text.getBytes(UTF_8), pair)) {
            assertThat(credentials).isEmpty();
            return;
        }
        String id = text.substring(0, colon);
        String secret = text.substring(colon + 1);
        if (REGISTRABLE.matcher(id).matches()) {
            assertThat(credentials.map(ClientCredentials::clientId)).contains(id);
        }
        if (credentials.isEmpty()) {
            return;
        }
        if (REGISTRABLE.matcher(credentials.get().clientId()).matches()) {
            assertThat(PERCENT_ENCODED.matcher(id).replaceAll("")).doesNotContain("%", "+");
        }
        if (secret.isEmpty()) {
            assertThat(credentials.get().secretHashes()).isEmpty();
        } else {
            assertHas(credentials.get(), secret, decodedOrRaw(secret));
        }
    }

    /** Form-encodes id and secret (RFC 6749 §2.3.1, appendix B), and asserts that both survive. */
    private static void assertRoundTrip(String id, String secret) {
        String pair = URLEncoder.encode(id, UTF_8) + ":" + URLEncoder.encode(secret, UTF_8);
        Optional<ClientCredentials> credentials = from(List.of(basic(pair.getBytes(UTF_8))), nothing());
        if (id.isEmpty() || id.chars().anyMatch(Character::isISOControl)) {
            assertThat(credentials).isEmpty();
            return;
        }
        assertThat(credentials.map(ClientCredentials::clientId)).contains(id);
        if (secret.isEmpty()) {
            assertThat(credentials.get().secretHashes()).isEmpty();
        } else {
            assertHas(credentials.get(), secret, URLEncoder.encode(secret, UTF_8));
        }
    }

    /** Asserts that the credentials have this secret, and at most the other reading of it. */
    private static void assertHas(ClientCredentials credentials, String secret, String other) {
        Sha256 meant = Sha256.of(secret);
        Sha256 possible = Sha256.of(other);
        assertThat(credentials.secretHashes())
                .hasSize(secret.equals(other) ? 1 : 2)
                .anyMatch(hash -> hash.matches(meant))
                .allMatch(hash -> hash.matches(meant) || hash.matches(possible));
    }

    private static String decodedOrRaw(String secret) {
        try {
            return URLDecoder.decode(secret, UTF_8);
        } catch (IllegalArgumentException raw) {
            return secret;
        }
    }

    /** Any exception but a refusal is a finding. */
    private static Optional<ClientCredentials> from(List<String> headers, Parameters form) {
        try {
            return Optional.of(ClientCredentials.from(Collections.enumeration(headers), form));
        } catch (OAuthException refused) {
            assertThat(refused.code()).isIn(ErrorCode.INVALID_CLIENT, ErrorCode.INVALID_REQUEST);
            assertThat(refused.getMessage()).matches(ERROR_DESCRIPTION);
            return Optional.empty();
        }
    }

    private static Optional<Parameters> readable(String form) {
        try {
            return Optional.of(Parameters.ofQuery(form));
        } catch (OAuthException refused) {
            return Optional.empty();
        }
    }

    private static Parameters nothing() {
        return readable("").orElseThrow();
    }

    private static Optional<String> id(Parameters form) {
        return accepted(() -> form.optional("client_id"));
    }

    private static Optional<String> secret(Parameters form) {
        return accepted(() -> form.secret("client_secret"));
    }

    private static boolean hasSecret(Parameters form) {
        try {
            return form.secret("client_secret").isPresent();
        } catch (OAuthException twice) {
            return true;
        }
    }

    /** A parameter that a form has once or not at all. */
    @FunctionalInterface
    private interface Parameter {
        Optional<String> read() throws OAuthException;
    }

    private static Optional<String> accepted(Parameter parameter) {
        try {
            return parameter.read();
        } catch (OAuthException refused) {
            throw new AssertionError("credentials out of a form that is refused", refused);
        }
    }

    /** Replaces bytes that are not UTF-8: any text will do here. */
    private static String utf8(String bytes) {
        return new String(bytes.getBytes(ISO_8859_1), UTF_8);
    }

    private static String basic(byte[] pair) {
        return "Basic " + Base64.getEncoder().encodeToString(pair);
    }
}
