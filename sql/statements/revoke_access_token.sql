-- revoke_access_token.sql: a client gives up an access token; the link and its other tokens live on (RFC 7009 §2.1)
--
-- Asked by   POST /revoke with an access token, once per request (AccessTokenRepository.revoke)
-- Reads      client, client_secret, link by primary key
-- Writes     one row each of access_token and audit_event
-- Answers    no row: the client is not authenticated
--            revoked: whether this call revoked the token
-- Takes      client_id text, secret_hashes bytea[] (empty: no secret was sent, which only a public client may),
--            minted_at timestamptz, link_id uuid, access_token_hash bytea
WITH asking AS (
    SELECT c.* FROM alexa.authenticated_client(:client_id, :secret_hashes) c WHERE c.kind <> 'resource_server'
), revoked AS (
    UPDATE alexa.access_token t
       SET revoked_at = now()
      FROM asking, alexa.link l
     WHERE t.minted_at = :minted_at
       AND t.link_id = :link_id
       AND t.token_hash = :access_token_hash
       AND t.revoked_at IS NULL
       AND t.expires_at > now()
       AND l.link_id = :link_id
       AND l.client_id = asking.client_id
    RETURNING l.link_id, l.client_id
), audit AS (
    INSERT INTO alexa.audit_event (event, link_id, client_id)
    SELECT 'access_token_revoked', link_id, client_id FROM revoked
)
SELECT EXISTS (SELECT FROM revoked) AS revoked FROM asking;
