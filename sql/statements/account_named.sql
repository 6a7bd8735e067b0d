-- account_named.sql: the name of an account as it was added, whatever capitals the listener typed
--
-- Asked by   POST /approve and /links, after each sign-in that failed (AuditRepository.refused)
-- Reads      account by its index on the folded name
-- Writes     nothing
-- Answers    no row: no account has that name; username otherwise
-- Takes      username text
--
-- Only names of accounts go into the audit trail: a stranger may have typed a password into the wrong field.
SELECT o.username FROM alexa.account o WHERE alexa.folded(o.username) = alexa.folded(:username);
