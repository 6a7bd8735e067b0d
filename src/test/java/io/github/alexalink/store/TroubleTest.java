package io.github.alexalink.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What the log says of a condition that lasts")
class TroubleTest {

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5); // System.nanoTime may overflow at any time
    private final List<String> lines = new ArrayList<>();
    private final Logger log = Logger.getLogger(TroubleTest.class.getName());

    @BeforeEach
    void listen() {
        for (Handler handler : log.getHandlers()) {
            log.removeHandler(handler);
        }
        log.setUseParentHandlers(false);
        log.setLevel(Level.ALL);
        log.addHandler(new Handler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line.getLevel() + " " + line.getMessage() + " by " + line.getSourceMethodName());
            }

            @Override
            public void flush() {
                // nothing is kept
            }

            @Override
            public void close() {
                // nothing is open
            }
        });
    }

    @Test
    void the_log_gets_one_line_when_it_begins_one_an_hour_and_one_when_it_is_over() {
        Trouble trouble = trouble(0);
        trouble.isOver();
        fails(trouble, "refused");
        for (int i = 0; i < 1000; i++) {
            fails(trouble, "refused");
        }
        pass(61, TimeUnit.MINUTES);
        fails(trouble, "refused");
        trouble.isOver();
        trouble.isOver();
        fails(trouble, "refused");
        assertThat(lines)
                .containsExactly(
                        "SEVERE refused by fails",
                        "SEVERE refused by fails",
                        "INFO well again, after 1002 failures by the_log_gets_one_line_when_it_begins_one_an_hour_and_one_when_it_is_over",
                        "SEVERE refused by fails");
    }

    @Test
    void reasons_that_alternate_get_a_line_each_and_not_at_every_failure() {
        Trouble trouble = trouble(0);
        for (int i = 0; i < 1000; i++) {
            fails(trouble, "refused");
            fails(trouble, "timed out");
            fails(trouble, "reason " + i);
        }
        assertThat(lines).hasSize(20).startsWith("SEVERE refused by fails", "SEVERE timed out by fails");
    }

    @Test
    void failures_and_successes_in_turn_are_one_condition() {
        Trouble trouble = trouble(5);
        for (int i = 0; i < 1000; i++) {
            fails(trouble, "refused");
            pass(1, TimeUnit.SECONDS);
            trouble.isOver();
        }
        assertThat(lines).containsExactly("SEVERE refused by fails");
        pass(5, TimeUnit.SECONDS);
        trouble.isOver();
        assertThat(lines).hasSize(2);
    }

    @Test
    void a_failure_is_told_from_another_by_the_reason_at_the_bottom_and_not_by_its_text() {
        assertThat(Trouble.kindOf(new SQLException("waited 2001 ms", new SQLException("refused", "08001"))))
                .isEqualTo(Trouble.kindOf(new SQLException("waited 2002 ms", new SQLException("reset", "08001"))))
                .isNotEqualTo(Trouble.kindOf(new SQLException("waited 2001 ms", new SQLException("refused", "53100"))));
        assertThat(Trouble.kindOf(new IllegalStateException("a")))
                .isNotEqualTo(Trouble.kindOf(otherPlace()))
                .isNotEqualTo(Trouble.kindOf(new IllegalArgumentException("a")));
    }

    private static IllegalStateException otherPlace() {
        return new IllegalStateException("a");
    }

    private Trouble trouble(int quietSeconds) {
        return new Trouble(log, "well again", TimeUnit.SECONDS.toNanos(quietSeconds), clock::get);
    }

    private static void fails(Trouble trouble, String why) {
        trouble.is(Level.SEVERE, why, () -> why);
    }

    private void pass(long time, TimeUnit unit) {
        clock.addAndGet(unit.toNanos(time));
    }
}
