package io.github.alexalink.tool.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("doctor: the moment at which it ends")
class DeadlineTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final long HOUR_MS = HOUR.toMillis();

    private static long left(Duration sinceStart) {
        return Deadline.ofProcess(HOUR, Optional.of(Instant.now().minus(sinceStart)))
                .millis();
    }

    @Test
    void the_start_of_the_process_counts() {
        assertThat(left(Duration.ofSeconds(40))).isLessThanOrEqualTo(HOUR_MS - 40_000);
    }

    @Test
    void a_start_that_a_changed_clock_tells_does_not_count() {
        assertThat(left(Duration.ofSeconds(-40))).isGreaterThan(HOUR_MS - 20_000);
        assertThat(left(HOUR)).isGreaterThan(HOUR_MS - 20_000);
        assertThat(Deadline.ofProcess(HOUR, Optional.empty()).millis()).isGreaterThan(HOUR_MS - 20_000);
    }
}
