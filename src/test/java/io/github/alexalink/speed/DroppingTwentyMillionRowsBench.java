package io.github.alexalink.speed;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.alexalink.fixture.servers.BigDatabase;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.RefreshTokenRepository;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Four days of expired access tokens are dropped while a hundred speakers a second refresh. */
@DisplayName("Dropping twenty million rows under load")
class DroppingTwentyMillionRowsBench {

    private static final long EXPIRED = Long.getLong("scale.expired", 20_000_000);
    private static final int DAYS = 4;
    private static final int A_SECOND = 100;
    private static final int THREADS = 16;
    private static final long QUIET_SECONDS = 10;

    private static BigDatabase big;

    @BeforeAll
    static void fill() throws Exception {
        Bench.onlyWhenAsked();
        long links = Long.getLong("scale.links", 1_000_000);
        big = BigDatabase.of(links, Long.getLong("scale.tokens", 5 * links));
    }

    @Test
    void no_refresh_takes_a_second_and_none_waits_a_tenth_for_a_lock() throws Exception {
        expire(EXPIRED, 10, DAYS);
        try (HikariDataSource pool = Bench.pool(big.app(), 10);
                LockWatch locks = new LockWatch()) {
            Load quiet = new Load(pool);
            TimeUnit.SECONDS.sleep(QUIET_SECONDS);
            quiet.end().say("before");
            Load load = new Load(pool);
            TimeUnit.SECONDS.sleep(2);
            int dropped = maintained();
            TimeUnit.SECONDS.sleep(QUIET_SECONDS); // a drop leaves files to delete, and a checkpoint
            load.end().say("while dropping");
            locks.say();
            Bench.say("%,d rows dropped in %d partitions".formatted(EXPIRED * dropped / DAYS, dropped));
            assertThat(dropped).isEqualTo(DAYS);
            assertThat(load.failed.get()).isZero();
            assertThat(Bench.quantile(load.nanos(), 1)).isLessThan(1000);
            assertThat(locks.longestOfARefresh).isLessThan(100);
        }
    }

    @Test
    void a_dump_that_holds_the_table_makes_a_drop_give_up_before_a_refresh_waits_long() throws Exception {
        expire(Math.min(EXPIRED, 1_000_000), 60, 1);
        try (HikariDataSource pool = Bench.pool(big.app(), 10);
                LockWatch locks = new LockWatch();
                Connection dump = big.superuser();
                Statement statement = dump.createStatement();
                Connection maintainer = big.app().getConnection()) {
            Load load = new Load(pool);
            TimeUnit.SECONDS.sleep(2);
            dump.setAutoCommit(false);
            statement.execute("LOCK TABLE alexa.access_token IN ACCESS SHARE MODE");
            maintainer.setAutoCommit(false);
            for (int i = 0; i < 10; i++) {
                assertThat(maintain(maintainer, "maintain during a dump"))
                        .anyMatch(line -> line.endsWith(" busy, next time"));
                maintainer.commit();
                TimeUnit.MILLISECONDS.sleep(300);
            }
            dump.rollback();
            assertThat(maintain(maintainer, "maintain after the dump")).anyMatch(line -> line.endsWith(" dropped"));
            maintainer.commit();
            load.end().say("while a dump holds the table");
            locks.say();
            assertThat(load.failed.get()).isZero();
            assertThat(Bench.quantile(load.nanos(), 1)).isLessThan(1000);
        }
    }

    /** One call deletes rows and drops partitions: the deletions must not prolong the lock of the drop. */
    @Test
    void a_drop_that_comes_with_a_batch_of_deletions_holds_its_lock_no_longer() throws Exception {
        for (int round = 0; round < 5; round++) {
            expire(100_000, 70 + round, 1);
        }
        try (Connection superuser = big.superuser();
                Statement statement = superuser.createStatement()) {
            Bench.say("%,d links were revoked a year ago"
                    .formatted(statement.executeUpdate("UPDATE alexa.link SET revoked_at = now() - interval '1 year',"
                            + " revoked_because = 'unlinked' WHERE link_id IN (SELECT link_id FROM alexa.link"
                            + " WHERE client_id = 'other' LIMIT 5000)")));
            statement.execute("CHECKPOINT");
        }
        try (HikariDataSource pool = Bench.pool(big.app(), 10);
                LockWatch locks = new LockWatch()) {
            Load load = new Load(pool);
            TimeUnit.SECONDS.sleep(2);
            maintained();
            load.end().say("while dropping and deleting");
            locks.say();
            assertThat(load.failed.get()).isZero();
            assertThat(Bench.quantile(load.nanos(), 1)).isLessThan(1000);
            assertThat(locks.longestOfARefresh).isLessThan(100);
        }
    }

