package io.github.alexalink.store;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Links as their two sides see them: the listener who lists and ends them, and the client that revokes its tokens. */
public final class LinkRepository {

    private final NamedStatement ofSubject = NamedStatement.load("links_of_subject", "subject", "language");
    private final NamedStatement unlink = NamedStatement.load("unlink", "subject", "link_ids");
    private final NamedStatement unlinkCodes = NamedStatement.load("unlink_codes", "subject");
    private final NamedStatement revokeRefreshToken =
            NamedStatement.load("revoke_refresh_token", "client_id", "secret_hashes", "link_id", "refresh_token_hash");
    private final NamedStatement revokeAccessToken = NamedStatement.load(
            "revoke_access_token", "client_id", "secret_hashes", "minted_at", "link_id", "access_token_hash");
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

    /** Ends these links, as far as they are this subject's and live; returns which that were. */
    public List<UUID> unlink(String subject, List<UUID> links) throws SQLException {
        return unlinked(subject, links.toArray(UUID[]::new));
    }

    /** Ends every live link of a subject, and every code of theirs that nobody has redeemed yet. */
    public List<UUID> unlinkAll(String subject) throws SQLException {
        database.ask(
                connection -> unlinkCodes.on(connection).set("subject", subject).update());
        return unlinked(subject, null);
    }

    private List<UUID> unlinked(String subject, UUID[] links) throws SQLException {
        List<UUID> unlinked = database.ask(connection -> unlink.on(connection)
                .set("subject", subject)
                .set("link_ids", "uuid", links)
                .all(row -> row.getObject("link_id", UUID.class)));
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
        return token.kind() == TokenKind.ACCESS_TOKEN
                ? revoke(revokeAccessToken, "access_token_hash", credentials, token, "access_token_revoked")
                : revoke(revokeRefreshToken, "refresh_token_hash", credentials, token, "link_revoked");
    }

    private Optional<Boolean> revoke(
            NamedStatement revoke, String hash, ClientCredentials credentials, Token token, String event)
            throws SQLException {
        Optional<Boolean> revoked = database.ask(connection -> {
            NamedStatement.Bound bound = revoke.on(connection)
                    .set("client_id", credentials.clientId())
                    .set("secret_hashes", "bytea", TokenRepository.secretHashes(credentials))
                    .set("link_id", token.linkId())
                    .set(hash, token.hash().bytes());
            if (token.kind() == TokenKind.ACCESS_TOKEN) {
                bound.set("minted_at", token.mintedAt());
            }
            return bound.first(row -> row.getBoolean("revoked"));
        });
        if (revoked.equals(Optional.of(true))) {
            database.audited(event);
        }
        return revoked;
    }
}
