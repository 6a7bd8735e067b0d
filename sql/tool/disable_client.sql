-- disable_client.sql: every request and every token of this client is refused from now on
--
-- Asked by   client disable
-- Reads      client
-- Writes     client, audit_event
-- Answers    one row
-- Takes      client_id text
SELECT alexa.disable_client(client_id => :client_id);
