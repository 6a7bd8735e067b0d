-- redeemed_by_us.sql: whether this request has already redeemed the code, in a first try whose answer was lost
--
-- Asked by   POST /token, after redeem_code answered no row (AuthorizationCodeRepository.redeem)
-- Reads      access_token, link, authorization_code by primary key
-- Writes     nothing
-- Answers    no row: this request has redeemed no code, or another request was given tokens since
--            scope: words with spaces between; expires_in: seconds; rotated and in_grace: false
-- Takes      minted_at timestamptz, link_id uuid, access_token_hash bytea
--
-- If the connection broke after the commit of redeem_code and before its answer came, redeem_code is asked again and
-- finds the code redeemed. The access token of the request is then in the database, and no other request knows it.
SELECT array_to_string(l.scope, ' ') AS scope,
       extract(epoch FROM a.expires_at - a.issued_at)::integer AS expires_in, false AS rotated, false AS in_grace
  FROM alexa.access_token a
  JOIN alexa.link l ON l.link_id = a.link_id AND l.link_id = :link_id
  JOIN alexa.authorization_code c ON c.link_id = a.link_id AND c.link_id = :link_id AND c.unanswered_since = a.issued_at
 WHERE a.minted_at = :minted_at
   AND a.link_id = :link_id
   AND a.token_hash = :access_token_hash
   AND a.expires_at > now();
