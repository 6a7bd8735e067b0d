-- undo/roles.sql: takes back roles.sql, after every migration has been undone
--
-- Run by   a superuser, connected to the application database
-- Locks    none
SET search_path = pg_catalog, pg_temp;
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['alexa_app', 'alexa_support', 'alexa_auditor', 'alexa_monitor', 'alexa_owner'] LOOP
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('REVOKE ALL ON DATABASE %I FROM %I', current_database(), role);
            EXECUTE format('DROP ROLE %I', role);
        END IF;
    END LOOP;
END $$;
RESET search_path;
