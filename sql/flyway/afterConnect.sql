-- flyway/afterConnect.sql: a callback, so that what Flyway makes belongs to alexa_owner, its own history table included
--
--   flyway -locations=filesystem:sql/migrations,filesystem:sql/flyway -schemas=alexa … migrate
SET ROLE alexa_owner;
