-- undo/V1__clients_and_accounts.sql: drops the schema; every client and account is gone
--
-- Run by   a member of alexa_owner, after undo/V2
-- Locks    ACCESS EXCLUSIVE on all of it: stop the WAR first
SET search_path = pg_catalog, pg_temp;
SET LOCAL ROLE alexa_owner;
SET LOCAL lock_timeout = '5s';

DROP VIEW alexa.realm_account;
DROP TABLE alexa.account_role, alexa.account, alexa.client_secret, alexa.client_scope, alexa.client_redirect_uri,
    alexa.client, alexa.scope, alexa.schema_version;
DROP FUNCTION alexa.note_password_change();
DROP FUNCTION alexa.folded(text);
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
-- CASCADE only for what is not ours: Flyway's history table
DROP SCHEMA alexa CASCADE;
RESET search_path;
