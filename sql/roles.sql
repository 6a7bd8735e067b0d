-- roles.sql: the roles of Alexa Link
--
-- Run by   a superuser, connected to the application database; once per cluster and database, safe to repeat
-- Needs    PostgreSQL 13 or later
-- Locks    none
-- Undo     sql/undo/roles.sql
-- Check    sql/verify/roles.sql, after the migrations
--
--   psql -1 -v ON_ERROR_STOP=1 -d alexa -f sql/roles.sql
--   psql -d alexa -c '\password alexa_app'
--
-- alexa_owner    owns schema, tables and functions; nobody logs in as it. Grant it to whoever migrates:
--                GRANT alexa_owner TO the_dba;
-- alexa_app      what the WAR logs in as: reads, inserts and marks; no DDL, no DELETE, no TRUNCATE
-- alexa_support  who is linked to what, and what failed last; never a hash
-- alexa_auditor  reads the audit trail
-- alexa_monitor  reads sizes, partitions and the schema version
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
    EXECUTE format('GRANT CONNECT, CREATE ON DATABASE %I TO alexa_owner', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO alexa_app, alexa_support, alexa_auditor, alexa_monitor',
                   current_database());
END $$;

-- Alexa hangs up after 4.5 s: a statement that has not answered by then helps nobody. Kept on the role, not in the
-- WAR's connection, so that it holds behind PgBouncer too and a DBA sees it with \drds.
ALTER ROLE alexa_app SET statement_timeout = '2s';
ALTER ROLE alexa_app SET lock_timeout = '1500ms';
ALTER ROLE alexa_app SET idle_in_transaction_session_timeout = '10s';
-- What a listener types as a user name goes to the server as a parameter, and may be a password in the wrong field: it
-- must not end up in the server's log. Only a superuser may set this.
DO $$ BEGIN
    ALTER ROLE alexa_app SET log_parameter_max_length = 0;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'not a superuser: keep log_parameter_max_length at 0 for alexa_app by other means';
END $$;
-- the server's text, not the operator's locale: the WAR's log quotes it
ALTER ROLE alexa_app SET lc_messages = 'C';
