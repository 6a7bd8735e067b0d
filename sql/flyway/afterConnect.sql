-- flyway/afterConnect.sql: a callback, so that what Flyway makes belongs to alexa_owner, its own history table included
--
--   flyway -locations=filesystem:sql/migrations,filesystem:sql/flyway -schemas=alexa … migrate
SET search_path = pg_catalog, pg_temp;
SET ROLE alexa_owner;
