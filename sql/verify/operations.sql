-- verify/operations.sql: the upkeep is done, and every index is whole
--
-- Run by   a member of alexa_owner; changes nothing, fails in words
--   psql -v ON_ERROR_STOP=1 -d alexa -f sql/verify/operations.sql
SET search_path = pg_catalog, pg_temp;
SET ROLE alexa_owner;
DO $$
DECLARE
    hit text;
BEGIN
    SELECT m.words INTO hit FROM alexa.maintenance_status m;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'alexa.maintenance has no row: INSERT INTO alexa.maintenance (last_run_at, last_run_by) VALUES (now(), session_user)';
    END IF;
    IF hit <> 'as it should be' THEN
        RAISE EXCEPTION '%', hit;
    END IF;
    SELECT string_agg(p.partition_name, ', ') INTO hit FROM alexa.partition p WHERE p.dropped_after < now() - interval '3 days';
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'past its retention for days: %: SELECT * FROM alexa.maintain() says what keeps it', hit;
    END IF;
    SELECT string_agg(i.indexrelid::regclass::text, ', ') INTO hit
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = 'alexa'::regnamespace AND NOT i.indisvalid;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'invalid, drop and build again: %', hit;
    END IF;
    SELECT string_agg(w.name, ', ') INTO hit
      FROM unnest(ARRAY['link_revoked_idx', 'link_created_idx', 'refresh_token_expires_idx']) AS w (name)
     WHERE to_regclass('alexa.' || w.name) IS NULL;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'missing: %: run sql/migrations/V5__indexes_for_upkeep.sql', hit;
    END IF;
    SELECT string_agg(c.oid::regclass::text, ', ') INTO hit FROM pg_class c, aclexplode(c.relacl) a
     WHERE c.relnamespace = 'alexa'::regnamespace AND a.grantee = 0;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'PUBLIC may use %', hit;
    END IF;
    RAISE NOTICE 'operations: as they should be';
END $$;
RESET ROLE;
RESET search_path;
