package io.github.alexalink.schema;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Functions and operators in schema {@code public} with names of PostgreSQL's own and argument types that fit better. A
 * session with {@code public} in its search path calls them by accident, and fails with "trapped".
 */
final class Traps {

    private static final Pattern CALLED = Pattern.compile("\\b([a-z_]{2,})\\s*\\(");

    private static final List<String> OPERATORS = List.of(
            "=", "<>", "<", ">", "<=", ">=", "||", "+", "-", "*", "/", "~", "!~", "@>", "<@", "~~", "->", "->>");

    private static final List<String> TYPES = List.of(
            "text",
            "varchar",
            "text[]",
            "varchar[]",
            "integer",
            "bigint",
            "timestamptz",
            "interval",
            "bytea",
            "uuid",
            "regclass",
            "name",
            "date",
            "oid",
            "boolean");

    private Traps() {}

    /** Creates a trap for every PostgreSQL function that these files name, and for every operator; returns how many. */
    static int set(Connection connection, Stream<Path> files) throws SQLException {
        Set<String> names = named(files);
        List<String> traps = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT DISTINCT proname FROM pg_catalog.pg_proc"
                        + " WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f'")) {
            while (row.next()) {
                if (names.contains(row.getString(1))) {
                    functions(row.getString(1), traps);
                }
            }
        }
        for (String left : TYPES) {
            for (String right : TYPES) {
                operators(left, right, traps);
            }
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute(String.join(";\n", traps));
        }
        return traps.size();
    }

    private static Set<String> named(Stream<Path> files) {
        Set<String> names = new TreeSet<>();
        files.forEach(file -> {
            try {
                Matcher called = CALLED.matcher(Files.readString(file));
                while (called.find()) {
                    names.add(called.group(1));
                }
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        });
        return names;
    }

    private static void functions(String name, List<String> traps) {
        for (String first : TYPES) {
            traps.add(function(name, first));
            for (String second : TYPES) {
                traps.add(function(name, first + ", " + second));
            }
            traps.add(function(name, first + ", " + first + ", " + first));
        }
    }

    private static String function(String name, String types) {
        return "CREATE FUNCTION public.\"" + name + "\"(" + types + ") RETURNS text LANGUAGE plpgsql AS $$ BEGIN"
                + " RAISE EXCEPTION 'trapped: " + name + "(" + types + ") as %', current_user; END $$";
    }

    private static void operators(String left, String right, List<String> traps) {
        String body = "(" + left + ", " + right + ") RETURNS %s LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
                + " 'trapped: an operator on " + left + ", " + right + " as %%', current_user; END $$";
        traps.add("CREATE FUNCTION public.says" + body.formatted("boolean"));
        traps.add("CREATE FUNCTION public.makes" + body.formatted("text"));
        for (String operator : OPERATORS) {
            boolean makes = Set.of("||", "+", "-", "*", "/", "->", "->>").contains(operator);
            traps.add("CREATE OPERATOR public." + operator + " (LEFTARG = " + left + ", RIGHTARG = " + right
                    + ", FUNCTION = public." + (makes ? "makes" : "says") + ")");
        }
    }
}
