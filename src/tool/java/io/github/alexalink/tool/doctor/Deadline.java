package io.github.alexalink.tool.doctor;

import java.time.Duration;

/** The moment at which something ends, whatever the other side does. */
final class Deadline {

    private long at;

    private Deadline(long at) {
        this.at = at;
    }

    static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
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
