package io.github.alexalink.bearer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What the log says while no access token can be checked")
class OutageTest {

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5); // System.nanoTime may overflow at any time
    private final Outage outage = new Outage(clock::get);

    @Test
    void the_log_gets_one_line_when_the_outage_begins() {
        assertThat(outage.worked()).isEmpty();
        assertThat(outage.failed("no answer")).hasValue("no access token can be checked: no answer");
        for (int i = 0; i < 1000; i++) {
            assertThat(outage.failed("no answer")).isEmpty();
        }
    }

    @Test
    void the_log_gets_one_line_an_hour_while_the_outage_lasts() {
        outage.failed("no answer");
        pass(59, TimeUnit.MINUTES);
        assertThat(outage.failed("no answer")).isEmpty();
        pass(1, TimeUnit.MINUTES);
        assertThat(outage.failed("status 401"))
                .hasValue("still no access token can be checked, 3 requests were answered 503: status 401");
        assertThat(outage.failed("status 401")).isEmpty();
    }

    @Test
    void the_log_gets_one_line_when_the_outage_is_over() {
        outage.failed("no answer");
        outage.failed("no answer");
        pass(61, TimeUnit.SECONDS);
        assertThat(outage.worked())
                .hasValue("access tokens can be checked again: 2 requests were answered 503, the last one 61 s ago");
        assertThat(outage.worked()).isEmpty();
        assertThat(outage.failed("again")).hasValue("no access token can be checked: again");
    }

    @Test
    void failures_and_successes_in_turn_are_one_outage() {
        outage.failed("too many at once");
        for (int i = 0; i < 1000; i++) {
            pass(1, TimeUnit.SECONDS);
            assertThat(outage.worked()).isEmpty();
            assertThat(outage.failed("too many at once")).isEmpty();
        }
    }

    private void pass(long time, TimeUnit unit) {
        clock.addAndGet(unit.toNanos(time));
    }
}
