-- V5__indexes_for_upkeep.sql: indexes on tables that can be big, built while everybody works
--
-- Run by   a member of alexa_owner, in the application database, NOT in one transaction (no -1):
--          psql -v ON_ERROR_STOP=1 -d alexa -f sql/migrations/V5__indexes_for_upkeep.sql
-- Needs    V4__operations.sql
-- Locks    none that stops a request; waits for transactions that are older than itself
-- Undo     sql/undo/V5__indexes_for_upkeep.sql (no data is lost)
-- Check    sql/verify/operations.sql
--
-- If it is interrupted an invalid index stays behind; run again it says so and how to drop it.
SET search_path = pg_catalog, pg_temp;
SET ROLE alexa_owner;
-- it waits for older transactions, and holds up nobody meanwhile: an end to that wait would leave an invalid index
SET lock_timeout = 0;
SET statement_timeout = 0;

DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(i.indexrelid::regclass::text, ', ') INTO broken
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = 'alexa'::regnamespace AND NOT i.indisvalid;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'an earlier try left an invalid index: DROP INDEX CONCURRENTLY %; and run this again', broken;
    END IF;
END $$;

-- what alexa.maintain() deletes; none of these changes with a refresh, so that those stay HOT
CREATE INDEX CONCURRENTLY IF NOT EXISTS link_revoked_idx ON alexa.link (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS refresh_token_expires_idx ON alexa.refresh_token (expires_at) WHERE expires_at IS NOT NULL;
-- alexa.revoke_links(before => ...)
CREATE INDEX CONCURRENTLY IF NOT EXISTS link_created_idx ON alexa.link (created_at);

INSERT INTO alexa.schema_version (version, description) VALUES (5, 'indexes for upkeep') ON CONFLICT DO NOTHING;
RESET statement_timeout;
RESET lock_timeout;
RESET ROLE;
RESET search_path;
