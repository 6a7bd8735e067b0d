-- verify/links_and_tokens.sql: tokens can be issued today and in the days to come
--
-- Run by   a member of alexa_owner; changes nothing, fails in words
--   psql -v ON_ERROR_STOP=1 -d alexa -f sql/verify/links_and_tokens.sql
SET search_path = pg_catalog, pg_temp;
SET ROLE alexa_owner;
DO $$
DECLARE
    parent text;
    missing date;
    stray  text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['authorization_code', 'access_token', 'audit_event'] LOOP
        SELECT min(day) INTO missing
          FROM generate_series(0, 3) AS i, LATERAL (SELECT (now() AT TIME ZONE 'UTC')::date + i AS day) AS d
         WHERE to_regclass(format('alexa.%I', parent || '_' || to_char(day, 'YYYYMMDD'))) IS NULL;
        IF missing IS NOT NULL THEN
            RAISE EXCEPTION 'alexa.% has no partition for %: run SELECT * FROM alexa.maintain()', parent, missing;
        END IF;
        IF NOT EXISTS (SELECT FROM alexa.retention WHERE table_name = parent) THEN
            RAISE EXCEPTION 'alexa.% has no row in alexa.retention: it is neither extended nor dropped', parent;
        END IF;
        SELECT c.relname INTO stray FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = format('alexa.%I', parent)::regclass
           AND pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT';
        IF FOUND THEN
            RAISE EXCEPTION 'alexa.% is a default partition: rows in it are never dropped', stray;
        END IF;
    END LOOP;
    RAISE NOTICE 'links and tokens: as they should be';
END $$;
RESET ROLE;
RESET search_path;
