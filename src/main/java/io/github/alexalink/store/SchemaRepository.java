package io.github.alexalink.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The schema as a whole: whether it fits this WAR, and its maintenance. */
public final class SchemaRepository {

    /** The newest migration in {@code sql/migrations} that this WAR was built with. */
    public static final int BUILT_FOR = 3;

    /** The version that {@code sql/install.sql} makes; there is no older one. */
    private static final int BASELINE = 3;

    /** undefined_table, invalid_schema_name, undefined_column. */
    private static final Set<String> NOT_INSTALLED = Set.of("42P01", "3F000", "42703");

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    /** How long an answer about shortcomings is good: it costs as much as ten others of this class. */
    private static final long WELL_NS = TimeUnit.MINUTES.toNanos(1);

    private static final long NOT_WELL_NS = TimeUnit.SECONDS.toNanos(5);

    private final NamedStatement condition = NamedStatement.load("schema_condition");
    private final NamedStatement shortcoming = NamedStatement.load("schema_shortcoming");
    private final NamedStatement overdue = NamedStatement.load("schema_overdue");
    private final NamedStatement state = NamedStatement.load("schema_state");
    private final NamedStatement maintain = NamedStatement.load("maintain");
    private final NamedStatement allowAMinute = NamedStatement.load("allow_a_minute");
    private final NamedStatement clock = NamedStatement.load("database_clock");
    private final NamedStatement readOnlyBecause = NamedStatement.load("read_only_because");
    private final SearchPath searchPath = new SearchPath();
    private final Database database;
    private final int builtFor;
    private volatile Shortcomings seen;

    public SchemaRepository(Database database) {
        this(database, BUILT_FOR);
    }

    /** For tests: as in a WAR that was built for another version. */
    SchemaRepository(Database database, int builtFor) {
        this.database = database;
        this.builtFor = builtFor;
    }

    private int oldestKnown() {
        return Math.max(BASELINE, builtFor - 1);
    }

    private int newestKnown() {
        return builtFor + 1;
    }

    /** What kind of thing keeps tokens from being issued. */
    public enum Cause {
        SCHEMA_MISSING,
        SCHEMA_OLD,
        SCHEMA_NEW,
        SCHEMA_DIFFERS,
        RIGHTS_MISSING,
        SEARCH_PATH,
        READ_ONLY,
        PARTITION_MISSING
    }

    /**
     * Why no token can be issued, for the operator.
     *
     * @param says what is wrong
     * @param cure what to do; empty if {@code says} has it already
     */
    public record Objection(Cause cause, String says, String cure) {
        public String words() {
            return cure.isEmpty() ? says : says + ": " + cure;
        }
    }

    /**
     * Why no token can be issued right now, in words for the operator; empty if tokens can be issued.
     *
     * @throws SQLException if the database does not answer
     */
    public Optional<String> whyNotReady() throws SQLException {
        return objection().map(Objection::words);
    }

    /**
     * Why no token can be issued right now; empty if tokens can be issued.
     *
     * @throws SQLException if the database does not answer
     */
    public Optional<Objection> objection() throws SQLException {
        try {
            Optional<Objection> objection =
                    database.ask(searchPath::objection).map(words -> new Objection(Cause.SEARCH_PATH, words, ""));
            if (objection.isEmpty()) {
                objection = whySchemaNotReady();
            }
            if (objection.isEmpty()) {
                Shortcomings now = shortcomings();
                objection = now.stop()
                        ? Optional.of(new Objection(Cause.SCHEMA_DIFFERS, now.words(), ""))
                        : Optional.empty();
            }
            return objection;
        } catch (SQLException refused) {
            if (refused.getCause() instanceof SearchPath.NotPinned notPinned) { // the pool checks each new connection
                return Optional.of(new Objection(Cause.SEARCH_PATH, notPinned.getMessage(), ""));
            }
            String state = refused.getSQLState();
            if (NOT_INSTALLED.contains(String.valueOf(state))) {
                return Optional.of(new Objection(
                        Cause.SCHEMA_MISSING,
                        "there is no schema alexa, or not all of it",
                        "run sql/install.sql in this database"));
            }
            if (INSUFFICIENT_PRIVILEGE.equals(state)) {
                return Optional.of(new Objection(
                        Cause.RIGHTS_MISSING,
                        "this role may not read schema alexa",
                        "log in as alexa_app, or run sql/verify.sql, which says what is missing"));
            }
            throw refused;
        }
    }

    private Optional<Objection> whySchemaNotReady() throws SQLException {
        return database.ask(connection -> condition.on(connection).first(this::whyNotReady))
                .orElseThrow();
    }

    private Optional<Objection> whyNotReady(ResultSet row) throws SQLException {
        int version = row.getInt("version");
        if (version < oldestKnown()) {
            return Optional.of(new Objection(
                    Cause.SCHEMA_OLD,
                    "schema alexa is at version " + version + " and this WAR needs " + builtFor,
                    "run sql/migrations/V" + (version + 1) + "__*.sql and those after it"));
        }
        if (version > newestKnown()) {
            return Optional.of(new Objection(
                    Cause.SCHEMA_NEW,
                    "schema alexa is at version " + version + " and this WAR knows up to " + newestKnown(),
                    "deploy the WAR that came with the migrations"));
        }
        if (row.getBoolean("read_only")) {
            return Optional.of(new Objection(
                    Cause.READ_ONLY, "the database is read-only", "alexa.db.url must lead to the primary"));
        }
        return Optional.ofNullable(row.getString("unready"))
                .map(unready -> new Objection(
                        Cause.PARTITION_MISSING,
                        "no row can be written into " + unready + " now, a partition is missing",
                        "run SELECT * FROM alexa.maintain()"));
    }

