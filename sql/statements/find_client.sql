-- find_client.sql: a registered client with its redirect URIs, scopes and secrets
--
-- Asked by   GET /authorize and POST /approve, once per request; every endpoint for programs, after it refused a
--            request (ClientRepository.byId)
-- Reads      client, client_name, client_redirect_uri, client_scope, scope, scope_description, client_secret by primary key
-- Writes     nothing
-- Answers    no row: no such client
--            client_id, kind, pkce_required; enabled: false if it was disabled; display_name, in the language if the
--            operator gave one; redirect_uris; form_action: where these may send the browser on to, as sources of CSP;
--            scopes: pairs of name and description; secret_hashes: the valid ones
-- Takes      client_id text, language text (for example pt-BR; NULL: names as registered)
SELECT c.client_id, c.kind, c.pkce_required, c.disabled_at IS NULL AS enabled,
       coalesce((SELECT n.display_name FROM alexa.client_name n
                  WHERE n.client_id = c.client_id AND n.language = asked.language), c.display_name)
           AS display_name,
       ARRAY(SELECT u.redirect_uri FROM alexa.client_redirect_uri u WHERE u.client_id = c.client_id)
           AS redirect_uris,
       c.form_action || alexa.next_hops(ARRAY(
           SELECT u.redirect_uri FROM alexa.client_redirect_uri u WHERE u.client_id = c.client_id)) AS form_action,
       ARRAY(SELECT ARRAY[s.scope, coalesce(d.description, s.description)]
               FROM alexa.client_scope a
               JOIN alexa.scope s ON s.scope = a.scope
               LEFT JOIN alexa.scope_description d
                      ON d.scope = a.scope AND d.language = asked.language
              WHERE a.client_id = c.client_id
              ORDER BY s.scope DESC) AS scopes,
       ARRAY(SELECT h.secret_hash FROM alexa.client_secret h
              WHERE h.client_id = c.client_id
                AND (h.expires_at IS NULL OR h.expires_at > now())) AS secret_hashes
  FROM (SELECT :client_id::text AS client_id, :language::text AS language) AS asked
  JOIN alexa.client c ON c.client_id = asked.client_id;
