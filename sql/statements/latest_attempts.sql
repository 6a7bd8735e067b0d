-- latest_attempts.sql: the last fifty attempts to link, and why each came no further
--
-- Asked by   the operator's page and java -jar alexa.war check (AttemptRepository.latest)
-- Reads      attempt: audit_event backwards by primary key, and for each row its link, refresh tokens and events by index
-- Writes     nothing
-- Answers    a row per attempt, the latest first: all columns that this role may read, which name no person
-- Takes      nothing
SELECT a.client_id, a.began_at, a.code_issued_at, a.token_refused_at, a.redeemed_at, a.refreshed_at, a.ended_at,
       a.reached, a.verdict, a.says, a.times
  FROM alexa.attempt a
 ORDER BY a.began_at DESC
 LIMIT 50;
