-- V4__example.sql: what a later migration looks like: a column, and an index that is built while requests go on
--
-- Run by   a member of alexa_owner, in the application database, NOT in one transaction (no -1):
--          psql -X -v ON_ERROR_STOP=1 -d alexa -f V4__example.sql
-- Needs    V3__upkeep.sql
-- Locks    ACCESS EXCLUSIVE on link for the moment that the column takes: nothing is rewritten or read. The index stops no
--          request; it waits for transactions that are older than itself. An older WAR runs on meanwhile and after
-- Undo     undo/V4__example.sql (the column's values are gone)
-- Check    sql/verify.sql
--
-- If it is interrupted an invalid index stays behind; run again it says so and how to drop it.
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
-- until the checks below have passed, PostgreSQL refuses every change
SET default_transaction_read_only = on;
SET ROLE alexa_owner;
-- ADD COLUMN gives up rather than make requests queue behind it; the index may wait, because no request waits for it
SET lock_timeout = '2s';
SET statement_timeout = 0;
-- Citus: DDL shard by shard. PostgreSQL itself takes it as a custom setting and ignores it
SET citus.multi_shard_modify_mode = 'sequential';
DO $$
DECLARE
    broken text;
BEGIN
    IF (SELECT max(v.version) FROM alexa.schema_version v) NOT IN (3, 4) THEN
        RAISE EXCEPTION 'nothing was done: V4__example.sql follows version 3, and this schema has %', (SELECT max(v.version) FROM alexa.schema_version v);
    END IF;
    SELECT string_agg(i.indexrelid::regclass::text, ', ') INTO broken
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = 'alexa'::regnamespace AND NOT i.indisvalid;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'nothing was done: an earlier try left an invalid index: DROP INDEX CONCURRENTLY %; and run this again', broken;
    END IF;
    PERFORM set_config('default_transaction_read_only', 'off', false);
END $$;

ALTER TABLE alexa.link ADD COLUMN IF NOT EXISTS nickname text;
COMMENT ON COLUMN alexa.link.nickname IS 'What the listener calls this speaker [personal]';
SET lock_timeout = 0;
CREATE INDEX CONCURRENTLY IF NOT EXISTS link_nickname_idx ON alexa.link (nickname) WHERE nickname IS NOT NULL;

INSERT INTO alexa.schema_version (version, description) VALUES (4, 'example') ON CONFLICT DO NOTHING;
RESET citus.multi_shard_modify_mode;
RESET statement_timeout;
RESET lock_timeout;
RESET ROLE;
RESET default_transaction_read_only;
RESET client_encoding;
RESET search_path;
