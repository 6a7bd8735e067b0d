package io.github.alexalink.store;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.protocol.CodeChallenge;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Codes turned into tokens, and refresh tokens into access tokens. Each is one statement that also authenticates the
 * client, so that it is one round trip and nothing can change in between; the hash of a 256-bit secret may be compared by
 * equality. Only when nothing came back does a second statement ask why.
 */
public final class TokenRepository {

    /** The client, where it is enabled and has proved itself; parameters: client_id, no secret sent, two hashes. */
    static final String ASKING = """
            WITH asking AS (
                SELECT c.client_id,
                       -- in seconds: a day may have 23 hours where the session's time zone says so
                       make_interval(secs => extract(epoch FROM c.access_token_lifetime)) AS access_token_lifetime,
                       make_interval(secs => extract(epoch FROM c.refresh_token_lifetime)) AS refresh_token_lifetime,
                       -- an hour more, because the last use is written at most once an hour
                       make_interval(secs => 3600 + extract(epoch FROM c.refresh_token_idle)) AS refresh_token_idle,
                       c.rotate_refresh_token,
                       c.rotation_grace
                  FROM alexa.client c
                 WHERE c.client_id = ?
                   AND c.disabled_at IS NULL
                   AND CASE c.kind
                           WHEN 'public' THEN ?
                           WHEN 'confidential' THEN EXISTS (
                               SELECT FROM alexa.client_secret s
                                WHERE s.client_id = c.client_id
                                  AND s.secret_hash IN (?, ?)
                                  AND (s.valid_until IS NULL OR s.valid_until > now()))
                           ELSE false
                       END
            """;

    private static final String REDEEM_CODE = ASKING + """
            ), code AS (
                UPDATE alexa.authorization_code a
                   SET redeemed_at = coalesce(a.redeemed_at, now()),
                       unanswered_since = now()
                  FROM asking
                 WHERE a.link_id = ?
                   AND a.code_hash = ?
                   AND a.client_id = asking.client_id
                   AND a.redirect_uri = ?
                   AND a.code_challenge IS NOT DISTINCT FROM ?
                   AND (a.redeemed_at IS NULL
                        -- whose Tomcat died before the answer was on its way: nobody has those tokens
                        OR (a.unanswered_since <= now() - interval '1 second'
                            AND NOT EXISTS (
                                SELECT FROM alexa.link l WHERE l.link_id = a.link_id AND l.revoked_at IS NOT NULL)))
                   AND a.expires_at > now()
                   AND a.expires_at <= now() + interval '10 minutes'
                   -- the account that signed in, as it was when the sign-in began; without one, none that is disabled
                   AND coalesce((
                       SELECT o.disabled_at IS NULL
                          AND (a.account_id IS NULL
                               OR (o.account_id = a.account_id AND o.password_changed_at = a.password_changed_at))
                         FROM alexa.account o WHERE o.username = a.subject), a.account_id IS NULL)
                RETURNING a.link_id, a.client_id, a.subject, a.scope, a.account_id, a.redeemed_at < now() AS again,
                          asking.access_token_lifetime, asking.refresh_token_lifetime, asking.refresh_token_idle
            ), link AS (
                INSERT INTO alexa.link (link_id, client_id, subject, scope, account_id)
                SELECT link_id, client_id, subject, scope, account_id FROM code
                ON CONFLICT (link_id) DO NOTHING
            ), refresh AS (
                INSERT INTO alexa.refresh_token (link_id, token_hash, expires_at, idle_until)
                SELECT link_id, ?, now() + refresh_token_lifetime, now() + refresh_token_idle FROM code
                -- there already where this is asked again a second later, because the connection broke before the answer
                ON CONFLICT (link_id, token_hash) DO NOTHING
            ), access AS (
                INSERT INTO alexa.access_token (link_id, token_hash, expires_at)
                SELECT link_id, ?, now() + access_token_lifetime FROM code
            ), audit AS (
                INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
                SELECT 'code_redeemed', link_id, client_id, subject, CASE WHEN again THEN 'the first answer was lost' END
                  FROM code
            )
            SELECT array_to_string(scope, ' ') AS scope,
                   extract(epoch FROM access_token_lifetime)::bigint AS expires_in, false AS rotated, false AS in_grace
              FROM code
            """;

