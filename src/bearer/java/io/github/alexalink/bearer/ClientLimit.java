package io.github.alexalink.bearer;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * The clients whose tokens count at this music server. Counts the requests with a token of another client, and decides
 * which of them get a line in the log: the first one, then one an hour.
 */
final class ClientLimit {

    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    private static final Pattern CLIENT_ID = Pattern.compile("[A-Za-z0-9._~-]{1,100}");

    private final Set<String> clients;
    private final LongSupplier nanoTime;
    private long refused;
    private long saidAt;

    private ClientLimit(Set<String> clients, LongSupplier nanoTime) {
        this.clients = clients;
        this.nanoTime = nanoTime;
    }

    /**
     * Reads the attribute.
     *
     * @throws IllegalArgumentException if it names no client, or something else than clients
     */
    static ClientLimit of(String clients, LongSupplier nanoTime) {
        if (clients.isBlank()) {
            throw new IllegalArgumentException(
                    "clients is empty: it must name the clients whose tokens count here, with"
                            + " spaces between; without the attribute the tokens of every client count");
        }
        Set<String> named = Set.copyOf(List.of(clients.strip().split("\\s+")));
        for (String client : named) {
            if (!CLIENT_ID.matcher(client).matches()) {
                throw new IllegalArgumentException(
                        "clients is [" + clients + "]: [" + client
                                + "] is no client id. It must be client ids with spaces between, as in clients=\"alexa other\"");
            }
        }
        return new ClientLimit(named, nanoTime);
    }

    /** Whether the token of this client counts. */
    boolean names(Object clientId) {
        return clientId instanceof String client && clients.contains(client);
    }

    /** A request with a token of this client is refused; returns the line to be logged now, if any. */
    synchronized Optional<String> refuse(Object clientId) {
        long now = nanoTime.getAsLong();
        boolean first = refused == 0;
        refused++;
        if (!first && now - saidAt < HOUR) {
            return Optional.empty();
        }
        saidAt = now;
        return Optional.of("a token of client [" + clientId + "] was refused, because clients=\""
                + String.join(" ", clients.stream().sorted().toList()) + "\" does not name it; "
                + refused + (refused == 1 ? " request" : " requests") + " so far");
    }

    /** How many requests were refused. */
    synchronized long refused() {
        return refused;
    }
}
