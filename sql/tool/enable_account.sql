-- enable_account.sql: takes back disable_account.sql
--
-- Asked by   account enable
-- Reads      account
-- Writes     account, audit_event
-- Answers    one row
-- Takes      username text
SELECT alexa.enable_account(username => :username);