    @Test
    void of_two_maintainers_one_works_and_the_other_returns_at_once() throws Exception {
        expire(Math.min(EXPIRED, 1_000_000), 55, 1);
        try (Connection first = big.app().getConnection();
                Connection second = big.app().getConnection()) {
            first.setAutoCommit(false);
            List<String> worked = maintain(first, "first of two");
            List<String> returned = maintain(second, "second of two, while the first has not committed");
            first.commit();
            assertThat(worked).hasSize(1);
            assertThat(returned).isEmpty();
        }
    }

    /**
     * Calls maintain() until it drops no more, as the WAR does; if a table is busy, again at once and not in an hour.
     */
    private static int maintained() throws Exception {
        int dropped = 0;
        int busy = 0;
        try (Connection connection = big.app().getConnection()) {
            connection.setAutoCommit(false);
            while (busy < 50) {
                List<String> done = maintain(connection, "maintain");
                connection.commit();
                if (done.stream().anyMatch(line -> line.endsWith(" dropped"))) {
                    dropped++;
                } else if (done.stream().anyMatch(line -> line.contains("busy"))) {
                    busy++;
                } else if (done.stream().noneMatch(line -> line.endsWith(" deleted"))) {
                    break;
                }
            }
        }
        Bench.say("maintain found the table busy %d times".formatted(busy));
        return dropped;
    }