    /**
     * Asked where a redemption found nothing: perhaps it was this very one, whose answer got lost with the connection.
     * Nobody else has these tokens, and nobody else was given others meanwhile.
     */
    private static final String REDEEMED_BY_US = """
            SELECT array_to_string(l.scope, ' ') AS scope,
                   extract(epoch FROM a.expires_at - a.issued_at)::bigint AS expires_in, false AS rotated, false AS in_grace
              FROM alexa.access_token a
              JOIN alexa.link l ON l.link_id = a.link_id
              JOIN alexa.authorization_code c
                ON c.link_id = a.link_id
               AND c.unanswered_since = a.issued_at
               AND c.expires_at > now() - interval '10 minutes'
               AND c.expires_at <= now() + interval '10 minutes'
             WHERE a.link_id = ?
               AND a.token_hash = ?
               AND a.expires_at > now()
               AND a.expires_at <= now() + interval '24 hours'
            """;

    /**
     * Ends the time in which the same request would get tokens of its own, unless it has got them. The commit waits for no
     * disk: at worst a crash forgets it.
     */
    private static final String ANSWERED = """
            UPDATE alexa.authorization_code c
               SET unanswered_since = NULL
              FROM alexa.access_token a
             WHERE c.link_id = ?
               AND c.code_hash = ?
               AND c.expires_at > now() - interval '10 minutes'
               AND c.expires_at <= now() + interval '10 minutes'
               AND a.link_id = c.link_id
               AND a.token_hash = ?
               AND a.expires_at > now()
               AND a.expires_at <= now() + interval '24 hours'
               AND a.issued_at = c.unanswered_since
               AND set_config('synchronous_commit', 'off', true) IS NOT NULL
            """;

    /**
     * Asked by an authenticated client whose redemption found nothing. A replay revokes the link (RFC 6749 §4.1.2),
     * unless the very same request comes again within 10 s: that is Alexa's HTTP client repeating itself. Until the
     * first is known to have been answered there is no verdict at all: it may have died, and this is its repetition.
     */
    private static final String WHY_NOT_REDEEMED = """
            WITH request AS (
                SELECT ?::text AS client_id, ?::text AS redirect_uri, ?::text AS code_challenge
            ), code AS (
                SELECT a.link_id, a.subject, a.redeemed_at, a.unanswered_since, a.expires_at, a.issued_at,
                       a.client_id = r.client_id AS same_client,
                       a.redirect_uri = r.redirect_uri AS same_redirect_uri,
                       a.code_challenge IS NOT DISTINCT FROM r.code_challenge AS same_challenge,
                       a.code_challenge IS NOT NULL AS has_challenge,
                       r.code_challenge IS NOT NULL AS has_verifier,
                       NOT coalesce((
                           SELECT o.disabled_at IS NULL
                              AND (a.account_id IS NULL
                                   OR (o.account_id = a.account_id AND o.password_changed_at = a.password_changed_at))
                             FROM alexa.account o WHERE o.username = a.subject), a.account_id IS NULL) AS barred
                  FROM alexa.authorization_code a, request r
                 WHERE a.link_id = ? AND a.code_hash = ?
            ), judged AS (
                SELECT code.*,
                       unanswered_since IS NOT NULL
                       AND same_client AND same_redirect_uri AND same_challenge AND expires_at > now() AND NOT barred
                       AND NOT EXISTS (
                           SELECT FROM alexa.link l WHERE l.link_id = code.link_id AND l.revoked_at IS NOT NULL)
                           AS unanswered
                  FROM code
            ), verdict AS (
                SELECT code.link_id, code.subject,
                       CASE
                           WHEN unanswered THEN 'code_unanswered'
                           WHEN redeemed_at > now() - interval '10 seconds'
                                AND same_client AND same_redirect_uri AND same_challenge THEN 'code_repeated'
                           WHEN redeemed_at IS NOT NULL THEN 'code_replayed'
                           ELSE 'token_refused'
                       END AS event,
                       CASE
                           WHEN unanswered THEN NULL
                           WHEN redeemed_at IS NOT NULL THEN 'the code has been redeemed already'
                           WHEN NOT same_client THEN 'the code was issued to another client'
                           WHEN expires_at <= now() THEN 'the code has expired'
                           WHEN NOT same_redirect_uri THEN 'redirect_uri is not the one of the authorization request'
                           WHEN has_challenge AND NOT has_verifier THEN 'code_verifier is missing'
                           WHEN has_verifier AND NOT has_challenge
                               THEN 'code_verifier was sent, but no code_challenge with the authorization request'
                           WHEN NOT same_challenge THEN 'code_verifier does not match code_challenge'
                           WHEN barred THEN 'the account is gone or disabled, or its password was changed'
                       END AS reason
                  FROM judged AS code
            ), revoked AS (
                UPDATE alexa.link l
                   SET revoked_at = now(), revoked_because = 'code_replayed'
                  FROM verdict v
                 WHERE v.event = 'code_replayed' AND l.link_id = v.link_id AND l.revoked_at IS NULL
                RETURNING l.link_id
            ), audit AS (
                INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
                SELECT v.event, v.link_id, r.client_id, v.subject, v.reason
                  FROM verdict v, request r
                 WHERE v.reason IS NOT NULL
            )
            SELECT event, reason, EXISTS (SELECT FROM revoked) AS revoked FROM verdict
            """;

