-- code_given_to.sql: whether a client was given this code
--
-- Asked by   POST /token, if the client that presents a code fails authentication (AuditRepository.codeRefused)
-- Reads      authorization_code by primary key
-- Writes     nothing
-- Answers    one row; given
-- Takes      client_id text, link_id uuid, code_hash bytea
--
-- The answer goes into the audit trail alone. Nobody can know a code that was not given to them, so nobody else can make a
-- refusal stand beside it.
SELECT EXISTS (SELECT FROM alexa.authorization_code a
                WHERE a.link_id = :link_id AND a.code_hash = :code_hash AND a.client_id = :client_id) AS given;
