-- revoke_refresh_token.sql: a client gives up a refresh token; its link ends, and every token of the link with it
--
-- Asked by   POST /revoke with a refresh token, once per request (RefreshTokenRepository.revoke)
-- Reads      client, client_secret, refresh_token by primary key
-- Writes     one row each of link and audit_event
-- Answers    no row: the client is not authenticated
--            revoked: whether this call ended the link
-- Takes      client_id text, secret_hashes bytea[] (empty: no secret was sent, which only a public client may),
--            link_id uuid, refresh_token_hash bytea
WITH asking AS (
    SELECT c.* FROM alexa.authenticated_client(:client_id, :secret_hashes) c WHERE c.kind <> 'resource_server'
), revoked AS (
    UPDATE alexa.link l
       SET revoked_at = now(), revoked_because = 'revoked_by_client'
      FROM asking, alexa.refresh_token r
     WHERE r.link_id = :link_id
       AND r.token_hash = :refresh_token_hash
       AND l.link_id = :link_id
       AND l.client_id = asking.client_id
       AND l.revoked_at IS NULL
    RETURNING l.link_id, l.client_id, l.subject
), audit AS (
    INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
    SELECT 'link_revoked', link_id, client_id, subject, 'revoked_by_client' FROM revoked
)
SELECT EXISTS (SELECT FROM revoked) AS revoked FROM asking;
