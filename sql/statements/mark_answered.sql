-- mark_answered.sql: marks a redemption as answered; from then on a repeat of the request is refused
--
-- Asked by   POST /token, once per new link, after the response is sent; before it, if redeem_code was slow
--            (AuthorizationCodeRepository.answered and redeem)
-- Reads      access_token by primary key
-- Writes     one row of authorization_code
-- Answers    one row updated; none if a repeat of the request has been given tokens already
-- Takes      link_id uuid, code_hash bytea, minted_at timestamptz, access_token_hash bytea
--
-- Commits asynchronously: after a crash of the database the mark can be missing, and a repeat would get new tokens.
WITH lazily AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true) AS commit
)
UPDATE alexa.authorization_code c
   SET unanswered_since = NULL
  FROM alexa.access_token a, lazily
 WHERE c.link_id = :link_id
   AND c.code_hash = :code_hash
   AND a.minted_at = :minted_at
   AND a.link_id = :link_id
   AND a.token_hash = :access_token_hash
   AND a.expires_at > now()
   AND a.issued_at = c.unanswered_since
   AND lazily.commit IS NOT NULL;
