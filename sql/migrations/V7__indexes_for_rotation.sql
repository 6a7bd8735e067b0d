-- V7__indexes_for_rotation.sql: finds superseded and idle refresh tokens, built while everybody works
--
-- Run by   a member of alexa_owner, in the application database, NOT in one transaction (no -1):
--          psql -v ON_ERROR_STOP=1 -d alexa -f sql/migrations/V7__indexes_for_rotation.sql
-- Needs    V6__client_policies.sql
-- Locks    none that stops a request; waits for transactions that are older than itself
-- Undo     sql/undo/V7__indexes_for_rotation.sql (no data is lost)
-- Check    sql/verify/client_policies.sql
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

-- what alexa.maintain() deletes. Empty for clients that neither rotate nor idle, and their updates stay HOT
CREATE INDEX CONCURRENTLY IF NOT EXISTS refresh_token_superseded_idx ON alexa.refresh_token (superseded_at) WHERE superseded_at IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS refresh_token_idle_idx ON alexa.refresh_token (idle_until) WHERE idle_until IS NOT NULL;
-- validating twice is harmless
-- squawk-ignore prefer-robust-stmts
ALTER TABLE alexa.refresh_token VALIDATE CONSTRAINT predecessor_hash_is_sha256;

INSERT INTO alexa.schema_version (version, description) VALUES (7, 'indexes for rotation') ON CONFLICT DO NOTHING;
RESET statement_timeout;
RESET lock_timeout;
RESET ROLE;
RESET search_path;
