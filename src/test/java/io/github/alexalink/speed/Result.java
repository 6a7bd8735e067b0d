package io.github.alexalink.speed;

import java.util.Arrays;
import org.json.JSONObject;

/**
 * The result of some closed-loop clients in some seconds.
 *
 * @param p50 milliseconds, as the others
 * @param errors refusals, failures and requests without an answer
 */
record Result(long requests, double seconds, double p50, double p95, double p99, long errors) {

    /** Reads the output of a script for wrk. */
    static Result of(JSONObject json) {
        return new Result(
                json.getLong("requests"),
                json.getDouble("seconds"),
                json.getDouble("p50"),
                json.getDouble("p95"),
                json.getDouble("p99"),
                json.getLong("errors"));
    }

    /** Makes a result of the durations of all requests, in nanoseconds. */
    static Result of(long[] nanos, double seconds) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return new Result(sorted.length, seconds, part(sorted, 0.50), part(sorted, 0.95), part(sorted, 0.99), 0);
    }

    private static double part(long[] sorted, double part) {
        return sorted[(int) Math.min(sorted.length - 1L, Math.round(part * sorted.length))] / 1e6;
    }

    double perSecond() {
        return requests / seconds;
    }
}
