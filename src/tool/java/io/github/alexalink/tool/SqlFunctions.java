package io.github.alexalink.tool;

import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The commands that call an SQL function: a file of {@code sql/tool} has the name of its function, and in its header the
 * commands that ask it. So a hint that PostgreSQL gives can name a command.
 */
final class SqlFunctions {

    /** A function, with its arguments if they are there; or a query that lists accounts or clients. */
    private static final Pattern NAMED = Pattern.compile(
            "alexa\\.(?<function>\\w+)(?:\\([^)]*\\))?|SELECT [\\w, ]+ FROM alexa\\.(?<table>account|client)\\b");

    private static final Pattern ASKED_BY = Pattern.compile("(?m)^-- Asked by +(\\w+ \\w+)");

    private SqlFunctions() {}

    /** The hint with commands in the place of SQL that they send. What only SQL does stays. */
    static String asCommands(String hint) {
        return NAMED.matcher(hint).replaceAll(SqlFunctions::command);
    }

    private static String command(MatchResult named) {
        String file = named.group(1) != null ? named.group(1) : "list_" + named.group(2) + "s";
        return Matcher.quoteReplacement(
                askedBy(file).map(command -> "java -jar alexa.war " + command).orElse(named.group()));
    }

    private static Optional<String> askedBy(String file) {
        return Optional.of("statements/" + file + ".sql")
                .filter(packed -> SqlFunctions.class.getResource(packed) != null)
                .flatMap(packed ->
                        ASKED_BY.matcher(Scripts.packed(packed)).results().findFirst())
                .map(line -> line.group(1));
    }
}
