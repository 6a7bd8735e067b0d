-- add_account.sql: a new account
--
-- Asked by   account add, setup
-- Reads      account
-- Writes     account, account_role, audit_event
-- Answers    one row: username, as it is stored
-- Takes      username text, password_hash text
SELECT alexa.tidied(:username) AS username
  FROM alexa.add_account(username => :username, password_hash => :password_hash);
