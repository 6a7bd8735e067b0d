package io.github.alexalink.health;

import io.github.alexalink.endpoint.JsonReply;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import io.github.alexalink.store.Trouble;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.json.JSONStringer;
import org.json.JSONWriter;

/**
 * Answers {@code ok} or, with 503, the kind of trouble in one word. Details are in the log only, because strangers read
 * the answer. {@code started} is when this web application started, so that whoever deploys a newer one sees which answers.
 */
public final class HealthServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final Logger log = Logger.getLogger(HealthServlet.class.getName());

    private final transient SchemaRepository schema;
    private final transient ExecutorService background;
    private final transient List<String> endpoints;
    private final String hint;
    private final String started = Instant.now().toString();
    private final transient Trouble unhealthy = new Trouble(log, "healthy again");

    /** Apart, so that something that lasts for days does not keep the log from saying that an outage is over. */
    private final transient Trouble imperfect = new Trouble(log, "healthy again, and nothing is left to mend");

    private transient Future<Condition> question;

    /**
     * @param hint what may be a mistake in the settings. It must hold nothing from a request, because strangers could
     *     otherwise write into the answer
     */
    public HealthServlet(
            SchemaRepository schema, ExecutorService background, List<String> endpoints, Optional<String> hint) {
        this.schema = schema;
        this.background = background;
        this.endpoints = List.copyOf(endpoints);
        this.hint = hint.orElse(null);
    }

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        if (!Set.of("GET", "HEAD").contains(http.getMethod())) {
            reply.setHeader("Allow", "GET, HEAD");
            send(reply, 405, "error", "GET only");
            return;
        }
        Optional<Condition> condition = condition();
        if (condition.isEmpty()) {
            reply.setHeader("Retry-After", "5");
            send(reply, 503, "unavailable", "database");
        } else if (condition.get().whyNotReady().isPresent()) {
            reply.setHeader("Retry-After", "5");
            send(reply, 503, "unavailable", "schema");
        } else {
            send(reply, 200, "ok", condition.get().message());
        }
    }

    /**
     * The state of the schema.
     *
     * @param whyNotReady why no token can be issued
     * @param shortcoming what is not as the migrations made it, although tokens can be issued
     * @param maintenanceWarning a problem that will stop tokens later if the DBA does nothing
     */
    private record Condition(
            Optional<String> whyNotReady, Optional<String> shortcoming, Optional<String> maintenanceWarning) {
        String message() {
            return shortcoming.isPresent()
                    ? "schema"
                    : maintenanceWarning.isPresent() ? "upkeep" : "tokens can be issued";
        }
    }

    /** The state of the schema; empty if the database does not answer. */
    private Optional<Condition> condition() {
        try {
            Condition condition = question().get(1, TimeUnit.SECONDS);
            if (condition.whyNotReady().isPresent()) {
                unhealthy("schema", condition.whyNotReady().get());
            } else {
                unhealthy.isOver();
                if (condition.shortcoming().isPresent()) {
                    imperfect("shortcoming", condition.shortcoming().get());
                } else if (condition.maintenanceWarning().isPresent()) {
                    imperfect("upkeep", condition.maintenanceWarning().get());
                } else {
                    imperfect.isOver();
                }
            }
            return Optional.of(condition);
        } catch (TimeoutException slow) {
            unhealthy("database", "the database does not answer within 1 s");
        } catch (ExecutionException down) {
            unhealthy("database", Database.explained(down.getCause()));
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
        return Optional.empty();
    }

    private void unhealthy(String kind, String why) {
        unhealthy.is(Level.WARNING, kind, () -> "not healthy: " + why);
    }

    private void imperfect(String kind, String what) {
        imperfect.is(Level.WARNING, kind, () -> "healthy, but " + what);
    }

    /**
     * Asks the database once for all requests that arrive meanwhile, so that a flood of them does not empty the pool.
     */
    private synchronized Future<Condition> question() {
        if (question == null || question.isDone()) {
            question = background.submit(() -> {
                Optional<String> whyNotReady = schema.whyNotReady();
                return whyNotReady.isPresent()
                        ? new Condition(whyNotReady, Optional.empty(), Optional.empty())
                        : new Condition(whyNotReady, schema.shortcoming(), schema.maintenanceWarning());
            });
        }
        return question;
    }

    private void send(HttpServletResponse reply, int status, String word, String message) throws IOException {
        JSONWriter json = new JSONStringer()
                .object()
                .key("status")
                .value(word)
                .key("message")
                .value(message)
                .key("endpoints")
                .value(endpoints)
                .key("started")
                .value(started);
        if (hint != null) {
            json.key("warning").value(hint);
        }
        JsonReply.send(reply, status, json.endObject().toString());
    }
}
