-- unlink_codes.sql: a listener who ends all links also ends every code that no client has redeemed yet
--
-- Asked by   POST /links with action=unlink_all, before unlink (LinkRepository.unlinkAll)
-- Reads      authorization_code by its index on subject
-- Writes     each of the listener's live codes
-- Locks      those codes: it waits for a redemption that is under way, and unlink then finds its link
-- Answers    how many rows were updated; the WAR ignores it
-- Takes      subject text
UPDATE alexa.authorization_code
   SET redeemed_at = now()
 WHERE subject = :subject
   AND redeemed_at IS NULL
   AND expires_at > now();
