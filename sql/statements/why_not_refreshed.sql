-- why_not_refreshed.sql: why refresh answered nothing, and the end of the link if the token is a copy
--
-- Asked by   POST /token, after refresh answered no row and the client proved who it is (TokenRepository.whyNotRefreshed)
-- Reads      refresh_token, link, client, account by primary key
-- Writes     one row of audit_event, unless there is no reason; one row of link if a superseded token was used again
-- Answers    no row: nobody was given such a refresh token
--            event: token_refused, refresh_token_reused (the link ends), or scope_refused: only the scope is in the way
--            reason: a sentence for the client's developer; NULL if by now nothing is in the way
--            revoked: whether this very call ended the link
-- Takes      client_id text, scope text (words with spaces between; NULL: none was sent), link_id uuid,
--            refresh_token_hash bytea
--
-- A token that comes again after its grace time has been copied: nobody knows which of the two clients is the thief, so the
-- link is revoked (RFC 9700 §4.14.2).
WITH request AS (
    SELECT :client_id::text AS client_id, string_to_array(:scope, ' ') AS scope
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
     WHERE r.link_id = :link_id AND r.token_hash = :refresh_token_hash
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
  FROM verdict;
