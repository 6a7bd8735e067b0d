package io.github.alexalink.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What became of attempts to link, as the audit trail has it. */
public final class AttemptRepository {

    private final NamedStatement latest = NamedStatement.load("latest_attempts");
    private final NamedStatement clientSeen = NamedStatement.load("client_seen", "client_id");
    private final Database database;

    public AttemptRepository(Database database) {
        this.database = database;
    }

    /**
     * A row of {@code alexa.attempt}, without the person.
     *
     * @param beganAt when its first event was written
     * @param firstAt when it was refused first, of the times that were counted; else when it began
     * @param lastAt when it was refused last, of the times that were counted; else when it began
     * @param codeIssuedAt when the listener had allowed it
     * @param refreshedAt to the day
     * @param reached how far it came: request, page, sign-in, code, token-request, linked, refreshed
     * @param verdict why it came no further, or that it is good: an id that never changes
     * @param says the verdict as a sentence
     * @param times how often it was refused
     */
    public record Attempt(
            String clientId,
            Instant beganAt,
            Instant firstAt,
            Instant lastAt,
            Optional<Instant> codeIssuedAt,
            Optional<Instant> tokenRefusedAt,
            Optional<Instant> redeemedAt,
            Optional<Instant> refreshedAt,
            Optional<Instant> endedAt,
            String reached,
            String verdict,
            String says,
            int times) {

        private static Attempt in(ResultSet row) throws SQLException {
            return new Attempt(
                    row.getString("client_id"),
                    row.getTimestamp("began_at").toInstant(),
                    row.getTimestamp("first_at").toInstant(),
                    row.getTimestamp("last_at").toInstant(),
                    time(row, "code_issued_at"),
                    time(row, "token_refused_at"),
                    time(row, "redeemed_at"),
                    time(row, "refreshed_at"),
                    time(row, "ended_at"),
                    row.getString("reached"),
                    row.getString("verdict"),
                    row.getString("says"),
                    row.getInt("times"));
        }

        private static Optional<Instant> time(ResultSet row, String column) throws SQLException {
            return Optional.ofNullable(row.getTimestamp(column)).map(Timestamp::toInstant);
        }
    }

    /** The last attempts of all clients, the latest first: at most forty that had a code, and ten that had none. */
    public List<Attempt> latest() throws SQLException {
        return database.ask(connection -> latest.on(connection).all(Attempt::in));
    }

    /** Whether this client tried to link within the last week. */
    public boolean isSeen(String clientId) throws SQLException {
        return database.ask(connection ->
                        clientSeen.on(connection).set("client_id", clientId).first(row -> row.getBoolean("seen")))
                .orElseThrow();
    }
}
