-- verify.sql: the schema is whole, its upkeep is done, and each role can do what it must and no more
--
-- Run by   a member of alexa_owner; changes nothing, fails in words
--          psql -X -v ON_ERROR_STOP=1 -d alexa -f sql/verify.sql
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
DO $$
DECLARE
    me CONSTANT text := session_user;
BEGIN
    -- to_regclass fails if this role may not use the schema
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = to_regnamespace('alexa') AND c.relname = 'shortcoming') THEN
        RAISE EXCEPTION 'Alexa Link is not in database %, or not all of it', current_database()
            USING HINT = CASE current_database() WHEN 'postgres' THEN 'every server has this database, and Alexa Link is in another: -d alexa names it'
                              ELSE format('psql -X -d %s -f sql/install.sql; if this is the wrong database, -d says which', current_database()) END;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'alexa_owner')
       OR NOT pg_has_role(me, 'alexa_owner', CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
        RAISE EXCEPTION '% is not a member of alexa_owner', me USING HINT = format('have a superuser, or whoever made the roles, run: GRANT alexa_owner TO %I', me);
    END IF;
    -- otherwise alexa_owner may not look into it
    IF (SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace n WHERE n.nspname = 'alexa') <> 'alexa_owner' THEN
        RAISE EXCEPTION 'schema alexa is not owned by alexa_owner: ALTER SCHEMA alexa OWNER TO alexa_owner';
    END IF;
END $$;
SET ROLE alexa_owner;
DO $$
DECLARE
    hit text;
BEGIN
    SELECT string_agg(s.words, E'\n') INTO hit FROM alexa.shortcoming s;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION '%', hit;
    END IF;
    SELECT string_agg(format('%I.%I', c.relname, a.attname), ', ') INTO hit
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'alexa'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND c.relname <> 'flyway_schema_history'
       AND c.relname !~ '_p[0-9]{8}' -- a partition that a DBA has detached and keeps
       AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL);
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'without a comment: %: COMMENT ON TABLE … and COMMENT ON COLUMN … IS ''what it is''; or, if it is your own, ALTER TABLE … SET SCHEMA', hit;
    END IF;
    SELECT string_agg(i.indexrelid::regclass::text, ', ') INTO hit
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = 'alexa'::regnamespace AND NOT i.indisvalid;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'invalid: %: REINDEX INDEX CONCURRENTLY …, or DROP INDEX', hit;
    END IF;
    RAISE NOTICE 'tables: as they should be';
END $$;
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT p.oid, p.proname, p.proacl, p.proconfig, p.prosecdef, pg_get_userbyid(p.proowner) AS owner
               FROM pg_proc p WHERE p.pronamespace = 'alexa'::regnamespace LOOP
        IF obj_description(f.oid, 'pg_proc') IS NULL THEN
            RAISE EXCEPTION 'alexa.% has no comment: \df+ should read like a manual', f.proname;
        END IF;
        -- the planner writes authenticated_client into the calling statement, whose role has a fixed search_path
        IF f.proname <> 'authenticated_client' AND 'search_path=pg_catalog, pg_temp' <> ALL (coalesce(f.proconfig, '{}')) THEN
            RAISE EXCEPTION 'alexa.% has no fixed search_path', f.proname;
        END IF;
        IF f.prosecdef <> (f.proname IN ('maintain', 'hold_account')) THEN
            RAISE EXCEPTION 'alexa.% runs with the rights of %', f.proname, CASE WHEN f.prosecdef THEN 'its owner: ALTER FUNCTION … SECURITY INVOKER'
                            ELSE 'its caller, who has too few: ALTER FUNCTION … SECURITY DEFINER' END;
        END IF;
        IF f.owner <> 'alexa_owner' THEN
            RAISE EXCEPTION 'alexa.% is owned by %, not alexa_owner: ALTER FUNCTION % OWNER TO alexa_owner', f.proname, f.owner, f.oid::regprocedure;
        END IF;
        IF f.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(f.proacl) a WHERE a.grantee = 0) THEN
            RAISE EXCEPTION 'alexa.% can be executed by PUBLIC: REVOKE EXECUTE ON FUNCTION % FROM PUBLIC', f.proname, f.oid::regprocedure;
        END IF;
    END LOOP;
    RAISE NOTICE 'functions: as they should be';
END $$;
DO $$
DECLARE
    hit text;
BEGIN
    SELECT string_agg(c.client_id, ', ') INTO hit FROM alexa.client c
     WHERE c.kind <> 'resource_server' AND c.disabled_at IS NULL
       AND NOT EXISTS (SELECT FROM alexa.client_redirect_uri u WHERE u.client_id = c.client_id);
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'without a redirect URI nobody can link: %', hit;
    END IF;
    SELECT string_agg(c.client_id, ', ') INTO hit FROM alexa.client c
     WHERE c.kind <> 'public' AND c.disabled_at IS NULL
       AND NOT EXISTS (SELECT FROM alexa.client_secret s
                        WHERE s.client_id = c.client_id AND (s.expires_at IS NULL OR s.expires_at > now()));
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'no valid secret: %', hit;
    END IF;
    RAISE NOTICE 'clients: as they should be';
