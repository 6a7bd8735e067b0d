-- find_account.sql: the account that a listener signs in to, as it is now
--
-- Asked by   POST /approve and /links, before and after Tomcat's Realm checks the password (AccountRepository.find)
-- Reads      account by its index on the folded name; whether realm_account, which the Realm reads, has any row
-- Writes     nothing
-- Answers    always one row
--            username: as it was added, NULL if there is no such account; account_id; password_changed_at
-- Takes      username text (capitals as the listener typed them)
--
-- It reads realm_account so that it fails if the Realm cannot read it: Tomcat's login() would report that as a wrong
-- password.
SELECT realm.has_any, o.account_id, o.username, o.password_changed_at
  FROM (SELECT EXISTS (SELECT FROM alexa.realm_account) AS has_any) AS realm
  LEFT JOIN alexa.account o ON alexa.folded(o.username) = alexa.folded(:username);
