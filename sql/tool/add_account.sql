-- add_account.sql: a new account
--
-- Asked by   account add, setup
-- Reads      account
-- Writes     account, account_role, audit_event
-- Answers    one row
-- Takes      username text, password_hash text
SELECT alexa.add_account(username => :username, password_hash => :password_hash);
