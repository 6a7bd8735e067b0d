package io.github.alexalink.tool;

import io.github.alexalink.diagnosis.DatabaseChecks;
import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Severity;
import io.github.alexalink.diagnosis.TomcatLogs;
import io.github.alexalink.diagnosis.Vantage;
import io.github.alexalink.protocol.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.json.JSONException;
import org.json.JSONObject;

/** What the web application answers on this machine. That says nothing about who can reach it. */
final class LocalAnswer {

    private static final int MOST_BYTES = 64 * 1024;
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int UNAVAILABLE = 503;
    private static final Duration PATIENCE = Duration.ofSeconds(4);
    private static final String HEALTH = "docs/operator.md, Health";

    private final Installation installation;
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(PATIENCE)
            .proxy(HttpClient.Builder.NO_PROXY)
            .build();

    LocalAnswer(Installation installation) {
        this.installation = installation;
    }

    /** An answer: its status, its Date header, and its body if that is a JSON object. */
    private record Answer(int status, Optional<Instant> date, Optional<JSONObject> body) {}

    /** Why it cannot issue tokens, or has not started again since then; empty if it can and has. */
    Optional<String> objection(Instant since) throws InterruptedException {
        try {
            Answer health = get("/health");
            String status = "status " + health.status();
            if (health.body().isEmpty()) {
                return Optional.of(status);
            }
            JSONObject body = health.body().get();
            if (health.status() != OK) {
                return Optional.of(status + " " + body.optString("status") + ", " + body.optString("message"));
            }
            return started(body).filter(start -> start.isAfter(since)).isPresent()
                    ? Optional.empty()
                    : Optional.of("the one from before");
        } catch (IOException none) {
            return Optional.of("no connection");
        }
    }

    private static Optional<Instant> started(JSONObject health) {
        try {
            return Optional.of(Instant.parse(health.optString("started")));
        } catch (DateTimeException older) {
            return Optional.empty();
        }
    }

    /**
     * As records.
     *
     * @param issuer as the settings have it
     * @param faultAlready the id of what was found before, from which a 503 follows
     * @param clockIsOff whether this machine's clock was found to be
     */
    List<Finding> findings(URI issuer, Optional<String> faultAlready, boolean clockIsOff) throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        Answer health;
        try {
            health = get("/health");
        } catch (HttpTimeoutException slow) {
            return List.of(no(
                    "unavailable",
                    "the web application does not answer",
                    "no answer within " + PATIENCE.toSeconds() + " s",
                    "look for what holds it up:" + log("WARNING|SEVERE")));
        } catch (IOException refused) {
            return List.of(no(
                    "unavailable",
                    "Tomcat does not run, or listens elsewhere",
                    "no connection",
                    "start it; on Debian and Ubuntu:\n    sudo systemctl start " + service()));
        }
        findings.add(verdict(health, faultAlready));
        health.date()
                .ifPresent(date -> findings.add(
                        clockIsOff
                                ? Finding.skipped("clock-off", Vantage.INSIDE, "the clock of Tomcat", "clock-off")
                                : DatabaseChecks.clock("Tomcat", date, "this machine", Instant.now())));
        if (health.status() == OK) {
            running(issuer).ifPresent(findings::add);
        }
        return findings;
    }

    private Finding verdict(Answer health, Optional<String> faultAlready) {
        Optional<String> word = health.body().map(body -> body.optString("status"));
        if (health.status() == OK && word.equals(Optional.of("ok"))) {
            return Finding.ok("unavailable", Vantage.INSIDE, "the web application runs and can issue tokens");
        }
        if (health.status() == UNAVAILABLE && word.equals(Optional.of("unavailable"))) {
            return faultAlready
                    .map(id -> Finding.skipped("unavailable", Vantage.INSIDE, "the web application", id))
                    .orElseGet(() -> no(
                            "unavailable",
                            "the web application runs and can issue no tokens, for a reason that is not in its settings"
                                    + " as they are now",
                            "status 503, " + health.body().orElseThrow().optString("message"),
                            "if the settings were changed since it started, restart it. Why it cannot:"
                                    + log("not healthy|no token can be issued")));
        }
        if (health.status() == NOT_FOUND || health.status() == UNAVAILABLE) {
            return no(
                    "unavailable",
                    "Tomcat runs, and Alexa Link does not run in it",
                    "status " + health.status(),
                    "see why it does not start:" + log("Alexa Link does not start"));
        }
        return no(
                "not-me",
                "something else answers in the place of Alexa Link",
                "status " + health.status()
                        + word.map(said -> ", " + Printable.of(said)).orElse(", no JSON of Alexa Link's"),
                "see which program listens there, and which port conf/server.xml has:\n    sudo ss -ltnp 'sport = "
                        + installation.tomcat().port() + "'");
    }

    /** If the settings were changed after the start: the running web application has the ones before. */
    private Optional<Finding> running(URI issuer) throws InterruptedException {
        try {
            String there = get("/.well-known/oauth-authorization-server")
                    .body()
                    .map(body -> body.optString("issuer"))
                    .orElse("");
            return there.isEmpty() || there.equals(issuer.toString())
                    ? Optional.empty()
                    : Optional.of(new Finding(
                            "issuer-differs",
                            Severity.WARNING,
                            Vantage.INSIDE,
                            "the web application was started with another alexa.issuer",
                            Printable.of(there),
                            issuer.toString(),
                            "restart Tomcat, so that it reads its settings; on Debian and Ubuntu:\n"
                                    + "    sudo systemctl restart " + service(),
                            "Alexa is sent to addresses that begin with the one that was found",
                            "https://datatracker.ietf.org/doc/html/rfc8414#section-2"));
        } catch (IOException gone) {
            return Optional.empty(); // the answer before was good
        }
    }

    private Answer get(String path) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = client.send(
                HttpRequest.newBuilder(URI.create(installation.localAddress() + path))
                        .timeout(PATIENCE)
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        String body;
        try (InputStream content = response.body()) {
            body = new String(content.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
        }
        return new Answer(
                response.statusCode(), response.headers().firstValue("Date").flatMap(LocalAnswer::date), json(body));
    }

    private static Optional<Instant> date(String header) {
        try {
            return Optional.of(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(header)));
        } catch (DateTimeException none) {
            return Optional.empty();
        }
    }

    private static Optional<JSONObject> json(String body) {
        try {
            return Optional.of(new JSONObject(body));
        } catch (JSONException none) {
            return Optional.empty();
        }
    }

    private String log(String words) {
        return TomcatLogs.lastLines(3, words, installation.tomcat().base().resolve("logs"), "catalina*.log");
    }

    /** As systemd knows it on Debian and Ubuntu. */
    private String service() {
        String folder = String.valueOf(installation.tomcat().base().getFileName());
        return folder.matches("tomcat\\d+") ? folder : "tomcat10";
    }

    private Finding no(String id, String says, String found, String cure) {
        return new Finding(
                id,
                Severity.ERROR,
                Vantage.INSIDE,
                says,
                found,
                "status 200 at " + installation.localAddress() + "/health",
                cure,
                "who asks gets no page and no token",
                HEALTH);
    }
}
