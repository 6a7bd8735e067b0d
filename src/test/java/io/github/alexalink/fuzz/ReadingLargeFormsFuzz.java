package io.github.alexalink.fuzz;

import static io.github.alexalink.fuzz.AnotherReader.unlessRefused;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.code_intelligence.jazzer.junit.DictionaryFile;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.Parameters;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;

/** An input is a form in which each star stands for three thousand, so that few bytes make a large form. */
@DisplayName("Forms of any size that arrive in any pieces (RFC 7009 §2.1, RFC 7662 §2.1)")
class ReadingLargeFormsFuzz {

    private static final String FORM = "application/x-www-form-urlencoded";
    private static final int LONGEST_PAIR = 8192;
    private static final int ENOUGH = Parameters.MAX_FORM + LONGEST_PAIR;
    private static final byte[] STARS = "*".repeat(3000).getBytes(ISO_8859_1);

    private static final Tried TRIED = new Tried("Parameters.ofLargeForm", ReadingLargeFormsFuzz.class);

    @AfterAll
    static void say() {
        TRIED.say();
    }

    @DictionaryFile(resourcePath = "ReadingLargeFormsFuzz.dict")
    @FuzzTest
    void only_what_is_too_long_is_left_out(byte[] sent) {
        TRIED.one(sent, () -> {
            byte[] body = grown(sent);
            int piece = 1 + Math.floorMod(Arrays.hashCode(sent), 8192);
            Optional<Parameters> parameters = unlessRefused(
                    () -> Parameters.ofLargeForm(FORM, new InPieces(body, piece)),
                    ErrorCode.INVALID_REQUEST,
                    ErrorCode.REQUEST_TOO_LARGE);
            AnotherReader.assertAgrees(parameters, AnotherReader.read(cutShort(new String(body, ISO_8859_1))));
        });
    }

    private static byte[] grown(byte[] sent) {
        ByteArrayOutputStream grown = new ByteArrayOutputStream();
        for (byte b : sent) {
            grown.writeBytes(b == '*' && grown.size() < ENOUGH ? STARS : new byte[] {b});
        }
        return grown.toByteArray();
    }

    /**
     * The expected result: a value that is too long is a single minus, and forms of more than 64 KiB without these are
     * refused.
     */
    private static String cutShort(String form) {
        String kept = Arrays.stream(form.split("&", -1))
                .map(pair -> pair.length() <= LONGEST_PAIR ? pair : nameOf(pair) + "-")
                .collect(Collectors.joining("&"));
        return kept.length() <= Parameters.MAX_FORM ? kept : "%";
    }

    private static String nameOf(String pair) {
        return pair.substring(0, pair.substring(0, LONGEST_PAIR).indexOf('=') + 1);
    }

    /** A body that arrives in pieces; the result must not depend on them. */
    private static final class InPieces extends ByteArrayInputStream {

        private final int piece;

        InPieces(byte[] body, int piece) {
            super(body);
            this.piece = piece;
        }

        @Override
        public int read(byte[] into) {
            return read(into, 0, Math.min(piece, into.length));
        }
    }
}