    /**
     * Rotation (RFC 9700 §4.14) keeps more than one refresh token of a link good for a while, because answers get lost and
     * Alexa refreshes in parallel. A token that is used has its successor inserted. It also confirms itself: every other
     * token of the link, except the successors it has had in the last day, is superseded, and good for the grace time from
     * then on. One that is superseded confirms nothing, nor does one whose successor has been used: what comes that late
     * must not end the token of who went on. So whoever holds a copy is found out: of two that go on from one token, the
     * first to come back supersedes the other. And a client that never takes a successor does not pile them up.
     */
    private static final String REFRESH = ASKING + """
            ), request AS (
                SELECT string_to_array(?, ' ') AS scope
            ), live AS (
                SELECT r.link_id, r.token_hash, r.expires_at, l.client_id,
                       asking.access_token_lifetime, asking.refresh_token_idle,
                       -- what is superseded has an end and is no answer, even where rotation was switched off meanwhile
                       asking.rotate_refresh_token OR r.superseded_at IS NOT NULL AS rotates,
                       r.superseded_at IS NOT NULL AS in_grace,
                       asking.rotate_refresh_token AND r.superseded_at IS NULL AND NOT EXISTS (
                           SELECT FROM alexa.refresh_token s
                            WHERE s.link_id = r.link_id AND s.predecessor_hash = r.token_hash
                              AND s.last_used_at IS NOT NULL) AS confirms,
                       CASE WHEN l.scope <@ q.scope THEN NULL ELSE q.scope END AS narrower,
                       coalesce(q.scope, l.scope) AS scope
                  FROM alexa.refresh_token r
                  JOIN alexa.link l ON l.link_id = r.link_id
                  JOIN asking ON asking.client_id = l.client_id
                  CROSS JOIN request q
                 WHERE r.link_id = ?
                   AND r.token_hash = ?
                   AND r.revoked_at IS NULL
                   AND (r.expires_at IS NULL OR r.expires_at > now())
                   AND (r.idle_until IS NULL OR r.idle_until > now())
                   AND (r.superseded_at IS NULL OR r.superseded_at > now() - asking.rotation_grace)
                   AND l.revoked_at IS NULL
                   AND (q.scope IS NULL OR q.scope <@ l.scope)
                   -- the account of the link, enabled; without one, none that is disabled
                   AND coalesce((
                       SELECT o.disabled_at IS NULL AND (l.account_id IS NULL OR o.account_id = l.account_id)
                         FROM alexa.account o WHERE o.username = l.subject), l.account_id IS NULL)
            ), touched AS (
                SELECT r.link_id, r.token_hash, r.token_hash = live.token_hash AS presented, r.superseded_at,
                       live.refresh_token_idle, due.due
                  FROM live
                  JOIN alexa.refresh_token r ON r.link_id = live.link_id
                 CROSS JOIN LATERAL (
                       SELECT r.last_used_at IS NULL
                           OR r.last_used_at < now() - interval '1 hour'
                           OR (r.idle_until IS NULL) <> (live.refresh_token_idle IS NULL)) AS due (due)
                 WHERE CASE WHEN r.token_hash = live.token_hash THEN live.confirms OR due.due
                            ELSE live.confirms AND r.superseded_at IS NULL
                                 AND (r.predecessor_hash IS DISTINCT FROM live.token_hash
                                      OR r.issued_at < now() - interval '1 day')
                       END
                   -- whoever holds the row is doing the same: nobody waits, so nobody waits for each other
                   FOR UPDATE OF r SKIP LOCKED
            ), used AS (
                UPDATE alexa.refresh_token r
                   SET last_used_at = CASE WHEN t.presented THEN now() ELSE r.last_used_at END,
                       idle_until = CASE WHEN t.presented THEN now() + t.refresh_token_idle ELSE r.idle_until END,
                       superseded_at = CASE WHEN t.presented THEN r.superseded_at ELSE now() END
                  FROM touched t
                 WHERE r.link_id = t.link_id AND r.token_hash = t.token_hash
                   AND CASE WHEN t.presented THEN t.due
                            -- as it is now, under the lock: of two used at once only one may supersede the other
                            ELSE EXISTS (SELECT FROM touched own WHERE own.presented AND own.superseded_at IS NULL)
                       END
            ), successor AS (
                INSERT INTO alexa.refresh_token (link_id, token_hash, predecessor_hash, expires_at, idle_until)
                SELECT link_id, ?, token_hash, expires_at, now() + refresh_token_idle FROM live WHERE rotates
                -- there already where this is asked again, because the connection broke before the answer came
                ON CONFLICT (link_id, token_hash) DO NOTHING
            ), access AS (
                INSERT INTO alexa.access_token (link_id, token_hash, scope, expires_at)
                SELECT link_id, ?, narrower, now() + access_token_lifetime FROM live
            ), audit AS (
                INSERT INTO alexa.audit_event (event, link_id, client_id)
                SELECT CASE WHEN in_grace THEN 'refreshed_in_grace' ELSE 'token_refreshed' END, link_id, client_id
                  FROM live
            )
            SELECT array_to_string(scope, ' ') AS scope,
                   extract(epoch FROM access_token_lifetime)::bigint AS expires_in, rotates AS rotated, in_grace
              FROM live
            """;

