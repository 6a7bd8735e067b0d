-- latest_attempts.sql: the last attempts to link, and why each came no further
--
-- Asked by   the operator's page and java -jar alexa.war check (AttemptRepository.latest)
-- Reads      attempt: audit_event of the last weeks backwards by primary key, and for each row its link, refresh tokens and
--            events by index
-- Writes     nothing
-- Answers    a row per attempt, the latest first: all columns that this role may read, which name no person. The last forty
--            of a month that had a code, for which somebody signed in; and the last ten of a week that had none
-- Takes      nothing
--
-- Anybody can cause a refusal without a code. So those have places of their own, and push out no attempt of a listener.
WITH coded AS (
    SELECT a.client_id, a.began_at, a.first_at, a.last_at, a.code_issued_at, a.token_refused_at, a.redeemed_at, a.refreshed_at,
           a.ended_at, a.reached, a.verdict, a.says, a.times
      FROM alexa.attempt a
     WHERE a.code_issued_at IS NOT NULL AND a.began_at > now() - interval '30 days'
     ORDER BY a.began_at DESC
     LIMIT 40
), uncoded AS (
    SELECT a.client_id, a.began_at, a.first_at, a.last_at, a.code_issued_at, a.token_refused_at, a.redeemed_at, a.refreshed_at,
           a.ended_at, a.reached, a.verdict, a.says, a.times
      FROM alexa.attempt a
     WHERE a.code_issued_at IS NULL AND a.began_at > now() - interval '7 days'
     ORDER BY a.began_at DESC
     LIMIT 10
)
TABLE coded UNION ALL TABLE uncoded ORDER BY last_at DESC;
