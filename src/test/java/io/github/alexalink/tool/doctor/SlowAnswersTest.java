package io.github.alexalink.tool.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Severity;
import io.github.alexalink.tool.doctor.Reply.Times;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("doctor: what it says of answers that take long")
class SlowAnswersTest {

    @Test
    void an_answer_in_time_is_near_the_limit_and_not_too_late() {
        Finding near = Asking.nearlyTooSlow("3070 ms", new Times(10, 10, 3_050));
        assertThat(near.severity()).isEqualTo(Severity.WARNING);
        assertThat(near.says()).contains("in time", "near the limit of 4.5 s").doesNotContain("too late");
        assertThat(near.wanted()).contains("less than 3000 ms");
    }

    @Test
    void a_slow_handshake_is_not_looked_for_in_the_database() {
        assertThat(Asking.tooSlow("found", new Times(10, 5_000, 50)).cure())
                .contains("TLS handshake", "not at Tomcat")
                .doesNotContain("alexa.war check");
        assertThat(Asking.tooSlow("found", new Times(5_000, 10, 50)).cure())
                .contains("line and the router", "not at Tomcat")
                .doesNotContain("alexa.war check");
        assertThat(Asking.tooSlow("found", new Times(10, 10, 5_000)).cure()).contains("alexa.war check");
    }
}
