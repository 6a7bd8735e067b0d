package io.github.alexalink.tool;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of {@code sql/}, which travel in the tool's jar. */
final class Scripts {

    /** psql's command that includes a file: {@code install.sql} is the list of all files, in their order. */
    private static final Pattern INCLUDED = Pattern.compile("(?m)^\\\\ir (\\S+)$");

    private static final Pattern NUMBER = Pattern.compile("migrations/V(\\d+)__\\w+\\.sql");

    private static final Pattern OUTSIDE = Pattern.compile("(?m)^-- Run by .* NOT in one transaction");

    private Scripts() {}

    /** A migration: its number, and its path below {@code sql/}. */
    record Migration(int version, String path) {}

    /** The text of a file below {@code sql/}. */
    static String read(String path) {
        return packed("sql/" + path);
    }

    /** The text of a file that is packed beside this class. */
    static String packed(String path) {
        try (InputStream file = Scripts.class.getResourceAsStream(path)) {
            if (file == null) {
                throw new IllegalStateException("the WAR has no " + path);
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new IllegalStateException(path + " cannot be read", unreadable);
        }
    }

    /** The schema version that this WAR brings. */
    static int newest() {
        return migrations().stream().mapToInt(Migration::version).max().orElseThrow();
    }

    /** All migrations of this version, the first one first. */
    static List<Migration> migrations() {
        return INCLUDED.matcher(read("install.sql"))
                .results()
                .map(line -> NUMBER.matcher(line.group(1)))
                .filter(Matcher::matches)
                .map(file -> new Migration(Integer.parseInt(file.group(1)), file.group()))
                .toList();
    }

    /** {@code install.sql} as one text for psql, with each file in the place of the line that includes it. */
    static String install() {
        return INCLUDED.matcher(read("install.sql"))
                .replaceAll(line -> Matcher.quoteReplacement(read(line.group(1)).strip()));
    }

    /**
     * {@code verify.sql}, with the switch without which psql would end with status 0 whatever it finds, and with the one
     * that keeps a line for each SET and DO out of what it found.
     */
    static String verify() {
        return "\\set ON_ERROR_STOP on\n\\set QUIET on\n" + read("verify.sql");
    }

    /** {@code install.sql} with those migrations alone that follow a version. */
    static String upgradeFrom(int version) {
        return INCLUDED.matcher(read("install.sql").replaceAll("(?m)^--.*\n", ""))
                .replaceAll(line -> {
                    Matcher migration = NUMBER.matcher(line.group(1));
                    return migration.matches() && Integer.parseInt(migration.group(1)) > version
                            ? Matcher.quoteReplacement(withinTransaction(read(migration.group())))
                            : "";
                });
    }

    /** Whether the header of a migration asks for no transaction around it. */
    static boolean isOutside(String migration) {
        return OUTSIDE.matcher(migration).find();
    }

    /** A migration for the inside of a transaction, which it leaves if its header asks for none. */
    static String withinTransaction(String migration) {
        return isOutside(migration) ? "COMMIT;\n" + migration.strip() + "\nBEGIN;" : migration.strip();
    }

    /** What the migrations say about a constraint. */
    static Optional<String> commentOn(String constraint, String table) {
        Pattern comment = Pattern.compile("(?m)^COMMENT ON CONSTRAINT " + Pattern.quote(constraint) + " +ON alexa\\."
                + Pattern.quote(table) + " +IS '((?:[^']|'')*+)';");
        return migrations().stream()
                .map(migration -> comment.matcher(read(migration.path())))
                .filter(Matcher::find)
                .map(found -> found.group(1).replace("''", "'"))
                .reduce((older, newer) -> newer);
    }
}
