package io.github.alexalink.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.alexa.Scraped;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.Manager;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** If Prometheus is not installed, its own checks are skipped and say so; with {@code CI=true} they fail. */
@DisplayName("What docs/monitoring/ gives to Prometheus and Grafana")
class MonitoringFilesIT extends UnderAttack {

    private static final Path MONITORING = Path.of("docs/monitoring").toAbsolutePath();
    private static final Path PROMTOOL = Path.of("/usr/bin/promtool");

    /** A name of one of our metrics, and the labels in the expression, if any. */
    private static final Pattern SELECTOR =
            Pattern.compile("\\b((?:alexa|hikaricp|jvm)_[a-z_]+)(?:\\{([^}]*)})?(?=[\\s)\\[,]|$)");

    private static final Pattern MATCHER = Pattern.compile("([a-z_]+)=(~?)\"([^\"]*)\"");

    /** Labels that Prometheus adds, or that the reader chooses. */
    private static final Set<String> NOT_OURS = Set.of("job", "instance");

    @ParameterizedTest
    @ValueSource(
            strings = {"check rules alert-rules.yml", "check config prometheus.yml", "test rules alert-rules.test.yml"})
    void promtool_accepts_the_files(String command) throws Exception {
        assertThat(promtool("", command.split(" "))).contains("SUCCESS").doesNotContain("FAILED");
    }

    @Test
    void promtool_finds_no_fault_with_what_is_printed() throws Exception {
        traffic();
        assertThat(promtool(text(), "check", "metrics")).isEmpty();
    }

    @Test
    void every_name_and_every_value_of_a_label_that_is_asked_for_is_printed() throws IOException {
        traffic();
        Scraped scraped = Scraped.of(afterACollection());
        Set<String> names = new TreeSet<>();
        for (String expression : expressions()) {
            Matcher selector = SELECTOR.matcher(expression);
            while (selector.find()) {
                String name = selector.group(1);
                names.add(name);
                assertThat(scraped.names()).as(expression).contains(name);
                Matcher label = MATCHER.matcher(selector.group(2) == null ? "" : selector.group(2));
                while (label.find()) {
                    if (!NOT_OURS.contains(label.group(1))) {
                        assertThat(scraped.labels(name, label.group(1)))
                                .as(expression)
                                .contains(label.group(3).split(label.group(2).isEmpty() ? "\n" : "\\|"));
                    }
                }
            }
        }
        System.out.println("docs/monitoring asks for " + names.size() + " names, and all are there: " + names);
        assertThat(names).hasSizeGreaterThan(15);
    }

    @Test
    void every_panel_says_what_it_shows_and_every_rule_where_the_cure_stands() throws IOException {
        for (Object panel : dashboard().getJSONArray("panels")) {
            assertThat(((JSONObject) panel).getString("description")).isNotBlank();
        }
        String rules = Files.readString(MONITORING.resolve("alert-rules.yml"));
        String tests = Files.readString(MONITORING.resolve("alert-rules.test.yml"));
        Matcher alert = Pattern.compile("- alert: (\\w+)").matcher(rules);
        int alerts = 0;
        while (alert.find()) {
            alerts++;
            assertThat(tests).as("a test for it").contains(alert.group(1));
        }
        assertThat(rules.split("runbook_url: docs/operator.md#when-something-is-wrong\n", -1))
                .hasSize(alerts + 1);
        assertThat(Files.readString(Path.of("docs/operator.md"))).contains("\n## When something is wrong\n");
    }

    /** Sends requests, because some timers exist only after their first request. */
    private void traffic() {
        String accessToken = alexa.linked(anna).getString("access_token");
        alexa.authorize();
        introspect("x");
        RawHttp.send("GET /music-server/api/library HTTP/1.1\nAuthorization: Bearer " + accessToken, "");
    }

    /** Metrics after a garbage collection; before the first one those of collections are missing. */
    private static String afterACollection() throws IOException {
        Manager.collectGarbage();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        String text = text();
        while (!text.contains("jvm_gc_pause_seconds_sum")) { // the JVM reports a collection in a thread of its own
            assertThat(System.nanoTime()).as("no collection in\n" + text).isLessThan(end);
            text = text();
        }
        return text;
    }

    private static String text() {
        return RawHttp.send("GET /alexa/metrics HTTP/1.1\nX-Forwarded-For: 192.0.2.7", "")
                .body();
    }

    private static JSONObject dashboard() throws IOException {
        return new JSONObject(Files.readString(MONITORING.resolve("grafana-dashboard.json")));
    }

    /** All expressions of the rules and of the dashboard. */
    private static List<String> expressions() throws IOException {
        List<String> expressions = new ArrayList<>();
        // the text after expr: on its line, or the deeper lines below
        Matcher rule = Pattern.compile("(?m)^ {8}expr: (?:\\|\n((?: {10}.*\n)+)|(.*)$)")
                .matcher(Files.readString(MONITORING.resolve("alert-rules.yml")));
        while (rule.find()) {
            expressions.add(rule.group(1) == null ? rule.group(2) : rule.group(1));
        }
        assertThat(expressions).hasSizeGreaterThan(15);
        JSONObject dashboard = dashboard();
        for (Object panel : dashboard.getJSONArray("panels")) {
            JSONArray targets = ((JSONObject) panel).getJSONArray("targets");
            targets.forEach(target -> expressions.add(((JSONObject) target).getString("expr")));
        }
        for (Object variable : dashboard.getJSONObject("templating").getJSONArray("list")) {
            if (((JSONObject) variable).get("query") instanceof JSONObject query) {
                expressions.add(query.getString("query"));
            }
        }
        return expressions;
    }

    private static String promtool(String input, String... arguments) throws IOException, InterruptedException {
        if (!Files.isExecutable(PROMTOOL)) {
            String reason = "there is no promtool: apt-get install prometheus";
            LeftOut.because(reason);
        }
        List<String> command = new ArrayList<>(List.of(PROMTOOL.toString()));
        command.addAll(List.of(arguments));
        Path in = Files.createTempFile("metrics", ".txt");
        try {
            Files.writeString(in, input);
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(MONITORING.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(in.toFile());
            builder.environment().putAll(Map.of("LC_ALL", "C"));
            Process process = builder.start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(output).isZero();
            return output;
        } finally {
            Files.delete(in);
        }
    }
}
