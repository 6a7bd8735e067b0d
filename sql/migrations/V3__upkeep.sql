-- V3__upkeep.sql: retention, partitions, alexa.maintain(), and the views for monitoring
--
-- Run by   sql/install.sql, or Flyway, or a member of alexa_owner in one transaction:
--          psql -X -1 -v ON_ERROR_STOP=1 -d alexa -f sql/migrations/V3__upkeep.sql
-- Needs    V2__administration.sql
-- Locks    none worth naming: it only creates
-- Undo     sql/undo.sql
-- Check    sql/verify.sql
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
-- takes effect in the next transaction: if this file does not run in one, PostgreSQL refuses all statements that follow
SET default_transaction_read_only = on;
DO $$
DECLARE
    me       CONSTANT text := session_user;
    database CONSTANT text := current_database();
    version  integer;
BEGIN
    IF current_setting('transaction_read_only')::boolean THEN
        RAISE EXCEPTION 'nothing was done: V3__upkeep.sql must run in one transaction, on a server that is not read-only'
            USING HINT = format('psql -X -1 -v ON_ERROR_STOP=1 -d %s -f sql/migrations/V3__upkeep.sql; in another client turn autocommit off, in a new session', database);
    END IF;
    -- to_regclass fails if this role may not use the schema
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = to_regnamespace('alexa') AND c.relname = 'schema_version') THEN
        RAISE EXCEPTION 'nothing was done: V3__upkeep.sql follows V2__administration.sql, and Alexa Link is not in database %', database
            USING HINT = format('psql -X -d %s -f sql/install.sql runs all files in their order; if this is the wrong database, -d says which', database);
    END IF;
    IF NOT pg_has_role(me, 'alexa_owner', CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
        RAISE EXCEPTION 'nothing was done: % is not a member of alexa_owner', me
            USING HINT = format('have a superuser, or whoever made the roles, run: GRANT alexa_owner TO %I', me);
    END IF;
    SET LOCAL ROLE alexa_owner;
    SELECT max(v.version) INTO version FROM alexa.schema_version v;
    IF version IS DISTINCT FROM 2 THEN
        RAISE EXCEPTION 'nothing was done: V3__upkeep.sql follows version 2, and this schema has %', coalesce(version::text, 'none')
            USING HINT = 'SELECT * FROM alexa.schema_version says what was run; docs/dba.md, "Upgrade", what to run';
    END IF;
END $$;
SET LOCAL ROLE alexa_owner;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- How long things are kept ---------------------------------------------------------------------------------------------

CREATE TABLE alexa.retention (
    what        text     PRIMARY KEY,
    keep        interval,
    step        text,
    -- squawk-ignore prefer-bigint-over-int
    steps_ahead integer,

    CONSTRAINT what_is_known      CHECK (what IN ('access_token', 'audit_event', 'authorization_code', 'link', 'refresh_token', 'unused_link')),
    -- an access token can live until 60 hours after the end of its day: 24, and 36 if Tomcat's clock is wrong
    CONSTRAINT keeps_what_is_good CHECK (keep BETWEEN CASE what WHEN 'access_token' THEN interval '3 days' ELSE interval '1 day' END AND interval '100 years'),
    CONSTRAINT step_is_known      CHECK (step IN ('day', 'month')),
    CONSTRAINT partitions_are_made_ahead CHECK (CASE WHEN what IN ('access_token', 'audit_event')
                                                     THEN step IS NOT NULL AND steps_ahead BETWEEN 2 AND 31
                                                     ELSE step IS NULL AND steps_ahead IS NULL END)
);
COMMENT ON TABLE  alexa.retention             IS 'How long rows and partitions are kept; UPDATE it as you like, alexa.maintain() reads it';
COMMENT ON COLUMN alexa.retention.what        IS 'access_token, audit_event: partitions; authorization_code: codes; link: revoked links and expired refresh tokens; refresh_token: superseded ones; unused_link: links whose client no longer refreshes, which end then and are later deleted as revoked ones';
COMMENT ON COLUMN alexa.retention.keep        IS 'Counted from the end of the partition, the revocation, the expiry, the moment it was superseded, or the last use. NULL: for ever';
COMMENT ON COLUMN alexa.retention.step        IS 'What a partition holds: a day or a month (UTC). A change holds for partitions that are not made yet';
COMMENT ON COLUMN alexa.retention.steps_ahead IS 'How many partitions are made ahead';
GRANT SELECT ON alexa.retention TO alexa_monitor, alexa_support, alexa_auditor;
INSERT INTO alexa.retention (what, keep, step, steps_ahead) VALUES
    ('access_token',       interval '7 days',  'day',   3),    -- the record of refreshes
    ('audit_event',        interval '90 days', 'month', 2),
    ('authorization_code', interval '7 days',  NULL,    NULL), -- long enough to tell a replayed code from a guessed one
    ('link',               interval '90 days', NULL,    NULL), -- as long as the audit trail says why it ended
    ('refresh_token',      interval '7 days',  NULL,    NULL), -- how long the reuse of a superseded token is noticed
    ('unused_link',        NULL,               NULL,    NULL); -- '2 years', for example, would end the links of speakers that were thrown away

-- Partitions -----------------------------------------------------------------------------------------------------------

-- found by their bounds, because a DBA or pg_partman may use other names. alexa.partition has the sizes: to read a size
-- waits if a session has locked the partition, and /health must not wait
CREATE VIEW alexa.partition_bounds AS
    SELECT p.relname::text AS table_name,
           CASE c.relnamespace WHEN p.relnamespace THEN c.relname::text ELSE c.oid::regclass::text END AS partition_name,
           b.starts_at,
           b.ends_at,
           b.ends_at + r.keep AS dropped_after,
           c.oid AS partition_oid
      FROM pg_inherits i
      JOIN pg_class p ON p.oid = i.inhparent AND p.relnamespace = 'alexa'::regnamespace AND p.relname IN ('access_token', 'audit_event')
      JOIN pg_class c ON c.oid = i.inhrelid
      LEFT JOIN alexa.retention r ON r.what = p.relname
     -- a bound names no column, so no relation is given, and none is locked
     CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, 0) AS bound) AS e
     CROSS JOIN LATERAL (SELECT coalesce((regexp_match(e.bound, 'FROM \(''([^'']+)''\)'))[1]::timestamptz, '-infinity') AS starts_at,
                                coalesce((regexp_match(e.bound, 'TO \(''([^'']+)''\)'))[1]::timestamptz, 'infinity') AS ends_at) AS b;
COMMENT ON VIEW   alexa.partition_bounds                IS 'Every partition that is attached, its bounds and when it is dropped';
COMMENT ON COLUMN alexa.partition_bounds.table_name     IS 'The partitioned table';
COMMENT ON COLUMN alexa.partition_bounds.partition_name IS 'The partition';
COMMENT ON COLUMN alexa.partition_bounds.starts_at      IS 'The first moment in it; -infinity: it has no lower bound, or is a default partition';
COMMENT ON COLUMN alexa.partition_bounds.ends_at        IS 'The first moment behind it';
COMMENT ON COLUMN alexa.partition_bounds.dropped_after  IS 'The next alexa.maintain() after this moment drops it; NULL: it is kept for ever';
COMMENT ON COLUMN alexa.partition_bounds.partition_oid  IS 'Its oid in pg_class';
GRANT SELECT ON alexa.partition_bounds TO alexa_monitor, alexa_support;

