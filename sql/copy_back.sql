-- copy_back.sql: puts lost links back from an older copy of the database, without those of people who have left since
--
-- Run by   a member of alexa_owner, in the live database, in the folder with the two files that the copy gave:
--          psql -X -p 5433 -d alexa -c "\copy alexa.link TO old_link" -c "\copy alexa.refresh_token TO old_refresh_token"
--          psql -X -1 -v ON_ERROR_STOP=1 -v erased='{}' -d alexa -f sql/copy_back.sql
--          erased: subjects that alexa.erase_user has erased since that moment, for example '{berta,carl}'. The audit
--          trail no longer has their names. Not needed for people of alexa.account, whose account is gone
-- Needs    both servers at the same schema version
-- Locks    none worth naming: it only inserts
-- Undo     SELECT alexa.revoke_links(subject => …)
\if :{?erased}
\else
\echo say who was erased since then, or that nobody was: psql ... -v erased='{}' ...
\quit
\endif
SET search_path = pg_catalog, pg_temp;
SET ROLE alexa_owner;

CREATE TEMPORARY TABLE old_link (LIKE alexa.link);
CREATE TEMPORARY TABLE old_refresh_token (LIKE alexa.refresh_token);
\copy old_link FROM old_link
\copy old_refresh_token FROM old_refresh_token

-- lost: a link that was live then and is missing now, if it was not ended since and the person is still there
CREATE TEMPORARY TABLE lost AS
SELECT o.*
  FROM old_link o
 WHERE o.revoked_at IS NULL
   AND NOT EXISTS (SELECT FROM alexa.link l WHERE l.link_id = o.link_id)
   AND NOT EXISTS (SELECT FROM alexa.audit_event e
                    WHERE e.link_id = o.link_id AND e.event IN ('link_revoked', 'code_replayed', 'refresh_token_reused'))
   AND CASE WHEN o.account_id IS NULL THEN o.subject <> ALL (:'erased'::text[])
            ELSE EXISTS (SELECT FROM alexa.account a WHERE a.username = o.subject AND a.account_id = o.account_id)
       END;
INSERT INTO alexa.link SELECT * FROM lost;
-- only of lost links: in another link, a token that was superseded and deleted since would be current again
INSERT INTO alexa.refresh_token SELECT t.* FROM old_refresh_token t WHERE t.link_id IN (SELECT l.link_id FROM lost l);
INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
SELECT 'link_copied_back', l.link_id, l.client_id, l.subject, format('by %s', session_user) FROM lost l;

SELECT count(*) AS links_copied_back, count(*) FILTER (WHERE l.account_id IS NULL) AS of_another_realm FROM lost l;
DROP TABLE lost, old_link, old_refresh_token;
RESET ROLE;
RESET search_path;
