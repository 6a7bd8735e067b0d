-- roles.sql: the roles of Alexa Link
--
-- Run by   a superuser, or the owner of the database if it has CREATEROLE; connected to the application database; once
--          per cluster and database, safe to repeat
-- Needs    PostgreSQL 13 or later, a database in UTF8
-- Locks    none
-- Undo     sql/undo.sql
-- Check    sql/verify.sql, after the migrations
--
--   psql -X -v ON_ERROR_STOP=1 -d alexa -f sql/roles.sql
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
-- one statement, so that it is done whole or not at all, whatever the client does about transactions and errors
DO $$
DECLARE
    me       CONSTANT text := current_user;
    database CONSTANT text := current_database();
    -- since PostgreSQL 16 a member of a role can be kept from becoming it
    become   CONSTANT text := CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END;
    may_all  CONSTANT boolean := (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = me);
    missing  text;
    others   text;
    role     text;
    setting  record;
BEGIN
    IF pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean THEN
        RAISE EXCEPTION 'nothing was done: this server is a standby, or this session is read-only'
            USING HINT = 'connect to the primary; SHOW default_transaction_read_only';
    END IF;
    IF database IN ('postgres', 'template0', 'template1') THEN
        RAISE EXCEPTION 'nothing was done: this is database %, which is not for applications', database
            USING HINT = 'createdb -E UTF8 -T template0 alexa, and then psql ... -d alexa';
    END IF;
    IF getdatabaseencoding() <> 'UTF8' THEN
        RAISE EXCEPTION 'nothing was done: database % is % and not UTF8, so that it cannot hold every name', database, getdatabaseencoding()
            USING HINT = 'createdb -E UTF8 -T template0 alexa makes one that can';
    END IF;
    SELECT string_agg(w.name, ', ' ORDER BY w.name) INTO missing
      FROM unnest(ARRAY['alexa_owner', 'alexa_app', 'alexa_support', 'alexa_auditor', 'alexa_monitor']) AS w (name)
     WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = w.name);
    IF NOT may_all THEN
        IF NOT (SELECT pg_has_role(d.datdba, 'USAGE') FROM pg_database d WHERE d.datname = database) THEN
            RAISE EXCEPTION 'nothing was done: % does not own database %', me, database
                USING HINT = (SELECT format('log in as %s or a superuser, or have one of them run: ALTER DATABASE %I OWNER TO %I',
                                            pg_get_userbyid(d.datdba), database, me) FROM pg_database d WHERE d.datname = database);
        END IF;
        IF missing IS NOT NULL AND NOT (SELECT r.rolcreaterole FROM pg_roles r WHERE r.rolname = me) THEN
            RAISE EXCEPTION 'nothing was done: % may not create roles, and there is no %', me, missing
                USING HINT = format('log in as a superuser, or have one run: ALTER ROLE %I CREATEROLE', me);
        END IF;
    END IF;

    FOREACH role IN ARRAY ARRAY['alexa_owner', 'alexa_support', 'alexa_auditor', 'alexa_monitor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        END IF;
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'alexa_app') THEN
        CREATE ROLE alexa_app LOGIN NOINHERIT;
    END IF;
    IF NOT may_all AND NOT pg_has_role('alexa_owner', become) THEN
        BEGIN
            EXECUTE format('GRANT alexa_owner TO %I', me);
            RAISE NOTICE '% is a member of alexa_owner now, and can run the migrations', me;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE EXCEPTION 'nothing was done: role alexa_owner exists already, and % cannot become it', me
                USING HINT = format('have a superuser, or whoever made the role, run: GRANT alexa_owner TO %I', me);
        END;
    END IF;
    -- alexa_owner creates the schema itself, so that a dump restores with the same owner
    EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO alexa_owner', database);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO alexa_app, alexa_support, alexa_auditor, alexa_monitor', database);

    -- Every role may connect to a new database and make temporary tables in it, and up to PostgreSQL 14 create objects in
    -- its schema public. If this database has no objects of others, no other role needs these rights. If it has, revoking
    -- them may break another application: the DBA decides, and sql/verify.sql says what is open.
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
        EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', database);
        IF to_regnamespace('public') IS NOT NULL THEN
            IF (SELECT pg_has_role(n.nspowner, 'USAGE') FROM pg_namespace n WHERE n.nspname = 'public') THEN
                REVOKE CREATE ON SCHEMA public FROM PUBLIC;
            ELSE
                RAISE NOTICE 'schema public belongs to %, who alone can run: REVOKE CREATE ON SCHEMA public FROM PUBLIC',
                             (SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace n WHERE n.nspname = 'public');
            END IF;
        END IF;
        RAISE NOTICE 'database % is Alexa Link''s alone: from now on only its roles may connect to it', database;
    ELSE
        RAISE NOTICE 'database % has objects of others (schema %): PUBLIC keeps its rights here, see docs/dba.md, "Who may what"',
                     database, others;
    END IF;

    FOR setting IN SELECT s.name, s.value, s.why
                     FROM (VALUES
        -- Alexa hangs up after 4.5 s: a later answer is useless. Set on the role, not on the WAR's connections, so that it
        -- holds behind PgBouncer too and a DBA sees it with \drds.
        ('statement_timeout', '2s', NULL),
        ('lock_timeout', '1500ms', NULL),
        ('idle_in_transaction_session_timeout', '10s', NULL),
        -- Each statement of the WAR has an index for each table that grows. Without this setting, a plan cached when a
        -- partition was analyzed as empty would read it from end to end once it has filled.
        ('enable_seqscan', 'off', NULL),
        -- JIT compilation would take longer than any statement of the WAR.
        ('jit', 'off', NULL),
        -- One plan fits every parameter, because each statement goes by keys. Left to itself PostgreSQL plans an
        -- introspection anew each time, for the one partition that it then opens: 0.7 ms of planning for 0.05 ms of work.
        ('plan_cache_mode', 'force_generic_plan', NULL),
        -- In UTC a day has 24 hours in every session.
        ('timezone', 'UTC', NULL),
        -- PostgreSQL would call a function or operator in schema public in place of its own if it fits better, with the
        -- rights of the calling role. So alexa_app must not search that schema, nor its temporary schema first
        -- (CVE-2018-1058).
        ('search_path', 'pg_catalog, pg_temp', NULL),
        -- Only a superuser may set these two. A listener may type a password into the field of the user name, and the WAR
        -- sends that as a parameter. The WAR's log quotes the server's messages, which should be in English.
        ('log_parameter_max_length', '0', 'otherwise a name, or a password typed in its place, can get into the server''s log'),
        ('lc_messages', 'C', 'otherwise the WAR''s log quotes the server in another language')) AS s (name, value, why)
                    -- only the role that made alexa_app may change it, but any may find it as it must be
                    WHERE NOT EXISTS (SELECT FROM pg_db_role_setting d JOIN pg_roles r ON r.oid = d.setrole, unnest(d.setconfig) AS o (option)
                                       WHERE r.rolname = 'alexa_app' AND d.setdatabase = 0
                                         AND lower(split_part(o.option, '=', 1)) = s.name AND substr(o.option, length(s.name) + 2) = s.value) LOOP
        BEGIN
            EXECUTE format('ALTER ROLE alexa_app SET %I = %s', setting.name,
                           CASE setting.name WHEN 'search_path' THEN setting.value ELSE quote_literal(setting.value) END);
        EXCEPTION WHEN insufficient_privilege THEN
            IF setting.why IS NULL THEN
                RAISE EXCEPTION 'nothing was done: role alexa_app exists already, and % may not change it', me
                    USING HINT = format('have a superuser, or whoever made the role, run sql/roles.sql in database %s, or: ALTER ROLE alexa_app SET %s = %s',
                                        database, setting.name, setting.value);
            END IF;
            RAISE NOTICE 'only a superuser, or the provider''s console, can do this: ALTER ROLE alexa_app SET % = %; %',
                         setting.name, quote_literal(setting.value), setting.why;
        END;
    END LOOP;
    IF EXISTS (SELECT FROM pg_db_role_setting d JOIN pg_roles r ON r.oid = d.setrole JOIN pg_database b ON b.oid = d.setdatabase,
                           unnest(d.setconfig) AS o (option)
                WHERE r.rolname = 'alexa_app' AND b.datname = database AND o.option LIKE 'search\_path=%') THEN
        EXECUTE format('ALTER ROLE alexa_app IN DATABASE %I RESET search_path', database);
    END IF;
END $$;
RESET client_encoding;
RESET search_path;
