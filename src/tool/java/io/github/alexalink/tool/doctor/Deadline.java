package io.github.alexalink.tool.doctor;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The moment at which something ends, whatever the other side does. */
final class Deadline {

    private long at;

    private Deadline(long at) {
        this.at = at;
    }

    static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    /**
     * One for all that a process does: what the JVM needed to start, many seconds on a machine with too much to do, is taken
     * off. A start that seems to be a minute ago or more says only that the clock was set.
     */
    static Deadline ofProcess(Duration time, Optional<Instant> start) {
        Duration spent = start.map(at -> Duration.between(at, Instant.now()))
                .filter(since -> !since.isNegative() && since.compareTo(Duration.ofMinutes(1)) < 0)
                .orElse(Duration.ZERO);
        return in(time.minus(spent));
    }

    /** One that comes after this time, but not later than this one. */
    Deadline within(Duration time) {
        return new Deadline(Math.min(at, System.nanoTime() + time.toNanos()));
    }

    /** Moves it by the time for which a person was typing. */
    void later(Duration typed) {
        at += typed.toNanos();
    }

    boolean isOver() {
        return millis() <= 0;
    }

    long millis() {
        return (at - System.nanoTime()) / 1_000_000;
    }
}
