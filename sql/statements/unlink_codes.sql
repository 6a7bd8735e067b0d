-- unlink_codes.sql: a listener who ends all links also ends every code that no client has redeemed yet
--
-- Asked by   POST /links with action=unlink_all, before unlink (LinkRepository.unlinkAll)
-- Reads      authorization_code by its index on subject
-- Writes     each of the listener's live codes
-- Locks      those codes: a redemption that is under way is waited for, and unlink then finds its link
-- Answers    how many rows were updated; nobody looks
-- Takes      subject text
UPDATE alexa.authorization_code
   SET redeemed_at = now()
 WHERE subject = :subject
   AND redeemed_at IS NULL
   AND expires_at > now();