END $$;
DO $$
DECLARE
    hit text;
BEGIN
    SELECT m.words INTO hit FROM alexa.maintenance_status m;
    IF hit <> 'as it should be' THEN
        RAISE EXCEPTION '%', hit;
    END IF;
    SELECT string_agg(p.partition_name, ', ') INTO hit FROM alexa.partition_bounds p WHERE p.dropped_after < now() - interval '3 days';
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'past its retention for days: %: SELECT * FROM alexa.maintain() says what keeps it', hit;
    END IF;
    SELECT string_agg(c.relname, ', ') INTO hit FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE c.relnamespace = 'alexa'::regnamespace AND pg_get_expr(c.relpartbound, 0) = 'DEFAULT';
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION '% is a default partition: rows in it are never dropped', hit;
    END IF;
    RAISE NOTICE 'upkeep: as it should be';
END $$;
RESET ROLE;
DO $$
DECLARE
    ours CONSTANT text[] := ARRAY['alexa_owner', 'alexa_app', 'alexa_support', 'alexa_auditor', 'alexa_monitor'];
    -- PUBLIC may connect
    open CONSTANT boolean := EXISTS (SELECT FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
                                      WHERE d.datname = current_database() AND a.grantee = 0);
    tab    record;
    hit    text;
    others text;
