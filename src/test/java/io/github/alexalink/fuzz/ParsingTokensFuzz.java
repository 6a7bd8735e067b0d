package io.github.alexalink.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.DictionaryFile;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;

/** An input is the value that a client sends as a token; its first 48 bytes also make a valid token. */
@DisplayName("Any value that a client may send as a code or a token (RFC 6749 §10.10)")
class ParsingTokensFuzz {

    private static final String BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /** A token, code or secret that is longer than a harmless prefix. */
    private static final Pattern SECRET = Pattern.compile("al[acrs]_[A-Za-z0-9_-]{8}");

    private static final TokenKind[] KINDS = TokenKind.values();

    private static final Tried TRIED = new Tried("Token.parse", ParsingTokensFuzz.class);

    @AfterAll
    static void say() {
        TRIED.say();
    }

    @DictionaryFile(resourcePath = "ParsingTokensFuzz.dict")
    @FuzzTest
    void a_value_is_a_token_of_one_kind_and_one_link_or_of_none(byte[] sent) {
        TRIED.one(sent, () -> {
            String value = new String(sent, UTF_8);
            assertOneKindOrNone(value);
            assertLogged(value);
            TokenKind kind = KINDS[sent.length % KINDS.length];
            String made = Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(Arrays.copyOf(sent, kind == TokenKind.ACCESS_TOKEN ? 52 : 48));
            assertThat(Token.parse(kind, kind.prefix() + made)).isPresent();
            for (String around : List.of(
                    kind.prefix() + made,
                    kind.prefix() + made + value,
                    kind.prefix() + value + made,
                    value + kind.prefix() + made)) {
                assertOneKindOrNone(around);
                assertLogged(around);
            }
        });
    }

    private static void assertOneKindOrNone(String value) {
        int kinds = 0;
        for (TokenKind kind : KINDS) {
            Optional<Token> token = Token.parse(kind, value);
            assertThat(token).isEqualTo(expected(kind, value));
            if (token.isPresent()) {
                kinds++;
                assertThat(value).hasSize(characters(kind)).startsWith(kind.prefix());
                assertThat(token.get().hash().matches(Sha256.of(value))).isTrue();
                assertThat(token.get().toString()).doesNotContain(value.substring(26));
                assertThat(Printable.of(value)).isEqualTo(kind.prefix() + "...");
            }
        }
        assertThat(kinds).isLessThanOrEqualTo(1);
    }

    private static int characters(TokenKind kind) {
        return kind == TokenKind.ACCESS_TOKEN ? 74 : 68;
    }

    private static void assertLogged(String value) {
        String logged = Printable.of(value);
        assertThat(logged).hasSizeLessThanOrEqualTo(203);
        assertThat(logged.chars().allMatch(c -> c >= ' ' && c <= '~')).isTrue();
        assertThat(SECRET.matcher(logged).find()).isFalse();
    }

    /** Digit by digit, as a number with base 64; its first 128 bits are the link id, the others are not looked at. */
    private static Optional<Token> expected(TokenKind kind, String value) {
        if (value.length() != characters(kind) || !value.startsWith(kind.prefix())) {
            return Optional.empty();
        }
        long high = 0;
        long low = 0;
        for (int i = 4; i < value.length(); i++) {
            int digit = BASE64URL.indexOf(value.charAt(i));
            if (digit < 0) {
                return Optional.empty();
            }
            if (i < 25) {
                high = high << 6 | low >>> 58;
                low = low << 6 | digit;
            } else if (i == 25) {
                high = high << 2 | low >>> 62;
                low = low << 2 | digit >>> 4;
            }
        }
        return Optional.of(new Token(kind, new UUID(high, low), value));
    }
}
