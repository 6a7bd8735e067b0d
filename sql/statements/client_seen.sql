-- client_seen.sql: whether a client tried to link within the last week
--
-- Asked by   the operator's page and java -jar alexa.war check, once per client of Alexa's that is not among the latest
--            attempts (AttemptRepository.isSeen)
-- Reads      attempt: audit_event of the last week backwards by primary key
-- Writes     nothing
-- Answers    one row; seen
-- Takes      client_id text
SELECT count(*) > 0 AS seen
  FROM (SELECT FROM alexa.attempt a
         WHERE a.client_id = :client_id AND a.began_at > now() - interval '7 days'
         ORDER BY a.began_at DESC
         LIMIT 1) AS last;