BEGIN
    SELECT string_agg(r.rolname, ', ' ORDER BY r.rolname) INTO hit FROM pg_roles r WHERE r.rolname = ANY (ours)
       AND (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolbypassrls OR r.rolreplication);
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION '% has rights over the whole cluster: none of our roles needs any', hit;
    END IF;
    SELECT string_agg(r.rolname, ', ' ORDER BY r.rolname) INTO hit FROM pg_roles r
     WHERE r.rolname = ANY (ours) AND r.rolname <> 'alexa_app' AND r.rolcanlogin;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION '% can log in: of our roles only alexa_app should; GRANT the others to people', hit;
    END IF;
    SELECT string_agg(format('%s of %s', m.rolname, g.rolname), ', ' ORDER BY 1) INTO hit
      FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid WHERE m.rolname = ANY (ours);
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION '% is a member: a role of ours should have its own rights and no others: REVOKE it', hit;
    END IF;
    IF EXISTS (SELECT FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'alexa' AND a.grantee = 0) THEN
        RAISE EXCEPTION 'PUBLIC may use schema alexa: REVOKE ALL ON SCHEMA alexa FROM PUBLIC';
    END IF;
    IF pg_has_role('alexa_app', 'alexa_owner', 'MEMBER') THEN
        RAISE EXCEPTION 'alexa_app is a member of alexa_owner: whoever breaks the WAR owns the tables';
    END IF;
    IF EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS o (option)
                WHERE r.rolname = 'alexa_app' AND o.option = 'default_transaction_read_only=on') THEN
        RAISE EXCEPTION 'alexa_app can only read: ALTER ROLE alexa_app RESET default_transaction_read_only';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS o (option)
                    WHERE r.rolname = 'alexa_app' AND o.option = 'log_parameter_max_length=0') THEN
        RAISE WARNING 'alexa_app has no log_parameter_max_length=0 of its own: a name, or a password typed in its place, can get into the server''s log';
    END IF;
    IF to_regnamespace('public') IS NOT NULL THEN
        IF EXISTS (SELECT FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
                    WHERE n.nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE') THEN
            SELECT pg_get_userbyid(n.nspowner) INTO hit FROM pg_namespace n WHERE n.nspname = 'public';
            IF NOT pg_has_role(hit, 'USAGE') AND NOT open THEN
                RAISE WARNING 'roles that may connect to database % may create objects in schema public. Only % can run: REVOKE CREATE ON SCHEMA public FROM PUBLIC', current_database(), hit;
            ELSE
                RAISE EXCEPTION 'PUBLIC may create objects in schema public, and whoever types a query here walks into them: REVOKE CREATE ON SCHEMA public FROM PUBLIC, and GRANT it to the roles that need it';
            END IF;
        ELSE
            FOREACH hit IN ARRAY ARRAY['alexa_app', 'alexa_support', 'alexa_auditor', 'alexa_monitor'] LOOP
                IF has_schema_privilege(hit, 'public', 'CREATE') THEN
                    RAISE EXCEPTION '% may create objects in schema public: REVOKE CREATE ON SCHEMA public FROM %', hit, hit;
                END IF;
            END LOOP;
        END IF;
    END IF;
    IF open THEN
        RAISE WARNING 'every role may connect to database % or make temporary tables in it: if nobody else uses it, REVOKE ALL ON DATABASE % FROM PUBLIC', current_database(), current_database();
    END IF;
    SELECT string_agg(DISTINCT a.grantee::regrole::text, ', ') INTO hit FROM pg_namespace n, aclexplode(n.nspacl) a
     WHERE n.nspname = 'alexa' AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION '% can create objects in schema alexa, and the WAR would call them: REVOKE CREATE ON SCHEMA alexa FROM %', hit, hit;
    END IF;
    SELECT string_agg(DISTINCT format('%s of %s', a.privilege_type, a.grantee::regrole), ', ') INTO hit
      FROM pg_database d, aclexplode(d.datacl) a
     WHERE d.datname = current_database() AND a.privilege_type <> 'CONNECT'
       AND a.grantee::regrole::text = ANY (ours) AND a.grantee::regrole::text <> 'alexa_owner';
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'in database %, more than our roles should have: %. REVOKE it', current_database(), hit;
    END IF;
    SELECT string_agg(DISTINCT coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC'), ', ') INTO hit
      FROM pg_default_acl t, aclexplode(t.defaclacl) a
     WHERE t.defaclrole = 'alexa_owner'::regrole AND (a.grantee = 0 OR a.grantee::regrole::text = ANY (ours)) AND a.grantee <> t.defaclrole;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION '% would get rights on each new partition: \ddp, and ALTER DEFAULT PRIVILEGES FOR ROLE alexa_owner … REVOKE', hit;
    END IF;
    SELECT string_agg(o.name, ', ') INTO hit
      FROM (SELECT c.relname::text AS name, c.relacl AS acl FROM pg_class c WHERE c.relnamespace = 'alexa'::regnamespace
             UNION ALL
            SELECT c.relname || '.' || t.attname, t.attacl FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid
             WHERE c.relnamespace = 'alexa'::regnamespace AND NOT t.attisdropped) AS o, aclexplode(o.acl) a
     WHERE a.grantee = 0;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'PUBLIC may use %', hit;
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
            RAISE EXCEPTION 'alexa.% is owned by %, not alexa_owner: ALTER TABLE alexa.% OWNER TO alexa_owner; or, if it is your own, ALTER TABLE alexa.% SET SCHEMA …', tab.relname, tab.owner, tab.relname, tab.relname;
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'alexa_app' AND (NOT r.rolcanlogin OR r.rolconnlimit = 0)) THEN
        RAISE EXCEPTION 'alexa_app cannot log in: ALTER ROLE alexa_app LOGIN CONNECTION LIMIT -1';
    END IF;
    IF NOT has_database_privilege('alexa_app', current_database(), 'CONNECT') THEN
        RAISE EXCEPTION 'alexa_app may not connect to database %: run sql/roles.sql', current_database();
    END IF;
    SELECT string_agg(format('%s %s of %s', p.role, p.privilege, concat_ws('.', coalesce(nullif(p.object, ''), 'schema alexa'), nullif(p.part, ''))), ', ') INTO hit
      FROM alexa.present p
     WHERE p.kind = 'right'
       AND NOT EXISTS (SELECT FROM alexa.inventory i WHERE (i.kind, i.object, i.part, i.role, i.privilege) = (p.kind, p.object, p.part, p.role, p.privilege));
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'more than our roles should have: %: REVOKE it', hit;
    END IF;
    -- a partition has no right of its own
    SELECT string_agg(DISTINCT format('%s %s of %s', g.grantee::regrole, g.right, g.object) || CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, ', ')
               FILTER (WHERE g.ours),
           string_agg(DISTINCT format('%s %s of %s', g.grantee::regrole, g.right, g.object), ', ') FILTER (WHERE NOT g.ours)
      INTO hit, others
      FROM (SELECT a.grantee, a.privilege_type AS right, c.relname AS object, a.is_grantable, c.relispartition, a.grantee::regrole::text = ANY (ours) AS ours
              FROM pg_class c, aclexplode(c.relacl) a
             WHERE c.relnamespace = 'alexa'::regnamespace AND a.grantee <> c.relowner AND a.grantee <> 0 AND c.relkind <> 'S'
             UNION ALL
            SELECT a.grantee, a.privilege_type, c.relname || '.' || t.attname, a.is_grantable, c.relispartition, a.grantee::regrole::text = ANY (ours)
              FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
             WHERE c.relnamespace = 'alexa'::regnamespace AND a.grantee <> c.relowner AND a.grantee <> 0
               AND NOT t.attisdropped) AS g -- up to PostgreSQL 16 a dropped column keeps its rights, for ever
     WHERE CASE WHEN g.ours THEN g.is_grantable OR g.relispartition ELSE g.right <> 'SELECT' END;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'more than our roles should have: %: REVOKE it', hit;
    END IF;
    IF others IS NOT NULL THEN
        RAISE EXCEPTION 'roles of others may read here, and no more: %. REVOKE it. A trigger of theirs would run as alexa_app', others;
    END IF;
    RAISE NOTICE 'roles: as they should be';
END $$;
RESET client_encoding;
RESET search_path;
