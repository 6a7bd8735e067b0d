-- undo/V7__indexes_for_rotation.sql: drops the indexes of V7; no data is lost
--
-- Run by   a member of alexa_owner, NOT in one transaction (no -1):
--          psql -v ON_ERROR_STOP=1 -d alexa -f sql/undo/V7__indexes_for_rotation.sql
-- Locks    none that stops a request
SET search_path = pg_catalog, pg_temp;
SET ROLE alexa_owner;
DROP INDEX CONCURRENTLY IF EXISTS alexa.refresh_token_idle_idx;
DROP INDEX CONCURRENTLY IF EXISTS alexa.refresh_token_superseded_idx;
DELETE FROM alexa.schema_version WHERE version = 7;
RESET ROLE;
RESET search_path;
