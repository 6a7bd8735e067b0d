package io.github.alexalink.store;

import io.github.alexalink.protocol.Token;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Writes refusals into the audit trail. Statements that succeed, or revoke, write their event themselves. A refusal has
 * a statement for its event alone, and if that fails the client must still get the refusal.
 *
 * <p>A stranger can cause any number of refusals. So only the first of a kind is written at once; the following ones
 * are counted, and {@link #writeCounted} writes one row for all of them.
 */
public final class AuditRepository {

    /**
     * Kinds that are told apart between two calls of {@link #writeCounted}: each account, client and reason makes one.
     */
    private static final int MOST_KINDS = 500;

    private static final Logger log = Logger.getLogger(AuditRepository.class.getName());

    private final NamedStatement accountNamed = NamedStatement.load("account_named", "username");
    private final NamedStatement recordEvent =
            NamedStatement.load("record_event", "event", "link_id", "subject", "reason", "times", "client_id");
    private final NamedStatement codeGivenTo =
            NamedStatement.load("code_given_to", "client_id", "link_id", "code_hash");
    private final Trouble trouble = new Trouble(log, "refusals are written into the audit trail again");
    private final Database database;
    /** How many refusals of a kind came since the first one was written. */
    private final Map<Refusal, Integer> counted = new ConcurrentHashMap<>();

    public AuditRepository(Database database) {
        this.database = database;
    }

    /**
     * A kind of refusal. Its values are the WAR's or the database's; none is what a stranger typed.
     *
     * @param linkId of the code that was presented; null if none was, or its client was not given it
     * @param clientId null if no client was involved
     * @param subject null if no account has that name
     */
    private record Refusal(String event, UUID linkId, String clientId, String subject, String reason) {}

    /**
     * Records a refusal, if the database can and the client is registered.
     *
     * @param username the name that was typed; stored only if an account has it, may be null
     */
    public void refused(String event, String clientId, String username, String reason) {
        try {
            refused(new Refusal(event, null, clientId, username == null ? null : accountNamed(username), reason));
        } catch (SQLException unavailable) {
            notWritten(event, unavailable);
        }
    }

    /**
     * Records that a client presented a code and failed authentication. Only a code that it was given is named, so that no
     * stranger can make the refusal stand beside it.
     */
    public void codeRefused(String event, String clientId, Token code, String reason) {
        try {
            boolean given = database.ask(connection -> codeGivenTo
                            .on(connection)
                            .set("client_id", clientId)
                            .set("link_id", code.linkId())
                            .set("code_hash", code.hash())
                            .first(row -> row.getBoolean("given")))
                    .orElseThrow();
            refused(new Refusal(event, given ? code.linkId() : null, clientId, null, reason));
        } catch (SQLException unavailable) {
            notWritten(event, unavailable);
        }
    }

    private void refused(Refusal kind) throws SQLException {
        Refusal refusal = kind;
        String event = kind.event();
        if (counted.size() >= MOST_KINDS && !counted.containsKey(refusal)) {
            refusal = new Refusal(event, null, null, null, "of more kinds than can be told apart");
        }
        if (counted.merge(refusal, 0, (more, none) -> more + 1) > 0) {
            database.audited(event);
        } else if (record(refusal, 1)) {
            database.audited(event);
        } else {
            counted.remove(refusal);
        }
    }

    private void notWritten(String event, SQLException unavailable) {
        trouble.is(
                Level.WARNING,
                Trouble.kindOf(unavailable),
                () -> "no audit event for " + event + ": " + unavailable.getMessage());
    }

    /**
     * Records a sign-in that failed and involved no client.
     *
     * @param username stored only if an account has that name, may be null
     */
    public void signInFailed(String username) {
        refused("sign_in_failed", null, username, "at the page of linked apps");
    }

    /**
     * Writes a row for each kind of refusal that came again since the last call. The next one of a kind is then written
     * at once.
     */
    public void writeCounted() {
        for (Refusal refusal : List.copyOf(counted.keySet())) {
            Integer more = counted.remove(refusal);
            if (more != null && more > 0) {
                try {
                    record(refusal, more);
                } catch (SQLException unavailable) {
                    counted.merge(refusal, more, Integer::sum);
                    trouble.is(
                            Level.WARNING,
                            Trouble.kindOf(unavailable),
                            () -> "no audit event yet for " + more + " times " + refusal.event() + ": "
                                    + unavailable.getMessage());
                    return; // the other rows would fail as well, and Tomcat may be stopping
                }
            }
        }
    }

    private String accountNamed(String username) throws SQLException {
        try {
            return database.ask(connection -> accountNamed
                            .on(connection)
                            .set("username", username)
                            .first(row -> row.getString("username")))
                    .orElse(null);
        } catch (SQLException refused) {
            if (AccountRepository.hasNoSuchLetters(refused)) {
                return null;
            }
            throw refused;
        }
    }

    private boolean record(Refusal refusal, int times) throws SQLException {
        boolean written = database.ask(connection -> recordEvent
                        .on(connection)
                        .set("event", refusal.event())
                        .set("link_id", refusal.linkId())
                        .set("subject", refusal.subject())
                        .set("reason", refusal.reason())
                        .set("times", times)
                        .set("client_id", refusal.clientId())
                        .update()
                > 0);
        trouble.isOver();
        return written;
    }
}
