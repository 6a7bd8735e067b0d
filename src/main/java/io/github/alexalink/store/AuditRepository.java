package io.github.alexalink.store;

import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Token;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
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
    private final NamedStatement recordEvent = NamedStatement.load(
            "record_event",
            "event",
            "link_id",
            "subject",
            "reason",
            "times",
            "first_ms_ago",
            "last_ms_ago",
            "client_id");
    private final NamedStatement clientOfCode = NamedStatement.load("client_of_code", "link_id", "code_hash");
    private final Trouble trouble = new Trouble(log, "refusals are written into the audit trail again");
    private final Database database;
    /** The refusals of each kind that came since the first one was written. */
    private final Map<Refusal, More> counted = new ConcurrentHashMap<>();

    public AuditRepository(Database database) {
        this.database = database;
    }

    /**
     * A kind of refusal. Its values are the WAR's or the database's; none is what a stranger typed.
     *
     * @param linkId of the code that was presented; null if none was, or it is not known or already redeemed
     * @param clientId null if no client was involved
     * @param subject null if no account has that name
     */
    private record Refusal(String event, UUID linkId, String clientId, String subject, String reason) {}

    /**
     * Refusals that were counted, and when the first and the last of them came: by {@link System#nanoTime}, because the
     * database may have another clock.
     */
    private record More(int times, long first, long last) {

        static final More NONE = new More(0, 0, 0);

        More and(More later) {
            return times == 0 ? later : new More(times + later.times, first, later.last);
        }

        static More now() {
            long now = System.nanoTime();
            return new More(1, now, now);
        }
    }

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
     * Records that a request with a code was refused before the code was looked at: it was malformed, or its client failed
     * authentication. A code that is waiting to be redeemed proves that the request is about it, so the refusal stands
     * beside it, whatever client id came along. Without such a code it is a refusal of the client that was named.
     *
     * @param clientId as it was sent; null if none could be read
     */
    public void codeRefused(String event, String clientId, Token code, OAuthException refusal) {
        try {
            Optional<String> given = database.ask(connection -> clientOfCode
                    .on(connection)
                    .set("link_id", code.linkId())
                    .set("code_hash", code.hash())
                    .first(row -> row.getString("client_id")));
            if (given.isPresent()) {
                boolean another = clientId != null
                        && !clientId.equals(given.get())
                        && refusal.reason()
                                .filter(Reason.CLIENT_UNKNOWN::equals)
                                .isEmpty();
                String reason = another ? Reason.CODE_OF_ANOTHER_CLIENT.word() : refusal.audited();
                refused(new Refusal(event, code.linkId(), given.get(), null, reason));
            } else if (clientId != null) {
                refused(new Refusal(event, null, clientId, null, refusal.audited()));
            }
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
        if (counted.merge(refusal, More.NONE, (more, none) -> more.and(More.now()))
                        .times()
                > 0) {
            database.audited(event);
        } else if (record(refusal, More.NONE)) {
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
            More more = counted.remove(refusal);
            if (more != null && more.times() > 0) {
                try {
                    record(refusal, more);
                } catch (SQLException unavailable) {
                    counted.merge(refusal, more, (newer, older) -> older.and(newer));
                    trouble.is(
                            Level.WARNING,
                            Trouble.kindOf(unavailable),
                            () -> "no audit event yet for " + more.times() + " times " + refusal.event() + ": "
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

    /**
     * Writes a row.
     *
     * @param more those that were counted; none if it is about a refusal of now
     */
    private boolean record(Refusal refusal, More more) throws SQLException {
        long now = System.nanoTime();
        boolean late = more.times() > 0;
        boolean written = database.ask(connection -> recordEvent
                        .on(connection)
                        .set("event", refusal.event())
                        .set("link_id", refusal.linkId())
                        .set("subject", refusal.subject())
                        .set("reason", refusal.reason())
                        .set("times", Math.max(more.times(), 1))
                        .set("first_ms_ago", late ? TimeUnit.NANOSECONDS.toMillis(now - more.first()) : null)
                        .set("last_ms_ago", late ? TimeUnit.NANOSECONDS.toMillis(now - more.last()) : null)
                        .set("client_id", refusal.clientId())
                        .update()
                > 0);
        trouble.isOver();
        return written;
    }
}
