package io.github.alexalink.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Codes and tokens (RFC 6749 §1.4, §5.1, §10.10)")
class IssuingTokensTest {

    @Test
    void a_token_tells_its_kind_and_its_link_and_is_url_safe() {
        UUID link = Token.newLinkId();
        Token token = Token.issue(TokenKind.REFRESH_TOKEN, link);
        assertThat(token.value()).matches("alr_[A-Za-z0-9_-]{64}").hasSizeLessThanOrEqualTo(128);
        assertThat(Token.parse(TokenKind.REFRESH_TOKEN, token.value())).contains(token);
    }

    @Test
    void an_access_token_tells_the_second_it_was_made_and_nothing_else_does() {
        Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        Token token = Token.issue(TokenKind.ACCESS_TOKEN, Token.newLinkId());
        assertThat(token.value()).matches("ala_[A-Za-z0-9_-]{70}");
        assertThat(token.mintedAt().toInstant()).isBetween(before, Instant.now());
        assertThat(Token.parse(TokenKind.ACCESS_TOKEN, token.value())
                        .orElseThrow()
                        .mintedAt())
                .isEqualTo(token.mintedAt());
        Token refreshToken = Token.issue(TokenKind.REFRESH_TOKEN, Token.newLinkId());
        assertThatThrownBy(refreshToken::mintedAt).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void the_second_that_an_access_token_tells_is_a_whole_one_from_1970_to_2106() {
        for (long second : new long[] {0, 1, Integer.MAX_VALUE, 1L + Integer.MAX_VALUE, 0xFFFFFFFFL}) {
            byte[] bytes = new byte[52];
            ByteBuffer.wrap(bytes).putInt(16, (int) second);
            String value = "ala_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            assertThat(Token.parse(TokenKind.ACCESS_TOKEN, value)
                            .orElseThrow()
                            .mintedAt()
                            .toEpochSecond())
                    .isEqualTo(second);
        }
    }

    @Test
    void no_kind_is_taken_for_another() {
        for (TokenKind issued : TokenKind.values()) {
            String value = Token.issue(issued, Token.newLinkId()).value();
            for (TokenKind taken : TokenKind.values()) {
                assertThat(Token.parse(taken, value).isPresent()).isEqualTo(issued == taken);
            }
        }
    }

    @Test
    void a_value_that_is_longer_shorter_or_has_foreign_characters_is_no_token() {
        String good = Token.issue(TokenKind.ACCESS_TOKEN, Token.newLinkId()).value();
        assertThat(Token.parse(TokenKind.ACCESS_TOKEN, good + "A")).isEmpty();
        assertThat(Token.parse(TokenKind.ACCESS_TOKEN, good.substring(0, good.length() - 1)))
                .isEmpty();
        assertThat(Token.parse(TokenKind.ACCESS_TOKEN, good.substring(0, good.length() - 1) + "="))
                .isEmpty();
        assertThat(Token.parse(TokenKind.ACCESS_TOKEN, good.substring(0, good.length() - 1) + "é"))
                .isEmpty();
        assertThat(Token.parse(TokenKind.ACCESS_TOKEN, "")).isEmpty();
    }

    @Test
    void ten_thousand_tokens_are_all_different_in_every_part_that_is_random() {
        UUID link = Token.newLinkId();
        Set<String> secrets = new HashSet<>();
        Set<UUID> links = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            // the last 42 characters hold nothing but random bits
            secrets.add(Token.issue(TokenKind.AUTHORIZATION_CODE, link).value().substring(26));
            links.add(Token.newLinkId());
        }
        assertThat(secrets).hasSize(10_000);
        assertThat(links).hasSize(10_000);
    }

    @Test
    void a_token_that_is_printed_shows_a_fingerprint_and_never_its_value() {
        Token token = Token.issue(TokenKind.ACCESS_TOKEN, Token.newLinkId());
        assertThat(token.toString())
                .doesNotContain(token.value().substring(4))
                .contains(token.hash().fingerprint())
                .contains(token.linkId().toString());
    }

    @Test
    void an_answer_has_all_five_members_and_expires_in_is_a_number() {
        UUID link = Token.newLinkId();
        Token access = Token.issue(TokenKind.ACCESS_TOKEN, link);
        Token refresh = Token.issue(TokenKind.REFRESH_TOKEN, link);
        JSONObject answer = new JSONObject(OAuthReplies.tokens(access, 3600, refresh, "music.read"));
        assertThat(answer.keySet())
                .containsExactlyInAnyOrder("access_token", "token_type", "expires_in", "refresh_token", "scope");
        assertThat(answer.get("expires_in")).isEqualTo(3600);
        assertThat(answer.getString("token_type")).isEqualTo("Bearer");
        assertThat(answer.getString("access_token")).isEqualTo(access.value());
        assertThat(answer.getString("refresh_token")).isEqualTo(refresh.value());
    }

    @Test
    void a_refusal_names_its_error_and_what_to_change() {
        JSONObject answer =
                new JSONObject(OAuthReplies.error(new OAuthException(ErrorCode.INVALID_GRANT, "the code has expired")));
        assertThat(answer.toMap())
                .containsOnly(
                        java.util.Map.entry("error", "invalid_grant"),
                        java.util.Map.entry("error_description", "the code has expired"));
    }
}