CREATE VIEW alexa.partition AS
    SELECT b.table_name, b.partition_name, b.starts_at, b.ends_at, b.dropped_after,
           greatest(c.reltuples, 0)::bigint AS estimated_rows, pg_total_relation_size(c.oid) AS bytes
      FROM alexa.partition_bounds b
      JOIN pg_class c ON c.oid = b.partition_oid;
COMMENT ON VIEW   alexa.partition                IS 'Every partition that is attached, its size and when it is dropped; from statistics, so it is cheap to read';
COMMENT ON COLUMN alexa.partition.table_name     IS 'The partitioned table';
COMMENT ON COLUMN alexa.partition.partition_name IS 'The partition';
COMMENT ON COLUMN alexa.partition.starts_at      IS 'The first moment in it; -infinity: it has no lower bound, or is a default partition';
COMMENT ON COLUMN alexa.partition.ends_at        IS 'The first moment behind it';
COMMENT ON COLUMN alexa.partition.dropped_after  IS 'The next alexa.maintain() after this moment drops it; NULL: it is kept for ever';
COMMENT ON COLUMN alexa.partition.estimated_rows IS 'As of the last ANALYZE';
COMMENT ON COLUMN alexa.partition.bytes          IS 'With indexes and TOAST';
GRANT SELECT ON alexa.partition TO alexa_monitor, alexa_support;

CREATE FUNCTION alexa.create_partition(parent text, step text, moment timestamptz) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $$
DECLARE
    first   timestamptz := date_trunc(step, moment);
    behind  timestamptz := date_trunc(step, moment) + ('1 ' || step)::interval;
    name    text := parent || to_char(date_trunc(step, moment), '"_p"YYYYMMDD');
    key     text := substring(pg_get_partkeydef(format('alexa.%I', parent)::regclass) FROM '\((.*)\)');
BEGIN
    IF EXISTS (SELECT FROM alexa.partition_bounds p WHERE p.table_name = parent AND p.starts_at <= moment AND p.ends_at > moment) THEN
        RETURN NULL;
    END IF;
    -- partitions of another length, or made by a DBA, may reach into this step from either side
    first  := greatest(first, (SELECT max(p.ends_at) FROM alexa.partition_bounds p WHERE p.table_name = parent AND p.ends_at <= moment));
    behind := least(behind, (SELECT min(p.starts_at) FROM alexa.partition_bounds p WHERE p.table_name = parent AND p.starts_at > moment));
    -- a table of that name that is not attached was detached by a DBA who wants to keep it
    WHILE to_regclass(format('alexa.%I', name)) IS NOT NULL LOOP
        name := name || '_again';
    END LOOP;
    -- created apart and then attached, with a CHECK equal to the bound, so that ATTACH does not lock out requests.
    -- Access tokens are dropped a week after the last insert, so a vacuum because of inserts would freeze rows in vain
    EXECUTE format('CREATE TABLE alexa.%I (LIKE alexa.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMMENTS, '
                   'CONSTRAINT in_its_bounds CHECK (%s IS NOT NULL AND %s >= %L AND %s < %L))%s',
                   name, parent, key, key, first, key, behind,
                   CASE parent WHEN 'access_token' THEN ' WITH (autovacuum_vacuum_insert_threshold = -1)' END);
    EXECUTE format('ALTER TABLE alexa.%I ATTACH PARTITION alexa.%I FOR VALUES FROM (%L) TO (%L)', parent, name, first, behind);
    EXECUTE format('ALTER TABLE alexa.%I DROP CONSTRAINT in_its_bounds', name);
    RETURN name;
END $$;
COMMENT ON FUNCTION alexa.create_partition(text, text, timestamptz) IS 'Makes the partition of a table for the day or month (UTC) of a moment and returns its name; NULL if a partition covers the moment already. Called by alexa.maintain()';

-- Upkeep ---------------------------------------------------------------------------------------------------------------

CREATE TABLE alexa.maintenance (
    only_row           boolean     PRIMARY KEY DEFAULT true,
    last_run_at        timestamptz NOT NULL,
    last_run_by        text        NOT NULL,
    last_error         text,
    last_error_at      timestamptz,
    unused_looked_for_at timestamptz,

    CONSTRAINT there_is_one_row  CHECK (only_row),
    CONSTRAINT error_has_a_moment CHECK ((last_error IS NULL) = (last_error_at IS NULL))
);
COMMENT ON TABLE  alexa.maintenance                      IS 'When alexa.maintain() last ran to its end; one row';
COMMENT ON COLUMN alexa.maintenance.only_row             IS 'Always true: it keeps the row alone';
COMMENT ON COLUMN alexa.maintenance.last_run_at          IS 'By the database''s clock';
COMMENT ON COLUMN alexa.maintenance.last_run_by          IS 'The role that was logged in: alexa_app is the WAR, any other is pg_cron or a person';
COMMENT ON COLUMN alexa.maintenance.last_error           IS 'What failed in the last run, whose other steps were done; NULL: no step failed';
COMMENT ON COLUMN alexa.maintenance.last_error_at        IS 'When it failed';
COMMENT ON COLUMN alexa.maintenance.unused_looked_for_at IS 'When alexa.end_unused_links() last looked: it reads every refresh token, so once a day at most';
INSERT INTO alexa.maintenance (last_run_at, last_run_by) VALUES (now(), session_user);

