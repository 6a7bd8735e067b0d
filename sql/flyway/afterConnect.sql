-- flyway/afterConnect.sql: a Flyway callback, so that alexa_owner owns all objects that Flyway makes, its history table
-- included
--
--   flyway -locations=filesystem:sql/migrations,filesystem:sql/flyway -schemas=alexa … migrate
SET search_path = pg_catalog, pg_temp;
SET ROLE alexa_owner;
