-- rotate_client_secret.sql: another secret
--
-- Asked by   client secret
-- Reads      client
-- Writes     client_secret, audit_event
-- Answers    one row: client_secret
-- Takes      client_id text, old_valid_for text (an interval: 1 day)
SELECT r.client_secret FROM alexa.rotate_client_secret(client_id => :client_id, old_valid_for => :old_valid_for::interval) AS r;
