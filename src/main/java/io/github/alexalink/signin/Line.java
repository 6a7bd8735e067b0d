package io.github.alexalink.signin;

import io.github.alexalink.protocol.ClientAddress;
import io.github.alexalink.signin.SignIn.TooMany;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** The line in which sign-ins wait until their password is checked. */
final class Line {

    /**
     * Passwords checked at a time. Tomcat's DataSourceRealm holds a connection while it checks one, a tenth of a second,
     * so a flood of guesses would otherwise empty the pool and starve the token endpoint.
     */
    private static final int MAX_CONCURRENT = 3;

    /** How many requests may wait for a check, and how long: enough threads are left for tokens. */
    private static final int MAX_WAITING = 40;

    private static final int MAX_WAIT_SECONDS = 10;

    /** Sign-ins of one household that wait or are checked: a dozen attackers then leave places for other households. */
    static final int PER_HOUSEHOLD = 3;

    private final Semaphore places = new Semaphore(MAX_CONCURRENT, true);
    private final Map<String, Integer> households = new ConcurrentHashMap<>();

    /** Waits for a check. Whoever entered leaves again. This machine's own address may be a proxy's, so it has no limit. */
    void enter(ClientAddress client) throws TooMany, InterruptedException {
        boolean entered = false;
        try {
            if (households.merge(client.household(), 1, Integer::sum) > PER_HOUSEHOLD && !client.isLoopback()) {
                throw new TooMany(
                        "more than " + PER_HOUSEHOLD + " sign-ins are waiting for [" + client.household() + "]");
            }
            if (places.getQueueLength() >= MAX_WAITING || !places.tryAcquire(MAX_WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new TooMany("more than " + MAX_WAITING + " sign-ins are waiting");
            }
            entered = true;
        } finally {
            if (!entered) {
                forget(client);
            }
        }
    }

    void leave(ClientAddress client) {
        places.release();
        forget(client);
    }

    private void forget(ClientAddress client) {
        households.computeIfPresent(client.household(), (household, count) -> count == 1 ? null : count - 1);
    }
}
