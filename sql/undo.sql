-- undo.sql: removes Alexa Link from this database: every household must link again, every account and the audit trail are gone
--
-- Run by   a superuser, or the role that ran roles.sql; connected to the application database:
--          psql -X -v ON_ERROR_STOP=1 -d alexa -c "SET alexa.undo = 'everything'" -f sql/undo.sql
-- Locks    ACCESS EXCLUSIVE on all of it: stop the WAR before
-- Undo     none: pg_dump before. What roles.sql took from PUBLIC stays taken: GRANT it if others are to use the database
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
-- one statement, so that it is done whole or not at all, whatever the client does about transactions and errors
DO $$
DECLARE
    me       CONSTANT text := current_user;
    database CONSTANT text := current_database();
    insist   CONSTANT text := format('if that is meant: psql -X -v ON_ERROR_STOP=1 -d %s -c "SET alexa.undo = ''everything''" -f sql/undo.sql', database);
    live   bigint := 0;
    others text;
    role   text;
BEGIN
    IF pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean THEN
        RAISE EXCEPTION 'nothing was done: this server is a standby, or this session is read-only'
            USING HINT = 'connect to the primary; SHOW default_transaction_read_only';
    END IF;
    IF to_regnamespace('alexa') IS NULL AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'alexa_owner') THEN
        RAISE EXCEPTION 'nothing was done: Alexa Link is neither in database % nor among the roles of this server', database
            USING HINT = 'psql -X -l lists the databases; -d says which';
    END IF;
    IF to_regnamespace('alexa') IS NULL THEN
        RAISE WARNING 'Alexa Link is not in database %: only its roles are looked at. psql -X -l lists the databases; -d says which', database;
    END IF;
    IF (SELECT NOT pg_has_role(n.nspowner, 'USAGE') FROM pg_namespace n WHERE n.nspname = 'alexa') THEN
        RAISE EXCEPTION 'nothing was done: schema alexa belongs to %, and % may not drop it',
                        (SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace n WHERE n.nspname = 'alexa'), me
            USING HINT = (SELECT format('log in as a superuser, or have one run: GRANT %I TO %I', pg_get_userbyid(n.nspowner), me)
                            FROM pg_namespace n WHERE n.nspname = 'alexa');
    END IF;
    IF to_regclass('alexa.link') IS NOT NULL THEN
        SELECT count(*) INTO live FROM alexa.link l WHERE l.revoked_at IS NULL;
    END IF;
    IF live > 0 AND coalesce(current_setting('alexa.undo', true), '') <> 'everything' THEN
        RAISE EXCEPTION 'nothing was done: there are live links (%), and each household would have to link again', live USING HINT = insist;
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
        RAISE EXCEPTION 'nothing was done: other objects use the schema, and would go or lose a foreign key: %', others USING HINT = insist;
    END IF;
    PERFORM set_config('client_min_messages', 'warning', true); -- otherwise the NOTICE lists every dropped object
    DROP SCHEMA IF EXISTS alexa CASCADE;
    PERFORM set_config('client_min_messages', 'notice', true);
    IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'alexa_owner') AND pg_has_role('alexa_owner', 'USAGE') THEN
        ALTER DEFAULT PRIVILEGES FOR ROLE alexa_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
    END IF;
    FOREACH role IN ARRAY ARRAY['alexa_app', 'alexa_support', 'alexa_auditor', 'alexa_monitor', 'alexa_owner'] LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role);
        IF (SELECT pg_has_role(d.datdba, 'USAGE') FROM pg_database d WHERE d.datname = database) THEN
            EXECUTE format('REVOKE ALL ON DATABASE %I FROM %I', database, role);
        END IF;
        BEGIN
            EXECUTE format('DROP ROLE %I', role);
        EXCEPTION
            WHEN dependent_objects_still_exist THEN
                RAISE NOTICE 'role % stays: it still has rights in another database of this server, or in this one if % does not own it', role, me;
            WHEN insufficient_privilege OR object_in_use THEN
                RAISE NOTICE 'role % stays, because % may not drop it: a superuser can, DROP ROLE %', role, me, role;
        END;
    END LOOP;
END $$;
RESET client_encoding;
RESET search_path;
