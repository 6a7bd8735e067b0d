package io.github.alexalink.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;

/** The links of a listener: lists and ends them. */
public final class LinkRepository {

    private final NamedStatement ofSubject = NamedStatement.load("links_of_subject", "subject", "language");
    private final NamedStatement unlink = NamedStatement.load("unlink", "subject", "link_ids");
    private final NamedStatement unlinkCodes = NamedStatement.load("unlink_codes", "subject");
    private final Database database;

    public LinkRepository(Database database) {
        this.database = database;
    }

    /**
     * A live link, in a listener's words.
     *
     * @param lastUsedAt of its refresh token, to the day
     */
    public record Linked(UUID linkId, String clientName, List<String> scopes, Instant since, Instant lastUsedAt) {}

    /** The live links of a subject, the newest first, a hundred at most. */
    public List<Linked> of(String subject, String language) throws SQLException {
        return database.ask(connection -> ofSubject
                .on(connection)
                .set("subject", subject)
                .set("language", language)
                .all(LinkRepository::linked));
    }

    private static Linked linked(ResultSet row) throws SQLException {
        return new Linked(
                row.getObject("link_id", UUID.class),
                row.getString("client_name"),
                List.of((String[]) row.getArray("scopes").getArray()),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getObject("last_used_at", OffsetDateTime.class).toInstant());
    }

    /** Ends those of the given links that are live and belong to the subject, and returns them. */
    public List<UUID> unlink(String subject, List<UUID> links) throws SQLException {
        return unlinked(subject, links.toArray(UUID[]::new));
    }

    /** Ends every live link of a subject, and every code of theirs that no client has redeemed yet. */
    public List<UUID> unlinkAll(String subject) throws SQLException {
        database.ask(
                connection -> unlinkCodes.on(connection).set("subject", subject).update());
        return unlinked(subject, null);
    }

    private List<UUID> unlinked(String subject, UUID[] links) throws SQLException {
        List<UUID> unlinked = database.ask(connection -> unlink.on(connection)
                .set("subject", subject)
                .set("link_ids", links)
                .all(row -> row.getObject("link_id", UUID.class)));
        unlinked.forEach(link -> database.audited("link_revoked"));
        return unlinked;
    }
}
