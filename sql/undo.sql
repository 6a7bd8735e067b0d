-- undo.sql: removes Alexa Link from this database: every household must link again, every account and the audit trail are gone
--
-- Run by   a superuser, connected to the application database, in one transaction:
--          psql -X -1 -v ON_ERROR_STOP=1 -d alexa -c "SET alexa.undo = 'everything'" -f sql/undo.sql
-- Locks    ACCESS EXCLUSIVE on all of it: stop the WAR before
-- Undo     none: pg_dump before. What roles.sql took from PUBLIC stays taken: GRANT it if others are to use the database
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
-- takes effect in the next transaction: if this file does not run in one, PostgreSQL refuses all statements that follow
SET default_transaction_read_only = on;
DO $$ BEGIN
    IF current_setting('transaction_read_only')::boolean THEN
        RAISE EXCEPTION 'nothing was done: undo.sql must run in one transaction, on a server that is not read-only'
            USING HINT = 'psql -X -1 -v ON_ERROR_STOP=1 -d alexa -f sql/undo.sql';
    END IF;
END $$;
DO $$
DECLARE
    live   bigint := 0;
    others text;
    role   text;
BEGIN
    IF to_regclass('alexa.link') IS NOT NULL THEN
        SELECT count(*) INTO live FROM alexa.link l WHERE l.revoked_at IS NULL;
    END IF;
    IF live > 0 AND coalesce(current_setting('alexa.undo', true), '') <> 'everything' THEN
        RAISE EXCEPTION 'nothing was done: there are live links (%), and each household would have to link again', live
            USING HINT = 'if that is meant: psql -X -1 -v ON_ERROR_STOP=1 -d alexa -c "SET alexa.undo = ''everything''" -f sql/undo.sql';
    END IF;
    SELECT string_agg(DISTINCT o.name, ', ') INTO others
      FROM (SELECT c.oid::regclass::text AS name
              FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class JOIN pg_class t ON t.oid = d.refobjid
             WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
               AND t.relnamespace = to_regnamespace('alexa') AND c.relnamespace <> t.relnamespace
             UNION
            SELECT k.conrelid::regclass::text FROM pg_constraint k JOIN pg_class t ON t.oid = k.confrelid JOIN pg_class c ON c.oid = k.conrelid
             WHERE t.relnamespace = to_regnamespace('alexa') AND c.relnamespace <> t.relnamespace) AS o;
    IF others IS NOT NULL AND coalesce(current_setting('alexa.undo', true), '') <> 'everything' THEN
        RAISE EXCEPTION 'nothing was done: other objects use the schema, and would go or lose a foreign key: %', others
            USING HINT = 'if that is meant: psql -X -1 -v ON_ERROR_STOP=1 -d alexa -c "SET alexa.undo = ''everything''" -f sql/undo.sql';
    END IF;
    PERFORM set_config('client_min_messages', 'warning', true); -- otherwise the NOTICE lists every dropped object
    DROP SCHEMA IF EXISTS alexa CASCADE;
    PERFORM set_config('client_min_messages', 'notice', true);
    FOREACH role IN ARRAY ARRAY['alexa_app', 'alexa_support', 'alexa_auditor', 'alexa_monitor', 'alexa_owner'] LOOP
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('REVOKE ALL ON DATABASE %I FROM %I', current_database(), role);
            IF role = 'alexa_owner' THEN
                ALTER DEFAULT PRIVILEGES FOR ROLE alexa_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
            END IF;
            BEGIN
                EXECUTE format('DROP ROLE %I', role);
            EXCEPTION WHEN dependent_objects_still_exist THEN
                RAISE NOTICE 'role % stays: another database of this server uses it', role;
            END;
        END IF;
    END LOOP;
END $$;
RESET default_transaction_read_only;
RESET client_encoding;
RESET search_path;
