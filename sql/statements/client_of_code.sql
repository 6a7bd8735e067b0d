-- client_of_code.sql: which client was given this code, if it was not redeemed yet
--
-- Asked by   POST /token, if a request that presents a code is malformed, or its client fails authentication
--            (AuditRepository.codeRefused)
-- Reads      authorization_code by primary key
-- Writes     nothing
-- Answers    no row: no such code, or it was redeemed. client_id: the client that was given it
-- Takes      link_id uuid, code_hash bytea
--
-- The answer goes into the audit trail alone. Only a sign-in makes a code, and nobody can guess one: so no stranger can make
-- a refusal stand beside it. One that was redeemed is left out, because it is of no use any more and may be read in a log.
SELECT a.client_id FROM alexa.authorization_code a
 WHERE a.link_id = :link_id AND a.code_hash = :code_hash AND a.redeemed_at IS NULL;
