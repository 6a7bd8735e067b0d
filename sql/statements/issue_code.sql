-- issue_code.sql: stores an authorization code, after the listener has allowed the client its scopes (RFC 6749 §4.1.2)
--
-- Asked by   POST /approve, once per "Allow" (AuthorizationCodeRepository.issue)
-- Reads      client, client_redirect_uri, client_scope, account by primary key or folded name
-- Writes     one row each of authorization_code and audit_event
-- Locks      the account's row, FOR SHARE, so that a DBA who deletes it or changes its password waits for this commit
-- Answers    no row: the client is not registered or is disabled
--            outcome: issued; or what changed since the form was shown: redirect_uri_gone, scope_gone (of the client),
--            account_changed: deleted, renamed, disabled or given another password since the sign-in began
-- Takes      subject text, account_id uuid (NULL: another Realm knows the listener),
--            password_changed_at timestamptz (NULL as well), client_id text, link_id uuid, code_hash bytea,
--            redirect_uri text, registered_redirect_uri text (another one only if the client asked with another port of
--            a loopback address), code_challenge text (NULL: the client sent none), scope text (words with spaces between)
WITH asking AS (
    SELECT c.client_id, c.code_seconds, signed_in.*,
           EXISTS (SELECT FROM alexa.client_redirect_uri u
                    WHERE u.client_id = c.client_id AND u.redirect_uri = :registered_redirect_uri) AS redirected,
           string_to_array(:scope, ' ')
               <@ ARRAY(SELECT s.scope FROM alexa.client_scope s WHERE s.client_id = c.client_id) AS scoped,
           alexa.hold_account(signed_in.subject, signed_in.account_id, signed_in.password_changed_at) AS held
      FROM (SELECT :subject::text AS subject, :account_id::uuid AS account_id,
                   :password_changed_at::timestamptz AS password_changed_at) AS signed_in,
           alexa.client c
     WHERE c.client_id = :client_id AND c.disabled_at IS NULL
), code AS (
    INSERT INTO alexa.authorization_code
           (link_id, code_hash, client_id, redirect_uri, code_challenge, subject, scope, expires_at,
            account_id, password_changed_at)
    SELECT :link_id, :code_hash, client_id, :redirect_uri, :code_challenge, subject, string_to_array(:scope, ' '),
           now() + code_seconds * interval '1 second', account_id, password_changed_at
      FROM asking
     WHERE redirected AND scoped AND held
    RETURNING link_id, client_id, subject, scope
), audit AS (
    INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
    SELECT 'code_issued', link_id, client_id, subject,
           left('allowed ' || array_to_string(scope, ' '), 300)
      FROM code
)
SELECT CASE WHEN NOT redirected THEN 'redirect_uri_gone'
            WHEN NOT scoped THEN 'scope_gone'
            WHEN NOT held THEN 'account_changed'
            ELSE 'issued' END AS outcome
  FROM asking;
