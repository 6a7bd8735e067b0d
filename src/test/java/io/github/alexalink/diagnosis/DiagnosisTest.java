package io.github.alexalink.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
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
        assertThat(diagnosis.text())
                .isEqualTo("info      console-differs\n          they differ\n  found   60\n" + label + "3600\n");
    }

    @Test
    void a_finding_that_is_only_told_is_printed_with_its_id_what_to_do_and_why_and_one_in_order_in_one_line() {
        Diagnosis diagnosis = new Diagnosis(Vantage.INSIDE);
        diagnosis.add(Finding.ok("clock-off", Vantage.INSIDE, "the clocks agree"));
        diagnosis.add(new Finding(
                "waiting", Severity.INFO, Vantage.RECORD, "a code is out", "", "", "look again", "it is new", "page"));
        assertThat(diagnosis.text()).isEqualTo("""
                info      waiting
                          a code is out
                  do      look again
                  why     it is new
                ok        the clocks agree
                """);
    }

    @Test
    void a_check_that_the_database_stops_is_named_as_the_database_and_only_once() {
        Diagnosis diagnosis = new Diagnosis(Vantage.INSIDE);
        for (String what : List.of("the record", "Amazon's form")) {
            diagnosis.check(what, Duration.ofMinutes(1), () -> {
                throw new SQLException("ERROR: canceling statement due to lock timeout", "55P03");
            });
        }
        assertThat(diagnosis.findings())
                .extracting(Finding::id, Finding::severity)
                .containsExactly(tuple("database-slow", Severity.ERROR), tuple("database-slow", Severity.SKIPPED));
        assertThat(diagnosis.findings().get(0).says()).contains("the record");
    }

    @Test
    void a_check_that_breaks_at_an_error_of_sql_names_its_state() {
        Diagnosis diagnosis = new Diagnosis(Vantage.INSIDE);
        diagnosis.check("the record", Duration.ofMinutes(1), () -> {
            throw new SQLException("column x of anna", "42703");
        });
        assertThat(diagnosis.findings()).singleElement().satisfies(broken -> {
            assertThat(broken.id()).isEqualTo("check-failed");
            assertThat(broken.found()).contains("42703").doesNotContain("anna");
        });
    }
}