CREATE FUNCTION alexa.delete_a_batch(batch integer DEFAULT 1000) RETURNS TABLE (action text, relation text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment timestamptz;
    hit    bigint;
BEGIN
    action := 'deleted';
    -- No row is locked in advance, because no request changes rows past their retention. If moment is NULL, no row is
    -- deleted

    -- deletes expired refresh tokens; if one was the last current token of its link, the link ends
    moment := now() - (SELECT r.keep FROM alexa.retention r WHERE r.what = 'link');
    WITH past AS MATERIALIZED (
        (SELECT r.link_id, r.token_hash FROM alexa.refresh_token r WHERE r.expires_at < moment ORDER BY r.expires_at LIMIT batch)
        UNION
        (SELECT r.link_id, r.token_hash FROM alexa.refresh_token r WHERE r.idle_until < moment ORDER BY r.idle_until LIMIT batch)
    ), deleted AS (
        DELETE FROM alexa.refresh_token r USING past
         WHERE r.link_id = past.link_id AND r.token_hash = past.token_hash
        RETURNING r.link_id, r.token_hash
    ), over AS (
        UPDATE alexa.link l SET revoked_at = now(), revoked_because = 'refresh_token_expired'
         WHERE l.link_id IN (SELECT d.link_id FROM deleted d) AND l.revoked_at IS NULL
           AND NOT EXISTS (SELECT FROM alexa.refresh_token other
                            WHERE other.link_id = l.link_id AND other.superseded_at IS NULL
                              AND (other.link_id, other.token_hash) NOT IN (SELECT d.link_id, d.token_hash FROM deleted d))
        RETURNING l.link_id
    )
    SELECT count(*) INTO hit FROM deleted;
    IF hit > 0 THEN
        relation := hit || ' expired refresh tokens';
        RETURN NEXT;
    END IF;

    moment := now() - (SELECT r.keep FROM alexa.retention r WHERE r.what = 'refresh_token');
    DELETE FROM alexa.refresh_token r
     USING (SELECT s.link_id, s.token_hash FROM alexa.refresh_token s
             WHERE s.superseded_at < moment ORDER BY s.superseded_at LIMIT batch) AS past
     WHERE r.link_id = past.link_id AND r.token_hash = past.token_hash;
    GET DIAGNOSTICS hit = ROW_COUNT;
    IF hit > 0 THEN
        relation := hit || ' superseded refresh tokens';
        RETURN NEXT;
    END IF;

    moment := now() - (SELECT r.keep FROM alexa.retention r WHERE r.what = 'link');
    DELETE FROM alexa.link l
     WHERE l.link_id IN (SELECT g.link_id FROM alexa.link g WHERE g.revoked_at < moment ORDER BY g.revoked_at LIMIT batch);
    GET DIAGNOSTICS hit = ROW_COUNT;
    IF hit > 0 THEN
        relation := hit || ' revoked links';
        RETURN NEXT;
    END IF;

    moment := now() - (SELECT r.keep FROM alexa.retention r WHERE r.what = 'authorization_code');
    DELETE FROM alexa.authorization_code c
     USING (SELECT o.link_id, o.code_hash FROM alexa.authorization_code o
             WHERE o.expires_at < moment ORDER BY o.expires_at LIMIT batch) AS past
     WHERE c.link_id = past.link_id AND c.code_hash = past.code_hash;
    GET DIAGNOSTICS hit = ROW_COUNT;
    IF hit > 0 THEN
        relation := hit || ' authorization codes';
        RETURN NEXT;
    END IF;
END $$;
COMMENT ON FUNCTION alexa.delete_a_batch(integer) IS 'Deletes at most batch rows of each kind that are past their retention: revoked links, expired and superseded refresh tokens, codes. Called by alexa.maintain()';

CREATE FUNCTION alexa.end_unused_links(batch integer DEFAULT 1000) RETURNS TABLE (action text, relation text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kept   interval := (SELECT r.keep FROM alexa.retention r WHERE r.what = 'unused_link');
    moment timestamptz := now() - kept;
    hit    bigint;
BEGIN
    IF kept IS NULL OR (SELECT m.unused_looked_for_at > now() - interval '1 day' FROM alexa.maintenance m) THEN
        RETURN;
    END IF;
    WITH unused AS MATERIALIZED (
        SELECT r.link_id FROM alexa.refresh_token r
         GROUP BY r.link_id HAVING max(coalesce(r.last_used_at, r.issued_at)) < moment
    ), ended AS (
        UPDATE alexa.link l SET revoked_at = now(), revoked_because = 'unused'
         WHERE l.link_id IN (SELECT g.link_id FROM alexa.link g JOIN unused u ON u.link_id = g.link_id
                              WHERE g.revoked_at IS NULL LIMIT batch)
           AND l.revoked_at IS NULL
        RETURNING l.link_id, l.client_id, l.subject
    ), audit AS (
        INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
        SELECT 'link_revoked', e.link_id, e.client_id, e.subject, format('nobody has used it for %s', kept) FROM ended e
    )
    SELECT count(*) INTO hit FROM ended;
    IF hit > 0 THEN
        action := 'ended';
        relation := hit || ' unused links';
        RETURN NEXT;
    END IF;
    IF hit < batch THEN
        UPDATE alexa.maintenance SET unused_looked_for_at = now();
    END IF;
END $$;
COMMENT ON FUNCTION alexa.end_unused_links(integer) IS 'Ends at most batch links whose refresh tokens no client has used for as long as alexa.retention says of unused_link. Called by alexa.maintain()';

CREATE FUNCTION alexa.maintain() RETURNS TABLE (action text, relation text)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    -- alexa_app has enable_seqscan = off; this function may read a table from end to end
    SET enable_seqscan = on
    -- requests queue behind a DROP that waits for its lock
    SET lock_timeout = '50ms'
AS $$
DECLARE
    kept   record;
    child  record;
    moment timestamptz;
    behind timestamptz;
    errors text;
    late   text;
    busy   text[] := '{}';
BEGIN
    -- one session at a time. It locks a row that only the owner can lock: any role that may connect could take an advisory lock
    BEGIN
        PERFORM FROM alexa.maintenance FOR UPDATE NOWAIT;
    EXCEPTION WHEN lock_not_available THEN
        action := 'busy, another session runs it';
        relation := 'maintain';
        RETURN NEXT;
        RETURN;
    END;
    -- The partitions that are needed first are made first, and a failure stops no other. A table without its row in
    -- alexa.retention gets partitions too. Those of the last two days are for a Tomcat whose clock is behind
    FOR kept IN SELECT t.relname::text AS parent, coalesce(r.step, 'month') AS step, g.n
                  FROM pg_class t
                  LEFT JOIN alexa.retention r ON r.what = t.relname
                 CROSS JOIN LATERAL generate_series(CASE r.step WHEN 'day' THEN -2 ELSE 0 END, coalesce(r.steps_ahead, 2)) AS g (n)
                 WHERE t.relnamespace = 'alexa'::regnamespace AND t.relname IN ('access_token', 'audit_event')
                 ORDER BY g.n < 0, g.n, t.relname LOOP
        BEGIN
            -- from the first moment of the step to its last: a DBA's own partition may cover a part of it
            moment := date_trunc(kept.step, now()) + (kept.n || ' ' || kept.step)::interval;
            behind := moment + ('1 ' || kept.step)::interval;
            WHILE moment < behind LOOP
                relation := alexa.create_partition(kept.parent, kept.step, moment);
                IF relation IS NOT NULL THEN
                    action := 'created';
                    RETURN NEXT;
                END IF;
                SELECT p.ends_at INTO STRICT moment FROM alexa.partition_bounds p
                 WHERE p.table_name = kept.parent AND p.starts_at <= moment AND p.ends_at > moment ORDER BY p.ends_at DESC LIMIT 1;
            END LOOP;
        EXCEPTION WHEN others THEN
            -- what stops one partition usually stops those that follow
            CONTINUE WHEN position(kept.parent || ': ' || sqlerrm IN errors) > 0;
            relation := kept.parent;
            action := 'failed: ' || sqlerrm;
            errors := concat_ws('; ', errors, kept.parent || ': ' || sqlerrm);
            RETURN NEXT;
        END;
    END LOOP;
    -- A clock that jumped ahead would have all of it deleted as past its retention. Only a DBA knows whether it did
    IF (SELECT m.last_run_at < now() - interval '30 days' FROM alexa.maintenance m) THEN
        relation := 'maintain';
        action := (SELECT format('deletes nothing: the clock says %s, and it last ran at %s. If the clock is right: UPDATE alexa.maintenance SET last_run_at = now()',
                                 to_char(now(), 'YYYY-MM-DD'), to_char(m.last_run_at, 'YYYY-MM-DD')) FROM alexa.maintenance m);
        UPDATE alexa.maintenance SET last_error = left(concat_ws('; ', action, errors), 500), last_error_at = now();
        RETURN NEXT;
        RETURN;
    END IF;
    BEGIN
        RETURN QUERY SELECT b.action, b.relation FROM alexa.delete_a_batch() b;
    EXCEPTION WHEN others THEN
        relation := 'delete_a_batch';
        action := 'failed: ' || sqlerrm;
        errors := concat_ws('; ', errors, 'delete_a_batch: ' || sqlerrm);
        RETURN NEXT;
    END;
    BEGIN
        RETURN QUERY SELECT e.action, e.relation FROM alexa.end_unused_links() e;
    EXCEPTION WHEN others THEN
        relation := 'end_unused_links';
        action := 'failed: ' || sqlerrm;
        errors := concat_ws('; ', errors, 'end_unused_links: ' || sqlerrm);
        RETURN NEXT;
    END;
    UPDATE alexa.maintenance
       SET last_run_at = now(), last_run_by = session_user,
           last_error = left(errors, 500), last_error_at = CASE WHEN errors IS NOT NULL THEN now() END;
    -- a DROP locks the whole table until commit. So it comes last, and one per call: no request waits for two
    BEGIN
        FOR child IN SELECT p.table_name, p.partition_name, p.dropped_after, n.nspname, c.relname
                       FROM alexa.partition_bounds p JOIN pg_class c ON c.oid = p.partition_oid JOIN pg_namespace n ON n.oid = c.relnamespace
                      WHERE p.dropped_after < now() ORDER BY p.ends_at, p.partition_name LOOP
            -- whoever reads one table for long must not keep the other from being dropped
            CONTINUE WHEN child.table_name = ANY (busy);
            relation := child.partition_name;
            BEGIN
                EXECUTE format('DROP TABLE %I.%I', child.nspname, child.relname);
                action := 'dropped';
            EXCEPTION
                WHEN lock_not_available THEN
                    action := 'busy, next time';
                    busy := busy || child.table_name;
                -- a role that may create objects can make a column of the partition's row type: that must stop no other
                -- step
                WHEN dependent_objects_still_exist THEN
                    GET STACKED DIAGNOSTICS action = PG_EXCEPTION_DETAIL;
                    action := 'not dropped: ' || left(action, 200);
                WHEN others THEN
                    action := 'not dropped: ' || left(sqlerrm, 200);
            END;
            RETURN NEXT;
            EXIT WHEN action = 'dropped';
            IF child.dropped_after < now() - interval '1 day' THEN
                late := concat_ws('; ', late, relation || ' is to be dropped since yesterday: ' || action);
            END IF;
        END LOOP;
        IF late IS NOT NULL THEN
            UPDATE alexa.maintenance SET last_error = left(concat_ws('; ', errors, late), 500), last_error_at = now();
        END IF;
    EXCEPTION WHEN others THEN
        relation := 'drop';
        action := 'failed: ' || sqlerrm;
        UPDATE alexa.maintenance SET last_error = left(concat_ws('; ', errors, 'drop: ' || sqlerrm), 500), last_error_at = now();
        RETURN NEXT;
    END;
END $$;
COMMENT ON FUNCTION alexa.maintain() IS 'Makes partitions ahead, drops one and deletes a batch past their retention, ends unused links; returns what it did. A step that fails stops no other. The WAR calls it every hour, again until it drops and deletes no more; pg_cron may call it instead. Harmless to repeat';
GRANT EXECUTE ON FUNCTION alexa.maintain() TO alexa_app;

SELECT action, relation FROM alexa.maintain();
DO $$ BEGIN
    IF (SELECT m.last_error IS NOT NULL FROM alexa.maintenance m) THEN
        RAISE EXCEPTION 'nothing was done: alexa.maintain() failed: %', (SELECT m.last_error FROM alexa.maintenance m);
    END IF;
END $$;

-- Views ----------------------------------------------------------------------------------------------------------------

CREATE VIEW alexa.maintenance_status AS
    WITH bound AS (
        SELECT t.relname AS table_name, p.ends_at,
               coalesce(p.starts_at > lag(p.ends_at) OVER w, p.starts_at > now()) AS behind_a_gap
          FROM pg_class t
          LEFT JOIN alexa.partition_bounds p ON p.table_name = t.relname AND p.ends_at > now()
         WHERE t.relnamespace = 'alexa'::regnamespace AND t.relname IN ('access_token', 'audit_event')
        WINDOW w AS (PARTITION BY t.relname ORDER BY p.starts_at)
    ), reach AS (
        SELECT b.table_name, b.ends_at, bool_or(b.behind_a_gap) OVER (PARTITION BY b.table_name ORDER BY b.ends_at) AS unreached
          FROM bound b
    ), ready AS (
        SELECT min(e.ready_until) AS ready_until,
               string_agg(e.table_name, ', ' ORDER BY e.table_name) FILTER (WHERE e.ready_until <= now()) AS unready,
               string_agg(e.table_name, ', ' ORDER BY e.table_name) FILTER (WHERE NOT e.kept) AS unkept
          FROM (SELECT r.table_name, coalesce(max(r.ends_at) FILTER (WHERE NOT r.unreached), now()) AS ready_until,
                       EXISTS (SELECT FROM alexa.retention k WHERE k.what = r.table_name) AS kept
                  FROM reach r GROUP BY r.table_name) AS e
    )
    SELECT m.last_run_at,
           m.last_run_by,
           r.ready_until,
           floor(extract(epoch FROM r.ready_until - now()) / 86400)::integer AS days_ready,
           r.unready,
           m.last_run_at < now() - interval '1 day' AS overdue,
           r.ready_until < now() + interval '2 days' AS short_of_partitions,
           m.last_error,
           r.unready IS NULL AND r.unkept IS NULL AND m.last_error IS NULL
               AND r.ready_until >= now() + interval '2 days' AND coalesce(m.last_run_at >= now() - interval '1 day', false) AS well,
           CASE
               WHEN m.last_run_at IS NULL THEN 'alexa.maintenance has no row: INSERT INTO alexa.maintenance (last_run_at, last_run_by) VALUES (now(), session_user)'
               WHEN r.unready IS NOT NULL THEN format('no partition of %s for now: run SELECT * FROM alexa.maintain()', r.unready)
               WHEN m.last_error IS NOT NULL THEN format('a step of maintenance failed at %s UTC: %s', to_char(m.last_error_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), m.last_error)
               WHEN r.ready_until < now() + interval '2 days' THEN format('partitions are ready until %s UTC only: run SELECT * FROM alexa.maintain()', to_char(r.ready_until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'))
               WHEN m.last_run_at < now() - interval '1 day' THEN format('maintenance has not run since %s UTC: run SELECT * FROM alexa.maintain()', to_char(m.last_run_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'))
               WHEN r.unkept IS NOT NULL THEN format('alexa.retention has no row for %s, which is never dropped: if that is meant, INSERT one in which keep is NULL', r.unkept)
               ELSE 'as it should be'
           END AS words
      FROM ready r LEFT JOIN alexa.maintenance m ON true;
COMMENT ON VIEW   alexa.maintenance_status                     IS 'Whether upkeep is done; /health and the log use its words. Alert if words is not "as it should be"';
COMMENT ON COLUMN alexa.maintenance_status.last_run_at         IS 'When alexa.maintain() last ran';
COMMENT ON COLUMN alexa.maintenance_status.last_run_by         IS 'The role that ran it';
COMMENT ON COLUMN alexa.maintenance_status.ready_until         IS 'Until when every row finds its partition, without a gap';
COMMENT ON COLUMN alexa.maintenance_status.days_ready          IS 'ready_until in whole days from now: 3 if maintenance ran today, 0 if less than a day is left';
COMMENT ON COLUMN alexa.maintenance_status.unready             IS 'Tables into which no row can be written now; NULL: none';
COMMENT ON COLUMN alexa.maintenance_status.overdue             IS 'Whether it has not run for a day';
COMMENT ON COLUMN alexa.maintenance_status.short_of_partitions IS 'Whether partitions are ready for fewer than two days';
COMMENT ON COLUMN alexa.maintenance_status.last_error          IS 'What failed in the last run; NULL: no step failed';
COMMENT ON COLUMN alexa.maintenance_status.well                IS 'Whether words is "as it should be"';
COMMENT ON COLUMN alexa.maintenance_status.words               IS 'The state in words, and what to do about it';
GRANT SELECT ON alexa.maintenance_status TO alexa_app, alexa_monitor, alexa_support;

CREATE VIEW alexa.linked AS
    SELECT l.subject,
           l.client_id,
           c.display_name AS client_name,
           array_to_string(l.scope, ' ') AS scope,
           l.created_at AS linked_since,
           u.last_used_at,
           CASE
               WHEN l.revoked_at IS NOT NULL THEN 'ended ' || to_char(l.revoked_at, 'YYYY-MM-DD HH24:MI') || ': ' || replace(l.revoked_because, '_', ' ')
               WHEN c.disabled_at IS NOT NULL THEN 'the client is disabled'
               WHEN a.disabled_at IS NOT NULL THEN 'the account is disabled'
               WHEN l.account_id IS DISTINCT FROM a.account_id AND l.account_id IS NOT NULL THEN 'the account is gone'
               ELSE 'live'
           END AS state,
           f.occurred_at AS last_failure_at,
           f.words AS last_failure,
           l.link_id
      FROM alexa.link l
      JOIN alexa.client c ON c.client_id = l.client_id
      LEFT JOIN alexa.account a ON a.username = l.subject
      LEFT JOIN LATERAL (SELECT max(coalesce(r.last_used_at, r.issued_at)) AS last_used_at
                           FROM alexa.refresh_token r WHERE r.link_id = l.link_id) u ON true
      LEFT JOIN LATERAL (SELECT coalesce(e.last_at, e.occurred_at) AS occurred_at, replace(e.event, '_', ' ') || coalesce(': ' || e.reason, '') AS words
                           FROM alexa.audit_event e
                          WHERE e.link_id = l.link_id
                            AND e.event IN ('token_refused', 'code_repeated', 'code_replayed', 'refresh_token_reused')
                          ORDER BY 1 DESC LIMIT 1) f ON true;
COMMENT ON VIEW   alexa.linked                 IS 'For support: who is linked to what, and what failed last. Ask with WHERE subject = …';
COMMENT ON COLUMN alexa.linked.subject         IS 'The person';
COMMENT ON COLUMN alexa.linked.client_id       IS 'The client that the person is linked to';
COMMENT ON COLUMN alexa.linked.client_name     IS 'Its name';
COMMENT ON COLUMN alexa.linked.scope           IS 'The scopes that the person allowed';
COMMENT ON COLUMN alexa.linked.linked_since    IS 'When the code was redeemed';
COMMENT ON COLUMN alexa.linked.last_used_at    IS 'Last refresh, to the day';
COMMENT ON COLUMN alexa.linked.state           IS 'live, or why not';
COMMENT ON COLUMN alexa.linked.last_failure_at IS 'When something last went wrong with it';
COMMENT ON COLUMN alexa.linked.last_failure    IS 'What went wrong';
COMMENT ON COLUMN alexa.linked.link_id         IS 'As in the log';
GRANT SELECT ON alexa.linked TO alexa_support;

-- Rows in the order of audit_event's primary key, and each LATERAL below has an index: so the last fifty of any number cost
-- about as much as fifty. A LATERAL is not merged into a join, which could lose the order
CREATE VIEW alexa.attempt AS
    SELECT nullif(e.link_id, '00000000-0000-0000-0000-000000000000') AS link_id,
           e.client_id,
           e.subject,
           e.occurred_at AS began_at,
           coalesce(e.first_at, e.occurred_at) AS first_at,
           coalesce(e.last_at, e.occurred_at) AS last_at,
           CASE e.event WHEN 'code_issued' THEN e.occurred_at END AS code_issued_at,
           CASE e.event WHEN 'token_refused' THEN coalesce(e.last_at, e.occurred_at) ELSE r.refused_at END AS token_refused_at,
           s.redeemed_at,
           u.refreshed_at,
           coalesce(l.revoked_at, s.ended_at) AS ended_at,
           CASE e.event
               WHEN 'authorization_refused' THEN 'request'
               WHEN 'access_denied' THEN 'page'
               WHEN 'sign_in_failed' THEN 'sign-in'
               WHEN 'token_refused' THEN 'token-request'
               ELSE CASE WHEN u.refreshed_at IS NOT NULL THEN 'refreshed' WHEN s.redeemed_at IS NOT NULL THEN 'linked'
                         WHEN r.refused_at IS NOT NULL THEN 'token-request' ELSE 'code' END
           END AS reached,
           v.verdict,
           CASE v.verdict
               WHEN 'sign-in-failed' THEN 'the password was wrong, or the name is locked after too many tries'
               WHEN 'denied' THEN 'the listener pressed "Do not allow"'
               WHEN 'account-changed' THEN 'the listener''s account was deleted or disabled, or got another password'
               WHEN 'client-unknown' THEN 'the token request came under a client id that is not registered here' || coalesce(': the right one, but ' || w.detail, '')
               WHEN 'client-disabled' THEN 'this client was disabled here at that time'
               WHEN 'client-differs' THEN 'a client asked for tokens that belong to another client'
               WHEN 'scopes-differ' THEN 'the request asks for a scope that this client may not have'
               WHEN 'redirect-uri-missing' THEN 'the request asks for an answer at a redirect URI that this client does not have'
               WHEN 'redirect-uri-differs' THEN 'the token request has another redirect URI than the authorization request'
               WHEN 'pkce-differs' THEN CASE w.word
                    WHEN 'code_challenge_missing' THEN 'this client must use PKCE, and the request has no code_challenge'
                    WHEN 'code_verifier_missing' THEN 'the authorization request had a code_challenge, and the token request has no code_verifier'
                    WHEN 'code_verifier_unexpected' THEN 'the token request has a code_verifier, and the authorization request had no code_challenge'
                    WHEN 'code_verifier_mismatch' THEN 'the code_verifier of the token request does not fit the code_challenge'
                    ELSE 'the code_challenge of the request is not a good one: ' || CASE w.word
                         WHEN 'code_challenge_malformed' THEN 'it must be 43 characters of base64url without padding'
                         WHEN 'code_challenge_not_s256' THEN 'code_challenge_method must be S256'
                         ELSE 'code_challenge_method came without it' END END
               WHEN 'secret-wrong' THEN 'the token request came with a client secret that is not the one here' || coalesce(': the right one, but ' || w.detail, '')
               WHEN 'secret-expired' THEN 'the token request came with a client secret that has expired' || coalesce(' at ' || w.detail, '')
               WHEN 'authorization-lost' THEN CASE w.word
                    WHEN 'authentication_missing' THEN 'the token request came without client id and secret: neither the header Authorization nor the body has them'
                    WHEN 'authorization_not_basic' THEN 'the token request came with a header Authorization that is not Basic with client_id:client_secret'
                    ELSE 'the token request came without a client secret' END
               WHEN 'code-expired' THEN 'the token request came after the code had expired'
               WHEN 'code-unknown' THEN 'the token request came with a code that is not known here'
               WHEN 'token-unknown' THEN 'a refresh came with a refresh token that is not known here'
               WHEN 'code-replayed' THEN 'the code was redeemed a second time, so the link was ended'
               WHEN 'code-not-fetched' THEN 'the listener allowed it, and no token request came that has its code: Amazon cannot reach this server, although the phone can, or what it sent could not be read'
               WHEN 'waiting' THEN 'the listener allowed it within the last minute, and the token request has not come yet'
               WHEN 'linked' THEN 'linked; the first refresh is not due yet'
               WHEN 'refreshed' THEN 'linked, and Alexa refreshes its tokens'
               WHEN 'not-refreshed' THEN 'linked, but not refreshed ' || CASE WHEN u.refreshed_at IS NULL THEN 'yet'
                    ELSE 'since ' || to_char(u.refreshed_at, 'YYYY-MM-DD') END || ': the skill is not used, or its secret was changed'
               WHEN 'ended' THEN 'the link was ended' || coalesce(': ' || replace(coalesce(l.revoked_because, s.ended_because, w.detail, w.word), '_', ' '), '')
               ELSE CASE WHEN e.event IN ('code_issued', 'token_refused') THEN 'the token request was refused' ELSE 'the request was refused' END || coalesce(': ' || w.reason, '')
           END AS says,
           e.times
      FROM alexa.audit_event e
      -- the life of the client's access tokens
      LEFT JOIN LATERAL (SELECT c.access_token_seconds * interval '1 second' AS token_life
                           FROM alexa.client c WHERE c.client_id = e.client_id LIMIT 1) c ON true
      -- what happened to the code and its link later
      LEFT JOIN LATERAL (SELECT min(t.occurred_at) FILTER (WHERE t.event = 'code_redeemed') AS redeemed_at,
                                min(t.occurred_at) FILTER (WHERE t.event = 'code_replayed') AS replayed_at,
                                min(t.occurred_at) FILTER (WHERE t.event IN ('link_revoked', 'code_replayed', 'refresh_token_reused')) AS ended_at,
                                min(t.event) FILTER (WHERE t.event IN ('link_revoked', 'refresh_token_reused')) AS ended_because
                           FROM alexa.audit_event t
                          WHERE e.event = 'code_issued' AND t.link_id = e.link_id AND t.occurred_at >= e.occurred_at) s ON true
      -- why a token request with this code or a refresh token of this link was refused last
      LEFT JOIN LATERAL (SELECT coalesce(t.last_at, t.occurred_at) AS refused_at, t.reason
                           FROM alexa.audit_event t
                          WHERE e.event = 'code_issued' AND t.link_id = e.link_id AND t.occurred_at >= e.occurred_at AND t.event = 'token_refused'
                          ORDER BY 1 DESC LIMIT 1) r ON true
      LEFT JOIN LATERAL (SELECT k.revoked_at, k.revoked_because
                           FROM alexa.link k WHERE e.event = 'code_issued' AND k.link_id = e.link_id LIMIT 1) l ON true
      LEFT JOIN LATERAL (SELECT max(t.last_used_at) AS refreshed_at
                           FROM alexa.refresh_token t WHERE e.event = 'code_issued' AND t.link_id = e.link_id) u ON true
     -- the reason is a word of the enum Reason, perhaps with a detail, or a sentence
     CROSS JOIN LATERAL (SELECT q.reason, split_part(q.reason, ': ', 1) AS word, nullif(substr(q.reason, strpos(q.reason || ': ', ': ') + 2), '') AS detail
                           FROM (SELECT CASE e.event WHEN 'code_issued' THEN r.reason ELSE e.reason END AS reason) AS q) w
     CROSS JOIN LATERAL (SELECT CASE w.word
                                WHEN 'client_unknown' THEN 'client-unknown'
                                WHEN 'client_disabled' THEN 'client-disabled'
                                WHEN 'code_of_another_client' THEN 'client-differs'
                                WHEN 'refresh_token_of_another_client' THEN 'client-differs'
                                WHEN 'resource_server' THEN 'client-differs'
                                WHEN 'scope_unregistered' THEN 'scopes-differ'
                                WHEN 'scope_too_wide' THEN 'scopes-differ'
                                WHEN 'redirect_uri_unregistered' THEN 'redirect-uri-missing'
                                WHEN 'redirect_uri_mismatch' THEN 'redirect-uri-differs'
                                WHEN 'code_challenge_missing' THEN 'pkce-differs'
                                WHEN 'code_challenge_method_alone' THEN 'pkce-differs'
                                WHEN 'code_challenge_not_s256' THEN 'pkce-differs'
                                WHEN 'code_challenge_malformed' THEN 'pkce-differs'
                                WHEN 'code_verifier_missing' THEN 'pkce-differs'
                                WHEN 'code_verifier_unexpected' THEN 'pkce-differs'
                                WHEN 'code_verifier_mismatch' THEN 'pkce-differs'
                                WHEN 'secret_wrong' THEN 'secret-wrong'
                                WHEN 'secret_unexpected' THEN 'secret-wrong'
                                WHEN 'secret_expired' THEN 'secret-expired'
                                WHEN 'secret_missing' THEN 'authorization-lost'
                                WHEN 'authentication_missing' THEN 'authorization-lost'
                                WHEN 'authorization_not_basic' THEN 'authorization-lost'
                                WHEN 'code_expired' THEN 'code-expired'
                                WHEN 'code_unknown' THEN 'code-unknown'
                                WHEN 'refresh_token_unknown' THEN 'token-unknown'
                                WHEN 'code_already_redeemed' THEN 'code-replayed'
                                WHEN 'account_changed' THEN 'account-changed'
                                WHEN 'account_disabled' THEN 'account-changed'
                                WHEN 'account_gone' THEN 'account-changed'
                                WHEN 'sign_in_failed' THEN 'sign-in-failed'
                                WHEN 'denied' THEN 'denied'
                                WHEN 'link_revoked' THEN 'ended'
                                WHEN 'refresh_token_reused' THEN 'ended'
                                WHEN 'refresh_token_expired' THEN 'ended'
                                WHEN 'refresh_token_idle' THEN 'ended'
                                ELSE 'request-refused' END AS id) m
     CROSS JOIN LATERAL (SELECT CASE
                                WHEN e.event <> 'code_issued' THEN m.id
                                WHEN s.redeemed_at IS NULL THEN
                                    CASE WHEN s.replayed_at IS NOT NULL THEN 'ended' -- by unlinking, before it was redeemed
                                         WHEN w.reason IS NOT NULL THEN m.id
                                         WHEN e.occurred_at > now() - interval '1 minute' THEN 'waiting'
                                         ELSE 'code-not-fetched' END
                                WHEN coalesce(l.revoked_because = 'code_replayed', s.replayed_at IS NOT NULL) THEN 'code-replayed'
                                WHEN l.revoked_at IS NOT NULL OR s.ended_at IS NOT NULL THEN 'ended'
                                -- a refusal after the last refresh; of which only the day is known, so it can be over already
                                WHEN r.refused_at > greatest(s.redeemed_at, u.refreshed_at) THEN m.id
                                WHEN u.refreshed_at > now() - interval '20 hours' - 2 * c.token_life THEN 'refreshed'
                                WHEN u.refreshed_at IS NULL AND s.redeemed_at > now() - 2 * c.token_life THEN 'linked'
                                ELSE 'not-refreshed' END AS verdict) v
     WHERE e.event IN ('code_issued', 'authorization_refused', 'access_denied', 'sign_in_failed', 'token_refused')
       AND e.client_id IS NOT NULL
       -- a refused token request that is part of the row of its code
       AND (e.event <> 'token_refused' OR e.link_id = '00000000-0000-0000-0000-000000000000' OR NOT EXISTS (
            SELECT FROM alexa.audit_event i WHERE i.link_id = e.link_id AND i.occurred_at <= e.occurred_at AND i.event = 'code_issued'));
COMMENT ON VIEW   alexa.attempt                  IS 'Each attempt to link, how far it came and why no further; the verdicts are headings in docs/operator.md. Ask with ORDER BY began_at DESC LIMIT 50';
COMMENT ON COLUMN alexa.attempt.link_id          IS 'As in the log; NULL: there was no code';
COMMENT ON COLUMN alexa.attempt.client_id        IS 'The client that asked';
COMMENT ON COLUMN alexa.attempt.subject          IS 'The person who signed in; NULL: nobody did yet, or the person was erased';
COMMENT ON COLUMN alexa.attempt.began_at         IS 'When its first event was written: refusals that were counted are written up to a minute later';
COMMENT ON COLUMN alexa.attempt.first_at         IS 'When it began; of refusals that were counted, when the first came';
COMMENT ON COLUMN alexa.attempt.last_at          IS 'When it began; of refusals that were counted, when the last came';
COMMENT ON COLUMN alexa.attempt.code_issued_at   IS 'When the listener had allowed it';
COMMENT ON COLUMN alexa.attempt.token_refused_at IS 'When a token request was last refused';
COMMENT ON COLUMN alexa.attempt.redeemed_at      IS 'When the code was redeemed: since then it is linked';
COMMENT ON COLUMN alexa.attempt.refreshed_at     IS 'Last refresh, to the day; NULL: none yet';
COMMENT ON COLUMN alexa.attempt.ended_at         IS 'When the link was ended';
COMMENT ON COLUMN alexa.attempt.reached          IS 'How far it came: request, page, sign-in, code, token-request, linked, refreshed';
COMMENT ON COLUMN alexa.attempt.verdict          IS 'Why it came no further, as an id that never changes: code-not-fetched, secret-wrong, … Or that it is good: linked, refreshed';
COMMENT ON COLUMN alexa.attempt.says             IS 'The verdict as a sentence';
COMMENT ON COLUMN alexa.attempt.times            IS 'How often the same was refused: the first is a row, and those of the minute that follows are one more';
GRANT SELECT ON alexa.attempt TO alexa_support, alexa_auditor;
-- the operator's page needs no names
GRANT SELECT (client_id, began_at, first_at, last_at, code_issued_at, token_refused_at, redeemed_at, refreshed_at, ended_at, reached, verdict, says, times)
    ON alexa.attempt TO alexa_app;

CREATE VIEW alexa.capacity AS
    WITH relation AS (
        SELECT coalesce(p.relname, c.relname) AS table_name, p.oid IS NOT NULL AS is_partition,
               c.oid AS part, greatest(c.reltuples, 0) AS reltuples,
               -- functions instead of pg_stat_user_tables, because Citus refuses a view on a system view
               pg_stat_get_live_tuples(c.oid) AS live, pg_stat_get_dead_tuples(c.oid) AS dead,
               pg_stat_get_last_autovacuum_time(c.oid) AS last_autovacuum
          FROM pg_class c
          LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
          LEFT JOIN pg_class p ON p.oid = i.inhparent
         WHERE c.relnamespace = 'alexa'::regnamespace AND c.relkind = 'r'
    )
    SELECT r.table_name,
           sum(r.reltuples)::bigint AS estimated_rows,
           sum(pg_total_relation_size(r.part))::bigint AS bytes,
           sum(pg_indexes_size(r.part))::bigint AS index_bytes,
           round(100.0 * sum(r.dead) / nullif(sum(r.live + r.dead), 0), 1) AS dead_percent,
           max(r.last_autovacuum) AS last_autovacuum_at,
           count(*) FILTER (WHERE r.is_partition) AS partitions,
           (SELECT min(p.dropped_after) FROM alexa.partition_bounds p WHERE p.table_name = r.table_name) AS next_drop_at
      FROM relation r
     GROUP BY r.table_name;
COMMENT ON VIEW   alexa.capacity                    IS 'Every table: rows, bytes, dead rows, partitions, next drop. It reads statistics and counts no rows, so ask as often as you like';
COMMENT ON COLUMN alexa.capacity.table_name         IS 'A table; partitions are summed up';
COMMENT ON COLUMN alexa.capacity.estimated_rows     IS 'As of the last ANALYZE';
COMMENT ON COLUMN alexa.capacity.bytes              IS 'With indexes and TOAST';
COMMENT ON COLUMN alexa.capacity.index_bytes        IS 'Of that, indexes';
COMMENT ON COLUMN alexa.capacity.dead_percent       IS 'Dead rows in a hundred, which vacuum has not collected yet: an estimate of the bloat to come';
COMMENT ON COLUMN alexa.capacity.last_autovacuum_at IS 'The last one, of any partition';
COMMENT ON COLUMN alexa.capacity.partitions         IS 'How many; 0: it is an ordinary table';
COMMENT ON COLUMN alexa.capacity.next_drop_at       IS 'When the oldest partition is dropped';
GRANT SELECT ON alexa.capacity TO alexa_monitor, alexa_support;

CREATE VIEW alexa.shortcoming AS
    WITH gone AS (
        SELECT i.kind, i.object, i.part, i.role, i.privilege FROM alexa.inventory i
        EXCEPT
        SELECT p.kind, p.object, p.part, p.role, p.privilege FROM alexa.present p
    ), ours AS (
        SELECT c.oid, c.relname, c.relowner, c.relrowsecurity, i.kind
          FROM alexa.inventory i JOIN pg_class c ON c.relname = i.object AND c.relnamespace = 'alexa'::regnamespace
         WHERE i.kind IN ('table', 'view', 'sequence', 'index')
    ), worker AS (
        SELECT coalesce(min(p.proowner::bigint)::oid, 0) AS owner FROM pg_proc p WHERE p.pronamespace = 'alexa'::regnamespace AND p.proname = 'hold_account'
    )
    SELECT true AS stops, format('database %s is %s and not UTF8: createdb -E UTF8 -T template0 makes one that can hold every name', current_database(), getdatabaseencoding()) AS words
     WHERE getdatabaseencoding() <> 'UTF8'
    UNION ALL
    SELECT false, format('schema_version lacks %s: a migration was left out', string_agg(n::text, ', '))
      FROM generate_series(1, (SELECT max(v.version) FROM alexa.schema_version v)) AS n
     WHERE NOT EXISTS (SELECT FROM alexa.schema_version v WHERE v.version = n)
    HAVING count(*) > 0
    UNION ALL
    -- functions and views of the WAR run with the rights of their owner
    SELECT NOT has_schema_privilege(w.owner, n.oid, 'USAGE'), format('schema alexa is owned by %s: ALTER SCHEMA alexa OWNER TO alexa_owner', pg_get_userbyid(n.nspowner))
      FROM pg_namespace n, worker w WHERE n.nspname = 'alexa' AND pg_get_userbyid(n.nspowner) <> 'alexa_owner'
    UNION ALL
    SELECT o.kind = 'table' AND NOT has_table_privilege(w.owner, o.oid, 'SELECT'),
           format('%s %s is owned by %s: ALTER %s alexa.%I OWNER TO alexa_owner', o.kind, o.relname, pg_get_userbyid(o.relowner), upper(o.kind), o.relname)
      FROM ours o, worker w WHERE o.kind <> 'index' AND pg_get_userbyid(o.relowner) <> 'alexa_owner'
    UNION ALL
    SELECT false, format('function %s is owned by %s: ALTER FUNCTION alexa.%s OWNER TO alexa_owner', p.proname, pg_get_userbyid(p.proowner), i.object)
      FROM alexa.present f JOIN alexa.inventory i USING (kind, object) JOIN pg_proc p ON p.oid = f.oid
     WHERE f.kind = 'function' AND pg_get_userbyid(p.proowner) <> 'alexa_owner'
    UNION ALL
    -- a token needs what alexa_app has a right to
    SELECT CASE g.kind WHEN 'right' THEN g.role = 'alexa_app'
                       WHEN 'default' THEN EXISTS (SELECT FROM alexa.inventory i WHERE i.object = g.object AND i.role = 'alexa_app' AND i.privilege = 'INSERT')
                       ELSE g.kind IN ('table', 'view', 'column', 'function')
                            AND EXISTS (SELECT FROM alexa.inventory i WHERE i.kind = 'right' AND i.object = g.object AND i.part IN ('', g.part) AND i.role = 'alexa_app') END,
           CASE g.kind WHEN 'right' THEN format('%s lacks a right: ', g.role) ELSE format('missing: %s %s%s: ', g.kind, nullif(g.part, '') || ' of ', g.object) END
               || coalesce(i.remedy, format('sql/migrations/V%s__*.sql has it', i.since))
      FROM gone g JOIN alexa.inventory i USING (kind, object, part, role, privilege)
     -- of a table that is gone not each of its columns
     WHERE g.kind IN ('table', 'view', 'sequence', 'index', 'function')
        OR NOT EXISTS (SELECT FROM gone whole WHERE whole.object = g.object AND whole.kind IN ('table', 'view', 'sequence', 'function'))
           -- nor the right to a column that is gone: it comes first
           AND (g.kind NOT IN ('right', 'default')
                OR NOT EXISTS (SELECT FROM gone whole WHERE whole.object = g.object AND whole.kind = 'column' AND whole.part = g.part))
    UNION ALL
    SELECT EXISTS (SELECT FROM alexa.inventory i WHERE i.object = p.object AND i.role = 'alexa_app' AND i.privilege = 'INSERT'),
           format('no row can be inserted into %s, because %s must be given and the WAR does not know it: ALTER TABLE alexa.%I ALTER COLUMN %I DROP NOT NULL',
                  p.object, p.part, p.object, p.part)
      FROM alexa.present p JOIN ours o ON o.oid = p.oid JOIN pg_attribute a ON a.attrelid = p.oid AND a.attname = p.part
     WHERE p.kind = 'column' AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
       AND NOT EXISTS (SELECT FROM alexa.inventory i WHERE i.kind = 'column' AND i.object = p.object AND i.part = p.part)
    UNION ALL
    SELECT false, format('index %s is invalid: REINDEX INDEX CONCURRENTLY alexa.%I', o.relname, o.relname)
      FROM ours o JOIN pg_index x ON x.indexrelid = o.oid WHERE NOT x.indisvalid
    UNION ALL
    SELECT false, format('constraint %s of %s is not validated: ALTER TABLE alexa.%I VALIDATE CONSTRAINT %I', k.conname, o.relname, o.relname, k.conname)
      FROM ours o JOIN pg_constraint k ON k.conrelid = o.oid WHERE NOT k.convalidated
    UNION ALL
    SELECT false, format('a trigger is disabled on %s: ALTER TABLE %s ENABLE TRIGGER %I', d.relation, d.relation, d.tgname)
      FROM (SELECT t.tgrelid::regclass AS relation, t.tgname, t.tgrelid FROM pg_trigger t WHERE t.tgenabled = 'D') AS d
     WHERE d.tgrelid IN (SELECT o.oid FROM ours o UNION ALL SELECT h.inhrelid FROM pg_inherits h JOIN ours o ON o.oid = h.inhparent)
    UNION ALL
    -- a policy that lets alexa_app pass is the DBA's own matter
    SELECT NOT EXISTS (SELECT FROM pg_policy y WHERE y.polrelid = o.oid),
           format('row security hides rows of %s, so that good tokens are refused: ALTER TABLE alexa.%I DISABLE ROW LEVEL SECURITY', o.relname, o.relname)
      FROM ours o WHERE o.relrowsecurity
    UNION ALL
    SELECT false, format('a rule changes what is written into %s: DROP RULE %I ON alexa.%I', o.relname, w.rulename, o.relname)
      FROM ours o JOIN pg_rewrite w ON w.ev_class = o.oid WHERE o.kind = 'table'
    UNION ALL
    SELECT false, format('alexa_app has %s and not %s: run sql/roles.sql, and ALTER ROLE alexa_app IN DATABASE %I RESET ALL if it is set there',
                         w.name || '=' || coalesce(e.value, 'nothing'), w.value, current_database())
      FROM (VALUES ('statement_timeout', '2s'), ('lock_timeout', '1500ms'), ('idle_in_transaction_session_timeout', '10s'), ('enable_seqscan', 'off'),
                   ('jit', 'off'), ('plan_cache_mode', 'force_generic_plan'), ('timezone', 'UTC'), ('search_path', 'pg_catalog, pg_temp')) AS w (name, value)
      -- what is set for this database counts before what is set for all of them
      LEFT JOIN LATERAL (SELECT substr(o.option, length(w.name) + 2) AS value
                           FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS o (option)
                          WHERE r.rolname = 'alexa_app' AND lower(split_part(o.option, '=', 1)) = w.name
                            AND s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
                          ORDER BY s.setdatabase DESC LIMIT 1) AS e ON true
     WHERE e.value IS DISTINCT FROM w.value
    UNION ALL
    -- the one word of the migrations by which other letters are noticed, unless the DBA has changed it
    SELECT false, format('the words of the consent page in Japanese are %L: the files were read in another encoding, run them again', d.description)
      FROM alexa.scope_description d
     WHERE d.scope = 'music.read' AND d.language = 'ja' AND d.description ~ '[^\x01-\x7f]' AND d.description !~ '[\u3041-\u30ff\u4e00-\u9fff]';
COMMENT ON VIEW   alexa.shortcoming       IS 'What is not as the migrations and sql/roles.sql made it; empty: all is. The WAR asks at its start and for /health, sql/verify.sql fails for each row';
COMMENT ON COLUMN alexa.shortcoming.stops IS 'Whether tokens cannot be issued, or good ones are refused';
COMMENT ON COLUMN alexa.shortcoming.words IS 'What it is, and the line to type';
GRANT SELECT ON alexa.shortcoming TO alexa_app, alexa_monitor, alexa_support;

CREATE VIEW alexa.audit_trail AS
    SELECT e.occurred_at, replace(e.event, '_', ' ') AS event, e.client_id, e.subject, e.reason,
           nullif(e.link_id, '00000000-0000-0000-0000-000000000000') AS link_id, e.event_id, e.written_by, e.times,
           e.first_at, e.last_at
      FROM alexa.audit_event e;
COMMENT ON VIEW   alexa.audit_trail             IS 'For the auditor: what happened, in words. Ask with WHERE occurred_at > …, or subject = …';
COMMENT ON COLUMN alexa.audit_trail.occurred_at IS 'When';
COMMENT ON COLUMN alexa.audit_trail.event       IS 'What';
COMMENT ON COLUMN alexa.audit_trail.client_id   IS 'The client that asked';
COMMENT ON COLUMN alexa.audit_trail.subject     IS 'The person; NULL: no person acted, or the person was erased';
COMMENT ON COLUMN alexa.audit_trail.reason      IS 'Why';
COMMENT ON COLUMN alexa.audit_trail.link_id     IS 'The link; NULL: no link';
COMMENT ON COLUMN alexa.audit_trail.event_id    IS 'Orders events of one moment';
COMMENT ON COLUMN alexa.audit_trail.times       IS 'How often';
COMMENT ON COLUMN alexa.audit_trail.first_at    IS 'Of refusals that were counted, when the first came; NULL: at occurred_at';
COMMENT ON COLUMN alexa.audit_trail.last_at     IS 'Of refusals that were counted, when the last came; NULL: at occurred_at';
COMMENT ON COLUMN alexa.audit_trail.written_by  IS 'The role that was logged in; alexa_app is the WAR';
GRANT SELECT ON alexa.audit_trail TO alexa_auditor;

INSERT INTO alexa.schema_version (version, description) VALUES (3, 'upkeep');
RESET default_transaction_read_only;
RESET client_encoding;
RESET search_path;
