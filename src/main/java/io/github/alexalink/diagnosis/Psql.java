package io.github.alexalink.diagnosis;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The line that a DBA pastes into a shell to run statements in a database.
 *
 * @param database its name, as PostgreSQL has it
 */
record Psql(String database) {

    static Psql to(String database) {
        return new Psql(database);
    }

    /** A query for a line to paste; the WAR itself sends none of these. */
    static String select(String what) {
        return String.join(" ", "SELECT", what);
    }

    /** A line to paste that runs these, one after the other. */
    String run(String... statements) {
        return "    " + this
                + Arrays.stream(statements)
                        .map(statement -> " -c " + Shell.quoted(statement))
                        .collect(Collectors.joining());
    }

    /** A line to paste that runs these although the database is read-only by default. */
    String write(String... statements) {
        return run(statements).replaceFirst("psql", "PGOPTIONS='-c default_transaction_read_only=off' psql");
    }

    /** The database's name as SQL writes it. */
    String identifier() {
        return database.matches("[a-z_][a-z0-9_]*") ? database : "\"" + database.replace("\"", "\"\"") + "\"";
    }

    @Override
    public String toString() {
        return "psql -X -d " + Shell.word(database);
    }
}