    /**
     * Asked by an authenticated client whose refresh found nothing. A token that comes again after its grace time has been
     * copied: nobody knows which of the two is the thief, so the link is revoked (RFC 9700 §4.14.2).
     */
    private static final String WHY_NOT_REFRESHED = """
            WITH request AS (
                SELECT ?::text AS client_id, string_to_array(?, ' ') AS scope
            ), verdict AS (
                SELECT l.link_id, l.subject,
                       CASE
                           WHEN l.client_id <> q.client_id THEN 'the refresh token was issued to another client'
                           WHEN l.revoked_at IS NOT NULL THEN 'the link was revoked: ' || l.revoked_because
                           WHEN r.revoked_at IS NOT NULL THEN 'the refresh token was revoked'
                           WHEN r.superseded_at <= now() - c.rotation_grace
                               THEN 'the refresh token was used again after its successor'
                           WHEN r.expires_at <= now() THEN 'the refresh token has expired'
                           WHEN r.idle_until <= now() THEN 'the refresh token was not used for too long'
                           WHEN EXISTS (SELECT FROM alexa.account o
                                         WHERE o.username = l.subject AND o.disabled_at IS NOT NULL)
                               THEN 'the account is disabled'
                           WHEN l.account_id IS NOT NULL
                                AND NOT EXISTS (SELECT FROM alexa.account o
                                                 WHERE o.username = l.subject AND o.account_id = l.account_id)
                               THEN 'the account is gone'
                           WHEN NOT q.scope <@ l.scope THEN 'scope is wider than what was allowed'
                       END AS reason
                  FROM alexa.refresh_token r
                  JOIN alexa.link l ON l.link_id = r.link_id
                  JOIN alexa.client c ON c.client_id = l.client_id
                  CROSS JOIN request q
                 WHERE r.link_id = ? AND r.token_hash = ?
            ), revoked AS (
                UPDATE alexa.link l
                   SET revoked_at = now(), revoked_because = 'refresh_token_reused'
                  FROM verdict v
                 WHERE v.reason = 'the refresh token was used again after its successor'
                   AND l.link_id = v.link_id AND l.revoked_at IS NULL
                RETURNING l.link_id
            ), audit AS (
                INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
                SELECT CASE v.reason WHEN 'the refresh token was used again after its successor'
                                     THEN 'refresh_token_reused' ELSE 'token_refused' END,
                       v.link_id, q.client_id, v.subject, v.reason
                  FROM verdict v, request q
                 WHERE v.reason IS NOT NULL
            )
            SELECT CASE reason WHEN 'scope is wider than what was allowed' THEN 'scope_refused'
                               WHEN 'the refresh token was used again after its successor' THEN 'refresh_token_reused'
                               ELSE 'token_refused' END
                       AS event,
                   reason, EXISTS (SELECT FROM revoked) AS revoked
              FROM verdict
            """;

