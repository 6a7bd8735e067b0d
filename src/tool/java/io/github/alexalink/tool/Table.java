package io.github.alexalink.tool;

import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.json.JSONArray;
import org.json.JSONObject;

/** Rows with named columns, for a person or for a program. */
final class Table {

    private final List<String> columns;
    private final List<String> below;
    private final List<List<Object>> rows = new ArrayList<>();

    /**
     * A table without rows.
     *
     * @param columns their names, as the database has them
     * @param below more columns, which a person reads in lines of their own below the row
     */
    Table(List<String> columns, List<String> below) {
        this.columns = columns;
        this.below = below;
    }

    /** A row. A person reads a moment as its day, a list in a line for each value, and nothing of what is null. */
    void add(Object... values) {
        if (values.length != columns.size() + below.size()) {
            throw new IllegalArgumentException(columns + " and " + below + " are not " + values.length);
        }
        rows.add(Arrays.asList(values));
    }

    void print(PrintWriter out, boolean json) {
        if (json) {
            printJson(out);
            return;
        }
        List<List<String>> cells = new ArrayList<>();
        cells.add(columns.stream().map(Table::heading).toList());
        rows.forEach(row ->
                cells.add(row.stream().limit(columns.size()).map(Table::text).toList()));
        int[] widths = IntStream.range(0, columns.size())
                .map(column -> cells.stream()
                        .mapToInt(row -> width(row.get(column)))
                        .max()
                        .orElseThrow())
                .toArray();
        int label =
                below.stream().mapToInt(name -> heading(name).length()).max().orElse(0);
        for (int i = 0; i < cells.size(); i++) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < widths.length; column++) {
                line.append(padded(cells.get(i).get(column), widths[column] + 2));
            }
            out.println(line.toString().stripTrailing());
            for (int more = 0; i > 0 && more < below.size(); more++) {
                String name = heading(below.get(more));
                for (String value : lines(rows.get(i - 1).get(columns.size() + more))) {
                    out.println("  " + padded(name, label + 2) + value);
                    name = "";
                }
            }
        }
    }

    /** An object in each line, its fields in the order of the columns, in which JSONObject itself would not keep them. */
    private void printJson(PrintWriter out) {
        List<String> names = Stream.concat(columns.stream(), below.stream()).toList();
        out.println(rows.stream()
                .map(row -> IntStream.range(0, names.size())
                        .mapToObj(column -> JSONObject.quote(names.get(column)) + ": " + json(row.get(column)))
                        .collect(Collectors.joining(", ", "  {", "}")))
                .collect(Collectors.joining(",\n", rows.isEmpty() ? "[" : "[\n", rows.isEmpty() ? "]" : "\n]")));
    }

    private static String json(Object value) {
        if (value instanceof List<?> several) {
            return new JSONArray(several).toString();
        }
        return JSONObject.valueToString(value instanceof Instant moment ? moment.toString() : value);
    }

    private static String heading(String name) {
        return name.replace('_', ' ');
    }

    private static List<String> lines(Object value) {
        if (value == null) {
            return List.of();
        }
        return value instanceof List<?> several
                ? several.stream().map(Table::text).toList()
                : List.of(text(value));
    }

    private static String text(Object value) {
        if (value instanceof Boolean yes) {
            return yes ? "yes" : "no";
        }
        return value instanceof Instant moment
                ? moment.atZone(ZoneId.systemDefault()).toLocalDate().toString()
                : String.valueOf(value);
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(0, width - width(text)));
    }

    /** How many columns of a terminal a text takes: marks none, Chinese, Japanese and Korean letters two. */
    private static int width(String text) {
        return text.codePoints().map(Table::width).sum();
    }

    private static int width(int letter) {
        int type = Character.getType(letter);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK || type == Character.FORMAT) {
            return 0;
        }
        boolean wide =
                switch (Character.UnicodeScript.of(letter)) {
                    case HAN, HIRAGANA, KATAKANA, HANGUL -> true;
                    default -> letter >= 0xFF01 && letter <= 0xFF60; // ASCII as wide as Japanese
                };
        return wide ? 2 : 1;
    }
}
