-- enable_account.sql: takes back disable_account.sql
--
-- Asked by   account enable
-- Reads      account
-- Writes     account, audit_event
-- Answers    one row: username, as it is stored
-- Takes      username text
SELECT alexa.the_account(:username) AS username
  FROM alexa.enable_account(username => :username);
