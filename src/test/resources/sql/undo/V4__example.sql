-- undo/V4__example.sql: takes V4 back; the WAR of V3 and that of V4 both run on
--
-- Run by   a member of alexa_owner, in the application database, NOT in one transaction (no -1):
--          psql -X -v ON_ERROR_STOP=1 -d alexa -f undo/V4__example.sql
-- Locks    ACCESS EXCLUSIVE on link for the moment that the column takes; the index goes without a lock
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
SET default_transaction_read_only = on;
SET ROLE alexa_owner;
SET lock_timeout = '2s';
DO $$ BEGIN
    IF (SELECT max(v.version) FROM alexa.schema_version v) <> 4 THEN
        RAISE EXCEPTION 'nothing was done: this takes version 4 back, and the schema has %', (SELECT max(v.version) FROM alexa.schema_version v);
    END IF;
    PERFORM set_config('default_transaction_read_only', 'off', false);
END $$;

DROP INDEX CONCURRENTLY IF EXISTS alexa.link_nickname_idx;
ALTER TABLE alexa.link DROP COLUMN nickname;

DELETE FROM alexa.schema_version WHERE version = 4;
RESET lock_timeout;
RESET ROLE;
RESET default_transaction_read_only;
RESET client_encoding;
RESET search_path;
