-- verify/roles.sql: the roles can do what they must and no more
--
-- Run by   anybody; changes nothing, fails in words
--   psql -v ON_ERROR_STOP=1 -d alexa -f sql/verify/roles.sql
SET search_path = pg_catalog, pg_temp;
DO $$
DECLARE
    tab record;
    hit text;
BEGIN
    IF (SELECT rolcanlogin FROM pg_roles WHERE rolname = 'alexa_owner') THEN
        RAISE EXCEPTION 'alexa_owner can log in: the owner of the tables should be nobody';
    END IF;
    IF (SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls FROM pg_roles WHERE rolname = 'alexa_app') THEN
        RAISE EXCEPTION 'alexa_app has rights over the whole cluster: the WAR needs none of them';
    END IF;
    IF pg_has_role('alexa_app', 'alexa_owner', 'MEMBER') THEN
        RAISE EXCEPTION 'alexa_app is a member of alexa_owner: whoever breaks the WAR owns the tables';
    END IF;
    SELECT o.option INTO hit
      FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS o (option)
     WHERE r.rolname = 'alexa_app' AND o.option LIKE 'search_path=%'
       AND s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
     ORDER BY s.setdatabase DESC LIMIT 1;
    IF hit IS DISTINCT FROM 'search_path=pg_catalog, pg_temp' THEN
        RAISE EXCEPTION 'alexa_app has % and not search_path=pg_catalog, pg_temp: functions of others would run as alexa_app; run sql/roles.sql', coalesce(hit, 'no search_path of its own');
    END IF;
    IF to_regnamespace('public') IS NOT NULL THEN
        IF EXISTS (SELECT FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
                    WHERE n.nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE') THEN
            RAISE EXCEPTION 'PUBLIC may create objects in schema public, and whoever types a query here walks into them: REVOKE CREATE ON SCHEMA public FROM PUBLIC, and GRANT it to the roles that need it';
        END IF;
        FOREACH hit IN ARRAY ARRAY['alexa_app', 'alexa_support', 'alexa_auditor', 'alexa_monitor'] LOOP
            IF has_schema_privilege(hit, 'public', 'CREATE') THEN
                RAISE EXCEPTION '% may create objects in schema public: REVOKE CREATE ON SCHEMA public FROM %', hit, hit;
            END IF;
        END LOOP;
    END IF;
    IF EXISTS (SELECT FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
                WHERE d.datname = current_database() AND a.grantee = 0) THEN
        RAISE WARNING 'every role may connect to database % or make temporary tables in it: if nobody else uses it, REVOKE ALL ON DATABASE % FROM PUBLIC', current_database(), current_database();
    END IF;
    IF has_schema_privilege('alexa_app', 'alexa', 'CREATE') THEN
        RAISE EXCEPTION 'alexa_app can create objects in schema alexa: the WAR runs no DDL';
    END IF;
    FOR tab IN SELECT c.oid, c.relname, pg_get_userbyid(c.relowner) AS owner
                 FROM pg_class c WHERE c.relnamespace = 'alexa'::regnamespace AND c.relkind IN ('r', 'p', 'v') LOOP
        IF has_table_privilege('alexa_app', tab.oid, 'TRUNCATE') OR has_table_privilege('alexa_app', tab.oid, 'DELETE') THEN
            RAISE EXCEPTION 'alexa_app can delete from or truncate alexa.%: rows are marked, not deleted', tab.relname;
        END IF;
        FOREACH hit IN ARRAY ARRAY['alexa_support', 'alexa_auditor', 'alexa_monitor'] LOOP
            IF has_table_privilege(hit, tab.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') THEN
                RAISE EXCEPTION '% can change alexa.%: it is a reading role', hit, tab.relname;
            END IF;
        END LOOP;
        IF tab.relname <> 'flyway_schema_history' AND tab.owner <> 'alexa_owner' THEN
            RAISE EXCEPTION 'alexa.% is owned by %, not alexa_owner', tab.relname, tab.owner;
        END IF;
    END LOOP;
    IF has_any_column_privilege('alexa_app', 'alexa.audit_event', 'UPDATE')
       OR has_any_column_privilege('alexa_app', 'alexa.audit_event', 'SELECT') THEN
        RAISE EXCEPTION 'alexa_app can read or change audit events: the trail is not safe';
    END IF;
    IF has_column_privilege('alexa_app', 'alexa.account', 'password_hash', 'SELECT') THEN
        RAISE EXCEPTION 'alexa_app can read alexa.account.password_hash: the Realm has alexa.realm_account for that';
    END IF;
    IF NOT has_table_privilege('alexa_app', 'alexa.realm_account', 'SELECT') THEN
        RAISE EXCEPTION 'alexa_app cannot read alexa.realm_account: nobody can sign in';
    END IF;
    SELECT string_agg(p.proname, ', ') INTO hit FROM pg_proc p
     WHERE p.pronamespace = 'alexa'::regnamespace AND p.proname NOT IN ('maintain', 'hold_account')
       AND has_function_privilege('alexa_app', p.oid, 'EXECUTE');
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'alexa_app can execute %: of the functions it needs only alexa.maintain and alexa.hold_account', hit;
    END IF;
    SELECT string_agg(c.name, ', ') INTO hit FROM unnest(ARRAY['occurred_at', 'event_id', 'written_by']) AS c (name)
     WHERE has_column_privilege('alexa_app', 'alexa.audit_event', c.name, 'INSERT');
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'alexa_app can write % of an audit event: the trail could be of another moment or person', hit;
    END IF;
    SELECT string_agg(t.name, ', ') INTO hit FROM unnest(ARRAY['link', 'refresh_token', 'access_token', 'authorization_code']) AS t (name)
     WHERE NOT EXISTS (SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
                        WHERE g.tgrelid = format('alexa.%I', t.name)::regclass AND p.proname = 'refuse_to_take_back' AND g.tgenabled <> 'D');
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'alexa_app can take back what was revoked or redeemed in %: a trigger is missing or disabled', hit;
    END IF;
    RAISE NOTICE 'roles: as they should be';
END $$;
RESET search_path;
