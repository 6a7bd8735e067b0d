-- why_not_redeemed.sql: why redeem_code answered no row; ends the link if the code was replayed
--
-- Asked by   POST /token, after redeem_code and redeemed_by_us answered no row and the client was authenticated
--            (AuthorizationCodeRepository.whyNotRedeemed)
-- Reads      authorization_code, account and link by primary key
-- Writes     one row of audit_event, unless there is no reason; one row of link if the code was replayed
-- Answers    no row: no client was given such a code
--            event: token_refused, code_repeated, code_replayed (the link ends), or code_unanswered: the same request came
--            before, and whether it was answered will be known within a second
--            reason: a word of the enum Reason, which has the sentence for the client's developer; NULL if by now there
--            is none. because: NULL
--            revoked: whether this very call ended the link
-- Takes      client_id text, redirect_uri text, code_challenge text (NULL: no code_verifier was sent), link_id uuid,
--            code_hash bytea
--
-- A replay revokes the link (RFC 6749 §4.1.2), unless the very same request comes again within 10 s: that is Alexa's HTTP
-- client repeating itself. Until the first request is known to have been answered there is no verdict at all: its Tomcat
-- may have died, and this is the repeat.
WITH request AS (
    SELECT :client_id::text AS client_id, :redirect_uri::text AS redirect_uri, :code_challenge::text AS code_challenge
), code AS (
    SELECT a.link_id, a.subject, a.redeemed_at, a.unanswered_since, a.expires_at, a.issued_at,
           a.client_id = r.client_id AS same_client,
           a.redirect_uri = r.redirect_uri AS same_redirect_uri,
           a.code_challenge IS NOT DISTINCT FROM r.code_challenge AS same_challenge,
           a.code_challenge IS NOT NULL AS has_challenge,
           r.code_challenge IS NOT NULL AS has_verifier,
           NOT coalesce((
               SELECT o.disabled_at IS NULL
                  AND (a.account_id IS NULL
                       OR (o.account_id = a.account_id AND o.password_changed_at = a.password_changed_at))
                 FROM alexa.account o WHERE o.username = a.subject), a.account_id IS NULL) AS barred
      FROM alexa.authorization_code a, request r
     WHERE a.link_id = :link_id AND a.code_hash = :code_hash
), judged AS (
    SELECT code.*,
           unanswered_since IS NOT NULL
           AND same_client AND same_redirect_uri AND same_challenge AND expires_at > now() AND NOT barred
           AND NOT EXISTS (
               SELECT FROM alexa.link l WHERE l.link_id = :link_id AND l.revoked_at IS NOT NULL)
               AS unanswered
      FROM code
), verdict AS (
    SELECT code.link_id, code.subject,
           CASE
               WHEN unanswered THEN 'code_unanswered'
               WHEN redeemed_at > now() - interval '10 seconds'
                    AND same_client AND same_redirect_uri AND same_challenge THEN 'code_repeated'
               WHEN redeemed_at IS NOT NULL THEN 'code_replayed'
               ELSE 'token_refused'
           END AS event,
           CASE
               WHEN unanswered THEN NULL
               WHEN redeemed_at IS NOT NULL THEN 'code_already_redeemed'
               WHEN NOT same_client THEN 'code_of_another_client'
               WHEN expires_at <= now() THEN 'code_expired'
               WHEN NOT same_redirect_uri THEN 'redirect_uri_mismatch'
               WHEN has_challenge AND NOT has_verifier THEN 'code_verifier_missing'
               WHEN has_verifier AND NOT has_challenge THEN 'code_verifier_unexpected'
               WHEN NOT same_challenge THEN 'code_verifier_mismatch'
               WHEN barred THEN 'account_changed'
           END AS reason
      FROM judged AS code
), revoked AS (
    UPDATE alexa.link l
       SET revoked_at = now(), revoked_because = 'code_replayed'
      FROM verdict v
     WHERE v.event = 'code_replayed' AND l.link_id = :link_id AND l.revoked_at IS NULL
    RETURNING l.link_id
), audit AS (
    INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
    SELECT v.event, v.link_id, r.client_id, v.subject, v.reason
      FROM verdict v, request r
     WHERE v.reason IS NOT NULL
)
SELECT event, reason, NULL AS because, EXISTS (SELECT FROM revoked) AS revoked FROM verdict;
