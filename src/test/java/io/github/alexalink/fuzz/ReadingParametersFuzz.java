package io.github.alexalink.fuzz;

import static io.github.alexalink.fuzz.AnotherReader.unlessRefused;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.DictionaryFile;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.alexalink.protocol.CodeChallenge;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Scope;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;

@DisplayName("Any query and any form (RFC 6749 §3.1, §3.2, §5.2, appendix B)")
class ReadingParametersFuzz {

    private static final String FORM = "application/x-www-form-urlencoded";

    private static final Tried TRIED = new Tried("Parameters.ofQuery and ofForm", ReadingParametersFuzz.class);

    @AfterAll
    static void say() {
        TRIED.say();
    }

    @DictionaryFile(resourcePath = "ReadingParametersFuzz.dict")
    @FuzzTest
    void a_request_is_refused_or_says_what_another_decoder_says(byte[] sent) {
        TRIED.one(sent, () -> {
            String query = new String(sent, ISO_8859_1);
            Optional<Map<String, List<String>>> expected = AnotherReader.read(query);
            Optional<Parameters> parameters = read(() -> Parameters.ofQuery(query));
            AnotherReader.assertAgrees(parameters, expected);
            AnotherReader.assertAgrees(read(() -> Parameters.ofForm(FORM, new ByteArrayInputStream(sent))), expected);
            if (expected.isPresent()) {
                AnotherReader.assertAgrees(read(() -> Parameters.ofQuery(encoded(expected.get()))), expected);
                assertOnlyWhatIsWellFormedComesOfIt(parameters.get());
            }
            assertOnlyAFormIsRead(query);
        });
    }

    private static void assertOnlyWhatIsWellFormedComesOfIt(Parameters parameters) throws IOException {
        unlessRefused(() -> CodeChallenge.from(parameters), ErrorCode.INVALID_REQUEST)
                .flatMap(challenge -> challenge)
                .ifPresent(challenge -> assertThat(challenge.value()).matches("[A-Za-z0-9_-]{43}"));
        Optional<Scope> scope = unlessRefused(
                () -> Scope.parse(parameters.required("scope")), ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_SCOPE);
        if (scope.isPresent()) {
            assertThat(scope.get().tokens())
                    .doesNotHaveDuplicates()
                    .allMatch(token -> token.matches("[!#-\\[\\]-~]{1,64}"));
            assertThat(unlessRefused(() -> Scope.parse(scope.get().toString()))).isEqualTo(scope);
        }
    }

    /** Takes the input for a content type. */
    private static void assertOnlyAFormIsRead(String contentType) throws IOException {
        if (read(() -> Parameters.ofForm(contentType, new ByteArrayInputStream(new byte[0])))
                .isPresent()) {
            String[] parts = contentType.split(";", -1);
            assertThat(parts[0].strip()).isEqualToIgnoringCase(FORM);
            assertThat(Arrays.stream(parts).skip(1).map(part -> part.strip().replace("\"", "")))
                    .allMatch(part -> part.isEmpty() || part.matches("(?i)charset=utf-?8"));
        }
    }

    private static String encoded(Map<String, List<String>> values) {
        return values.entrySet().stream()
                .flatMap(entry -> entry.getValue().stream()
                        .map(value -> URLEncoder.encode(entry.getKey(), UTF_8) + "=" + URLEncoder.encode(value, UTF_8)))
                .collect(Collectors.joining("&"));
    }

    private static Optional<Parameters> read(AnotherReader.Reading<Parameters> reading) throws IOException {
        return unlessRefused(reading, ErrorCode.INVALID_REQUEST);
    }
}
