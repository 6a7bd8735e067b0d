package io.github.alexalink.bearer;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Decides which failures to check a token get a line in the log: the first one, then one an hour, and the first success
 * at least a minute after the last failure. Otherwise a stranger could write a line with each request.
 */
final class Outage {

    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    /** Under too many requests failures and successes alternate, so only a minute without a failure ends an outage. */
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
