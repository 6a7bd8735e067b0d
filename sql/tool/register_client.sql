-- register_client.sql: a new client
--
-- Asked by   client add, setup
-- Reads      client, scope
-- Writes     client, client_redirect_uri, client_scope, client_secret, audit_event
-- Answers    one row: client_id, client_secret
-- Takes      client_id text, display_name text, redirect_uris text[]
SELECT r.client_id, r.client_secret
  FROM alexa.register_client(client_id => :client_id, display_name => :display_name, redirect_uris => :redirect_uris) AS r;
