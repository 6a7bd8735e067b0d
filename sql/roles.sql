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
-- alexa_owner    owns schema, tables and functions; nobody logs in as it. Grant it to whoever migrates:
--                GRANT alexa_owner TO the_dba;
-- alexa_app      the WAR logs in as this one: reads, inserts and marks; no DDL, no DELETE, no TRUNCATE
-- alexa_support  who is linked to what, and what failed last; never a hash
-- alexa_auditor  reads the audit trail
-- alexa_monitor  reads sizes, partitions and the schema version
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
-- holds from the next transaction on: if each statement of this file were one, PostgreSQL would refuse all of them
SET default_transaction_read_only = on;
DO $$ BEGIN
    IF current_setting('transaction_read_only')::boolean THEN
        RAISE EXCEPTION 'nothing was done: roles.sql must run in one transaction, on a server that is not read-only'
            USING HINT = 'psql -X -1 -v ON_ERROR_STOP=1 -d alexa -f sql/roles.sql';
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
    -- the owner creates the schema itself, so that a dump restores as it was made
    EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO alexa_owner', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO alexa_app, alexa_support, alexa_auditor, alexa_monitor',
                   current_database());
END $$;

-- Everybody may connect to a new database and make temporary tables in it, and up to PostgreSQL 14 make anything in its
-- schema public. If nothing here belongs to anybody else, nobody else has business here. If something does, taking
-- rights away may stop it: the DBA decides, and sql/verify.sql says what is open.
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
                    -- what an extension brought is nobody's
                    WHERE NOT EXISTS (SELECT FROM pg_depend d
                                       WHERE d.classid = o.catalog AND d.objid = o.oid AND d.deptype = 'e'));
    IF others IS NULL THEN
        EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
        IF to_regnamespace('public') IS NOT NULL THEN
            REVOKE CREATE ON SCHEMA public FROM PUBLIC;
        END IF;
        RAISE NOTICE 'database % is Alexa Link''s alone: from now on only its roles may connect to it', current_database();
    ELSE
        RAISE NOTICE 'database % has objects of others (schema %): PUBLIC keeps its rights here, see docs/dba.md, "Roles"',
                     current_database(), others;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'not the owner of database % and its schema public: PUBLIC keeps its rights here, see docs/dba.md, "Roles"',
                 current_database();
END $$;

-- Alexa hangs up after 4.5 s: a statement that has not answered by then helps nobody. Kept on the role, not in the
-- WAR's connection, so that it holds behind PgBouncer too and a DBA sees it with \drds.
ALTER ROLE alexa_app SET statement_timeout = '2s';
ALTER ROLE alexa_app SET lock_timeout = '1500ms';
ALTER ROLE alexa_app SET idle_in_transaction_session_timeout = '10s';
-- Only a superuser may set these two. What a listener types as a user name goes to the server as a parameter, and may be a
-- password in the wrong field: it must not end up in the server's log. And the WAR's log quotes the server's messages.
DO $$ BEGIN
    ALTER ROLE alexa_app SET log_parameter_max_length = 0;
    ALTER ROLE alexa_app SET lc_messages = 'C';
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'not a superuser: for alexa_app set log_parameter_max_length to 0, and lc_messages to C, by other means';
END $$;
-- Each statement of the WAR has an index for each table that grows. Without this a plan that was cached while a partition
-- was analyzed empty would read it from end to end once it has filled.
ALTER ROLE alexa_app SET enable_seqscan = off;
-- Compiling takes longer than any of these statements.
ALTER ROLE alexa_app SET jit = off;
-- A day has 24 hours in every session.
ALTER ROLE alexa_app SET timezone = 'UTC';
-- A function or operator in schema public that fits better than PostgreSQL's own would be called in its place, with the
-- rights of whoever calls it: alexa_app must not look there, nor into its own temporary schema first (CVE-2018-1058).
ALTER ROLE alexa_app SET search_path = pg_catalog, pg_temp;
DO $$ BEGIN
    EXECUTE format('ALTER ROLE alexa_app IN DATABASE %I RESET search_path', current_database());
END $$;
RESET default_transaction_read_only;
RESET client_encoding;
RESET search_path;
