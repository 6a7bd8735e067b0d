-- verify/clients_and_accounts.sql: clients can be used and nothing lies there in clear
--
-- Run by   a member of alexa_owner; changes nothing, fails in words
--   psql -v ON_ERROR_STOP=1 -d alexa -f sql/verify/clients_and_accounts.sql
SET search_path = pg_catalog, pg_temp;
SET ROLE alexa_owner;
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
                        WHERE s.client_id = c.client_id AND (s.valid_until IS NULL OR s.valid_until > now()));
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'no valid secret: %', hit;
    END IF;
    SELECT string_agg(format('%I.%I', n.table_name, n.column_name), ', ') INTO hit
      FROM information_schema.columns n
      JOIN pg_class c ON c.relname = n.table_name AND c.relnamespace = 'alexa'::regnamespace
     WHERE n.table_schema = 'alexa' AND NOT c.relispartition AND n.table_name <> 'flyway_schema_history'
       AND (col_description(c.oid, n.ordinal_position) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL);
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'without a comment: %', hit;
    END IF;
    RAISE NOTICE 'clients and accounts: as they should be';
END $$;
RESET ROLE;
RESET search_path;
