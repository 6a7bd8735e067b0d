package io.github.alexalink.operator;

import io.github.alexalink.client.Registration;
import io.github.alexalink.diagnosis.AmazonForm;
import io.github.alexalink.diagnosis.Arrival;
import io.github.alexalink.diagnosis.ArrivalChecks;
import io.github.alexalink.diagnosis.Arrivals;
import io.github.alexalink.diagnosis.Attempts;
import io.github.alexalink.diagnosis.ClientChecks;
import io.github.alexalink.diagnosis.DatabaseChecks;
import io.github.alexalink.diagnosis.Diagnosis;
import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.IssuerPath;
import io.github.alexalink.diagnosis.Vantage;
import io.github.alexalink.endpoint.ArrivalFilter;
import io.github.alexalink.store.AttemptRepository;
import io.github.alexalink.store.AttemptRepository.Attempt;
import io.github.alexalink.store.ClientRepository;
import io.github.alexalink.store.Database;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Makes what the operator's page shows. Each part has a time within which it must end, and one that fails stops no other. */
public final class Overviews {

    /** More than a request may take that asks the database. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    /** Clients whose form is shown, and that are asked about, a statement each. */
    private static final int MOST_CLIENTS = 20;

    private final URI issuer;
    private final DatabaseChecks databaseChecks;
    private final ClientRepository clients;
    private final AttemptRepository attempts;
    private final Attempts verdicts;
    private final Arrivals arrivals;
    private final ArrivalChecks arrivalChecks;
    private final Instant started = Instant.now();

    public Overviews(URI issuer, Database database, Arrivals arrivals) {
        this.issuer = issuer;
        this.databaseChecks = new DatabaseChecks(database);
        this.clients = new ClientRepository(database);
        this.attempts = new AttemptRepository(database);
        Path logs = Path.of(System.getProperty("catalina.base", ""), "logs");
        this.verdicts = new Attempts(issuer, logs);
        this.arrivals = arrivals;
        this.arrivalChecks = new ArrivalChecks(issuer, logs, arrivals);
    }

    /** Why Tomcat does not know that this request came by https, if it did. */
    Optional<Finding> forwarded(HttpServletRequest http) {
        return arrivalChecks.forwarded(ArrivalFilter.arrived(http));
    }

    Overview now(HttpServletRequest http) {
        Diagnosis checks = new Diagnosis(Vantage.INSIDE);
        checks.check("the database", LIMIT, databaseChecks::findings);
        checks.add(IssuerPath.differs(issuer, http.getContextPath())
                .orElseGet(() -> Finding.ok(
                        "issuer-differs", Vantage.INSIDE, "alexa.issuer ends with the path of the web application")));
        checks.check("how visitors arrive", LIMIT, () -> arrivalChecks.findings(ArrivalFilter.arrived(http)));
        AtomicReference<List<Registration>> registered = new AtomicReference<>();
        checks.check("Amazon's form", LIMIT, () -> {
            registered.set(clients.registrations());
            return List.of();
        });
        Optional<List<AmazonForm>> forms = Optional.ofNullable(registered.get())
                .map(all -> ClientChecks.ofAlexa(all).stream()
                        .limit(MOST_CLIENTS)
                        .map(alexa -> new AmazonForm(issuer, alexa, Optional.empty()))
                        .toList());
        AtomicReference<List<Overview.Happened>> happened = new AtomicReference<>();
        List<Finding> besides = new ArrayList<>(arrivals.pagesLeft());
        checks.check("the record", LIMIT, () -> {
            List<Attempt> latest = attempts.latest();
            List<Finding> each = verdicts.each(
                    latest,
                    Optional.ofNullable(registered.get()).orElse(List.of()),
                    arrivals.latest(Arrival.Kind.UNREADABLE).stream()
                            .map(Arrival::at)
                            .toList());
            happened.set(IntStream.range(0, each.size())
                    .mapToObj(i -> new Overview.Happened(latest.get(i), each.get(i)))
                    .toList());
            besides.addAll(verdicts.silent(
                    attempts,
                    latest,
                    forms.orElse(List.of()).stream()
                            .map(AmazonForm::registration)
                            .toList()));
            return List.of();
        });
        return new Overview(
                issuer,
                Instant.now(),
                started,
                Optional.ofNullable(happened.get()),
                besides,
                strangers(Optional.ofNullable(registered.get()).orElse(List.of())),
                checks,
                forms);
    }

    /** Who was not registered when they came, and is not now. */
    private List<Arrival> strangers(List<Registration> registered) {
        Set<String> known = registered.stream()
                .map(registration -> registration.client().clientId())
                .collect(Collectors.toSet());
        arrivals.know(known);
        return Stream.of(Arrival.Kind.STRANGER, Arrival.Kind.UNREADABLE)
                .flatMap(kind -> arrivals.latest(kind).stream())
                .sorted(Comparator.comparing(Arrival::at).reversed())
                .filter(stranger -> stranger.clientId().filter(known::contains).isEmpty())
                .toList();
    }
}
