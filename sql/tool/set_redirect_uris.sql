-- set_redirect_uris.sql: other redirect URIs in the place of all there are
--
-- Asked by   client uris
-- Reads      client
-- Writes     client_redirect_uri, audit_event
-- Answers    one row
-- Takes      client_id text, redirect_uris text[]
SELECT alexa.set_redirect_uris(client_id => :client_id, redirect_uris => :redirect_uris);