    /** One that took longer is marked before it is answered: its second may be over any moment, or is. */
    private static final long PROMPT_NS = 300_000_000;

    private static final int AWAITED_MS = 50;

    private final Database database;

    public TokenRepository(Database database) {
        this.database = database;
    }

    /**
     * Everything that must fit for a code to be redeemed (RFC 6749 §4.1.3, RFC 7636 §4.6).
     *
     * @param redirectUri empty where none was sent, which fits no code
     */
    public record CodeRedemption(
            ClientCredentials credentials, Token code, String redirectUri, Optional<CodeChallenge> answered) {}

    /** Everything that must fit for a refresh (RFC 6749 §6). */
    public record Refresh(ClientCredentials credentials, Token refreshToken, Optional<Scope> scope) {}

    /**
     * What was granted.
     *
     * @param expiresIn seconds
     * @param rotated whether the refresh token has a successor now
     * @param inGrace whether it had been superseded before: a lost answer does that once, a copy again and again
     */
    public record Granted(String scope, long expiresIn, boolean rotated, boolean inGrace) {}

    /**
     * Why nothing was granted.
     *
     * @param event as in the audit trail: code_repeated, code_replayed, refresh_token_reused or token_refused;
     *     scope_refused where only the scope was in the way; code_unanswered where the same request came before, and
     *     whether it has been answered will be known soon
     * @param reason for the client's developer; empty where by now nothing stands in the way
     * @param revoked whether this very call revoked the link
     */
    public record Verdict(String event, Optional<String> reason, boolean revoked) {

        public boolean isUnanswered() {
            return event.equals("code_unanswered");
        }
    }

