package io.github.alexalink.store;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Links as their two sides see them: the listener who lists and ends them, and the client that revokes its tokens. */
public final class LinkRepository {

    /** More than anybody reads; the rest shows once these are unlinked. */
    private static final int MAX_LISTED = 100;

    private static final String OF_SUBJECT = """
            SELECT l.link_id, l.created_at,
                   coalesce((SELECT n.display_name FROM alexa.client_name n
                              WHERE n.client_id = l.client_id AND n.language = asked.language), c.display_name)
                       AS client_name,
                   ARRAY(SELECT coalesce(d.description, s.description, u.scope)
                           FROM unnest(l.scope) WITH ORDINALITY AS u (scope, place)
                           LEFT JOIN alexa.scope s ON s.scope = u.scope
                           LEFT JOIN alexa.scope_description d
                                  ON d.scope = u.scope AND d.language = asked.language
                          ORDER BY u.place) AS scopes,
                   coalesce((SELECT max(coalesce(r.last_used_at, r.issued_at))
                               FROM alexa.refresh_token r WHERE r.link_id = l.link_id), l.created_at) AS last_used_at
              FROM (SELECT ?::text AS subject, ?::text AS language) AS asked
              JOIN alexa.link l ON l.subject = asked.subject
              JOIN alexa.client c ON c.client_id = l.client_id
             WHERE l.revoked_at IS NULL
             ORDER BY l.created_at DESC, l.link_id
             LIMIT ?
            """;

    /** Codes first: one that is being redeemed right now is waited for, and its link is there for the second part. */
    private static final String UNLINK_ALL_CODES = """
            UPDATE alexa.authorization_code
               SET redeemed_at = now()
             WHERE subject = ?
               AND redeemed_at IS NULL
               AND expires_at > now()
               AND expires_at <= now() + interval '10 minutes'
            """;

    private static final String UNLINK = """
            WITH unlinked AS (
                UPDATE alexa.link l
                   SET revoked_at = now(), revoked_because = 'unlinked'
                 WHERE l.subject = ?
                   AND (?::uuid[] IS NULL OR l.link_id = ANY (?::uuid[]))
                   AND l.revoked_at IS NULL
                RETURNING l.link_id, l.client_id, l.subject
            ), audit AS (
                INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
                SELECT 'link_revoked', link_id, client_id, subject, 'by the listener' FROM unlinked
            )
            SELECT link_id FROM unlinked
            """;

    private static final String REVOKE_REFRESH_TOKEN = TokenRepository.ASKING + """
            ), revoked AS (
                UPDATE alexa.link l
                   SET revoked_at = now(), revoked_because = 'revoked_by_client'
                  FROM asking, alexa.refresh_token r
                 WHERE r.link_id = ?
                   AND r.token_hash = ?
                   AND l.link_id = r.link_id
                   AND l.client_id = asking.client_id
                   AND l.revoked_at IS NULL
                RETURNING l.link_id, l.client_id, l.subject
            ), audit AS (
                INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
                SELECT 'link_revoked', link_id, client_id, subject, 'the client revoked its refresh token' FROM revoked
            )
            SELECT EXISTS (SELECT FROM revoked) AS revoked FROM asking
            """;

    private static final String REVOKE_ACCESS_TOKEN = TokenRepository.ASKING + """
            ), revoked AS (
                UPDATE alexa.access_token t
                   SET revoked_at = now()
                  FROM asking, alexa.link l
                 WHERE t.link_id = ?
                   AND t.token_hash = ?
                   AND t.revoked_at IS NULL
                   AND t.expires_at > now()
                   AND t.expires_at <= now() + interval '24 hours'
                   AND l.link_id = t.link_id
                   AND l.client_id = asking.client_id
                RETURNING l.link_id, l.client_id
            ), audit AS (
                INSERT INTO alexa.audit_event (event, link_id, client_id)
                SELECT 'access_token_revoked', link_id, client_id FROM revoked
            )
            SELECT EXISTS (SELECT FROM revoked) AS revoked FROM asking
            """;

    private final Database database;

    public LinkRepository(Database database) {
        this.database = database;
    }

    /**
     * A live link, in a listener's words.
     *
     * @param lastUsedAt of its refresh token, to the hour
     */
    public record Linked(UUID linkId, String clientName, List<String> scopes, Instant since, Instant lastUsedAt) {}

    /** The live links of a subject, the newest first, a hundred at most. */
    public List<Linked> of(String subject, String language) throws SQLException {
        return database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(OF_SUBJECT)) {
                statement.setString(1, subject);
                statement.setString(2, language);
                statement.setInt(3, MAX_LISTED);
                try (ResultSet row = statement.executeQuery()) {
                    List<Linked> links = new ArrayList<>();
                    while (row.next()) {
                        links.add(new Linked(
                                row.getObject("link_id", UUID.class),
                                row.getString("client_name"),
                                List.of((String[]) row.getArray("scopes").getArray()),
                                row.getObject("created_at", OffsetDateTime.class)
                                        .toInstant(),
                                row.getObject("last_used_at", OffsetDateTime.class)
                                        .toInstant()));
                    }
                    return links;
                }
            }
        });
    }

    /** Ends these links, as far as they are this subject's and live; returns which that were. */
    public List<UUID> unlink(String subject, List<UUID> links) throws SQLException {
        return unlinked(subject, links.toArray(UUID[]::new));
    }

    /** Ends every live link of a subject, and every code of theirs that nobody has redeemed yet. */
    public List<UUID> unlinkAll(String subject) throws SQLException {
        database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(UNLINK_ALL_CODES)) {
                statement.setString(1, subject);
                return statement.executeUpdate();
            }
        });
        return unlinked(subject, null);
    }

    private List<UUID> unlinked(String subject, UUID[] links) throws SQLException {
        List<UUID> unlinked = database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(UNLINK)) {
                statement.setString(1, subject);
                Array those = links == null ? null : connection.createArrayOf("uuid", links);
                statement.setArray(2, those);
                statement.setArray(3, those);
                try (ResultSet row = statement.executeQuery()) {
                    List<UUID> ended = new ArrayList<>();
                    while (row.next()) {
                        ended.add(row.getObject("link_id", UUID.class));
                    }
                    return ended;
                }
            }
        });
        unlinked.forEach(link -> database.audited("link_revoked"));
        return unlinked;
    }

    /**
     * Revokes a token of this client: with a refresh token its link and so every token of it, with an access token that
     * one (RFC 7009 §2.1).
     *
     * @return whether something was revoked; empty where the client has not proved itself
     */
    public Optional<Boolean> revoke(ClientCredentials credentials, Token token) throws SQLException {
        String revoke = token.kind() == TokenKind.ACCESS_TOKEN ? REVOKE_ACCESS_TOKEN : REVOKE_REFRESH_TOKEN;
        Optional<Boolean> revoked = database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(revoke)) {
                TokenRepository.setAsking(statement, credentials);
                statement.setObject(5, token.linkId());
                statement.setBytes(6, token.hash().bytes());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? Optional.of(row.getBoolean("revoked")) : Optional.empty();
                }
            }
        });
        if (revoked.equals(Optional.of(true))) {
            database.audited(token.kind() == TokenKind.ACCESS_TOKEN ? "access_token_revoked" : "link_revoked");
        }
        return revoked;
    }
}
