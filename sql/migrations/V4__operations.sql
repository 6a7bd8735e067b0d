-- V4__operations.sql: what a DBA needs from day two on: upkeep that is watched, views, and the functions for people
--
-- Run by   a member of alexa_owner, in the application database:
--          psql -1 -v ON_ERROR_STOP=1 -d alexa -f sql/migrations/V4__operations.sql
-- Needs    V3__administration.sql
-- Locks    SHARE on authorization_code while its index is built (a week of codes: seconds at the most); the storage
--          settings take SHARE UPDATE EXCLUSIVE, which stops no request. An older WAR runs on meanwhile
-- Undo     sql/undo/V4__operations.sql (no data is lost)
-- Check    sql/verify/operations.sql
SET search_path = pg_catalog, pg_temp;
SET LOCAL ROLE alexa_owner;
DO $$ BEGIN
    IF current_user <> 'alexa_owner' THEN
        RAISE EXCEPTION 'this file must run in one transaction: psql -1 -v ON_ERROR_STOP=1 -f ...';
    END IF;
END $$;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- Autovacuum, with the arithmetic.
--   link           rows change once, when revoked. The default waits for 20 % of the table: 2 million dead rows of
--                  10 million. 2 % is 200,000.
--   refresh_token  a row is rewritten at most once an hour and the rewrite is HOT: fillfactor 80 leaves room for one
--                  more 85-byte version of every fourth row in its page, and the next visitor prunes it. Vacuum is only
--                  needed for what pruning missed: at 10 million links 2 % is 200,000 rows, twenty minutes' worth.
--   access_token,  are dropped whole, days after the last insert. A vacuum because of inserts (PostgreSQL 13 and later)
--   audit_event    would read a day of rows once in order to freeze what is thrown away: -1 switches that one off.
ALTER TABLE alexa.link          SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE alexa.refresh_token SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
DO $$
DECLARE
    child regclass;
BEGIN
    FOR child IN SELECT inhrelid::regclass FROM pg_inherits
                  WHERE inhparent IN ('alexa.access_token'::regclass, 'alexa.audit_event'::regclass) LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_vacuum_insert_threshold = -1)', child);
    END LOOP;
END $$;

-- Erasing a person finds their codes by this. An index of a partitioned table cannot be built concurrently; there is a
-- week of codes.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX authorization_code_subject_idx ON alexa.authorization_code (subject);

CREATE TABLE alexa.maintenance (
    only_row    boolean     PRIMARY KEY DEFAULT true,
    last_run_at timestamptz NOT NULL,
    last_run_by text        NOT NULL,

    CONSTRAINT there_is_one_row CHECK (only_row)
);
COMMENT ON TABLE  alexa.maintenance             IS 'When alexa.maintain() last ran to its end; one row';
COMMENT ON COLUMN alexa.maintenance.only_row    IS 'Always true: it keeps the row alone';
COMMENT ON COLUMN alexa.maintenance.last_run_at IS 'By the database''s clock';
COMMENT ON COLUMN alexa.maintenance.last_run_by IS 'Who was logged in: alexa_app is the WAR, anybody else pg_cron or a person';
INSERT INTO alexa.maintenance (last_run_at, last_run_by) VALUES (now(), session_user);

COMMENT ON TABLE  alexa.retention            IS 'How long things are kept; UPDATE it as you like, alexa.maintain() obeys';
COMMENT ON COLUMN alexa.retention.table_name IS 'A partitioned table, whose days are dropped; or link: revoked links and expired refresh tokens, which are deleted';
COMMENT ON COLUMN alexa.retention.keep       IS 'Counted from the end of the partition''s day, from the revocation of the link, from the expiry of the token';
INSERT INTO alexa.retention (table_name, keep) VALUES ('link', interval '90 days'); -- as long as the audit tells why

CREATE OR REPLACE FUNCTION alexa.create_partition(parent text, day date) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    child    text := parent || '_' || to_char(day, 'YYYYMMDD');
    key      text := pg_get_partkeydef(format('alexa.%I', parent)::regclass);
    from_day timestamptz := day::timestamp AT TIME ZONE 'UTC';
    to_day   timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
    storage  text := CASE parent WHEN 'authorization_code' THEN 'fillfactor = 90'
                                 ELSE 'autovacuum_vacuum_insert_threshold = -1' END;
