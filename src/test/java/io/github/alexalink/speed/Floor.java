package io.github.alexalink.speed;

import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.store.Database;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * The lowest possible cost: the WAR's statement on a prepared connection per thread in autocommit, with no pool, no HTTP
 * and no Tomcat.
 */
final class Floor {

    private final DataSource real;

    Floor(DataSource real) {
        this.real = real;
    }

    /** Runs one statement with new values; returns whether it found its row. */
    @FunctionalInterface
    interface Statement {
        boolean run(Database database) throws SQLException;
    }

    /** The duration of each statement by thread in nanoseconds, and of the whole run. */
    record Run(List<long[]> nanos, double seconds) {

        Run and(Run later) {
            return new Run(Stream.concat(nanos.stream(), later.nanos.stream()).toList(), seconds + later.seconds);
        }

        Result result() {
            return Result.of(nanos.stream().flatMapToLong(LongStream::of).toArray(), seconds);
        }
    }

    /** Runs a statement in a closed loop, in that many threads for that time. */
    Run measure(int clients, Duration time, Statement statement) throws Exception {
        long start = System.nanoTime();
        List<long[]> nanos = AtOnce.times(clients, () -> loop(statement, time));
        return new Run(nanos, (System.nanoTime() - start) / 1e9);
    }

    private long[] loop(Statement statement, Duration time) throws SQLException {
        try (Connection connection = real.getConnection()) {
            Database database = new Database(single(connection));
            LongStream.Builder nanos = LongStream.builder();
            long end = System.nanoTime() + time.toNanos();
            long before = System.nanoTime();
            while (before < end) {
                if (!statement.run(database)) {
                    throw new IllegalStateException("found nothing");
                }
                long after = System.nanoTime();
                nanos.add(after - before);
                before = after;
            }
            return nanos.build().toArray();
        }
    }

    /** A source that always returns the same connection and never closes it. */
    static DataSource single(Connection connection) {
        Connection kept = proxy(
                Connection.class,
                (proxy, method, arguments) ->
                        method.getName().equals("close") ? null : method.invoke(connection, arguments));
        return proxy(DataSource.class, (proxy, method, arguments) -> kept);
    }

    static <T> T proxy(Class<T> type, java.lang.reflect.InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
