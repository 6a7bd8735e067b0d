package io.github.alexalink.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Scope (RFC 6749 §3.3)")
class AskingForScopeTest {

    @Test
    void tokens_are_kept_in_order_and_once() throws Exception {
        assertThat(Scope.parse(" b a  b ").toString()).isEqualTo("b a");
    }

    @Test
    void order_means_nothing_to_whether_a_scope_is_within_another() throws Exception {
        assertThat(Scope.parse("b a").isWithin(List.of("a", "b", "c"))).isTrue();
        assertThat(Scope.parse("b d").isWithin(List.of("a", "b", "c"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"quoted\"", "back\\slash", "ümlaut", "a\tb"})
    void other_characters_are_invalid_scope(String scope) {
        assertThatThrownBy(() -> Scope.parse(scope))
                .isInstanceOfSatisfying(OAuthException.class, refused -> assertThat(refused.code())
                        .isEqualTo(ErrorCode.INVALID_SCOPE));
    }

    @Test
    void more_than_fifty_scopes_are_refused() {
        String many = IntStream.range(0, 51).mapToObj(i -> "s" + i).collect(Collectors.joining(" "));
        assertThatThrownBy(() -> Scope.parse(many)).hasMessage("more than 50 scopes");
    }
}
