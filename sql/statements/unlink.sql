-- unlink.sql: a listener ends some or all of their links, and with each link all its tokens
--
-- Asked by   POST /links with action=unlink or unlink_all, once per request (LinkRepository.unlink and unlinkAll)
-- Reads      link by primary key, or by its index on subject
-- Writes     each link that ends, and a row of audit_event for each
-- Answers    link_id: one row per link that this call ended
-- Takes      subject text, link_ids uuid[] (NULL: all of them)
WITH unlinked AS (
    UPDATE alexa.link l
       SET revoked_at = now(), revoked_because = 'unlinked'
     WHERE l.subject = :subject
       AND (:link_ids::uuid[] IS NULL OR l.link_id = ANY (:link_ids::uuid[]))
       AND l.revoked_at IS NULL
    RETURNING l.link_id, l.client_id, l.subject
), audit AS (
    INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
    SELECT 'link_revoked', link_id, client_id, subject, 'unlinked' FROM unlinked
)
SELECT link_id FROM unlinked;
