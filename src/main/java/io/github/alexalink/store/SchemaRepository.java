package io.github.alexalink.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The schema as a whole: whether it is the one this WAR was built for, and its upkeep. */
public final class SchemaRepository {

    /** The newest migration in {@code sql/migrations} that this WAR was built with. */
    public static final int BUILT_FOR = 3;

    /** The version that {@code sql/install.sql} makes; there is no older one. */
    private static final int BASELINE = 3;

    /** No table, no schema, or no column of that name. */
    private static final Set<String> NOT_OURS = Set.of("42P01", "3F000", "42703");

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private final NamedStatement condition = NamedStatement.load("schema_condition");
    private final NamedStatement overdue = NamedStatement.load("schema_overdue");
    private final NamedStatement state = NamedStatement.load("schema_state");
    private final NamedStatement maintain = NamedStatement.load("maintain");
    private final NamedStatement allowAMinute = NamedStatement.load("allow_a_minute");
    private final SearchPath searchPath = new SearchPath();
    private final Database database;
    private final int builtFor;

    public SchemaRepository(Database database) {
        this(database, BUILT_FOR);
    }

    /** As a WAR that was built for another version. */
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

    /**
     * Why no token could be issued right now, in words for the operator; empty where one could.
     *
     * @throws SQLException where the database cannot be asked
     */
    public Optional<String> trouble() throws SQLException {
        try {
            Optional<String> objection = database.ask(searchPath::objection);
            return objection.isPresent() ? objection : troubleOfOurs();
        } catch (SQLException refused) {
            if (refused.getCause() instanceof SearchPath.NotPinned notPinned) { // the pool found it out
                return Optional.of(notPinned.getMessage());
            }
            String state = refused.getSQLState();
            if (NOT_OURS.contains(String.valueOf(state))) {
                return Optional.of("there is no schema alexa, or not all of it: run sql/install.sql in this database");
            }
            if (INSUFFICIENT_PRIVILEGE.equals(state)) {
                return Optional.of("this role may not read schema alexa: log in as alexa_app, or run sql/verify.sql");
            }
            throw refused;
        }
    }

    private Optional<String> troubleOfOurs() throws SQLException {
        return database.ask(connection -> condition.on(connection).first(this::troubleIn))
                .orElseThrow();
    }

    private Optional<String> troubleIn(ResultSet row) throws SQLException {
        int version = row.getInt("version");
        if (version < oldestKnown()) {
            return Optional.of("schema alexa is at version " + version + " and this WAR needs " + builtFor
                    + ": run sql/migrations/V" + (version + 1) + "__*.sql and those after it");
        }
        if (version > newestKnown()) {
            return Optional.of("schema alexa is at version " + version + " and this WAR knows up to " + newestKnown()
                    + ": deploy the WAR that came with the migrations");
        }
        if (row.getBoolean("read_only")) {
            return Optional.of("the database is read-only: alexa.db.url must lead to the primary");
        }
        return Optional.ofNullable(row.getString("unready"))
                .map(unready -> "no row can be written into " + unready
                        + " now, a partition is missing: run SELECT * FROM alexa.maintain()");
    }

    /** What should be seen to although tokens can be issued: upkeep that is overdue; empty where there is nothing. */
    public Optional<String> remark() throws SQLException {
        return database.ask(connection -> overdue.on(connection).first(row -> row.getString("words")));
    }

    /**
     * How the schema stands, in numbers.
     *
     * @param known whether this WAR works with that version
     * @param daysReady for how many whole days from now every row finds its partition
     * @param maintainedAt seconds since 1970
     */
    public record State(int version, boolean known, boolean readOnly, int daysReady, long maintainedAt) {}

    /** Asks how it stands; empty where there is no schema of ours, or none that this role may read. */
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
            if (NOT_OURS.contains(state) || INSUFFICIENT_PRIVILEGE.equals(state)) {
                return Optional.empty();
            }
            throw refused;
        }
    }

    /**
     * Makes partitions ahead, drops and deletes what is past its retention; returns what was done. Harmless to repeat, on
     * any number of nodes.
     */
    public List<String> maintain() throws SQLException {
        List<String> all = new ArrayList<>();
        List<String> done;
        do { // each call drops one and deletes a batch at the most, so that its locks are short
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