    private static List<String> maintain(Connection connection, String who) throws SQLException {
        List<String> done = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            if (!connection.getAutoCommit()) {
                statement.execute("SET LOCAL statement_timeout = '60s'");
            }
            long start = System.nanoTime();
            try (ResultSet row = statement.executeQuery("SELECT action, relation FROM alexa.maintain()")) {
                while (row.next()) {
                    done.add(row.getString("relation") + " " + row.getString("action"));
                }
            }
            Bench.say("%s: %s in %.1f ms".formatted(who, done, (System.nanoTime() - start) / 1e6));
        }
        return done;
    }

    /** Adds access tokens in partitions that are past their retention. */
    private static void expire(long rows, int daysAgo, int days) throws SQLException {
        long start = System.nanoTime();
        BigDatabase.roomForWal();
        try (Connection connection = big.superuser();
                Statement statement = connection.createStatement()) {
            for (int day = daysAgo; day < daysAgo + days; day++) {
                String midnight = "(date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '" + day
                        + " days')";
                String partition;
                try (ResultSet row = statement.executeQuery(
                        "SELECT 'alexa.' || alexa.create_partition('access_token', 'day', " + midnight + ")")) {
                    row.next();
                    partition = row.getString(1);
                }
                statement.execute("INSERT INTO " + partition
                        + " (minted_at, link_id, token_hash, issued_at, expires_at)"
                        + " SELECT moment, lpad(to_hex(n), 32, '0')::uuid, sha256(int8send(n)), moment,"
                        + " moment + interval '1 hour' FROM generate_series(1::bigint, " + rows / days
                        + ") AS n, LATERAL (SELECT "
                        + midnight + " + n * 86400 / " + (rows / days + 1) + " * interval '1 second' AS moment) AS m");
                // autovacuum would have done this days ago
                statement.execute("ANALYZE " + partition);
                statement.execute("ALTER TABLE " + partition + " SET (autovacuum_enabled = false)");
                try (ResultSet row =
                        statement.executeQuery("SELECT pg_size_pretty(pg_total_relation_size('" + partition + "'))")) {
                    row.next();
                    Bench.say("%s: %,d rows, %s".formatted(partition, rows / days, row.getString(1)));
                }
            }
            statement.execute("CHECKPOINT");
        }
        Bench.say("%,d expired rows made in %.0f s".formatted(rows, (System.nanoTime() - start) / 1e9));
    }

    /**
     * Sends a hundred refreshes a second, each at a fixed time. A late one does not delay the next, and its duration
     * counts from the time it was due.
     */
    private static final class Load {

        private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        private final List<Future<List<Long>>> results = new ArrayList<>();
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger failed = new AtomicInteger();
        private final AtomicBoolean going = new AtomicBoolean(true);
        private final long start = System.nanoTime();
        private long[] nanos = {};

        Load(HikariDataSource pool) {
            RefreshTokenRepository tokens = new RefreshTokenRepository(new Database(pool));
            Callable<List<Long>> speaker = () -> {
                List<Long> took = new ArrayList<>();
                while (going.get()) {
                    long due = start + next.getAndIncrement() * TimeUnit.SECONDS.toNanos(1) / A_SECOND;
                    TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
                    refresh(tokens);
                    took.add(System.nanoTime() - due);
                }
                return took;
            };
            for (int i = 0; i < THREADS; i++) {
                results.add(threads.submit(speaker));
            }
        }

        private void refresh(RefreshTokenRepository tokens) {
            long link = ThreadLocalRandom.current().nextLong(big.links() / 100) * 100 + 1;
            Token refreshToken = big.refreshToken(link);
            try {
                assertThat(tokens.refresh(
                                new RefreshTokenRepository.Refresh(big.alexa(), refreshToken, Optional.empty()),
                                Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId()),
                                Token.issue(TokenKind.REFRESH_TOKEN, refreshToken.linkId())))
                        .isPresent();
            } catch (SQLException refused) {
                failed.incrementAndGet();
                Bench.say("a refresh failed: %s".formatted(Database.explained(refused)));
            }
        }

        Load end() throws Exception {
            going.set(false);
            List<Long> all = new ArrayList<>();
            for (Future<List<Long>> result : results) {
                all.addAll(result.get());
            }
            threads.shutdown();
            nanos = all.stream().mapToLong(Long::longValue).toArray();
            return this;
        }

        long[] nanos() {
            return nanos;
        }

        void say(String when) {
            Bench.say("refreshes %s: %,d at %.0f a second, median %.2f ms, p99 %.2f ms, max %.2f ms, %d failed"
                    .formatted(
                            when,
                            nanos.length,
                            nanos.length / ((System.nanoTime() - start) / 1e9),
                            Bench.quantile(nanos, 0.5),
                            Bench.quantile(nanos, 0.99),
                            Bench.quantile(nanos, 1),
                            failed.get()));
        }
    }

    /** Looks every 10 ms which statements wait for a lock, and how long they have waited. */
    private static final class LockWatch implements AutoCloseable {

        /**
         * PostgreSQL 14 and later say when a wait began; for older ones the statement's start is the earliest moment.
         */
        private static final String WAITING = """
                SELECT a.query LIKE '%alexa.maintain%' AS maintains, l.locktype, l.mode, l.relation::regclass::text,
                       1000 * extract(epoch FROM clock_timestamp()
                           - coalesce((to_jsonb(l) ->> 'waitstart')::timestamptz, a.query_start)) AS ms
                  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                 WHERE NOT l.granted AND a.datname = current_database()
                """;

        private final ExecutorService thread = Executors.newSingleThreadExecutor();
        private final AtomicBoolean going = new AtomicBoolean(true);
        private final Future<Integer> samples;
        private double longestOfARefresh;
        private double longestOfMaintenance;
        private String which = "none was seen";

        LockWatch() {
            samples = thread.submit(this::watch);
        }

        private int watch() throws SQLException, InterruptedException {
            int looked = 0;
            try (Connection connection = big.superuser();
                    Statement statement = connection.createStatement()) {
                statement.execute("SET jit = off");
                while (going.get()) {
                    try (ResultSet row = statement.executeQuery(WAITING)) {
                        while (row.next()) {
                            note(row);
                        }
                    }
                    looked++;
                    TimeUnit.MILLISECONDS.sleep(10);
                }
            }
            return looked;
        }

        private void note(ResultSet row) throws SQLException {
            double ms = row.getDouble("ms");
            if (row.getBoolean("maintains")) {
                longestOfMaintenance = Math.max(longestOfMaintenance, ms);
            } else if (ms > longestOfARefresh) {
                longestOfARefresh = ms;
                which = row.getString("mode") + " on " + row.getString("locktype") + " " + row.getString("relation");
            }
        }

        void say() throws Exception {
            going.set(false);
            Bench.say("longest lock wait seen in %,d looks: %.1f ms of a refresh (%s), %.1f ms of maintain"
                    .formatted(samples.get(), longestOfARefresh, which, longestOfMaintenance));
        }

        @Override
        public void close() {
            going.set(false);
            thread.shutdown();
        }
    }
}
