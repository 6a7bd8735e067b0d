-- record_event.sql: writes a refusal into the audit trail
--
-- Asked by   every endpoint that refuses, at the first refusal of its kind, and once a minute for each kind that came again
--            (AuditRepository.refused and writeCounted)
-- Reads      client and account by primary key
-- Writes     one row of audit_event
-- Answers    one row inserted; none if the client is not registered
-- Takes      event text, link_id uuid (NULL: no code was presented that was issued and not redeemed), subject text (NULL: no
--            person, or a name without an account; left out of the row if by now no account has it), reason text,
--            times integer, first_ms_ago bigint (of those that were counted; NULL: it is of now), last_ms_ago bigint (as
--            before), client_id text (NULL: no client was involved)
--
-- Statements that succeed, or revoke, write their event themselves. Tomcat counts a refusal for up to a minute, or for as
-- long as the database is away: by then the person may be erased, or have another name.
INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason, times, first_at, last_at)
SELECT :event, coalesce(:link_id::uuid, '00000000-0000-0000-0000-000000000000'), c.client_id,
       (SELECT o.username FROM alexa.account o WHERE o.username = :subject), :reason, :times,
       now() - :first_ms_ago::bigint * interval '1 millisecond', now() - :last_ms_ago::bigint * interval '1 millisecond'
  FROM (SELECT :client_id::text AS client_id) AS asked
  LEFT JOIN alexa.client c ON c.client_id = asked.client_id
 WHERE asked.client_id IS NULL OR c.client_id IS NOT NULL;
