-- refresh.sql: a refresh token gets an access token and, if its client rotates, a successor (RFC 6749 §6)
--
-- Asked by   POST /token, once per hour and link of a client that uses its tokens (RefreshTokenRepository.refresh)
-- Reads      client, client_secret, refresh_token, link, account by primary key; the link's other refresh tokens by index
-- Writes     one row each of access_token and audit_event; one of refresh_token if its last use is over an hour old;
--            if the client rotates, the successor, and the link's other refresh tokens as superseded
-- Locks      the rows of refresh_token that it updates; one that is locked already is skipped, so requests never wait
-- Answers    no row: nothing was done; ask why_not_refreshed
--            scope: words with spaces between; expires_in: seconds; rotated: whether the refresh token has a successor
--            now; in_grace: whether it had been superseded before
-- Takes      client_id text, secret_hashes bytea[] (empty: no secret was sent, which only a public client may),
--            scope text (words with spaces between; NULL: all that was allowed), link_id uuid, refresh_token_hash bytea,
--            successor_hash bytea, access_token_hash bytea
--
-- Rotation (RFC 9700 §4.14) keeps more than one refresh token of a link good for a while, because responses get lost and
-- Alexa refreshes in parallel. If a token is used, its successor is inserted. The token also confirms itself: every other
-- token of the link, except the successors it has had in the last day, is superseded, and good for the grace time from
-- then on. A superseded token confirms nothing, nor does one whose successor has been used: a request that comes that late
-- must not end the token of the client that went on. So a copied token is found out: if two go on from one token, the
-- first to come back supersedes the other. And a client that never takes a successor does not pile them up.
WITH asking AS (
    SELECT c.client_id,
           -- in seconds: a day may have 23 hours if the session's time zone says so
           make_interval(secs => extract(epoch FROM c.access_token_lifetime)) AS access_token_lifetime,
           make_interval(secs => extract(epoch FROM c.refresh_token_lifetime)) AS refresh_token_lifetime,
           -- an hour more, because the last use is written at most once an hour
           make_interval(secs => 3600 + extract(epoch FROM c.refresh_token_idle)) AS refresh_token_idle,
           c.rotate_refresh_token,
           c.rotation_grace
      FROM alexa.client c
     WHERE c.client_id = :client_id
       AND c.disabled_at IS NULL
       AND CASE c.kind
               WHEN 'public' THEN cardinality(:secret_hashes::bytea[]) = 0
               WHEN 'confidential' THEN EXISTS (
                   SELECT FROM alexa.client_secret s
                    WHERE s.client_id = c.client_id
                      AND s.secret_hash = ANY (:secret_hashes::bytea[])
                      AND (s.valid_until IS NULL OR s.valid_until > now()))
               ELSE false
           END
), request AS (
    SELECT string_to_array(:scope, ' ') AS scope
), live AS (
    SELECT r.link_id, r.token_hash, r.expires_at, l.client_id,
           asking.access_token_lifetime, asking.refresh_token_idle,
           -- a superseded token expires soon, so it is never returned: its client gets a successor even if rotation has
           -- since been switched off
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
     WHERE r.link_id = :link_id
       AND r.token_hash = :refresh_token_hash
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
       -- a request that holds the row is doing the same: none waits, so no two wait for each other
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
    SELECT link_id, :successor_hash, token_hash, expires_at, now() + refresh_token_idle FROM live WHERE rotates
    -- there already if this is asked again, because the connection broke before the answer came
    ON CONFLICT (link_id, token_hash) DO NOTHING
), access AS (
    INSERT INTO alexa.access_token (link_id, token_hash, scope, expires_at)
    SELECT link_id, :access_token_hash, narrower, now() + access_token_lifetime FROM live
), audit AS (
    INSERT INTO alexa.audit_event (event, link_id, client_id)
    SELECT CASE WHEN in_grace THEN 'refreshed_in_grace' ELSE 'token_refreshed' END, link_id, client_id
      FROM live
)
SELECT array_to_string(scope, ' ') AS scope,
       extract(epoch FROM access_token_lifetime)::bigint AS expires_in, rotates AS rotated, in_grace
  FROM live;
