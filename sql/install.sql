-- install.sql: all of Alexa Link in one transaction: everything is there afterwards, or nothing
--
-- Run by   a superuser, connected to the application database, from any folder:
--          psql -X -d alexa -f sql/install.sql
--          then psql -X -d alexa -c '\password alexa_app'
-- Needs    PostgreSQL 13 or later
-- Undo     sql/undo.sql
-- Check    sql/verify.sql
\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off
\set QUIET on
SET search_path = pg_catalog, pg_temp;
BEGIN;
\ir roles.sql
\ir migrations/V1__tables.sql
\ir migrations/V2__administration.sql
\ir migrations/V3__upkeep.sql
COMMIT;
SET search_path = pg_catalog, pg_temp;
SELECT format('Alexa Link is installed in database %s, at schema version %s', current_database(), max(version)) AS done FROM alexa.schema_version;
RESET search_path;
