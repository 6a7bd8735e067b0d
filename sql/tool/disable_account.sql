-- disable_account.sql: no sign-in and no token of this account from now on
--
-- Asked by   account disable
-- Reads      account
-- Writes     account, audit_event
-- Answers    one row: username, as it is stored
-- Takes      username text
SELECT alexa.the_account(:username) AS username
  FROM alexa.disable_account(username => :username);
