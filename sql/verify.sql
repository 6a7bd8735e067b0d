-- verify.sql: the schema is whole, its upkeep is done, and each role can do what it must and no more
--
-- Run by   a member of alexa_owner; changes nothing, fails in words
--          psql -X -v ON_ERROR_STOP=1 -d alexa -f sql/verify.sql
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
SET ROLE alexa_owner;
DO $$
DECLARE
    hit text;
BEGIN
    SELECT string_agg(n::text, ', ') INTO hit FROM generate_series(1, (SELECT max(v.version) FROM alexa.schema_version v)) AS n
     WHERE NOT EXISTS (SELECT FROM alexa.schema_version v WHERE v.version = n);
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'schema_version lacks %: a migration was left out', hit;
    END IF;
    IF (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'alexa') <> 'alexa_owner' THEN
        RAISE EXCEPTION 'schema alexa is not owned by alexa_owner';
    END IF;
    SELECT string_agg(format('%I.%I', c.relname, a.attname), ', ') INTO hit
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'alexa'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND c.relname <> 'flyway_schema_history'
       AND c.relname !~ '_p[0-9]{8}' -- a partition that a DBA has detached and keeps
       AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL);
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'without a comment: %', hit;
    END IF;
    SELECT string_agg(w.name, ', ') INTO hit
      FROM unnest(ARRAY['account_username_idx', 'link_subject_idx', 'link_revoked_idx', 'refresh_token_expires_idx',
                        'refresh_token_superseded_idx', 'refresh_token_idle_idx', 'authorization_code_subject_idx',
                        'authorization_code_expires_idx', 'audit_event_link_idx', 'audit_event_subject_idx']) AS w (name)
     WHERE to_regclass('alexa.' || w.name) IS NULL;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'missing: index %: sql/migrations/V1__tables.sql says how it is made', hit;
    END IF;
    SELECT string_agg(i.indexrelid::regclass::text, ', ') INTO hit
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = 'alexa'::regnamespace AND NOT i.indisvalid;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'invalid, drop and build again: %', hit;
    END IF;
    SELECT string_agg(c.conname, ', ') INTO hit FROM pg_constraint c
     WHERE c.connamespace = 'alexa'::regnamespace AND NOT c.convalidated;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'not validated: %: ALTER TABLE … VALIDATE CONSTRAINT', hit;
    END IF;
    SELECT string_agg(c.relname, ', ') INTO hit FROM pg_class c WHERE c.relnamespace = 'alexa'::regnamespace AND c.relrowsecurity;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'row level security hides rows of %: the WAR would refuse good tokens. ALTER TABLE … DISABLE ROW LEVEL SECURITY', hit;
    END IF;
    SELECT string_agg(DISTINCT c.relname, ', ') INTO hit FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
     WHERE c.relnamespace = 'alexa'::regnamespace AND c.relkind <> 'v';
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'a rule changes what is written into %: DROP RULE', hit;
    END IF;
    SELECT string_agg(w.trigger || ' of ' || w.relation, ', ') INTO hit
      FROM (VALUES ('schema_version', 'versions_have_no_gap'), ('account', 'password_change_is_noted'), ('account', 'account_deletion_is_noted'),
                   ('account', 'account_renaming_is_noted'), ('link', 'revoked_stays_revoked'), ('link', 'revoked_is_now'),
                   ('refresh_token', 'superseded_stays_superseded'), ('refresh_token', 'superseded_is_now'),
                   ('access_token', 'revoked_stays_revoked'), ('authorization_code', 'redeemed_stays_redeemed'),
                   ('authorization_code', 'answered_stays_answered')) AS w (relation, trigger)
     WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = to_regclass('alexa.' || w.relation) AND t.tgname = w.trigger AND t.tgenabled <> 'D');
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'missing or disabled: trigger %: sql/migrations/V1__tables.sql says how it is made', hit;
    END IF;
    SELECT string_agg(DISTINCT t.tgrelid::regclass::text, ', ') INTO hit FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace = 'alexa'::regnamespace AND t.tgenabled = 'D';
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'a trigger is disabled on %: ALTER TABLE … ENABLE TRIGGER ALL', hit;
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
            RAISE EXCEPTION 'alexa.% is owned by %, not alexa_owner: a migration ran outside its transaction', f.proname, f.owner;
        END IF;
        IF f.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(f.proacl) a WHERE a.grantee = 0) THEN
            RAISE EXCEPTION 'alexa.% can be executed by PUBLIC', f.proname;
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
    SELECT string_agg(c.client_id, ', ') INTO hit FROM alexa.client c
     WHERE c.kind = 'public' AND NOT (c.pkce_required AND c.rotate_refresh_token);
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'public clients without PKCE or rotation: %', hit;
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
    -- what each role may do, apart from the owner
    may  CONSTANT jsonb := '{
        "alexa_app": {
            "SELECT": "schema_version scope client client_redirect_uri client_scope client_secret client_name scope_description account.username account.password_changed_at account.disabled_at account.account_id account_role realm_account link refresh_token authorization_code access_token live_access_token maintenance_status",
            "INSERT": "link.link_id link.client_id link.subject link.scope link.account_id refresh_token.link_id refresh_token.token_hash refresh_token.expires_at refresh_token.predecessor_hash refresh_token.idle_until authorization_code.link_id authorization_code.code_hash authorization_code.client_id authorization_code.redirect_uri authorization_code.code_challenge authorization_code.subject authorization_code.scope authorization_code.expires_at authorization_code.account_id authorization_code.password_changed_at access_token.minted_at access_token.link_id access_token.token_hash access_token.scope access_token.expires_at audit_event.event audit_event.client_id audit_event.link_id audit_event.subject audit_event.reason audit_event.times",
            "UPDATE": "link.revoked_at link.revoked_because refresh_token.last_used_at refresh_token.superseded_at refresh_token.idle_until authorization_code.redeemed_at authorization_code.unanswered_since access_token.revoked_at"},
        "alexa_support": {"SELECT": "schema_version language scope client client_redirect_uri client_scope client_name scope_description account.username account.created_at account.password_changed_at account.disabled_at account.account_id account_role link audit_event retention maintenance_status linked partition partition_bounds capacity"},
        "alexa_auditor": {"SELECT": "schema_version audit_event retention audit_trail"},
        "alexa_monitor": {"SELECT": "schema_version retention maintenance_status partition partition_bounds capacity"}}';
    executes CONSTANT text[] := ARRAY['maintain', 'hold_account', 'folded', 'authenticated_client', 'next_hops'];
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
    SELECT o.option INTO hit
      FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS o (option)
     WHERE r.rolname = 'alexa_app' AND o.option LIKE 'search_path=%'
       AND s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
     ORDER BY s.setdatabase DESC LIMIT 1;
    IF hit IS DISTINCT FROM 'search_path=pg_catalog, pg_temp' THEN
        RAISE EXCEPTION 'alexa_app has % and not search_path=pg_catalog, pg_temp: functions of others would run as alexa_app; run sql/roles.sql', coalesce(hit, 'no search_path of its own');
    END IF;
    SELECT string_agg(format('%s=%s and not %s', w.name, coalesce(e.value, 'nothing'), w.value), ', ') INTO hit
      FROM (VALUES ('statement_timeout', '2s'), ('lock_timeout', '1500ms'), ('idle_in_transaction_session_timeout', '10s'),
                   ('enable_seqscan', 'off'), ('jit', 'off'), ('plan_cache_mode', 'force_generic_plan'), ('timezone', 'UTC')) AS w (name, value)
      -- what is set for this database counts before what is set for all of them
      LEFT JOIN LATERAL (SELECT substr(o.option, length(w.name) + 2) AS value
                           FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS o (option)
                          WHERE r.rolname = 'alexa_app' AND lower(split_part(o.option, '=', 1)) = w.name
                            AND s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
                          ORDER BY s.setdatabase DESC LIMIT 1) AS e ON true
     WHERE e.value IS DISTINCT FROM w.value;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'alexa_app has %: run sql/roles.sql, and ALTER ROLE alexa_app IN DATABASE % RESET ALL if it is set there', hit, current_database();
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
            RAISE EXCEPTION 'alexa.% is owned by %, not alexa_owner', tab.relname, tab.owner;
        END IF;
    END LOOP;
    SELECT string_agg(format('%s %s of %s', m.key, r.key, o.name), ', ') INTO hit
      FROM jsonb_each(may) m, jsonb_each_text(m.value) r, unnest(string_to_array(r.value, ' ')) AS o (name)
     WHERE NOT CASE WHEN o.name LIKE '%.%' THEN has_column_privilege(m.key, 'alexa.' || split_part(o.name, '.', 1), split_part(o.name, '.', 2), r.key)
                    ELSE has_table_privilege(m.key, 'alexa.' || o.name, r.key) END;
    SELECT concat_ws(', ', hit, CASE WHEN NOT r.rolcanlogin OR r.rolconnlimit = 0 THEN 'alexa_app cannot log in' END,
                     CASE WHEN NOT has_database_privilege('alexa_app', current_database(), 'CONNECT') THEN 'alexa_app CONNECT' END,
                     CASE WHEN NOT has_schema_privilege('alexa_app', 'alexa', 'USAGE') THEN 'alexa_app USAGE of schema alexa' END,
                     CASE WHEN NOT has_sequence_privilege('alexa_app', 'alexa.audit_event_id_seq', 'USAGE') THEN 'alexa_app USAGE of audit_event_id_seq' END,
                     (SELECT string_agg('alexa_app EXECUTE of ' || p.proname, ', ') FROM pg_proc p
                       WHERE p.pronamespace = 'alexa'::regnamespace AND p.proname = ANY (executes) AND NOT has_function_privilege('alexa_app', p.oid, 'EXECUTE')))
      INTO hit FROM pg_roles r WHERE r.rolname = 'alexa_app';
    IF hit <> '' THEN
        RAISE EXCEPTION 'less than our roles need: %. The migrations say GRANT how', hit;
    END IF;
    SELECT string_agg(p.proname, ', ') INTO hit FROM pg_proc p
     WHERE p.pronamespace = 'alexa'::regnamespace AND p.proname <> ALL (executes)
       AND has_function_privilege('alexa_app', p.oid, 'EXECUTE');
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'alexa_app can execute %: of the functions it needs only alexa.maintain, alexa.hold_account, alexa.folded, alexa.authenticated_client and alexa.next_hops', hit;
    END IF;
    SELECT string_agg(DISTINCT format('%s may execute %s', w.role, p.proname), ', ') INTO hit
      FROM unnest(ARRAY['alexa_support', 'alexa_auditor', 'alexa_monitor']) AS w (role), pg_proc p
     WHERE p.pronamespace = 'alexa'::regnamespace AND has_function_privilege(w.role, p.oid, 'EXECUTE');
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION '%: it is a reading role', hit;
    END IF;
    SELECT string_agg(DISTINCT format('%s %s %s', g.grantee::regrole, g.right, g.object) || CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, ', ')
               FILTER (WHERE g.ours),
           string_agg(DISTINCT format('%s %s %s', g.grantee::regrole, g.right, g.object), ', ') FILTER (WHERE NOT g.ours)
      INTO hit, others
      FROM (SELECT a.grantee, a.privilege_type AS right, c.relname AS object, a.is_grantable, a.grantee::regrole::text = ANY (ours) AS ours
              FROM pg_class c, aclexplode(c.relacl) a
             WHERE c.relnamespace = 'alexa'::regnamespace AND a.grantee <> c.relowner AND a.grantee <> 0 AND c.relkind <> 'S'
             UNION ALL
            SELECT a.grantee, a.privilege_type, c.relname || '.' || t.attname, a.is_grantable, a.grantee::regrole::text = ANY (ours)
              FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
             WHERE c.relnamespace = 'alexa'::regnamespace AND a.grantee <> c.relowner AND a.grantee <> 0
               AND NOT t.attisdropped) AS g -- up to PostgreSQL 16 a dropped column keeps its rights, for ever
     WHERE CASE WHEN g.ours THEN g.is_grantable OR NOT EXISTS (
                    SELECT FROM jsonb_each(may) m, jsonb_each_text(m.value) r
                     WHERE m.key = g.grantee::regrole::text AND r.key = g.right AND g.object = ANY (string_to_array(r.value, ' ')))
                ELSE g.right <> 'SELECT' END;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'more than our roles should have: %. REVOKE it', hit;
    END IF;
    IF others IS NOT NULL THEN
        RAISE EXCEPTION 'roles of others may read here, and no more: %. REVOKE it. A trigger of theirs would run as alexa_app', others;
    END IF;
    RAISE NOTICE 'roles: as they should be';
END $$;
RESET client_encoding;
RESET search_path;
