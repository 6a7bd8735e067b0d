-- live_access_token.sql: what the music server in the same Tomcat may know of an access token
--
-- Asked by   the Valve of alexa-bearer.jar, once per request of the music server (AccessTokenRepository.live)
-- Reads      access_token, link, client, account by primary key
-- Writes     nothing
-- Answers    no row: the token is not live, whatever the reason
--            scope: words with spaces between; client_id; subject: the listener who allowed it; issued_at and
--            expires_at: seconds since 1970
-- Takes      minted_at timestamptz, link_id uuid, access_token_hash bytea
--
-- The Valve asks through Tomcat, so it needs no credentials. introspect reads this view too.
SELECT t.scope, t.client_id, t.subject, t.issued_at, t.expires_at
  FROM alexa.live_access_token t
 WHERE t.minted_at = :minted_at AND t.link_id = :link_id AND t.token_hash = :access_token_hash;
