package io.github.alexalink.operator;

import io.github.alexalink.client.Registration;
import io.github.alexalink.diagnosis.AmazonForm;
import io.github.alexalink.diagnosis.ClientChecks;
import io.github.alexalink.diagnosis.DatabaseChecks;
import io.github.alexalink.diagnosis.Diagnosis;
import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.IssuerPath;
import io.github.alexalink.diagnosis.Vantage;
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

    private final URI issuer;
    private final DatabaseChecks databaseChecks;
    private final ClientRepository clients;

    public Overviews(URI issuer, Database database) {
        this.issuer = issuer;
        this.databaseChecks = new DatabaseChecks(database);
        this.clients = new ClientRepository(database);
    }

    Overview now(HttpServletRequest http) {
        Diagnosis checks = new Diagnosis(Vantage.INSIDE);
        checks.check("the database", LIMIT, databaseChecks::findings);
        checks.add(IssuerPath.differs(issuer, http.getContextPath())
                .orElseGet(() -> Finding.ok(
                        "issuer-differs", Vantage.INSIDE, "alexa.issuer ends with the path of the web application")));
        List<AmazonForm> forms = new ArrayList<>();
        checks.check("Amazon's form", LIMIT, () -> {
            List<Registration> all = clients.registrations();
            ClientChecks.ofAlexa(all).forEach(alexa -> forms.add(new AmazonForm(issuer, alexa, Optional.empty())));
            return List.of();
        });
        return new Overview(issuer, Instant.now(), checks, List.copyOf(forms));
    }
}
