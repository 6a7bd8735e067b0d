package io.github.alexalink.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import java.io.IOException;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A second implementation of {@link Parameters}, on {@link URLDecoder} and slower, with which the fuzzers compare it.
 */
final class AnotherReader {

    private static final Pattern PERCENT_ENCODED = Pattern.compile("%[0-9A-Fa-f]{2}");
    private static final Pattern ERROR_DESCRIPTION = Pattern.compile("[\\x20-\\x21\\x23-\\x5B\\x5D-\\x7E]+");

    private AnotherReader() {}

    /** Reads something from a request. */
    @FunctionalInterface
    interface Reading<T> {
        T read() throws OAuthException, IOException;
    }

    /** All values of all parameters; empty if they are malformed, not UTF-8 or too many. */
    static Optional<Map<String, List<String>>> read(String query) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        int count = 0;
        for (String pair : query.split("&", -1)) {
            if (pair.isEmpty()) {
                continue;
            }
            count++;
            String[] parts = pair.split("=", 2);
            Optional<String> name = decoded(parts[0]);
            Optional<String> value = parts.length == 1 ? Optional.of("") : decoded(parts[1]);
            if (count > 100 || name.isEmpty() || value.isEmpty()) {
                return Optional.empty();
            }
            values.computeIfAbsent(name.get(), unseen -> new ArrayList<>()).add(value.get());
        }
        return Optional.of(values);
    }

    /**
     * Decodes with one character per byte: {@link URLDecoder} would take {@code %-0} for an octet, and replace bytes
     * that are not UTF-8.
     */
    private static Optional<String> decoded(String encoded) {
        if (PERCENT_ENCODED.matcher(encoded).replaceAll("").indexOf('%') >= 0) {
            return Optional.empty();
        }
        byte[] bytes = URLDecoder.decode(encoded, ISO_8859_1).getBytes(ISO_8859_1);
        String text = new String(bytes, UTF_8);
        return Arrays.equals(text.getBytes(UTF_8), bytes) ? Optional.of(text) : Optional.empty();
    }

    static void assertAgrees(Optional<Parameters> parameters, Optional<Map<String, List<String>>> expected) {
        assertThat(parameters.isPresent()).isEqualTo(expected.isPresent());
        if (expected.isPresent()) {
            expected.get().forEach((name, values) -> assertSays(parameters.get(), name, values));
            String never = String.join("", expected.get().keySet()) + "x";
            assertThat(parameters.get().hasAny(List.of(never))).isFalse();
            assertThat(answer(() -> parameters.get().secret(never))).isEqualTo("nothing");
        }
    }

    private static void assertSays(Parameters parameters, String name, List<String> values) {
        String value = values.get(0);
        String secret = value.isEmpty() ? "nothing" : "[" + value + "]";
        String optional = value.chars().anyMatch(Character::isISOControl)
                ? "refused: " + name + " has control characters in it"
                : secret;
        if (values.size() > 1) {
            secret = "refused: " + name + " is sent more than once";
            optional = secret;
        }
        assertThat(parameters.hasAny(List.of(name))).isTrue();
        assertThat(parameters.every(name)).isEqualTo(values);
        assertThat(answer(() -> parameters.secret(name))).isEqualTo(secret);
        assertThat(answer(() -> parameters.optional(name))).isEqualTo(optional);
        assertThat(answer(() -> Optional.of(parameters.required(name))))
                .isEqualTo(optional.equals("nothing") ? "refused: " + name + " is missing" : optional);
    }

    private static String answer(Reading<Optional<String>> reading) {
        try {
            return reading.read().map(value -> "[" + value + "]").orElse("nothing");
        } catch (OAuthException refused) {
            return "refused: " + refused.getMessage();
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /**
     * The result; empty if it is refused in words that may be sent (RFC 6749 §5.2). Any other exception is a finding.
     */
    static <T> Optional<T> unlessRefused(Reading<T> reading, ErrorCode... expected) throws IOException {
        try {
            return Optional.of(reading.read());
        } catch (OAuthException refused) {
            assertThat(refused.code()).isIn((Object[]) expected);
            assertThat(refused.getMessage()).matches(ERROR_DESCRIPTION);
            return Optional.empty();
        }
    }
}
