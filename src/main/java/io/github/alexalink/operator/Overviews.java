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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
        this.verdicts = new Attempts(issuer);
        this.arrivals = arrivals;
        this.arrivalChecks = new ArrivalChecks(issuer, arrivals);
    }

    /** Why Tomcat does not know that this request came by https, if it did. */
    Optional<Finding> forwarded(HttpServletRequest http) {
        return arrivalChecks.forwarded(ArrivalFilter.way(http));
    }

    Overview now(HttpServletRequest http) {
        Diagnosis checks = new Diagnosis(Vantage.INSIDE);
        checks.check("the database", LIMIT, databaseChecks::findings);
        checks.add(IssuerPath.differs(issuer, http.getContextPath())
                .orElseGet(() -> Finding.ok(
                        "issuer-differs", Vantage.INSIDE, "alexa.issuer ends with the path of the web application")));
        checks.check("how visitors arrive", LIMIT, () -> arrivalChecks.findings(ArrivalFilter.way(http)));
        List<AmazonForm> forms = new ArrayList<>();
        checks.check("Amazon's form", LIMIT, () -> {
            List<Registration> all = clients.registrations();
            ClientChecks.ofAlexa(all).stream()
                    .limit(MOST_CLIENTS)
                    .forEach(alexa -> forms.add(new AmazonForm(issuer, alexa, Optional.empty())));
            return List.of();
        });
        List<Overview.Happened> happened = new ArrayList<>();
        List<Finding> besides = new ArrayList<>(arrivals.pagesLeft());
        checks.check("the record", LIMIT, () -> {
            List<Attempt> latest = attempts.latest();
            List<Finding> each = verdicts.each(latest);
            for (int i = 0; i < each.size(); i++) {
                happened.add(new Overview.Happened(latest.get(i), each.get(i)));
            }
            besides.addAll(verdicts.silent(
                    attempts,
                    latest,
                    forms.stream().map(AmazonForm::registration).toList()));
            return List.of();
        });
        return new Overview(
                issuer,
                Instant.now(),
                started,
                List.copyOf(happened),
                besides,
                arrivals.latest(Arrival.Kind.STRANGER),
                checks,
                List.copyOf(forms));
    }
}
