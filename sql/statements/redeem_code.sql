-- redeem_code.sql: an authorization code becomes a link with a refresh token and an access token (RFC 6749 §4.1.3)
--
-- Asked by   POST /token, once per new link (AuthorizationCodeRepository.redeem)
-- Reads      client, client_secret, account, link, access_token by primary key
-- Writes     one row each of authorization_code, link, refresh_token, access_token and audit_event
-- Locks      the code's row: of concurrent requests one redeems it, the others wait and then find it redeemed
-- Answers    no row: no row was changed; ask redeemed_by_us and why_not_redeemed
--            scope: words with spaces between; expires_in: seconds; rotated and in_grace: false
-- Takes      client_id text, secret_hashes bytea[] (empty: no secret was sent, which only a public client may),
--            link_id uuid, code_hash bytea, redirect_uri text,
--            code_challenge text (computed from the client's code_verifier; NULL: it sent none), refresh_token_hash
--            bytea, minted_at timestamptz, access_token_hash bytea (both of the access token)
--
-- May be repeated with the same tokens if the connection broke before the answer came.
WITH asking AS (
    SELECT c.* FROM alexa.authenticated_client(:client_id, :secret_hashes) c WHERE c.kind <> 'resource_server'
), code AS (
    UPDATE alexa.authorization_code a
       SET redeemed_at = least(a.redeemed_at, now()),
           unanswered_since = now()
      FROM asking
     WHERE a.link_id = :link_id
       AND a.code_hash = :code_hash
       AND a.client_id = asking.client_id
       AND a.redirect_uri = :redirect_uri
       AND a.code_challenge IS NOT DISTINCT FROM :code_challenge
       AND (a.redeemed_at IS NULL
            -- or it was redeemed over a second ago and never marked as answered: the Tomcat that did so died, no client
            -- has the tokens, so the code may be redeemed again, but not by the same request: redeemed_by_us answers that
            OR (a.unanswered_since <= now() - interval '1 second'
                AND NOT EXISTS (
                    SELECT FROM alexa.link l WHERE l.link_id = :link_id AND l.revoked_at IS NOT NULL)
                AND NOT EXISTS (
                    SELECT FROM alexa.access_token t
                     WHERE t.minted_at = :minted_at AND t.link_id = :link_id AND t.token_hash = :access_token_hash)))
       AND a.expires_at > now()
       -- the account must be as it was when the sign-in began; if the code has none, no disabled account may have its
       -- subject's name
       AND coalesce((
           SELECT o.disabled_at IS NULL
              AND (a.account_id IS NULL
                   OR (o.account_id = a.account_id AND o.password_changed_at = a.password_changed_at))
             FROM alexa.account o WHERE o.username = a.subject), a.account_id IS NULL)
    RETURNING a.link_id, a.client_id, a.subject, a.scope, a.account_id, a.redeemed_at < a.unanswered_since AS again,
              asking.access_token_seconds, asking.refresh_token_seconds, asking.refresh_token_idle_seconds
), link AS (
    INSERT INTO alexa.link (link_id, client_id, subject, scope, account_id)
    SELECT link_id, client_id, subject, scope, account_id FROM code
    ON CONFLICT (link_id) DO NOTHING
), refresh AS (
    INSERT INTO alexa.refresh_token (link_id, token_hash, expires_at, idle_until)
    SELECT link_id, :refresh_token_hash, now() + refresh_token_seconds * interval '1 second',
           -- a day more, because the last use is written once a day
           now() + (refresh_token_idle_seconds + 86400) * interval '1 second'
      FROM code
), access AS (
    INSERT INTO alexa.access_token (minted_at, link_id, token_hash, expires_at)
    SELECT :minted_at, link_id, :access_token_hash, now() + access_token_seconds * interval '1 second' FROM code
), audit AS (
    INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
    SELECT 'code_redeemed', link_id, client_id, subject, CASE WHEN again THEN 'first_answer_lost' END
      FROM code
)
SELECT array_to_string(scope, ' ') AS scope, access_token_seconds AS expires_in, false AS rotated, false AS in_grace
  FROM code;
