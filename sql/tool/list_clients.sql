-- list_clients.sql: every client and resource server
--
-- Asked by   client list, console
-- Reads      client and its tables
-- Writes     nothing
-- Answers    a row per client: client_id, kind, display_name, enabled, pkce_required, scopes, redirect_uris, valid_secrets,
--            introspects text[] (NULL: every client)
-- Takes      nothing
SELECT c.client_id, c.kind, c.display_name, c.enabled, c.pkce_required, c.scopes, c.redirect_uris, c.valid_secrets, k.introspects
  FROM alexa.list_clients() AS c JOIN alexa.client k ON k.client_id = c.client_id
 ORDER BY c.client_id;
