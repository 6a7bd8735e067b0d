package io.github.alexalink.metrics;

import io.github.alexalink.store.SchemaRepository;
import io.github.alexalink.store.SchemaRepository.State;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToDoubleFunction;

/**
 * The state of the schema, at most ten seconds old. However many readers there are, they cost one statement in ten
 * seconds, and each waits a second at most. An unknown value is {@code NaN}.
 */
final class SchemaWatch {

    private static final long FRESH_NS = TimeUnit.SECONDS.toNanos(10);

    private final SchemaRepository schema;
    private final ExecutorService background;
    private Future<Optional<State>> question;
    private Seen seen;

    SchemaWatch(SchemaRepository schema, ExecutorService background) {
        this.schema = schema;
        this.background = background;
    }

    /**
     * The state and when it was read.
     *
     * @param up whether the database answered
     * @param state empty if it did not, or has no schema alexa
     */
    private record Seen(boolean up, Optional<State> state, long at) {}

    double up() {
        return seen().up() ? 1 : 0;
    }

    double writable() {
        return number(state -> state.readOnly() ? 0 : 1);
    }

    /** 0 if the database has no schema alexa. */
    double version() {
        return seen().up() ? seen().state().map(State::version).orElse(0) : Double.NaN;
    }

    double known() {
        return seen().up() ? seen().state().filter(State::known).map(state -> 1).orElse(0) : Double.NaN;
    }

    double daysReady() {
        return number(State::daysReady);
    }

    double maintainedAt() {
        return number(State::maintainedAt);
    }

    private double number(ToDoubleFunction<State> value) {
        return seen().state().map(value::applyAsDouble).orElse(Double.NaN);
    }

    private synchronized Seen seen() {
        if (seen == null || System.nanoTime() - seen.at() > FRESH_NS) {
            seen = look();
        }
        return seen;
    }

    private Seen look() {
        try {
            if (question == null || question.isDone()) {
                question = background.submit(schema::state);
            }
            Optional<State> state = question.get(1, TimeUnit.SECONDS);
            return new Seen(true, state, System.nanoTime());
        } catch (TimeoutException | ExecutionException | RejectedExecutionException down) {
            // the next request or /health logs the reason
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
        return new Seen(false, Optional.empty(), System.nanoTime());
    }
}
