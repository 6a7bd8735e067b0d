package io.github.alexalink.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("A diagnosis as text")
class DiagnosisTest {

    @ParameterizedTest
    @EnumSource(Vantage.class)
    void beside_a_value_of_the_console_is_the_one_here_and_otherwise_the_one_that_is_wanted(Vantage vantage) {
        Diagnosis diagnosis = new Diagnosis(vantage);
        diagnosis.add(Finding.info("console-differs", vantage, "they differ", "60", "3600"));
        String label = vantage == Vantage.CONSOLE ? "  here    " : "  wanted  ";
        assertThat(diagnosis.text()).isEqualTo("info      they differ\n  found   60\n" + label + "3600\n");
    }
}
