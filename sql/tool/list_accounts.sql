-- list_accounts.sql: every account, and how many apps are linked to it
--
-- Asked by   account list
-- Reads      account; link by its index on the subject
-- Writes     nothing
-- Answers    a row per account: username, enabled, created_at, password_changed_at, links
-- Takes      nothing
SELECT a.username, a.disabled_at IS NULL AS enabled, a.created_at, a.password_changed_at,
       (SELECT count(*) FROM alexa.link l WHERE l.subject = a.username AND l.account_id = a.account_id AND l.revoked_at IS NULL) AS links
  FROM alexa.account a
 ORDER BY a.username;
