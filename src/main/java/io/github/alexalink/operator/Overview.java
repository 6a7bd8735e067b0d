package io.github.alexalink.operator;

import io.github.alexalink.diagnosis.AmazonForm;
import io.github.alexalink.diagnosis.Arrival;
import io.github.alexalink.diagnosis.Attempts;
import io.github.alexalink.diagnosis.Diagnosis;
import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Severity;
import io.github.alexalink.diagnosis.Shell;
import io.github.alexalink.store.AttemptRepository.Attempt;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.json.JSONArray;
import org.json.JSONObject;
import org.json.JSONStringer;
import org.json.JSONWriter;

/**
 * What the operator's page shows, as a page and as JSON.
 *
 * @param at when it was made
 * @param started when this web application started: since then it remembers arrivals
 * @param happened the last attempts, the latest first; empty if the record could not be read
 * @param besides what else is to be said of them
 * @param forms of the clients for Alexa; empty if the clients could not be read
 * @param strangers the last requests under client ids that are not registered, the latest first
 */
record Overview(
        URI issuer,
        Instant at,
        Instant started,
        Optional<List<Happened>> happened,
        List<Finding> besides,
        List<Arrival> strangers,
        Diagnosis checks,
        Optional<List<AmazonForm>> forms) {

    /** An attempt to link, and the verdict on it. */
    record Happened(Attempt attempt, Finding verdict) {

        /** Two attempts with one cause need one cure. */
        String cause() {
            return attempt.clientId() + " " + attempt.verdict();
        }
    }

    private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    String json() {
        return "{\"summary\":" + JSONObject.quote(summary())
                + ",\"at\":" + JSONObject.quote(at.toString())
                + ",\"attempts\":" + attempts()
                + ",\"strangers\":" + new JSONArray(strangersById().keySet())
                + ",\"checks\":" + checks.json()
                + ",\"form\":"
                + forms.map(all -> all.stream().map(Overview::formJson).collect(Collectors.joining(",", "[", "]")))
                        .orElse("null")
                + "}";
    }

    /** One word for all of it: ok, warning, error or fatal. */
    private String summary() {
        return Diagnosis.summary(
                Stream.of(attemptsRead().stream().map(Happened::verdict), besides.stream(), checks.findings().stream())
                        .flatMap(each -> each));
    }

    private List<Happened> attemptsRead() {
        return happened.orElse(List.of());
    }

    Map<String, Object> model() {
        List<Finding> findings = checks.findings();
        Map<String, Object> model = new HashMap<>();
        model.put("at", MOMENT.format(at));
        Set<String> told = new HashSet<>();
        model.put("recordRead", happened.isPresent());
        model.put("clientsRead", forms.isPresent());
        model.put(
                "attempts",
                attemptsRead().stream()
                        .map(each -> attempt(each, told.add(each.cause())))
                        .toList());
        long causes = attemptsRead().stream()
                .filter(each -> needsAttention(each.verdict()))
                .map(Happened::cause)
                .distinct()
                .count();
        model.put(
                "attention",
                causes + findings.stream().filter(Overview::needsAttention).count());
        model.put("besides", besides.stream().map(Overview::record).toList());
        model.put("strangers", strangersById().values().stream().toList());
        model.put("started", MOMENT.format(started));
        model.put("doctor", "java -jar alexa.war doctor " + Shell.word(issuer.toString()));
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
        model.put("forms", forms.orElse(List.of()).stream().map(Overview::form).toList());
        return model;
    }

    /** @param first whether no later attempt had that cause: then it has the cure */
    private Map<String, Object> attempt(Happened each, boolean first) {
        Attempt attempt = each.attempt();
        Map<String, Object> model = new HashMap<>(record(each.verdict()));
        boolean over = each.verdict().says().endsWith(Attempts.LATER_GOOD);
        model.put("says", attempt.says() + (over ? Attempts.LATER_GOOD : ""));
        model.put("client", attempt.clientId());
        model.put("at", MOMENT.format(attempt.beganAt()));
        model.put("ago", ago(attempt.beganAt()));
        model.put("reached", attempt.reached());
        model.put("cure", first && needsAttention(each.verdict()));
        return model;
    }

    private String attempts() {
        if (happened.isEmpty()) {
            return "null";
        }
        JSONWriter json = new JSONStringer().array();
        for (Happened each : happened.get()) {
            json.object()
                    .key("client")
                    .value(each.attempt().clientId())
                    .key("at")
                    .value(each.attempt().beganAt().toString())
                    .key("reached")
                    .value(each.attempt().reached())
                    .key("record");
            each.verdict().write(json);
            json.endObject();
        }
        return json.endArray().toString();
    }

    /** What strangers typed for a client id, each once. */
    private Map<String, Map<String, Object>> strangersById() {
        Map<String, Map<String, Object>> byId = new LinkedHashMap<>();
        for (Arrival stranger : strangers) {
            String id = stranger.clientId().orElse("");
            byId.putIfAbsent(id, Map.of("id", id, "at", MOMENT.format(stranger.at()), "ago", ago(stranger.at())));
        }
        return byId;
    }

    private String ago(Instant moment) {
        Duration passed = Duration.between(moment, at);
        if (passed.toMinutes() < 1) {
            return "less than a minute ago";
        }
        return passed.toHours() < 1
                ? count(passed.toMinutes(), "minute")
                : passed.toDays() < 1 ? count(passed.toHours(), "hour") : count(passed.toDays(), "day");
    }

    private static String count(long number, String unit) {
        return number + " " + unit + (number == 1 ? " ago" : "s ago");
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
