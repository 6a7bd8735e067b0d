-- verify/administration.sql: every function is commented, pinned to its search path and closed to PUBLIC
--
-- Run by   anybody; changes nothing, fails in words
--   psql -v ON_ERROR_STOP=1 -d alexa -f sql/verify/administration.sql
SET search_path = pg_catalog, pg_temp;
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT p.oid, p.proname, p.proacl, p.proconfig, pg_get_userbyid(p.proowner) AS owner
               FROM pg_proc p WHERE p.pronamespace = 'alexa'::regnamespace LOOP
        IF obj_description(f.oid, 'pg_proc') IS NULL THEN
            RAISE EXCEPTION 'alexa.% has no comment: \df+ should read like a manual', f.proname;
        END IF;
        IF f.proconfig IS NULL OR NOT f.proconfig::text LIKE '%search_path=pg_catalog, pg_temp%' THEN
            RAISE EXCEPTION 'alexa.% has no fixed search_path', f.proname;
        END IF;
        IF f.owner <> 'alexa_owner' THEN
            RAISE EXCEPTION 'alexa.% is owned by %, not alexa_owner: a migration ran outside its transaction', f.proname, f.owner;
        END IF;
        IF f.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(f.proacl) a WHERE a.grantee = 0) THEN
            RAISE EXCEPTION 'alexa.% can be executed by PUBLIC', f.proname;
        END IF;
    END LOOP;
    IF (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'alexa') <> 'alexa_owner' THEN
        RAISE EXCEPTION 'schema alexa is not owned by alexa_owner';
    END IF;
    RAISE NOTICE 'administration: as it should be';
END $$;
RESET search_path;
