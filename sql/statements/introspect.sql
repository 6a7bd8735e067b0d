-- introspect.sql: what a resource server may know of an access token (RFC 7662 §2)
--
-- Asked by   POST /introspect, once per request (AccessTokenRepository.introspect)
-- Reads      client, client_secret, access_token, link, account by primary key
-- Writes     nothing
-- Answers    no row: the resource server is not authenticated
--            client_id: NULL, as all else, if the token is not live, whatever the reason
--            scope: words with spaces between; subject: the listener who allowed it; issued_at and expires_at: seconds
--            since 1970
--            of_another_client: true if it is live, but the resource server is limited to other clients: it must not
--            learn that there is such a token
-- Takes      minted_at timestamptz, link_id uuid, access_token_hash bytea (all NULL: the resource server sent something
--            that cannot be a token), client_id text (of the resource server), secret_hashes bytea[] (empty: it sent no
--            secret, so it is not authenticated)
SELECT t.scope, t.client_id, t.subject, t.issued_at, t.expires_at,
       coalesce(t.client_id <> ALL (asking.introspects), false) AS of_another_client
  FROM alexa.authenticated_client(:client_id, :secret_hashes) asking
  LEFT JOIN alexa.live_access_token t
         ON t.minted_at = :minted_at AND t.link_id = :link_id AND t.token_hash = :access_token_hash
 WHERE asking.kind = 'resource_server';
