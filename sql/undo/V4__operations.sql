-- undo/V4__operations.sql: drops views and functions of V4; no data is lost
--
-- Run by   a member of alexa_owner, after undo/V5:
--          psql -1 -v ON_ERROR_STOP=1 -d alexa -f sql/undo/V4__operations.sql
-- Locks    none worth naming
SET search_path = pg_catalog, pg_temp;
SET LOCAL ROLE alexa_owner;
SET LOCAL lock_timeout = '5s';

DROP FUNCTION alexa.export_user(text);
DROP FUNCTION alexa.erase_user(text);
DROP FUNCTION alexa.revoke_links(text, text, timestamptz);
DROP FUNCTION alexa.note_other_spellings(text);
DROP FUNCTION alexa.the_subject(text);
DROP FUNCTION alexa.change_client(text, text, text[], boolean, interval, interval, interval);
DROP FUNCTION alexa.list_clients();
DROP VIEW alexa.audit_trail, alexa.capacity, alexa.partition, alexa.linked, alexa.maintenance_status;
DROP FUNCTION alexa.delete_a_batch(integer);
DELETE FROM alexa.retention WHERE table_name = 'link';
DROP TABLE alexa.maintenance;
DROP INDEX alexa.authorization_code_subject_idx;
ALTER TABLE alexa.link          RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE alexa.refresh_token RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);

-- as V2 made them
CREATE OR REPLACE FUNCTION alexa.create_partition(parent text, day date) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    child    text := parent || '_' || to_char(day, 'YYYYMMDD');
    key      text := pg_get_partkeydef(format('alexa.%I', parent)::regclass);
    from_day timestamptz := day::timestamp AT TIME ZONE 'UTC';
    to_day   timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(format('alexa.%I', child)) IS NOT NULL THEN
        RETURN false;
    END IF;
    key := substring(key FROM '\((.*)\)');
    -- made beside and then attached, with a CHECK that says what the bound says: the parent is never locked
    EXECUTE format('CREATE TABLE alexa.%I (LIKE alexa.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMMENTS, '
                   'CONSTRAINT in_its_day CHECK (%s IS NOT NULL AND %s >= %L AND %s < %L)) WITH (fillfactor = 90)',
                   child, parent, key, key, from_day, key, to_day);
    EXECUTE format('ALTER TABLE alexa.%I ATTACH PARTITION alexa.%I FOR VALUES FROM (%L) TO (%L)',
                   parent, child, from_day, to_day);
    EXECUTE format('ALTER TABLE alexa.%I DROP CONSTRAINT in_its_day', child);
    RETURN true;
END $$;
COMMENT ON FUNCTION alexa.create_partition(text, date) IS 'Makes the partition of one table for one day (UTC); false where it is there already. Called by alexa.maintain()';

CREATE OR REPLACE FUNCTION alexa.maintain(days_ahead integer DEFAULT 14) RETURNS TABLE (action text, relation text)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '100ms'
AS $$
DECLARE
    kept  record;
    child record;
    today date := (now() AT TIME ZONE 'UTC')::date;
BEGIN
    IF days_ahead NOT BETWEEN 3 AND 60 THEN
        RAISE EXCEPTION 'days_ahead must be from 3 to 60, not %', days_ahead;
    END IF;
    FOR kept IN SELECT r.table_name, r.keep FROM alexa.retention r ORDER BY r.table_name LOOP
        FOR i IN 0 .. days_ahead LOOP
            IF alexa.create_partition(kept.table_name, today + i) THEN
                action := 'created';
                relation := kept.table_name || '_' || to_char(today + i, 'YYYYMMDD');
                RETURN NEXT;
            END IF;
        END LOOP;
    END LOOP;
    FOR child IN
        SELECT c.relname
          FROM alexa.retention r
          JOIN pg_inherits i ON i.inhparent = format('alexa.%I', r.table_name)::regclass
          JOIN pg_class c ON c.oid = i.inhrelid
         WHERE c.relname ~ '_[0-9]{8}$'
           AND (to_date(right(c.relname, 8), 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'UTC' + r.keep < now()
         ORDER BY right(c.relname, 8), c.relname
    LOOP
        relation := child.relname;
        BEGIN
            EXECUTE format('DROP TABLE alexa.%I', child.relname);
            action := 'dropped';
        EXCEPTION WHEN lock_not_available THEN
            action := 'busy, next time';
        END;
        RETURN NEXT;
        -- a drop locks the whole table until commit: one per call, so that no token waits for two
        EXIT;
    END LOOP;
END $$;
COMMENT ON FUNCTION alexa.maintain(integer) IS 'Makes daily partitions ahead and drops one past its retention; returns what it did. The WAR calls it every hour until it drops no more; pg_cron may instead. Harmless to repeat';
GRANT EXECUTE ON FUNCTION alexa.maintain(integer) TO alexa_app;
DELETE FROM alexa.schema_version WHERE version = 4;
RESET search_path;
