-- undo/V3__administration.sql: drops the administration functions; no data is lost
--
-- Run by   a member of alexa_owner
-- Locks    none worth naming
SET search_path = pg_catalog, pg_temp;
SET LOCAL ROLE alexa_owner;
SET LOCAL lock_timeout = '5s';

DROP FUNCTION alexa.enable_account(text);
DROP FUNCTION alexa.disable_account(text);
DROP FUNCTION alexa.set_password_hash(text, text);
DROP FUNCTION alexa.the_account(text);
DROP FUNCTION alexa.add_account(text, text, text[]);
DROP FUNCTION alexa.check_password_hash(text);
DROP FUNCTION alexa.enable_client(text);
DROP FUNCTION alexa.disable_client(text);
DROP FUNCTION alexa.rotate_client_secret(text, interval);
DROP FUNCTION alexa.register_resource_server(text, text);
DROP FUNCTION alexa.register_client(text, text, text[], text[], boolean, boolean, interval, interval, interval);
DROP FUNCTION alexa.set_redirect_uris(text, text[]);
DROP FUNCTION alexa.the_client(text);
DROP FUNCTION alexa.hash_of(text);
DROP FUNCTION alexa.new_secret();
DELETE FROM alexa.schema_version WHERE version = 3;
RESET search_path;