    /**
     * Turns a live code of this client into the two tokens given. Of any number of concurrent callers exactly one gets an
     * answer: the others wait on the row and then find it redeemed (RFC 6749 §4.1.2, "MUST NOT use the authorization code
     * more than once"). Harmless to do twice with the same tokens.
     *
     * <p>If {@link #answered} has not been called a second later, a repeated request can redeem the code again.
     */
    public Optional<Granted> redeem(CodeRedemption redemption, Token accessToken, Token refreshToken)
            throws SQLException {
        long start = System.nanoTime();
        Optional<Granted> granted = database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(REDEEM_CODE)) {
                setAsking(statement, redemption.credentials());
                statement.setObject(5, redemption.code().linkId());
                statement.setBytes(6, redemption.code().hash().bytes());
                statement.setString(7, redemption.redirectUri());
                statement.setString(8, challenge(redemption));
                statement.setBytes(9, refreshToken.hash().bytes());
                statement.setBytes(10, accessToken.hash().bytes());
                return granted(statement);
            }
        });
        if (granted.isEmpty()) {
            granted = redeemedByUs(accessToken);
        }
        if (granted.isPresent()
                && System.nanoTime() - start > PROMPT_NS
                && !database.askOnce(connection -> markAnswered(connection, redemption.code(), accessToken))) {
            return Optional.empty(); // whoever was given tokens meanwhile is answered
        }
        granted.ifPresent(tokens -> database.audited("code_redeemed"));
        return granted;
    }

    /**
     * Says that the tokens of a redemption are on their way to the client. Whoever sent the request may send the next one
     * over the same connection, so this is not waited for as long as everything else.
     */
    public void answered(Token code, Token accessToken) throws SQLException {
        database.askBriefly(connection -> markAnswered(connection, code, accessToken));
    }

    /** Whether the same request has not been given tokens of its own, and will not be any more. */
    private static boolean markAnswered(Connection connection, Token code, Token accessToken) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ANSWERED)) {
            statement.setObject(1, code.linkId());
            statement.setBytes(2, code.hash().bytes());
            statement.setBytes(3, accessToken.hash().bytes());
            return statement.executeUpdate() == 1;
        }
    }

    /** Lets go of the connection and waits a moment for whoever is to say {@link #answered}, or does not any more. */
    public void awaitAnswer() throws SQLException {
        database.pause(AWAITED_MS);
    }

    private Optional<Granted> redeemedByUs(Token accessToken) throws SQLException {
        return database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(REDEEMED_BY_US)) {
                statement.setObject(1, accessToken.linkId());
                statement.setBytes(2, accessToken.hash().bytes());
                return granted(statement);
            }
        });
    }

    /** Why {@link #redeem} found nothing, and the end of the link where the code was replayed; empty for an unknown code. */
    public Optional<Verdict> whyNotRedeemed(CodeRedemption redemption) throws SQLException {
        return audited(database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(WHY_NOT_REDEEMED)) {
                statement.setString(1, redemption.credentials().clientId());
                statement.setString(2, redemption.redirectUri());
                statement.setString(3, challenge(redemption));
                statement.setObject(4, redemption.code().linkId());
                statement.setBytes(5, redemption.code().hash().bytes());
                return verdict(statement);
            }
        }));
    }

    /**
     * Gives the link of a good refresh token the access token given and, where its client rotates, the successor. Older
     * access tokens stay good, because they may be in flight.
     */
    public Optional<Granted> refresh(Refresh refresh, Token accessToken, Token successor) throws SQLException {
        Optional<Granted> granted = database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(REFRESH)) {
                setAsking(statement, refresh.credentials());
                statement.setString(5, refresh.scope().map(Scope::toString).orElse(null));
                statement.setObject(6, refresh.refreshToken().linkId());
                statement.setBytes(7, refresh.refreshToken().hash().bytes());
                statement.setBytes(8, successor.hash().bytes());
                statement.setBytes(9, accessToken.hash().bytes());
                return granted(statement);
            }
        });
        granted.ifPresent(tokens -> database.audited(tokens.inGrace() ? "refreshed_in_grace" : "token_refreshed"));
        return granted;
    }

    /** Why {@link #refresh} found nothing; empty for an unknown token. */
    public Optional<Verdict> whyNotRefreshed(Refresh refresh) throws SQLException {
        return audited(database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(WHY_NOT_REFRESHED)) {
                statement.setString(1, refresh.credentials().clientId());
                statement.setString(2, refresh.scope().map(Scope::toString).orElse(null));
                statement.setObject(3, refresh.refreshToken().linkId());
                statement.setBytes(4, refresh.refreshToken().hash().bytes());
                return verdict(statement);
            }
        }));
    }

    /** Only a verdict with a reason is in the trail; that the scope was in the way is {@code token_refused} there too. */
    private Optional<Verdict> audited(Optional<Verdict> verdict) {
        verdict.filter(known -> known.reason().isPresent())
                .map(Verdict::event)
                .ifPresent(event -> database.audited(event.equals("scope_refused") ? "token_refused" : event));
        return verdict;
    }

    static void setAsking(PreparedStatement statement, ClientCredentials credentials) throws SQLException {
        List<Sha256> hashes = credentials.secretHashes();
        statement.setString(1, credentials.clientId());
        statement.setBoolean(2, hashes.isEmpty());
        statement.setBytes(3, hashes.isEmpty() ? null : hashes.get(0).bytes());
        statement.setBytes(4, hashes.size() < 2 ? null : hashes.get(1).bytes());
    }

    private static String challenge(CodeRedemption redemption) {
        return redemption.answered().map(CodeChallenge::value).orElse(null);
    }

    private static Optional<Granted> granted(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            return row.next()
                    ? Optional.of(new Granted(
                            row.getString("scope"),
                            row.getLong("expires_in"),
                            row.getBoolean("rotated"),
                            row.getBoolean("in_grace")))
                    : Optional.empty();
        }
    }

    private static Optional<Verdict> verdict(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            return row.next()
                    ? Optional.of(new Verdict(
                            row.getString("event"),
                            Optional.ofNullable(row.getString("reason")),
                            row.getBoolean("revoked")))
                    : Optional.empty();
        }
    }
}
