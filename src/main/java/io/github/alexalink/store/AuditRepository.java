package io.github.alexalink.store;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Logger;

/**
 * The trail of what was refused. What succeeds, or revokes, writes its event in its own statement; a refusal changes
 * nothing else, so its event comes alone and must never turn the refusal into a failure.
 *
 * <p>Anybody can have requests refused, as many as they like. So only the first of its kind is written at once; those that
 * follow are counted, and {@link #writeCounted} writes one row for all of them.
 */
public final class AuditRepository {

    /** Kinds of refusals between two {@link #writeCounted}: every account, client and reason that a trial may name. */
    private static final int MOST_KINDS = 500;

    private static final Logger log = Logger.getLogger(AuditRepository.class.getName());

    private final NamedStatement accountNamed = NamedStatement.load("account_named", "username");
    private final NamedStatement recordEvent =
            NamedStatement.load("record_event", "event", "subject", "reason", "times", "client_id");
    private final Database database;
    /** How many more there were since the first of its kind was written. */
    private final Map<Refusal, Integer> counted = new ConcurrentHashMap<>();

    public AuditRepository(Database database) {
        this.database = database;
    }

    /**
     * A kind of refusal; all of it is ours or the database's, nothing a stranger's.
     *
     * @param clientId null if no client was involved
     * @param subject null if nobody has an account of that name
     */
    private record Refusal(String event, String clientId, String subject, String reason) {}

    /**
     * Records a refusal, if the database can and the client is registered.
     *
     * @param username who acted; kept only if an account has that name, may be null
     */
    public void refused(String event, String clientId, String username, String reason) {
        try {
            Refusal refusal = new Refusal(event, clientId, username == null ? null : accountNamed(username), reason);
            if (counted.size() >= MOST_KINDS && !counted.containsKey(refusal)) {
                refusal = new Refusal(event, null, null, "of more kinds than can be told apart");
            }
            if (counted.merge(refusal, 0, (more, none) -> more + 1) > 0) {
                database.audited(event);
            } else if (record(refusal, 1)) {
                database.audited(event);
            } else {
                counted.remove(refusal);
            }
        } catch (SQLException unavailable) {
            log.warning(() -> "no audit event for " + event + ": " + unavailable.getMessage());
        }
    }

    /**
     * Records a sign-in that failed and involved no client.
     *
     * @param username kept only if an account has that name, may be null
     */
    public void signInFailed(String username) {
        refused("sign_in_failed", null, username, "at the page of linked apps");
    }

    /** Writes a row for each kind of refusal that came again since the last time; the next one of it is a row at once. */
    public void writeCounted() {
        for (Refusal refusal : List.copyOf(counted.keySet())) {
            Integer more = counted.remove(refusal);
            if (more != null && more > 0) {
                try {
                    record(refusal, more);
                } catch (SQLException unavailable) {
                    counted.merge(refusal, more, Integer::sum);
                    log.warning(() -> "no audit event yet for " + more + " times " + refusal.event() + ": "
                            + unavailable.getMessage());
                    return; // the others would wait in vain as well, and Tomcat may be stopping
                }
            }
        }
    }

    private String accountNamed(String username) throws SQLException {
        return database.ask(connection ->
                        accountNamed.on(connection).set("username", username).first(row -> row.getString("username")))
                .orElse(null);
    }

    private boolean record(Refusal refusal, int times) throws SQLException {
        return database.ask(connection -> recordEvent
                        .on(connection)
                        .set("event", refusal.event())
                        .set("subject", refusal.subject())
                        .set("reason", refusal.reason())
                        .set("times", times)
                        .set("client_id", refusal.clientId())
                        .update()
                > 0);
    }
}
