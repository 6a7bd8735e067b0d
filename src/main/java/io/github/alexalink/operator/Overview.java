package io.github.alexalink.operator;

import io.github.alexalink.diagnosis.AmazonForm;
import io.github.alexalink.diagnosis.Diagnosis;
import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Severity;
import java.net.URI;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.json.JSONObject;
import org.json.JSONStringer;
import org.json.JSONWriter;

/**
 * What the operator's page shows, as a page and as JSON.
 *
 * @param at when it was made
 */
record Overview(URI issuer, Instant at, Diagnosis checks, List<AmazonForm> forms) {

    private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    String json() {
        return "{\"at\":" + JSONObject.quote(at.toString())
                + ",\"checks\":" + checks.json()
                + ",\"form\":" + forms.stream().map(Overview::formJson).collect(Collectors.joining(",", "[", "]"))
                + "}";
    }

    Map<String, Object> model() {
        List<Finding> findings = checks.findings();
        Map<String, Object> model = new HashMap<>();
        model.put("at", MOMENT.format(at));
        model.put("doctor", "java -jar alexa.war doctor " + issuer);
        model.put(
                "faults",
                findings.stream()
                        .filter(Overview::needsAttention)
                        .map(Overview::record)
                        .toList());
        model.put(
                "others",
                findings.stream()
                        .filter(finding -> !needsAttention(finding) && finding.severity() != Severity.OK)
                        .map(Overview::record)
                        .toList());
        model.put(
                "fine",
                findings.stream()
                        .filter(finding -> finding.severity() == Severity.OK)
                        .map(Finding::says)
                        .toList());
        model.put("forms", forms.stream().map(Overview::form).toList());
        return model;
    }

    private static boolean needsAttention(Finding finding) {
        return finding.severity().needsAttention();
    }

    private static Map<String, Object> record(Finding finding) {
        return Map.of(
                "id", finding.id(),
                "severity", finding.severity().word(),
                "says", finding.says(),
                "found", List.of(finding.found().split("\n")),
                "wanted", List.of(finding.wanted().split("\n")),
                "do", lines(finding.cure()),
                "why", finding.why(),
                "source", finding.source());
    }

    private static String clientId(AmazonForm form) {
        return form.registration().client().clientId();
    }

    private static Map<String, Object> form(AmazonForm form) {
        return Map.of(
                "client",
                clientId(form),
                "fields",
                form.fields().stream()
                        .map(field -> Map.of(
                                "label", field.label(), "values", field.values(), "remark", lines(field.remark())))
                        .toList(),
                "request",
                form.json());
    }

    private static String formJson(AmazonForm form) {
        JSONWriter fields = new JSONStringer().array();
        form.fields().forEach(field -> fields.object()
                .key("label")
                .value(field.label())
                .key("values")
                .value(field.values())
                .key("remark")
                .value(field.remark().replaceAll("(?m)^ {4}", ""))
                .endObject());
        return "{\"client\":" + JSONObject.quote(clientId(form)) + ",\"fields\":" + fields.endArray() + ",\"request\":"
                + form.json() + "}";
    }

    /** The lines of a text, each with whether it is one to paste. */
    static List<Map<String, Object>> lines(String text) {
        return text.lines()
                .map(line -> Map.<String, Object>of("paste", line.startsWith("    "), "text", line.strip()))
                .toList();
    }
}
