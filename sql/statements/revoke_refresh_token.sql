-- revoke_refresh_token.sql: a client gives up a refresh token; its link ends, and every token of the link with it
--
-- Asked by   POST /revoke with a refresh token, once per request (RefreshTokenRepository.revoke)
-- Reads      client, client_secret, refresh_token by primary key
-- Writes     one row each of link and audit_event
-- Answers    no row: the client did not prove who it is
--            revoked: whether this call ended the link
-- Takes      client_id text, secret_hashes bytea[] (empty: no secret was sent, which only a public client may),
--            link_id uuid, refresh_token_hash bytea
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
), revoked AS (
    UPDATE alexa.link l
       SET revoked_at = now(), revoked_because = 'revoked_by_client'
      FROM asking, alexa.refresh_token r
     WHERE r.link_id = :link_id
       AND r.token_hash = :refresh_token_hash
       AND l.link_id = r.link_id
       AND l.client_id = asking.client_id
       AND l.revoked_at IS NULL
    RETURNING l.link_id, l.client_id, l.subject
), audit AS (
    INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
    SELECT 'link_revoked', link_id, client_id, subject, 'revoked_by_client' FROM revoked
)
SELECT EXISTS (SELECT FROM revoked) AS revoked FROM asking;
