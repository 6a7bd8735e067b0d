-- set_password_hash.sql: another password
--
-- Asked by   account password
-- Reads      account
-- Writes     account, audit_event
-- Answers    one row: username, as it is stored
-- Takes      username text, password_hash text
SELECT alexa.the_account(:username) AS username
  FROM alexa.set_password_hash(username => :username, password_hash => :password_hash);
