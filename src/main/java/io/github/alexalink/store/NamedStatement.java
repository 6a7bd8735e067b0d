package io.github.alexalink.store;

import io.github.alexalink.protocol.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of {@code sql/statements} or {@code sql/tool}, made ready for JDBC: without comments and semicolon, a question mark for each
 * {@code :name}, and with its own name as a comment after the first word. So pg_stat_activity, pg_stat_statements and a
 * log of slow statements show the name. PostgreSQL 18 would leave a comment before the first word out of
 * pg_stat_statements.
 */
public final class NamedStatement {

    /** A comment, which is dropped; a quoted text or cast, which is kept as it is; a parameter; a question mark. */
    private static final Pattern PART = Pattern.compile(
            "--[^\\n]*"
                    + "|(?<kept>/\\*.*?\\*/|[eE]'(?:\\\\.|''|[^'\\\\])*+'|'[^']*+'|\"[^\"]*+\""
                    + "|(?<tag>\\$\\w*\\$).*?\\k<tag>|::)"
                    + "|:(?<name>[A-Za-z_]\\w*)"
                    + "|(?<mark>\\?)",
            Pattern.DOTALL);

    private static final String REPOSITORIES = "sql/statements/";

    private final String file;
    private final String sql;
    /** The places of each parameter among the question marks; the first is 1. */
    private final Map<String, List<Integer>> places;

    /**
     * Makes the text of a file ready.
     *
     * @param parameters the name of every parameter in it
     */
    NamedStatement(String name, String text, String... parameters) {
        this(REPOSITORIES, name, text, parameters);
    }

    private NamedStatement(String folder, String name, String text, String... parameters) {
        file = folder + name + ".sql";
        Map<String, List<Integer>> found = new TreeMap<>();
        StringBuilder body = new StringBuilder();
        Matcher part = PART.matcher(text);
        int marks = 0;
        while (part.find()) {
            part.appendReplacement(body, "");
            if (part.group("mark") != null) {
                throw new BrokenStatementException(file + " has a question mark: parameters have names");
            } else if (part.group("name") != null) {
                found.computeIfAbsent(part.group("name"), first -> new ArrayList<>())
                        .add(++marks);
                body.append('?');
            } else if (part.group("kept") != null) {
                body.append(part.group("kept"));
            }
        }
        String statement = part.appendTail(body).toString().strip();
        if (!statement.endsWith(";")) {
            throw new BrokenStatementException(file + " does not end with a semicolon");
        }
        sql = statement.substring(0, statement.length() - 1).replaceFirst("^\\w+", "$0 /* " + name + " */");
        places = Map.copyOf(found);
        Set<String> bound = new TreeSet<>(List.of(parameters));
        if (!found.keySet().equals(bound)) {
            throw new BrokenStatementException(
                    file + " has the parameters " + found.keySet() + ", and its repository binds " + bound);
        }
    }

    /**
     * Reads a file, which the build packs beside this class. Repositories call it when the WAR starts. So a file that
     * is missing, or has other parameters, stops the start instead of failing a request.
     */
    static NamedStatement load(String name, String... parameters) {
        return load(NamedStatement.class, REPOSITORIES, name, parameters);
    }

    /** Reads a file of the tool's, which the build packs beside its classes. */
    public static NamedStatement load(Class<?> beside, String name, String... parameters) {
        return load(beside, "sql/tool/", name, parameters);
    }

    private static NamedStatement load(Class<?> beside, String folder, String name, String... parameters) {
        try (InputStream file = beside.getResourceAsStream("statements/" + name + ".sql")) {
            if (file == null) {
                throw new BrokenStatementException(folder + name + ".sql is missing");
            }
            return new NamedStatement(
                    folder, name, new String(file.readAllBytes(), StandardCharsets.UTF_8), parameters);
        } catch (IOException unreadable) {
            throw new BrokenStatementException(folder + name + ".sql cannot be read", unreadable);
        }
    }

    /** The text that JDBC gets. */
    String sql() {
        return sql;
    }

    /**
     * Prepares the statement; {@link Bound#first}, {@link Bound#all} or {@link Bound#update} executes and closes it.
     */
    public Bound on(Connection connection) throws SQLException {
        return new Bound(connection.prepareStatement(sql));
    }

    /** Makes a value of the current row of a result set. */
    @FunctionalInterface
    public interface Row<T> {
        T of(ResultSet row) throws SQLException;
    }

    /** The statement on one connection, with its parameters. */
    public final class Bound {

        private final PreparedStatement prepared;
        private final Set<String> missing = new HashSet<>(places.keySet());

        private Bound(PreparedStatement prepared) {
            this.prepared = prepared;
        }

        public Bound set(String name, String value) throws SQLException {
            for (int place : placesOf(name)) {
                prepared.setString(place, value);
            }
            return this;
        }

        Bound set(String name, Sha256 value) throws SQLException {
            for (int place : placesOf(name)) {
                prepared.setBytes(place, value == null ? null : value.bytes());
            }
            return this;
        }

        Bound set(String name, Object value) throws SQLException {
            for (int place : placesOf(name)) {
                prepared.setObject(place, value);
            }
            return this;
        }

        Bound set(String name, List<Sha256> values) throws SQLException {
            return set(name, "bytea", values.stream().map(Sha256::bytes).toArray(byte[][]::new));
        }

        Bound set(String name, UUID[] values) throws SQLException {
            return set(name, "uuid", values);
        }

        public Bound set(String name, String[] values) throws SQLException {
            return set(name, "text", values);
        }

        private Bound set(String name, String type, Object[] values) throws SQLException {
            Array array = values == null ? null : prepared.getConnection().createArrayOf(type, values);
            for (int place : placesOf(name)) {
                prepared.setArray(place, array);
            }
            return this;
        }

        /** The first row, if there is one. */
        public <T> Optional<T> first(Row<T> made) throws SQLException {
            try (prepared;
                    ResultSet row = complete().executeQuery()) {
                return row.next() ? Optional.of(made.of(row)) : Optional.empty();
            }
        }

        public <T> List<T> all(Row<T> made) throws SQLException {
            try (prepared;
                    ResultSet row = complete().executeQuery()) {
                List<T> all = new ArrayList<>();
                while (row.next()) {
                    all.add(made.of(row));
                }
                return all;
            }
        }

        /** Executes it and returns the number of rows it changed. */
        int update() throws SQLException {
            try (prepared) {
                return complete().executeUpdate();
            }
        }

        private List<Integer> placesOf(String name) {
            List<Integer> these = places.get(name);
            if (these == null) {
                throw new IllegalStateException(file + " has no parameter " + name);
            }
            missing.remove(name);
            return these;
        }

        private PreparedStatement complete() {
            if (!missing.isEmpty()) {
                throw new IllegalStateException(file + " needs " + missing);
            }
            return prepared;
        }
    }
}
