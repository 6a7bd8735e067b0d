-- undo/V5__indexes_for_upkeep.sql: drops the indexes of V5; no data is lost
--
-- Run by   a member of alexa_owner, NOT in one transaction (no -1):
--          psql -v ON_ERROR_STOP=1 -d alexa -f sql/undo/V5__indexes_for_upkeep.sql
-- Locks    none that stops a request
SET search_path = pg_catalog, pg_temp;
SET ROLE alexa_owner;
DROP INDEX CONCURRENTLY IF EXISTS alexa.link_created_idx;
DROP INDEX CONCURRENTLY IF EXISTS alexa.refresh_token_expires_idx;
DROP INDEX CONCURRENTLY IF EXISTS alexa.link_revoked_idx;
DELETE FROM alexa.schema_version WHERE version = 5;
RESET ROLE;
RESET search_path;
