package io.github.alexalink.store;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.logging.Logger;

/**
 * The trail of what was refused. What succeeds, or revokes, writes its event in its own statement; a refusal changes
 * nothing else, so its event comes alone and must never turn the refusal into a failure.
 */
public final class AuditRepository {

    /**
     * Only clients and accounts that exist get into the trail: never what a stranger typed, which may be a password in
     * the wrong field, and no row for whoever names no registered client.
     */
    private static final String RECORD = """
            INSERT INTO alexa.audit_event (event, client_id, subject, reason)
            SELECT ?, c.client_id, (SELECT o.username FROM alexa.account o WHERE o.username = ?), ?
              FROM alexa.client c
             WHERE c.client_id = ?
            """;

    private static final String RECORD_SIGN_IN_FAILED = """
            INSERT INTO alexa.audit_event (event, subject, reason)
            SELECT 'sign_in_failed', o.username, 'at the page of linked apps'
              FROM alexa.account o
             WHERE o.username = ?
            """;

    private static final Logger log = Logger.getLogger(AuditRepository.class.getName());

    private final Database database;

    public AuditRepository(Database database) {
        this.database = database;
    }

    /**
     * Records a refusal, where the database can and the client is registered.
     *
     * @param username who acted; kept only where an account has that name, may be null
     */
    public void refused(String event, String clientId, String username, String reason) {
        record(event, RECORD, event, username, reason, clientId);
    }

    /**
     * Records a sign-in that failed where no client was involved.
     *
     * @param username kept only where an account has that name, may be null
     */
    public void signInFailed(String username) {
        record("sign_in_failed", RECORD_SIGN_IN_FAILED, username);
    }

    private void record(String event, String statementText, String... parameters) {
        try {
            int written = database.ask(connection -> {
                try (PreparedStatement statement = connection.prepareStatement(statementText)) {
                    for (int i = 0; i < parameters.length; i++) {
                        statement.setString(i + 1, parameters[i]);
                    }
                    return statement.executeUpdate();
                }
            });
            if (written > 0) {
                database.audited(event);
            }
        } catch (SQLException unavailable) {
            log.warning(() -> "no audit event for " + event + ": " + unavailable.getMessage());
        }
    }
}