BEGIN
    IF to_regclass(format('alexa.%I', child)) IS NOT NULL THEN
        RETURN false;
    END IF;
    key := substring(key FROM '\((.*)\)');
    -- made beside and then attached, with a CHECK that says what the bound says: the parent is never locked
    EXECUTE format('CREATE TABLE alexa.%I (LIKE alexa.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMMENTS, '
                   'CONSTRAINT in_its_day CHECK (%s IS NOT NULL AND %s >= %L AND %s < %L)) WITH (%s)',
                   child, parent, key, key, from_day, key, to_day, storage);
    EXECUTE format('ALTER TABLE alexa.%I ATTACH PARTITION alexa.%I FOR VALUES FROM (%L) TO (%L)',
                   parent, child, from_day, to_day);
    EXECUTE format('ALTER TABLE alexa.%I DROP CONSTRAINT in_its_day', child);
    RETURN true;
END $$;

CREATE FUNCTION alexa.delete_a_batch(batch integer DEFAULT 1000) RETURNS TABLE (action text, relation text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kept interval := (SELECT r.keep FROM alexa.retention r WHERE r.table_name = 'link');
    hit  bigint;
BEGIN
    -- a refresh token that expired long ago goes, and with the last one its link is over
    WITH expired AS (
        SELECT r.link_id, r.token_hash FROM alexa.refresh_token r
         WHERE r.expires_at < now() - kept
         ORDER BY r.expires_at LIMIT batch FOR UPDATE SKIP LOCKED
    ), deleted AS (
        DELETE FROM alexa.refresh_token r USING expired e
         WHERE r.link_id = e.link_id AND r.token_hash = e.token_hash
        RETURNING r.link_id, r.token_hash
    ), over AS (
        UPDATE alexa.link l SET revoked_at = now(), revoked_because = 'refresh_token_expired'
         WHERE l.link_id IN (SELECT d.link_id FROM deleted d) AND l.revoked_at IS NULL
           AND NOT EXISTS (SELECT FROM alexa.refresh_token other
                            WHERE other.link_id = l.link_id
                              AND (other.link_id, other.token_hash) NOT IN (SELECT d.link_id, d.token_hash FROM deleted d))
        RETURNING l.link_id
    )
    SELECT count(*) INTO hit FROM deleted;
    IF hit > 0 THEN
        action := 'deleted';
        relation := hit || ' expired refresh tokens';
        RETURN NEXT;
    END IF;
    DELETE FROM alexa.link l
     WHERE l.link_id IN (SELECT g.link_id FROM alexa.link g
                          WHERE g.revoked_at < now() - kept
                          ORDER BY g.revoked_at LIMIT batch FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS hit = ROW_COUNT;
    IF hit > 0 THEN
        action := 'deleted';
        relation := hit || ' revoked links';
        RETURN NEXT;
    END IF;
END $$;
COMMENT ON FUNCTION alexa.delete_a_batch(integer) IS 'Deletes at most so many revoked links and expired refresh tokens that are past their retention. Called by alexa.maintain()';

CREATE OR REPLACE FUNCTION alexa.maintain(days_ahead integer DEFAULT 14) RETURNS TABLE (action text, relation text)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    -- whoever comes behind a drop that waits has to wait as well
    SET lock_timeout = '50ms'
AS $$
DECLARE
    parent text;
    child  record;
    today  date := (now() AT TIME ZONE 'UTC')::date;
BEGIN
    IF days_ahead NOT BETWEEN 3 AND 60 THEN
        RAISE EXCEPTION 'days_ahead must be from 3 to 60, not %', days_ahead;
    END IF;
    -- one runner at a time. A row that only the owner can lock: an advisory lock is everybody's who may connect
    BEGIN
        PERFORM FROM alexa.maintenance FOR UPDATE NOWAIT;
    EXCEPTION WHEN lock_not_available THEN
        action := 'busy, another session runs it';
        relation := 'maintain';
        RETURN NEXT;
        RETURN;
    END;
    FOR parent IN SELECT r.table_name FROM alexa.retention r
                    JOIN pg_partitioned_table p ON p.partrelid = format('alexa.%I', r.table_name)::regclass
                   ORDER BY r.table_name LOOP
        FOR i IN 0 .. days_ahead LOOP
            IF alexa.create_partition(parent, today + i) THEN
                action := 'created';
                relation := parent || '_' || to_char(today + i, 'YYYYMMDD');
                RETURN NEXT;
            END IF;
        END LOOP;
    END LOOP;
    RETURN QUERY SELECT b.action, b.relation FROM alexa.delete_a_batch() b;
    UPDATE alexa.maintenance SET last_run_at = now(), last_run_by = session_user;
    -- a drop locks its whole table until commit: so it comes last, and one per call, so that no token waits for two
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
        EXCEPTION
            WHEN lock_not_available THEN
                action := 'busy, next time';
            -- whoever may create anything in this database can make a column of its row type: that must stop nothing else
            WHEN dependent_objects_still_exist THEN
                GET STACKED DIAGNOSTICS action = PG_EXCEPTION_DETAIL;
                action := 'not dropped: ' || left(action, 200);
        END;
        RETURN NEXT;
        EXIT WHEN action NOT LIKE 'not dropped%';
    END LOOP;
END $$;
COMMENT ON FUNCTION alexa.maintain(integer) IS 'Makes daily partitions ahead, drops one and deletes a batch past their retention; returns what it did. The WAR calls it every hour until it drops and deletes no more; pg_cron may instead. Harmless to repeat';

CREATE VIEW alexa.maintenance_status AS
    SELECT m.last_run_at,
           m.last_run_by,
           p.days_ready,
           m.last_run_at < now() - interval '1 day' AS overdue,
           p.days_ready < 3 AS short_of_partitions,
           CASE
               WHEN p.days_ready < 3 THEN format('partitions are ready for %s days only: run SELECT * FROM alexa.maintain()', p.days_ready)
               WHEN m.last_run_at < now() - interval '1 day' THEN format('maintenance has not run since %s UTC: run SELECT * FROM alexa.maintain()', to_char(m.last_run_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'))
               ELSE 'as it should be'
           END AS words
      FROM alexa.maintenance m,
           (SELECT coalesce(min(d.day) FILTER (WHERE d.missing), 15) AS days_ready
              FROM (SELECT g.day, bool_or(to_regclass(concat('alexa.', t.name, '_', to_char(now() AT TIME ZONE 'UTC' + make_interval(days => g.day), 'YYYYMMDD'))) IS NULL) AS missing
                      FROM generate_series(0, 14) AS g (day),
                           unnest(ARRAY['authorization_code', 'access_token', 'audit_event']) AS t (name)
                     GROUP BY g.day) AS d) AS p;
COMMENT ON VIEW   alexa.maintenance_status                     IS 'Whether the upkeep is done; /health and the log say the same words. Alert when words is not "as it should be"';
COMMENT ON COLUMN alexa.maintenance_status.last_run_at         IS 'When alexa.maintain() last ran';
COMMENT ON COLUMN alexa.maintenance_status.last_run_by         IS 'Who ran it';
COMMENT ON COLUMN alexa.maintenance_status.days_ready          IS 'For how many days from today (UTC) every table has its partition; 15 is all of them';
COMMENT ON COLUMN alexa.maintenance_status.overdue             IS 'It has not run for a day';
COMMENT ON COLUMN alexa.maintenance_status.short_of_partitions IS 'Fewer than three days are ready';
COMMENT ON COLUMN alexa.maintenance_status.words               IS 'The same for people';
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
      LEFT JOIN LATERAL (SELECT e.occurred_at, replace(e.event, '_', ' ') || coalesce(': ' || e.reason, '') AS words
                           FROM alexa.audit_event e
                          WHERE e.link_id = l.link_id AND e.event <> 'token_refreshed'
                            AND e.event IN ('token_refused', 'code_repeated', 'code_replayed')
                          ORDER BY e.occurred_at DESC LIMIT 1) f ON true;
COMMENT ON VIEW   alexa.linked                 IS 'For support: who is linked to what, and what failed last. Ask with WHERE subject = …';
COMMENT ON COLUMN alexa.linked.subject         IS 'Who';
COMMENT ON COLUMN alexa.linked.client_id       IS 'To which client';
COMMENT ON COLUMN alexa.linked.client_name     IS 'As the listener read it';
COMMENT ON COLUMN alexa.linked.scope           IS 'What was allowed';
COMMENT ON COLUMN alexa.linked.linked_since    IS 'When the code was redeemed';
COMMENT ON COLUMN alexa.linked.last_used_at    IS 'Last refresh, to the hour';
COMMENT ON COLUMN alexa.linked.state           IS 'live, or why not';
COMMENT ON COLUMN alexa.linked.last_failure_at IS 'When something last went wrong with it';
COMMENT ON COLUMN alexa.linked.last_failure    IS 'What';
COMMENT ON COLUMN alexa.linked.link_id         IS 'As in the log';
GRANT SELECT ON alexa.linked TO alexa_support;

CREATE VIEW alexa.partition AS
    SELECT p.relname AS table_name,
           c.relname AS partition_name,
           to_date(right(c.relname, 8), 'YYYYMMDD') AS day,
           greatest(c.reltuples, 0)::bigint AS estimated_rows,
           pg_total_relation_size(c.oid) AS bytes,
           (to_date(right(c.relname, 8), 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'UTC' + r.keep AS dropped_after
      FROM alexa.retention r
      JOIN pg_class p ON p.oid = to_regclass(format('alexa.%I', r.table_name)) AND p.relkind = 'p'
      JOIN pg_inherits i ON i.inhparent = p.oid
      JOIN pg_class c ON c.oid = i.inhrelid;
COMMENT ON VIEW   alexa.partition                IS 'Every daily partition, what it weighs and when it goes; from statistics, so it costs nothing';
COMMENT ON COLUMN alexa.partition.table_name     IS 'The partitioned table';
COMMENT ON COLUMN alexa.partition.partition_name IS 'The partition';
COMMENT ON COLUMN alexa.partition.day            IS 'Its day (UTC)';
COMMENT ON COLUMN alexa.partition.estimated_rows IS 'As of the last ANALYZE';
COMMENT ON COLUMN alexa.partition.bytes          IS 'With indexes and TOAST';
COMMENT ON COLUMN alexa.partition.dropped_after  IS 'The next alexa.maintain() after this moment drops it';
GRANT SELECT ON alexa.partition TO alexa_monitor, alexa_support;

CREATE VIEW alexa.capacity AS
    WITH relation AS (
        SELECT coalesce(p.oid, c.oid) AS oid, coalesce(p.relname, c.relname) AS table_name, p.oid IS NOT NULL AS is_partition,
               c.oid AS part, greatest(c.reltuples, 0) AS reltuples, s.n_live_tup, s.n_dead_tup, s.last_autovacuum
          FROM pg_class c
          LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
          LEFT JOIN pg_class p ON p.oid = i.inhparent
          LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
         WHERE c.relnamespace = 'alexa'::regnamespace AND c.relkind = 'r'
    )
    SELECT r.table_name,
           sum(r.reltuples)::bigint AS estimated_rows,
           sum(pg_total_relation_size(r.part))::bigint AS bytes,
           sum(pg_indexes_size(r.part))::bigint AS index_bytes,
           round(100.0 * sum(r.n_dead_tup) / nullif(sum(r.n_live_tup + r.n_dead_tup), 0), 1) AS dead_percent,
           max(r.last_autovacuum) AS last_autovacuum_at,
           count(*) FILTER (WHERE r.is_partition) AS partitions,
           (SELECT min(p.dropped_after) FROM alexa.partition p WHERE p.table_name = r.table_name) AS next_drop_at
      FROM relation r
     GROUP BY r.table_name;
COMMENT ON VIEW   alexa.capacity                    IS 'Every table: rows, bytes, dead rows, partitions, next drop. From statistics: nothing is counted, so ask as often as you like';
COMMENT ON COLUMN alexa.capacity.table_name         IS 'A table; partitions are summed up';
COMMENT ON COLUMN alexa.capacity.estimated_rows     IS 'As of the last ANALYZE';
COMMENT ON COLUMN alexa.capacity.bytes              IS 'With indexes and TOAST';
COMMENT ON COLUMN alexa.capacity.index_bytes        IS 'Of that, indexes';
COMMENT ON COLUMN alexa.capacity.dead_percent       IS 'Dead rows in a hundred: what vacuum has not collected yet, an estimate of the bloat to come';
COMMENT ON COLUMN alexa.capacity.last_autovacuum_at IS 'The last one, of any partition';
COMMENT ON COLUMN alexa.capacity.partitions         IS 'How many; 0 where it is an ordinary table';
COMMENT ON COLUMN alexa.capacity.next_drop_at       IS 'When the oldest partition goes';
GRANT SELECT ON alexa.capacity TO alexa_monitor, alexa_support;

CREATE VIEW alexa.audit_trail AS
    SELECT e.occurred_at, replace(e.event, '_', ' ') AS event, e.client_id, e.subject, e.reason, e.link_id, e.event_id, e.written_by, e.times
      FROM alexa.audit_event e;
COMMENT ON VIEW   alexa.audit_trail             IS 'For the auditor: what happened, in words. Ask with WHERE occurred_at > …, or subject = …';
COMMENT ON COLUMN alexa.audit_trail.occurred_at IS 'When';
COMMENT ON COLUMN alexa.audit_trail.event       IS 'What';
COMMENT ON COLUMN alexa.audit_trail.client_id   IS 'Which client asked';
COMMENT ON COLUMN alexa.audit_trail.subject     IS 'Who; NULL where nobody acted, or where the person was erased';
COMMENT ON COLUMN alexa.audit_trail.reason      IS 'Why';
COMMENT ON COLUMN alexa.audit_trail.link_id     IS 'Which link';
COMMENT ON COLUMN alexa.audit_trail.event_id    IS 'Orders events of one moment';
COMMENT ON COLUMN alexa.audit_trail.times       IS 'How often';
COMMENT ON COLUMN alexa.audit_trail.written_by  IS 'Who was logged in; alexa_app is the WAR';
GRANT SELECT ON alexa.audit_trail TO alexa_auditor;

CREATE FUNCTION alexa.list_clients()
    RETURNS TABLE (client_id text, kind text, display_name text, enabled boolean, pkce_required boolean, scopes text,
                   redirect_uris text, valid_secrets bigint, code_lifetime interval, access_token_lifetime interval,
                   refresh_token_lifetime interval)
    LANGUAGE sql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.client_id, c.kind, c.display_name, c.disabled_at IS NULL, c.pkce_required,
           (SELECT string_agg(s.scope, ' ' ORDER BY s.scope) FROM alexa.client_scope s WHERE s.client_id = c.client_id),
           (SELECT string_agg(u.redirect_uri, ' ' ORDER BY u.redirect_uri) FROM alexa.client_redirect_uri u WHERE u.client_id = c.client_id),
           (SELECT count(*) FROM alexa.client_secret h
             WHERE h.client_id = c.client_id AND (h.valid_until IS NULL OR h.valid_until > now())),
           c.code_lifetime, c.access_token_lifetime, c.refresh_token_lifetime
      FROM alexa.client c
     ORDER BY c.client_id
$$;
COMMENT ON FUNCTION alexa.list_clients() IS 'Every client with what it may and how long its tokens live. SELECT * FROM alexa.list_clients()';

CREATE FUNCTION alexa.change_client(
    client_id              text,
    display_name           text     DEFAULT NULL,
    scopes                 text[]   DEFAULT NULL,
    pkce_required          boolean  DEFAULT NULL,
    access_token_lifetime  interval DEFAULT NULL,
    refresh_token_lifetime interval DEFAULT NULL,
    code_lifetime          interval DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unknown_scope text;
BEGIN
    PERFORM alexa.the_client(client_id);
    IF scopes IS NOT NULL THEN
        IF cardinality(scopes) = 0 THEN
            RAISE EXCEPTION 'a client needs at least one scope' USING ERRCODE = 'check_violation';
        END IF;
        SELECT s INTO unknown_scope FROM unnest(scopes) AS s WHERE s NOT IN (SELECT known.scope FROM alexa.scope known);
        IF FOUND THEN
            RAISE EXCEPTION 'scope "%" is not known', unknown_scope
                USING HINT = 'INSERT INTO alexa.scope (scope, description) first: listeners read the description',
                      ERRCODE = 'foreign_key_violation';
        END IF;
        DELETE FROM alexa.client_scope s WHERE s.client_id = change_client.client_id AND s.scope <> ALL (scopes);
        INSERT INTO alexa.client_scope (client_id, scope) SELECT DISTINCT change_client.client_id, s FROM unnest(scopes) AS s
            ON CONFLICT DO NOTHING;
    END IF;
    UPDATE alexa.client c
       SET display_name           = coalesce(change_client.display_name, c.display_name),
           pkce_required          = coalesce(change_client.pkce_required, c.pkce_required),
           access_token_lifetime  = coalesce(change_client.access_token_lifetime, c.access_token_lifetime),
           refresh_token_lifetime = CASE WHEN change_client.refresh_token_lifetime = interval '0' THEN NULL
                                         ELSE coalesce(change_client.refresh_token_lifetime, c.refresh_token_lifetime) END,
           code_lifetime          = coalesce(change_client.code_lifetime, c.code_lifetime)
     WHERE c.client_id = change_client.client_id;
    INSERT INTO alexa.audit_event (event, client_id, reason) VALUES ('client_changed', client_id, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.change_client(text, text, text[], boolean, interval, interval, interval) IS 'Changes what is named and leaves the rest; refresh_token_lifetime => ''0'' means never. Links that exist keep their scope';

CREATE FUNCTION alexa.the_subject(subject text) RETURNS text
    LANGUAGE sql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT a.username FROM alexa.account a WHERE alexa.folded(a.username) = alexa.folded(the_subject.subject)), the_subject.subject)
$$;
COMMENT ON FUNCTION alexa.the_subject(text) IS 'The name of the account that has it in whatever capitals; of another Realm''s people the name as it is';

CREATE FUNCTION alexa.note_other_spellings(subject text) RETURNS void
    LANGUAGE plpgsql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    others text;
BEGIN
    -- the usual ones, by index; docs/dba.md has a query that reads every link
    SELECT string_agg(DISTINCT quote_literal(l.subject), ', ') INTO others FROM alexa.link l
     WHERE l.subject = ANY (ARRAY[lower(note_other_spellings.subject), upper(note_other_spellings.subject), initcap(note_other_spellings.subject)])
       AND l.subject <> note_other_spellings.subject AND l.revoked_at IS NULL;
    IF others IS NOT NULL THEN
        RAISE WARNING 'live links remain under another spelling of this name: %. If that is the same person, call this for each', others;
    END IF;
END $$;
COMMENT ON FUNCTION alexa.note_other_spellings(text) IS 'Warns if live links have the same name in other capitals. A Realm that tells those apart has two people then: alexa.usernames in docs/operator.md';

CREATE FUNCTION alexa.revoke_links(
    subject   text        DEFAULT NULL,
    client_id text        DEFAULT NULL,
    before    timestamptz DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    hit bigint;
BEGIN
    IF subject IS NULL AND client_id IS NULL AND before IS NULL THEN
        RAISE EXCEPTION 'say whose links: subject, client_id, before, or several of them'
            USING HINT = 'before => now() is all there are', ERRCODE = 'null_value_not_allowed';
    END IF;
    IF client_id IS NOT NULL THEN
        PERFORM alexa.the_client(client_id);
    END IF;
    subject := alexa.the_subject(subject);
    -- as text, so that each call is planned for what it names and finds it by index
    EXECUTE 'UPDATE alexa.authorization_code a SET redeemed_at = now()
              WHERE a.redeemed_at IS NULL AND a.expires_at > now() AND a.expires_at <= now() + interval ''10 minutes'''
        || CASE WHEN subject   IS NULL THEN '' ELSE ' AND a.subject = $1' END
        || CASE WHEN client_id IS NULL THEN '' ELSE ' AND a.client_id = $2' END
        || CASE WHEN before    IS NULL THEN '' ELSE ' AND a.issued_at < $3' END
        USING subject, client_id, before;
    EXECUTE 'WITH revoked AS (
                 UPDATE alexa.link l SET revoked_at = now(), revoked_because = ''unlinked'' WHERE l.revoked_at IS NULL'
        || CASE WHEN subject   IS NULL THEN '' ELSE ' AND l.subject = $1' END
        || CASE WHEN client_id IS NULL THEN '' ELSE ' AND l.client_id = $2' END
        || CASE WHEN before    IS NULL THEN '' ELSE ' AND l.created_at < $3' END
        || '    RETURNING l.link_id, l.client_id, l.subject
             ), audit AS (
                 INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
                 SELECT ''link_revoked'', r.link_id, r.client_id, r.subject, format(''by %s'', session_user) FROM revoked r
             )
             SELECT count(*) FROM revoked'
        INTO hit USING subject, client_id, before;
    IF subject IS NOT NULL THEN
        PERFORM alexa.note_other_spellings(subject);
    END IF;
    RETURN hit;
END $$;
COMMENT ON FUNCTION alexa.revoke_links(text, text, timestamptz) IS 'Ends links, and codes not redeemed yet, from the next request on; returns how many. By user, by client, all before a moment, or what several of these share. SELECT alexa.revoke_links(subject => ''anna'')';

CREATE FUNCTION alexa.erase_user(subject text) RETURNS TABLE (relation text, rows bigint)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    theirs uuid[];
    total  bigint := 0;
BEGIN
    subject := alexa.the_subject(subject);
    -- the account first: it is waited for whoever signs in with it right now (alexa.hold_account), and for a code that is
    -- being redeemed
    relation := 'account';
    DELETE FROM alexa.account a WHERE a.username = erase_user.subject;
    GET DIAGNOSTICS rows = ROW_COUNT;
    total := total + rows;
    RETURN NEXT;
    relation := 'authorization_code';
    DELETE FROM alexa.authorization_code c WHERE c.subject = erase_user.subject;
    GET DIAGNOSTICS rows = ROW_COUNT;
    total := total + rows;
    RETURN NEXT;
    theirs := ARRAY(SELECT l.link_id FROM alexa.link l WHERE l.subject = erase_user.subject);
    relation := 'access_token';
    DELETE FROM alexa.access_token t WHERE t.link_id = ANY (theirs);
    GET DIAGNOSTICS rows = ROW_COUNT;
    RETURN NEXT;
    relation := 'refresh_token';
    DELETE FROM alexa.refresh_token t WHERE t.link_id = ANY (theirs);
    GET DIAGNOSTICS rows = ROW_COUNT;
    RETURN NEXT;
    relation := 'link';
    DELETE FROM alexa.link l WHERE l.link_id = ANY (theirs);
    GET DIAGNOSTICS rows = ROW_COUNT;
    total := total + rows;
    RETURN NEXT;
    relation := 'audit_event, the name taken out';
    UPDATE alexa.audit_event e SET subject = NULL WHERE e.subject = erase_user.subject;
    GET DIAGNOSTICS rows = ROW_COUNT;
    total := total + rows;
    RETURN NEXT;
    PERFORM alexa.note_other_spellings(subject);
    IF total = 0 THEN
        RAISE EXCEPTION 'nothing is stored about this person'
            USING HINT = 'the name must be written as they sign in with it', ERRCODE = 'no_data_found';
    END IF;
    INSERT INTO alexa.audit_event (event, reason) VALUES ('person_erased', format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.erase_user(text) IS 'Erases a person (GDPR article 17): account, links, tokens and codes are gone, the audit trail keeps its events without the name. Backups and Tomcat''s log are yours to think of';

CREATE FUNCTION alexa.export_user(subject text) RETURNS jsonb
    LANGUAGE sql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object(
        'subject', export_user.subject,
        'account', (SELECT jsonb_build_object('username', a.username, 'created_at', a.created_at,
                                              'password_changed_at', a.password_changed_at, 'disabled_at', a.disabled_at,
                                              'roles', (SELECT jsonb_agg(r.role_name ORDER BY r.role_name) FROM alexa.account_role r WHERE r.username = a.username))
                      FROM alexa.account a WHERE a.username = export_user.subject),
        'links', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                             'link_id', l.link_id, 'client', l.client_id, 'scope', l.scope, 'linked_since', l.created_at,
                             'ended_at', l.revoked_at, 'ended_because', l.revoked_because,
                             'last_used_at', (SELECT max(r.last_used_at) FROM alexa.refresh_token r WHERE r.link_id = l.link_id),
                             'access_tokens', (SELECT count(*) FROM alexa.access_token t WHERE t.link_id = l.link_id))
                             ORDER BY l.created_at), '[]')
                    FROM alexa.link l WHERE l.subject = export_user.subject),
        'codes', (SELECT coalesce(jsonb_agg(jsonb_build_object('client', c.client_id, 'issued_at', c.issued_at, 'redeemed_at', c.redeemed_at) ORDER BY c.issued_at), '[]')
                    FROM alexa.authorization_code c WHERE c.subject = export_user.subject),
        'events', (SELECT coalesce(jsonb_agg(jsonb_build_object('at', e.occurred_at, 'event', e.event, 'client', e.client_id, 'reason', e.reason) ORDER BY e.occurred_at, e.event_id), '[]')
                     FROM alexa.audit_event e WHERE e.subject = export_user.subject))
$$;
COMMENT ON FUNCTION alexa.export_user(text) IS 'All that is stored about a person, as JSON (GDPR article 15); never a hash. SELECT jsonb_pretty(alexa.export_user(''anna''))';

INSERT INTO alexa.schema_version (version, description) VALUES (4, 'operations');
RESET search_path;
