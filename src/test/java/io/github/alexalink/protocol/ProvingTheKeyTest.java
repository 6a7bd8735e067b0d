package io.github.alexalink.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Proof key for code exchange (RFC 7636 §4)")
class ProvingTheKeyTest {

    // RFC 7636 appendix B
    private static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    private static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    @Test
    void the_verifier_of_the_rfc_answers_its_challenge() {
        assertThat(new CodeChallenge(CHALLENGE).isAnsweredBy(VERIFIER)).isTrue();
        assertThat(new CodeChallenge(CHALLENGE).isAnsweredBy(VERIFIER.replace('d', 'e')))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"short", "has spaces in it, and is longer than forty-three characters", "ümlaut"})
    void a_verifier_of_another_form_answers_nothing(String verifier) {
        assertThat(CodeChallenge.answeredBy(verifier)).isEqualTo(new CodeChallenge(""));
        assertThat(CodeChallenge.answeredBy("x".repeat(129))).isEqualTo(new CodeChallenge(""));
    }

    @Test
    void S256_is_the_only_method() throws Exception {
        assertThat(challenge("code_challenge=" + CHALLENGE + "&code_challenge_method=S256"))
                .isEqualTo(CHALLENGE);
        assertThatThrownBy(() -> challenge("code_challenge=" + VERIFIER + "&code_challenge_method=plain"))
                .hasMessage("code_challenge_method must be S256");
        assertThatThrownBy(() -> challenge("code_challenge=" + VERIFIER))
                .hasMessage("code_challenge_method must be S256");
        assertThatThrownBy(() -> challenge("code_challenge_method=S256"))
                .hasMessage("code_challenge_method without code_challenge");
        assertThatThrownBy(() -> challenge("code_challenge=" + CHALLENGE + "%3D&code_challenge_method=S256"))
                .hasMessage("code_challenge must be 43 characters of base64url without padding");
    }

    private static String challenge(String query) throws OAuthException {
        return CodeChallenge.from(Parameters.ofQuery(query)).orElseThrow().value();
    }
}
