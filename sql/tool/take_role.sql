-- take_role.sql: one role of an account less
--
-- Asked by   account role
-- Reads      account
-- Writes     account_role, audit_event
-- Answers    one row: username, as it is stored; roles text[], those that it keeps
-- Takes      username text, role_name text
SELECT alexa.the_account(:username) AS username, roles
  FROM alexa.take_role(username => :username, role_name => :role_name) AS roles;
