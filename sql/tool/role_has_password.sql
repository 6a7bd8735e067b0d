-- role_has_password.sql: whether the role of the WAR has a password already
--
-- Asked by   setup
-- Reads      pg_authid, which a superuser alone may read
-- Writes     nothing
-- Answers    one row: has_password
-- Takes      nothing
SELECT EXISTS (SELECT FROM pg_authid a WHERE a.rolname = 'alexa_app' AND a.rolpassword IS NOT NULL) AS has_password;
