-- roles.sql: the roles of Alexa Link
--
-- Run by   a superuser, connected to the application database; once per cluster and database, safe to repeat
-- Needs    PostgreSQL 13 or later
-- Locks    none
-- Undo     sql/undo.sql
-- Check    sql/verify.sql, after the migrations
--
--   psql -X -1 -v ON_ERROR_STOP=1 -d alexa -f sql/roles.sql
--   psql -X -d alexa -c '\password alexa_app'
--
-- alexa_owner    owns schema, tables and functions; it cannot log in. Grant it to the DBA who migrates:
--                GRANT alexa_owner TO the_dba;
-- alexa_app      the WAR logs in as this one: reads, inserts and marks; no DDL, no DELETE, no TRUNCATE
-- alexa_support  reads who is linked to what, and what failed last; never a hash
-- alexa_auditor  reads the audit trail
-- alexa_monitor  reads sizes, partitions and the schema version
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
-- takes effect in the next transaction: if this file does not run in one, PostgreSQL refuses all statements that follow
SET default_transaction_read_only = on;
DO $$ BEGIN
    IF current_setting('transaction_read_only')::boolean THEN
        RAISE EXCEPTION 'nothing was done: roles.sql must run in one transaction, on a server that is not read-only'
            USING HINT = 'psql -X -1 -v ON_ERROR_STOP=1 -d alexa -f sql/roles.sql';
    END IF;
END $$;
DO $$ BEGIN
    IF current_database() IN ('postgres', 'template0', 'template1') THEN
        RAISE EXCEPTION 'nothing was done: this is database %, which is not for applications', current_database()
            USING HINT = 'createdb alexa, and then -d alexa';
    END IF;
END $$;
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['alexa_owner', 'alexa_support', 'alexa_auditor', 'alexa_monitor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        END IF;
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alexa_app') THEN
        CREATE ROLE alexa_app LOGIN NOINHERIT;
    END IF;
    -- alexa_owner creates the schema itself, so that a dump restores with the same owner
    EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO alexa_owner', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO alexa_app, alexa_support, alexa_auditor, alexa_monitor',
                   current_database());
END $$;

-- Every role may connect to a new database and make temporary tables in it, and up to PostgreSQL 14 create objects in
-- its schema public. If this database has no objects of others, no other role needs these rights. If it has, revoking
-- them may break another application: the DBA decides, and sql/verify.sql says what is open.
DO $$
DECLARE
    others text;
BEGIN
    SELECT string_agg(n.nspname, ', ' ORDER BY n.nspname) INTO others
      FROM pg_namespace n
     WHERE n.nspname NOT IN ('alexa', 'pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
       AND EXISTS (SELECT FROM (SELECT 'pg_class'::regclass AS catalog, c.oid FROM pg_class c WHERE c.relnamespace = n.oid
                                 UNION ALL
                                SELECT 'pg_proc'::regclass, p.oid FROM pg_proc p WHERE p.pronamespace = n.oid) AS o
                    -- objects of an extension do not count
                    WHERE NOT EXISTS (SELECT FROM pg_depend d
                                       WHERE d.classid = o.catalog AND d.objid = o.oid AND d.deptype = 'e'));
    IF others IS NULL THEN
        EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
        IF to_regnamespace('public') IS NOT NULL THEN
            REVOKE CREATE ON SCHEMA public FROM PUBLIC;
        END IF;
        RAISE NOTICE 'database % is Alexa Link''s alone: from now on only its roles may connect to it', current_database();
    ELSE
        RAISE NOTICE 'database % has objects of others (schema %): PUBLIC keeps its rights here, see docs/dba.md, "Who may what"',
                     current_database(), others;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'not the owner of database % and its schema public: PUBLIC keeps its rights here, see docs/dba.md, "Who may what"',
                 current_database();
END $$;

-- Alexa hangs up after 4.5 s: a later answer is useless. Set on the role, not on the WAR's connections, so that it
-- holds behind PgBouncer too and a DBA sees it with \drds.
ALTER ROLE alexa_app SET statement_timeout = '2s';
ALTER ROLE alexa_app SET lock_timeout = '1500ms';
ALTER ROLE alexa_app SET idle_in_transaction_session_timeout = '10s';
-- Only a superuser may set these two. A listener may type a password into the field of the user name, and the WAR sends
-- that as a parameter: it must not be in the server's log. The WAR's log quotes the server's messages, which should be
-- in English.
DO $$ BEGIN
    ALTER ROLE alexa_app SET log_parameter_max_length = 0;
    ALTER ROLE alexa_app SET lc_messages = 'C';
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'not a superuser: for alexa_app set log_parameter_max_length to 0, and lc_messages to C, by other means';
END $$;
-- Each statement of the WAR has an index for each table that grows. Without this setting, a plan cached when a
-- partition was analyzed as empty would read it from end to end once it has filled.
ALTER ROLE alexa_app SET enable_seqscan = off;
-- JIT compilation would take longer than any statement of the WAR.
ALTER ROLE alexa_app SET jit = off;
-- One plan fits every parameter, because each statement goes by keys. Left to itself PostgreSQL plans an introspection anew
-- each time, for the one partition that it then opens: 0.7 ms of planning for 0.05 ms of work.
ALTER ROLE alexa_app SET plan_cache_mode = force_generic_plan;
-- In UTC a day has 24 hours in every session.
ALTER ROLE alexa_app SET timezone = 'UTC';
-- PostgreSQL would call a function or operator in schema public in place of its own if it fits better, with the rights
-- of the calling role. So alexa_app must not search that schema, nor its temporary schema first (CVE-2018-1058).
ALTER ROLE alexa_app SET search_path = pg_catalog, pg_temp;
DO $$ BEGIN
    EXECUTE format('ALTER ROLE alexa_app IN DATABASE %I RESET search_path', current_database());
END $$;
RESET default_transaction_read_only;
RESET client_encoding;
RESET search_path;
