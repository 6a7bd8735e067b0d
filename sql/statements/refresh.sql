-- refresh.sql: a refresh token gets an access token and, if its client rotates, a successor (RFC 6749 §6)
--
-- Asked by   POST /token, once per hour and link of a client that uses its tokens (RefreshTokenRepository.refresh)
-- Reads      client, client_secret, refresh_token, link, account by primary key; the link's other refresh tokens by index
-- Writes     one row of access_token, at the right-hand end of its key: no other row if the client does not rotate and
--            the last use was written in the last 20 hours, else one row of refresh_token; if the client rotates, the
--            successor, and the link's other refresh tokens as superseded; one row of audit_event if the token was
--            superseded
-- Locks      the rows of refresh_token that it updates; one that is locked already is skipped, so requests never wait
-- Answers    no row: no row was changed; ask why_not_refreshed
--            scope: words with spaces between; expires_in: seconds; rotated: whether the refresh token has a successor
--            now; in_grace: whether it had been superseded before
-- Takes      client_id text, secret_hashes bytea[] (empty: no secret was sent, which only a public client may),
--            scope text (words with spaces between; NULL: all scopes of the link), link_id uuid, refresh_token_hash
--            bytea, successor_hash bytea, minted_at timestamptz, access_token_hash bytea (both of the new access token)
--
-- Rotation (RFC 9700 §4.14) keeps more than one refresh token of a link good for a while, because responses get lost and
-- Alexa refreshes in parallel. If a token is used, its successor is inserted. The token also confirms itself: every other
-- token of the link, except the successors it has had in the last day, is superseded, and good for the grace time from
-- then on. A superseded token confirms nothing, and neither does a token whose successor has been used: such a late
-- request must not end the token of the client that went on. So a copied token is detected: if a client and a thief go
-- on from one token, the first one to refresh again supersedes the other's token. And successors that a client never
-- uses do not pile up.
WITH asking AS (
    SELECT c.* FROM alexa.authenticated_client(:client_id, :secret_hashes) c WHERE c.kind <> 'resource_server'
), request AS (
    SELECT string_to_array(:scope, ' ') AS scope
), live AS (
    SELECT r.link_id, r.token_hash, r.expires_at, l.client_id, asking.access_token_seconds,
           -- a day more, because the last use is written once a day
           now() + (asking.refresh_token_idle_seconds + 86400) * interval '1 second' AS idle_until,
           -- a superseded token expires soon, so it is never returned: its client gets a successor even if rotation has
           -- since been switched off
           asking.rotate_refresh_token OR r.superseded_at IS NOT NULL AS rotates,
           r.superseded_at IS NOT NULL AS in_grace,
           asking.rotate_refresh_token AND r.superseded_at IS NULL AND NOT EXISTS (
               SELECT FROM alexa.refresh_token s
                WHERE s.link_id = :link_id AND s.predecessor_hash = r.token_hash
                  AND s.last_used_at IS NOT NULL) AS confirms,
           CASE WHEN l.scope <@ q.scope THEN NULL ELSE q.scope END AS narrower,
           coalesce(q.scope, l.scope) AS scope
      FROM alexa.refresh_token r
      JOIN alexa.link l ON l.link_id = r.link_id AND l.link_id = :link_id
      JOIN asking ON asking.client_id = l.client_id
     CROSS JOIN request q
     WHERE r.link_id = :link_id
       AND r.token_hash = :refresh_token_hash
       AND (r.expires_at IS NULL OR r.expires_at > now())
       AND (r.idle_until IS NULL OR r.idle_until > now())
       AND (r.superseded_at IS NULL OR r.superseded_at > now() - asking.rotation_grace_seconds * interval '1 second')
       AND l.revoked_at IS NULL
       AND (q.scope IS NULL OR q.scope <@ l.scope)
       -- the link's account must be enabled; if the link has none, no disabled account may have its subject's name
       AND coalesce((
           SELECT o.disabled_at IS NULL AND (l.account_id IS NULL OR o.account_id = l.account_id)
             FROM alexa.account o WHERE o.username = l.subject), l.account_id IS NULL)
), touched AS (
    SELECT locked.* FROM (
        SELECT r.link_id, r.token_hash, r.token_hash = live.token_hash AS presented, due.due,
               r.superseded_at AS was_superseded_at,
               CASE WHEN r.token_hash = live.token_hash THEN now() ELSE r.last_used_at END AS last_used_at,
               CASE WHEN r.token_hash = live.token_hash THEN live.idle_until ELSE r.idle_until END AS idle_until,
               CASE WHEN r.token_hash = live.token_hash THEN r.superseded_at ELSE now() END AS superseded_at
          FROM live
          JOIN alexa.refresh_token r ON r.link_id = live.link_id AND r.link_id = :link_id
         CROSS JOIN LATERAL (
               SELECT r.last_used_at IS NULL
                   -- less than a day, so that a client that refreshes once a day has each use written
                   OR r.last_used_at < now() - interval '20 hours'
                   OR (r.idle_until IS NULL) <> (live.idle_until IS NULL)) AS due (due)
         WHERE CASE WHEN r.token_hash = live.token_hash THEN live.confirms OR due.due
                    ELSE live.confirms AND r.superseded_at IS NULL
                         AND (r.predecessor_hash IS DISTINCT FROM live.token_hash
                              OR r.issued_at < now() - interval '1 day')
               END
           -- a request that holds the row changes it alike: no request waits, so no two wait for each other
           FOR UPDATE OF r SKIP LOCKED) AS locked
), used AS (
    UPDATE alexa.refresh_token r
       SET last_used_at = t.last_used_at, idle_until = t.idle_until, superseded_at = t.superseded_at
      FROM touched t
     WHERE r.link_id = :link_id AND r.token_hash = t.token_hash
       AND CASE WHEN t.presented THEN t.due
                -- reads the row under the lock: if two tokens are used at once, only one may supersede the other
                ELSE EXISTS (SELECT FROM touched own WHERE own.presented AND own.was_superseded_at IS NULL)
           END
), successor AS (
    INSERT INTO alexa.refresh_token (link_id, token_hash, predecessor_hash, expires_at, idle_until)
    SELECT link_id, :successor_hash, token_hash, expires_at, idle_until FROM live WHERE rotates
    -- exists already if the statement is repeated, because the connection broke before the answer came
    ON CONFLICT (link_id, token_hash) DO NOTHING
), access AS (
    INSERT INTO alexa.access_token (minted_at, link_id, token_hash, scope, expires_at)
    SELECT :minted_at, link_id, :access_token_hash, narrower, now() + access_token_seconds * interval '1 second' FROM live
    ON CONFLICT (minted_at, link_id, token_hash) DO NOTHING
), audit AS (
    -- a copied token is used in its grace time again and again, a lost response leads to one such use; access_token has
    -- all other refreshes
    INSERT INTO alexa.audit_event (event, link_id, client_id)
    SELECT 'refreshed_in_grace', link_id, client_id FROM live WHERE in_grace
)
SELECT array_to_string(scope, ' ') AS scope, access_token_seconds AS expires_in, rotates AS rotated, in_grace
  FROM live;
