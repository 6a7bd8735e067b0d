package io.github.alexalink.tool;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.json.JSONArray;
import org.json.JSONObject;

/** Rows with named columns, for a person or for a program. */
final class Table {

    private final List<String> columns;
    private final List<Map<String, Object>> rows = new ArrayList<>();

    Table(String... columns) {
        this.columns = List.of(columns);
    }

    /** Values of a list take a line each. */
    void add(Object... values) {
        Map<String, Object> row = new LinkedHashMap<>();
        for (int i = 0; i < columns.size(); i++) {
            row.put(columns.get(i), values[i]);
        }
        rows.add(row);
    }

    void print(PrintWriter out, boolean json) {
        if (json) {
            JSONArray all = new JSONArray();
            rows.forEach(row -> {
                JSONObject object = new JSONObject();
                row.forEach((name, value) -> object.put(name.replace(' ', '_'), value));
                all.put(object);
            });
            out.println(all.toString(2));
            return;
        }
        int[] widths = new int[columns.size()];
        List<List<List<String>>> cells = new ArrayList<>();
        cells.add(columns.stream().map(List::of).toList());
        rows.forEach(row -> cells.add(row.values().stream().map(Table::lines).toList()));
        cells.forEach(row -> {
            for (int i = 0; i < widths.length; i++) {
                for (String line : row.get(i)) {
                    widths[i] = Math.max(widths[i], line.codePointCount(0, line.length()));
                }
            }
        });
        for (List<List<String>> row : cells) {
            int height = row.stream().mapToInt(List::size).max().orElse(1);
            for (int line = 0; line < height; line++) {
                StringBuilder printed = new StringBuilder();
                for (int i = 0; i < widths.length; i++) {
                    String text = line < row.get(i).size() ? row.get(i).get(line) : "";
                    printed.append(text).append(" ".repeat(widths[i] - text.codePointCount(0, text.length()) + 2));
                }
                out.println(printed.toString().stripTrailing());
            }
        }
    }

    private static List<String> lines(Object value) {
        if (value instanceof List<?> several) {
            return several.isEmpty()
                    ? List.of("")
                    : several.stream().map(String::valueOf).toList();
        }
        return List.of(value instanceof Boolean yes ? yes ? "yes" : "no" : String.valueOf(value));
    }
}
