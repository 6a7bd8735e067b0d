-- why_not_refreshed.sql: why refresh answered no row; ends the link if a superseded token was used again
--
-- Asked by   POST /token, after refresh answered no row and the client was authenticated
--            (RefreshTokenRepository.whyNotRefreshed)
-- Reads      refresh_token, link, client, account by primary key
-- Writes     one row of audit_event, unless there is no reason; one row of link if a superseded token was used again
-- Answers    no row: no client was given such a refresh token
--            event: token_refused, or refresh_token_reused (the link ends)
--            reason: a word of the enum Reason, which has the sentence for the client's developer; NULL if by now there
--            is none. because: why the link was revoked, a word, if the reason is link_revoked; NULL otherwise
--            revoked: whether this very call ended the link
-- Takes      client_id text, scope text (words with spaces between; NULL: none was sent), link_id uuid,
--            refresh_token_hash bytea
--
-- A token that is used after its grace time has been copied. The server cannot tell the client from the thief, so it
-- revokes the link (RFC 9700 §4.14.2).
WITH request AS (
    SELECT :client_id::text AS client_id, string_to_array(:scope, ' ') AS scope
), verdict AS (
    SELECT l.link_id, l.subject, l.revoked_because,
           CASE
               WHEN l.client_id <> q.client_id THEN 'refresh_token_of_another_client'
               WHEN l.revoked_at IS NOT NULL THEN 'link_revoked'
               WHEN r.superseded_at <= now() - c.rotation_grace_seconds * interval '1 second' THEN 'refresh_token_reused'
               WHEN r.expires_at <= now() THEN 'refresh_token_expired'
               WHEN r.idle_until <= now() THEN 'refresh_token_idle'
               WHEN EXISTS (SELECT FROM alexa.account o
                             WHERE o.username = l.subject AND o.disabled_at IS NOT NULL)
                   THEN 'account_disabled'
               WHEN l.account_id IS NOT NULL
                    AND NOT EXISTS (SELECT FROM alexa.account o
                                     WHERE o.username = l.subject AND o.account_id = l.account_id)
                   THEN 'account_gone'
               WHEN NOT q.scope <@ l.scope THEN 'scope_too_wide'
           END AS reason
      FROM alexa.refresh_token r
      JOIN alexa.link l ON l.link_id = r.link_id AND l.link_id = :link_id
      JOIN alexa.client c ON c.client_id = l.client_id
      CROSS JOIN request q
     WHERE r.link_id = :link_id AND r.token_hash = :refresh_token_hash
), revoked AS (
    UPDATE alexa.link l
       SET revoked_at = now(), revoked_because = 'refresh_token_reused'
      FROM verdict v
     WHERE v.reason = 'refresh_token_reused'
       AND l.link_id = :link_id AND l.revoked_at IS NULL
    RETURNING l.link_id
), judged AS (
    SELECT v.link_id, v.subject, v.reason,
           CASE WHEN v.reason = 'refresh_token_reused' THEN 'refresh_token_reused' ELSE 'token_refused' END AS event,
           CASE WHEN v.reason = 'link_revoked' THEN v.revoked_because END AS because
      FROM verdict v
), audit AS (
    INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
    SELECT j.event, j.link_id, q.client_id, j.subject, concat_ws(': ', j.reason, j.because)
      FROM judged j, request q
     WHERE j.reason IS NOT NULL
)
SELECT event, reason, because, EXISTS (SELECT FROM revoked) AS revoked
  FROM judged;
