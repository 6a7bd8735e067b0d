package io.github.alexalink.bench;

import io.github.alexalink.fixture.AtOnce;
import io.github.alexalink.store.Database;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import javax.sql.DataSource;

/**
 * The least that it could cost: the WAR's own statement over a connection per thread, prepared and in autocommit, with no
 * pool, no HTTP and no Tomcat in between.
 */
final class Floor {

    private final DataSource real;

    Floor(DataSource real) {
        this.real = real;
    }

    /** One statement, on whatever comes next; says whether it found what it should. */
    @FunctionalInterface
    interface Statement {
        boolean run(Database database) throws SQLException;
    }

    /** Runs it in a closed loop from so many threads. */
    Result measure(int clients, int seconds, Statement statement) throws Exception {
        long start = System.nanoTime();
        List<long[]> nanos = AtOnce.times(clients, () -> loop(statement, seconds));
        double took = (System.nanoTime() - start) / 1e9;
        return Result.of(nanos.stream().flatMapToLong(LongStream::of).toArray(), took);
    }

    private long[] loop(Statement statement, int seconds) throws SQLException {
        try (Connection connection = real.getConnection()) {
            Database database = new Database(single(connection));
            LongStream.Builder nanos = LongStream.builder();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
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

    /** A source that always has the same one, and does not close it. */
    private static DataSource single(Connection connection) {
        Connection kept = proxy(
                Connection.class,
                (proxy, method, arguments) ->
                        method.getName().equals("close") ? null : method.invoke(connection, arguments));
        return proxy(DataSource.class, (proxy, method, arguments) -> kept);
    }

    private static <T> T proxy(Class<T> type, java.lang.reflect.InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
