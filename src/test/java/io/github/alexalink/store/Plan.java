package io.github.alexalink.store;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.json.JSONArray;
import org.json.JSONObject;

/** The scans of a plan by {@code EXPLAIN (ANALYZE, FORMAT JSON)} that were executed; pruned ones are left out. */
record Plan(List<Scan> scans) {

    /** The tables that grow, and their partitions. */
    static final String BIG = "(link|refresh_token|access_token|authorization_code|audit_event)(_p[0-9]{8})?";

    /**
     * One scan.
     *
     * @param rows rows read, in all loops: those that fit and those that a filter removed
     */
    record Scan(String node, String relation, double rows) {

        boolean isOfABigTable() {
            return relation.matches(BIG);
        }

        boolean isSequential() {
            return node.equals("Seq Scan");
        }
    }

    static Plan of(String json) {
        List<Scan> scans = new ArrayList<>();
        collect(new JSONArray(json).getJSONObject(0).getJSONObject("Plan"), scans);
        return new Plan(List.copyOf(scans));
    }

    private static void collect(JSONObject node, List<Scan> scans) {
        double loops = node.optDouble("Actual Loops", 0);
        String type = node.getString("Node Type");
        if (loops > 0 && type.endsWith("Scan") && node.has("Relation Name")) {
            double rows = node.optDouble("Actual Rows", 0)
                    + node.optDouble("Rows Removed by Filter", 0)
                    + node.optDouble("Rows Removed by Index Recheck", 0);
            scans.add(new Scan(type, node.getString("Relation Name"), rows * loops));
        }
        for (Object child : node.optJSONArray("Plans", new JSONArray())) {
            collect((JSONObject) child, scans);
        }
    }

    /** The partitions of one table that the statement read. */
    List<String> partitionsOf(String table) {
        return scans.stream()
                .map(Scan::relation)
                .filter(relation -> relation.matches(table + "_p[0-9]{8}"))
                .distinct()
                .sorted()
                .toList();
    }

    String summary() {
        return scans.stream()
                .map(scan -> "%s on %s (%.0f rows)".formatted(scan.node(), scan.relation(), scan.rows()))
                .distinct()
                .collect(Collectors.joining(", "));
    }
}
