-- why_not_authenticated.sql: why a client was not authenticated, for the log and the audit trail; the client is not told
--
-- Asked by   every endpoint for programs, after the client failed authentication (ClientRepository.whyNotAuthenticated)
-- Reads      client and client_secret by primary key
-- Writes     nothing
-- Answers    no row: no such client
--            reason: a word of the enum Reason. since: from when the secret is refused, if it has expired; NULL otherwise
-- Takes      client_id text, secret_hashes bytea[] (empty: no secret was sent)
SELECT CASE WHEN c.disabled_at IS NOT NULL THEN 'client_disabled'
            WHEN c.kind = 'public' THEN 'secret_unexpected'
            WHEN cardinality(sent.secret_hashes) = 0 THEN 'secret_missing'
            WHEN past.expires_at IS NOT NULL THEN 'secret_expired'
            ELSE 'secret_wrong' END AS reason,
       past.expires_at AS since
  FROM (SELECT :client_id::text AS client_id, :secret_hashes::bytea[] AS secret_hashes) AS sent
  JOIN alexa.client c ON c.client_id = sent.client_id
  LEFT JOIN LATERAL (
       SELECT max(s.expires_at) AS expires_at FROM alexa.client_secret s
        WHERE s.client_id = c.client_id AND s.secret_hash = ANY (sent.secret_hashes) AND s.expires_at <= now()) past ON true;
