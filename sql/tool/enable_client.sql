-- enable_client.sql: takes back disable_client.sql
--
-- Asked by   client enable
-- Reads      client
-- Writes     client, audit_event
-- Answers    one row
-- Takes      client_id text
SELECT alexa.enable_client(client_id => :client_id);
