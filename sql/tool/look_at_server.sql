-- look_at_server.sql: what this server is, and what whoever logged in may do
--
-- Asked by   setup
-- Reads      pg_roles, pg_database
-- Writes     nothing
-- Answers    one row: version_number, version, superuser, may_create_databases, may_create_roles, read_only, encoding (of the
--            database in question; NULL if there is none of that name), has_role (alexa_app, which all databases share)
-- Takes      database text
SELECT current_setting('server_version_num')::integer AS version_number,
       split_part(current_setting('server_version'), ' ', 1) AS version,
       r.rolsuper AS superuser,
       r.rolsuper OR r.rolcreatedb AS may_create_databases,
       r.rolsuper OR r.rolcreaterole AS may_create_roles,
       pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS read_only,
       (SELECT pg_encoding_to_char(d.encoding) FROM pg_database d WHERE d.datname = :database) AS encoding,
       EXISTS (SELECT FROM pg_roles a WHERE a.rolname = 'alexa_app') AS has_role
  FROM pg_roles r
 WHERE r.rolname = current_user;
