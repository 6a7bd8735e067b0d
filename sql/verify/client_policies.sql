-- verify/client_policies.sql: rotation has what it needs, and no client breaks its own policy
--
-- Run by   a member of alexa_owner; changes nothing, fails in words
--   psql -v ON_ERROR_STOP=1 -d alexa -f sql/verify/client_policies.sql
SET search_path = pg_catalog, pg_temp;
SET ROLE alexa_owner;
DO $$
DECLARE
    hit text;
BEGIN
    SELECT string_agg(w.name, ', ') INTO hit
      FROM unnest(ARRAY['refresh_token_superseded_idx', 'refresh_token_idle_idx']) AS w (name)
     WHERE to_regclass('alexa.' || w.name) IS NULL;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'missing: %: run sql/migrations/V7__indexes_for_rotation.sql', hit;
    END IF;
    SELECT string_agg(c.conname, ', ') INTO hit FROM pg_constraint c
     WHERE c.connamespace = 'alexa'::regnamespace AND NOT c.convalidated;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'not validated: %: run sql/migrations/V7__indexes_for_rotation.sql', hit;
    END IF;
    SELECT string_agg(c.client_id, ', ') INTO hit FROM alexa.client c
     WHERE c.kind = 'public' AND NOT (c.pkce_required AND c.rotate_refresh_token);
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'public clients without PKCE or rotation: %', hit;
    END IF;
    IF NOT has_column_privilege('alexa_app', 'alexa.refresh_token', 'superseded_at', 'UPDATE') THEN
        RAISE EXCEPTION 'alexa_app cannot mark a refresh token as superseded: no client that rotates can refresh';
    END IF;
    IF NOT has_column_privilege('alexa_app', 'alexa.authorization_code', 'unanswered_since', 'UPDATE') THEN
        RAISE EXCEPTION 'alexa_app cannot say that a redemption has been answered: no code can be redeemed';
    END IF;
    IF has_column_privilege('alexa_app', 'alexa.refresh_token', 'expires_at', 'UPDATE') THEN
        RAISE EXCEPTION 'alexa_app can prolong a refresh token';
    END IF;
    RAISE NOTICE 'client policies: as they should be';
END $$;
RESET ROLE;
RESET search_path;
