package io.github.alexalink.bearer;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Decides which of many failures is worth a line in the log: the first, one an hour while they last, and the first token
 * that could be checked again a minute after the last failure. Without it a stranger writes a line with each request.
 */
final class Outage {

    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    /** Under too many requests failures and successes alternate: only a minute without a failure is an end. */
    private static final long QUIET = TimeUnit.MINUTES.toNanos(1);

    private final LongSupplier nanoTime;
    private volatile boolean lasts;
    private long saidAt;
    private long failedAt;
    private long failures;

    Outage(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** A token could not be checked; returns the line to be logged now, if any. */
    synchronized Optional<String> failed(String why) {
        long now = nanoTime.getAsLong();
        failedAt = now;
        failures++;
        if (lasts && now - saidAt < HOUR) {
            return Optional.empty();
        }
        saidAt = now;
        String line = lasts
                ? "still no access token can be checked, " + failures + " requests were answered 503: " + why
                : "no access token can be checked: " + why;
        lasts = true;
        return Optional.of(line);
    }

    /** A token was checked; returns the line to be logged now, if any. */
    Optional<String> worked() {
        return lasts ? over() : Optional.empty();
    }

    private synchronized Optional<String> over() {
        long since = nanoTime.getAsLong() - failedAt;
        if (!lasts || since < QUIET) {
            return Optional.empty();
        }
        String line = "access tokens can be checked again: " + failures + " requests were answered 503, the last one "
                + TimeUnit.NANOSECONDS.toSeconds(since) + " s ago";
        lasts = false;
        failures = 0;
        return Optional.of(line);
    }
}
