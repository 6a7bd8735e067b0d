-- links_of_subject.sql: the live links of a listener, the newest first, in the listener's language
--
-- Asked by   POST /links, once per request, and once more if it ends links (LinkRepository.of)
-- Reads      link by its index on subject; client, client_name, scope, scope_description by primary key; the refresh
--            tokens of each link by index
-- Writes     nothing
-- Answers    link_id; client_name; scopes: each described in words; created_at; last_used_at: of the link's refresh token,
--            to the day
-- Takes      subject text, language text (for example pt-BR)
SELECT l.link_id, l.created_at,
       coalesce((SELECT n.display_name FROM alexa.client_name n
                  WHERE n.client_id = l.client_id AND n.language = asked.language), c.display_name)
           AS client_name,
       ARRAY(SELECT coalesce(d.description, s.description, u.scope)
               FROM unnest(l.scope) WITH ORDINALITY AS u (scope, place)
               LEFT JOIN alexa.scope s ON s.scope = u.scope
               LEFT JOIN alexa.scope_description d
                      ON d.scope = u.scope AND d.language = asked.language
              ORDER BY u.place) AS scopes,
       coalesce((SELECT max(coalesce(r.last_used_at, r.issued_at))
                   FROM alexa.refresh_token r WHERE r.link_id = l.link_id), l.created_at) AS last_used_at
  FROM (SELECT :subject::text AS subject, :language::text AS language) AS asked
  JOIN alexa.link l ON l.subject = asked.subject
  JOIN alexa.client c ON c.client_id = l.client_id
 WHERE l.revoked_at IS NULL
 ORDER BY l.created_at DESC, l.link_id
 -- more than a listener reads; the others show once these are unlinked
 LIMIT 100;
