-- live_access_token.sql: what the music server in the same Tomcat may know of an access token
--
-- Asked by   the Valve of alexa-bearer.jar, once per request of the music server (AccessTokenRepository.live)
-- Reads      access_token, link, client, account by primary key
-- Writes     nothing
-- Answers    no row: the token is not live, whatever the reason
--            scope: words with spaces between; client_id; subject: who allowed it; issued_at and expires_at: seconds since
--            1970
-- Takes      link_id uuid, access_token_hash bytea
--
-- Asked through the container, so it needs no credentials. The condition is the one of introspect.
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
         FROM alexa.account o WHERE o.username = l.subject), l.account_id IS NULL);