    /**
     * What the DBA has to mend in the schema, although tokens can be issued, in words for the operator; empty if it is
     * as the migrations made it.
     */
    public Optional<String> shortcoming() throws SQLException {
        Shortcomings now = shortcomings();
        return Optional.of(now.words()).filter(words -> !words.isEmpty() && !now.stop());
    }

    /** What is not as the migrations made it, and the line to type. */
    private record Shortcoming(boolean stops, String words, long total) {}

    /**
     * What was not as the migrations made it when we asked.
     *
     * @param stop whether tokens cannot be issued, or good ones are refused
     * @param words empty if all is as it should be
     * @param askedAt by {@link System#nanoTime}
     */
    private record Shortcomings(boolean stop, String words, long askedAt) {}

    private Shortcomings shortcomings() throws SQLException {
        Shortcomings last = seen;
        if (last == null || System.nanoTime() - last.askedAt() > (last.words().isEmpty() ? WELL_NS : NOT_WELL_NS)) {
            List<Shortcoming> worst = database.ask(connection -> shortcoming
                    .on(connection)
                    .all(row ->
                            new Shortcoming(row.getBoolean("stops"), row.getString("words"), row.getLong("total"))));
            String words = worst.stream().map(Shortcoming::words).collect(Collectors.joining("; "));
            long more = worst.isEmpty() ? 0 : worst.get(0).total() - worst.size();
            last = new Shortcomings(
                    worst.stream().anyMatch(Shortcoming::stops),
                    more == 0 ? words : words + "; and " + more + " more, which sql/verify.sql lists",
                    System.nanoTime());
            seen = last;
        }
        return last;
    }

    /**
     * A sentence for the operator if maintenance is overdue or partitions run short, although tokens can be issued;
     * otherwise empty.
     */
    public Optional<String> maintenanceWarning() throws SQLException {
        return database.ask(connection -> overdue.on(connection).first(row -> row.getString("words")));
    }

    /**
     * The state of the schema in numbers, for the metrics.
     *
     * @param known whether this WAR works with that version
     * @param daysReady for how many whole days from now every partition exists
     * @param maintainedAt seconds since 1970
     */
    public record State(int version, boolean known, boolean readOnly, int daysReady, long maintainedAt) {}

    /** The state of the schema; empty if there is no schema alexa, or this role may not read it. */
    public Optional<State> state() throws SQLException {
        try {
            return database.ask(connection -> state.on(connection)
                    .first(row -> new State(
                            row.getInt("version"),
                            row.getInt("version") >= oldestKnown() && row.getInt("version") <= newestKnown(),
                            row.getBoolean("read_only"),
                            row.getInt("days_ready"),
                            row.getLong("last_run_at"))));
        } catch (SQLException refused) {
            String state = String.valueOf(refused.getSQLState());
            if (NOT_INSTALLED.contains(state) || INSUFFICIENT_PRIVILEGE.equals(state)) {
                return Optional.empty();
            }
            throw refused;
        }
    }

    /** What makes the database read-only: {@code standby}, or the {@code source} of the setting in pg_settings. */
    public String readOnlyBecause() throws SQLException {
        return database.ask(connection -> readOnlyBecause.on(connection).first(row -> row.getString("because")))
                .orElseThrow();
    }

    /** The name of the database that the pool leads to. */
    public String databaseName() throws SQLException {
        return database.ask(Connection::getCatalog);
    }

    /** The time by the database's clock. */
    public Instant clock() throws SQLException {
        return database.ask(
                        connection -> clock.on(connection).first(row -> Instant.ofEpochMilli(row.getLong("now_ms"))))
                .orElseThrow();
    }

    /**
     * Makes partitions ahead, drops partitions and deletes rows that are past their retention; returns what was done.
     * Harmless to repeat, on any number of nodes.
     */
    public List<String> maintain() throws SQLException {
        List<String> all = new ArrayList<>();
        List<String> done;
        do { // each call drops one partition and deletes one batch at most, so that its locks are short
            done = maintainOnce();
            all.addAll(done);
        } while (done.stream().anyMatch(line -> line.matches(".* (dropped|deleted|ended)")));
        return all;
    }

    private List<String> maintainOnce() throws SQLException {
        return database.ask(connection -> {
            connection.setNetworkTimeout(Runnable::run, 65_000);
            connection.setAutoCommit(false);
            try {
                allowAMinute.on(connection).update();
                List<String> done =
                        maintain.on(connection).all(row -> row.getString("relation") + " " + row.getString("action"));
                connection.commit();
                return done;
            } catch (SQLException failed) {
                rollBack(connection, failed);
                throw failed;
            } finally {
                connection.setAutoCommit(true);
            }
        });
    }

    private static void rollBack(Connection connection, SQLException failed) {
        try {
            connection.rollback();
        } catch (SQLException broken) {
            failed.addSuppressed(broken);
        }
    }
}
