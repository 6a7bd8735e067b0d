-- add_first_account.sql: the first account, which may open the operator's page as well
--
-- Asked by   setup
-- Reads      account
-- Writes     account, account_role, audit_event
-- Answers    one row: username, as it is stored
-- Takes      username text, password_hash text
SELECT alexa.tidied(:username) AS username
  FROM alexa.add_account(username => :username, password_hash => :password_hash, roles => ARRAY['listener', 'alexa-operator']);
