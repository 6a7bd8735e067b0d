-- role_has_password.sql: whether the role of the WAR has a password already
--
-- Asked by   setup, if it is a superuser: nobody else may read pg_authid
-- Reads      pg_authid
-- Writes     nothing
-- Answers    one row: has_password
-- Takes      nothing
SELECT EXISTS (SELECT FROM pg_authid a WHERE a.rolname = 'alexa_app' AND a.rolpassword IS NOT NULL) AS has_password;
