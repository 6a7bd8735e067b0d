-- revoke_access_token.sql: a client gives up an access token; the link and its other tokens live on (RFC 7009 §2.1)
--
-- Asked by   POST /revoke with an access token, once per request (AccessTokenRepository.revoke)
-- Reads      client, client_secret, link by primary key
-- Writes     one row each of access_token and audit_event
-- Answers    no row: the client did not prove who it is
--            revoked: whether this call revoked the token
-- Takes      client_id text, secret_hashes bytea[] (empty: no secret was sent, which only a public client may),
--            link_id uuid, access_token_hash bytea
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
    UPDATE alexa.access_token t
       SET revoked_at = now()
      FROM asking, alexa.link l
     WHERE t.link_id = :link_id
       AND t.token_hash = :access_token_hash
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
SELECT EXISTS (SELECT FROM revoked) AS revoked FROM asking;
