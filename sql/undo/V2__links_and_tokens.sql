-- undo/V2__links_and_tokens.sql: drops links, tokens, codes and the audit trail; every linked account must link again
--
-- Run by   a member of alexa_owner, after undo/V3
-- Locks    ACCESS EXCLUSIVE on all of it: stop the WAR first
SET search_path = pg_catalog, pg_temp;
SET LOCAL ROLE alexa_owner;
SET LOCAL lock_timeout = '5s';

DROP TRIGGER deleted_account_revokes_links ON alexa.account;
DROP TRIGGER renamed_account_renames_links ON alexa.account;
DROP FUNCTION alexa.hold_account(text, uuid, timestamptz);
DROP FUNCTION alexa.revoke_links_of_deleted_account();
DROP FUNCTION alexa.rename_links_of_renamed_account();
DROP FUNCTION alexa.maintain(integer);
DROP FUNCTION alexa.create_partition(text, date);
DROP TABLE alexa.retention, alexa.audit_event, alexa.access_token, alexa.authorization_code, alexa.refresh_token, alexa.link;
DROP FUNCTION alexa.refuse_to_take_back();
DELETE FROM alexa.schema_version WHERE version = 2;
RESET search_path;
