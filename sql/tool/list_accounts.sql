-- list_accounts.sql: every account, its roles, and how many apps are linked to it
--
-- Asked by   account list
-- Reads      account, account_role; link by its index on the subject
-- Writes     nothing
-- Answers    a row per account: username, enabled, created_at, password_changed_at, links, roles text[]
-- Takes      nothing
SELECT a.username, a.disabled_at IS NULL AS enabled, a.created_at, a.password_changed_at,
       (SELECT count(*) FROM alexa.link l WHERE l.subject = a.username AND l.account_id = a.account_id AND l.revoked_at IS NULL) AS links,
       ARRAY(SELECT r.role_name FROM alexa.account_role r WHERE r.username = a.username ORDER BY r.role_name) AS roles
  FROM alexa.account a
 ORDER BY a.username;
