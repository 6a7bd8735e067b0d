-- registered_clients.sql: every registered client with its redirect URIs, scopes and secrets, to be checked
--
-- Asked by   the web application once at its start, the operator's page, java -jar alexa.war check and console
--            (ClientRepository.registrations)
-- Reads      client, client_redirect_uri, client_scope, client_secret
-- Writes     nothing
-- Answers    a row per client that is no resource server
--            client_id, kind, pkce_required, enabled, display_name, redirect_uris, form_action, scopes, secret_hashes: as
--            in find_client.sql, in no language and without the words of the scopes; access_token_seconds;
--            secret_until: from when it has no valid secret, NULL if it has one that does not expire, or never had one
-- Takes      nothing
SELECT c.client_id, c.kind, c.pkce_required, c.disabled_at IS NULL AS enabled, c.display_name,
       ARRAY(SELECT u.redirect_uri FROM alexa.client_redirect_uri u WHERE u.client_id = c.client_id
              ORDER BY u.redirect_uri) AS redirect_uris,
       c.form_action || alexa.next_hops(ARRAY(
           SELECT u.redirect_uri FROM alexa.client_redirect_uri u WHERE u.client_id = c.client_id)) AS form_action,
       ARRAY(SELECT ARRAY[a.scope, a.scope] FROM alexa.client_scope a WHERE a.client_id = c.client_id
              ORDER BY a.scope DESC) AS scopes,
       ARRAY(SELECT h.secret_hash FROM alexa.client_secret h
              WHERE h.client_id = c.client_id
                AND (h.expires_at IS NULL OR h.expires_at > now())) AS secret_hashes,
       c.access_token_seconds,
       (SELECT CASE WHEN bool_and(h.expires_at IS NOT NULL) THEN max(h.expires_at) END
          FROM alexa.client_secret h WHERE h.client_id = c.client_id) AS secret_until
  FROM alexa.client c
 WHERE c.kind <> 'resource_server'
 ORDER BY c.client_id;
