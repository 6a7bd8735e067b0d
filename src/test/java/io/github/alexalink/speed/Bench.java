package io.github.alexalink.speed;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.alexalink.fixture.LeftOut;
import java.util.Arrays;
import javax.sql.DataSource;

/** Helpers of the benches, which run only if asked and print their figures. */
final class Bench {

    private Bench() {}

    static void onlyWhenAsked() {
        if (!Boolean.getBoolean("scale.bench")) {
            String why = "a bench of minutes and gigabytes: -Dscale.bench=true runs it";
            LeftOut.evenInCi(why);
        }
    }

    /** A pool with the settings of context.xml. */
    static HikariDataSource pool(DataSource source, int size) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setMaximumPoolSize(size);
        config.setConnectionTimeout(2000);
        return new HikariDataSource(config);
    }

    /** Prints one line that is easy to find. */
    static void say(String figure) {
        System.out.println("BENCH: " + figure);
    }

    /**
     * A quantile of durations in nanoseconds, as milliseconds.
     *
     * @param part 0.5 is the median, 1 the slowest
     */
    static double quantile(long[] nanos, double part) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1L, Math.round(part * sorted.length))] / 1e6;
    }
}
