package io.github.alexalink.store;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

    private static final Logger log = LoggerFactory.getLogger(AuditRepository.class);

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
        try {
            database.ask(connection -> {
                try (PreparedStatement statement = connection.prepareStatement(RECORD)) {
                    statement.setString(1, event);
                    statement.setString(2, username);
                    statement.setString(3, reason);
                    statement.setString(4, clientId);
                    return statement.executeUpdate();
                }
            });
        } catch (SQLException unavailable) {
            log.warn("no audit event for {}: {}", event, unavailable.getMessage());
        }
    }
}
