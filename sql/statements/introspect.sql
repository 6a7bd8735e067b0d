-- introspect.sql: what a resource server may know of an access token (RFC 7662 §2)
--
-- Asked by   POST /introspect, once per request (AccessTokenRepository.introspect)
-- Reads      client, client_secret, access_token, link, account by primary key
-- Writes     nothing
-- Answers    no row: the resource server did not prove who it is
--            client_id: NULL, as all else, if the token is not live, whatever the reason
--            scope: words with spaces between; subject: who allowed it; issued_at and expires_at: seconds since 1970
-- Takes      link_id uuid (NULL: what was sent has not the form of a token), access_token_hash bytea (NULL as well),
--            client_id text (of the resource server),
--            secret_hashes bytea[] (empty: no secret was sent, which proves nothing)
SELECT t.scope, t.client_id, t.subject, t.issued_at, t.expires_at
  FROM alexa.client asking
  LEFT JOIN LATERAL (
       SELECT array_to_string(coalesce(a.scope, l.scope), ' ') AS scope, l.client_id, l.subject,
              floor(extract(epoch FROM a.issued_at))::bigint AS issued_at,
              floor(extract(epoch FROM a.expires_at))::bigint AS expires_at
         FROM alexa.access_token a
         JOIN alexa.link l ON l.link_id = a.link_id
         JOIN alexa.client c ON c.client_id = l.client_id
        WHERE a.link_id = :link_id
          AND a.token_hash = :access_token_hash
          AND a.revoked_at IS NULL
          AND a.expires_at > now()
          -- no access token lives longer: the planner then opens no partition but today's and tomorrow's
          AND a.expires_at <= now() + interval '24 hours'
          AND l.revoked_at IS NULL
          AND c.disabled_at IS NULL
          -- the account of the link, enabled; without one, none that is disabled
          AND coalesce((
              SELECT o.disabled_at IS NULL AND (l.account_id IS NULL OR o.account_id = l.account_id)
                FROM alexa.account o WHERE o.username = l.subject), l.account_id IS NULL)
       ) AS t ON true
 WHERE asking.client_id = :client_id
   AND asking.kind = 'resource_server'
   AND asking.disabled_at IS NULL
   AND EXISTS (
       SELECT FROM alexa.client_secret s
        WHERE s.client_id = asking.client_id
          AND s.secret_hash = ANY (:secret_hashes::bytea[])
          AND (s.valid_until IS NULL OR s.valid_until > now()));
