-- register_resource_server.sql: a new music server that asks about tokens
--
-- Asked by   client add
-- Reads      client
-- Writes     client, client_secret, audit_event
-- Answers    one row: client_id, client_secret
-- Takes      client_id text, display_name text, introspects text[] (NULL: of every client)
SELECT r.client_id, r.client_secret
  FROM alexa.register_resource_server(client_id => :client_id, display_name => :display_name, introspects => :introspects) AS r;
