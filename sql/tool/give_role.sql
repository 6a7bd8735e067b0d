-- give_role.sql: one more role of an account
--
-- Asked by   account role
-- Reads      account
-- Writes     account_role, audit_event
-- Answers    one row: username, as it is stored; roles text[], all that it has now
-- Takes      username text, role_name text
SELECT alexa.the_account(:username) AS username, roles
  FROM alexa.give_role(username => :username, role_name => :role_name) AS roles;
