-- V6__client_policies.sql: rotation and idle expiry of refresh tokens, names in the listener's language, lost answers
--
-- Run by   a member of alexa_owner, in the application database:
--          psql -1 -v ON_ERROR_STOP=1 -d alexa -f sql/migrations/V6__client_policies.sql
-- Needs    V5__indexes_for_upkeep.sql
-- Locks    ACCESS EXCLUSIVE on refresh_token, authorization_code (every day of it) and client for the moment that new
--          columns take: nothing is rewritten and nothing read. An older WAR runs on meanwhile and after
-- Undo     sql/undo/V6__client_policies.sql (superseded and idle refresh tokens are gone, and the names per language)
-- Check    sql/verify/client_policies.sql
SET search_path = pg_catalog, pg_temp;
SET LOCAL ROLE alexa_owner;
DO $$ BEGIN
    IF current_user <> 'alexa_owner' THEN
        RAISE EXCEPTION 'this file must run in one transaction: psql -1 -v ON_ERROR_STOP=1 -f ...';
    END IF;
END $$;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- a handful of rows: the constraints are checked in no time
ALTER TABLE alexa.client ADD COLUMN rotate_refresh_token boolean  NOT NULL DEFAULT false;
ALTER TABLE alexa.client ADD COLUMN rotation_grace       interval NOT NULL DEFAULT interval '10 minutes';
ALTER TABLE alexa.client ADD COLUMN refresh_token_idle   interval;
UPDATE alexa.client SET rotate_refresh_token = true WHERE kind = 'public';
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE alexa.client ADD CONSTRAINT public_clients_rotate CHECK (kind <> 'public' OR rotate_refresh_token);
-- the upper end is the shortest retention there is: what is still good must not be deleted
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE alexa.client ADD CONSTRAINT grace_is_a_day_at_most CHECK (rotation_grace BETWEEN interval '0' AND interval '1 day');
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE alexa.client ADD CONSTRAINT idle_is_a_day_at_least CHECK (refresh_token_idle >= interval '1 day');
COMMENT ON COLUMN alexa.client.rotate_refresh_token   IS 'Whether each refresh answers with a successor of the refresh token (RFC 9700 §4.14). Public clients always; for Alexa it costs links and buys little';
COMMENT ON COLUMN alexa.client.rotation_grace         IS 'How long a refresh token stays good once a successor of its link has been used: answers get lost, and Alexa refreshes in parallel';
COMMENT ON COLUMN alexa.client.refresh_token_idle     IS 'A refresh token that is not used for so long, or an hour longer, expires; counted from the next use on. NULL: never';
COMMENT ON COLUMN alexa.client.refresh_token_lifetime IS 'From the consent on, whatever is used or rotated meanwhile. NULL: refresh tokens never expire, which is what keeps a speaker linked';

ALTER TABLE alexa.refresh_token ADD COLUMN predecessor_hash bytea;
ALTER TABLE alexa.refresh_token ADD COLUMN superseded_at    timestamptz;
ALTER TABLE alexa.refresh_token ADD COLUMN idle_until       timestamptz;
-- V7 validates it, without keeping anybody waiting
ALTER TABLE alexa.refresh_token ADD CONSTRAINT predecessor_hash_is_sha256 CHECK (octet_length(predecessor_hash) = 32) NOT VALID;
COMMENT ON COLUMN alexa.refresh_token.predecessor_hash IS 'The refresh token it was given for; NULL: the code, or a client that does not rotate';
COMMENT ON COLUMN alexa.refresh_token.superseded_at    IS 'Since when another token of the link has been used in its place; good for the grace time from then on, afterwards its use revokes the link. NULL: it is current';
COMMENT ON COLUMN alexa.refresh_token.idle_until       IS 'From when it is refused unless it is used before; NULL: idling costs nothing';
GRANT INSERT (predecessor_hash, idle_until), UPDATE (superseded_at, idle_until) ON alexa.refresh_token TO alexa_app;
CREATE TRIGGER superseded_stays_superseded BEFORE UPDATE OF superseded_at ON alexa.refresh_token FOR EACH ROW
    WHEN (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS DISTINCT FROM OLD.superseded_at)
    EXECUTE FUNCTION alexa.refuse_to_take_back();

-- what an older WAR redeems has it NULL, as if it had been answered
ALTER TABLE alexa.authorization_code ADD COLUMN unanswered_since timestamptz;
COMMENT ON COLUMN alexa.authorization_code.redeemed_at      IS 'Set once, by the first request that redeemed the code; NULL means unused';
COMMENT ON COLUMN alexa.authorization_code.unanswered_since IS 'Set by a redemption, cleared once its tokens are on their way to the client. As long as it is set nobody may have them, and a second later the same request gets tokens of its own';
GRANT UPDATE (unanswered_since) ON alexa.authorization_code TO alexa_app;
CREATE TRIGGER answered_stays_answered BEFORE UPDATE OF unanswered_since ON alexa.authorization_code FOR EACH ROW
    WHEN (OLD.redeemed_at IS NOT NULL AND OLD.unanswered_since IS NULL AND NEW.unanswered_since IS NOT NULL)
    EXECUTE FUNCTION alexa.refuse_to_take_back();

-- how long the reuse of a superseded token is noticed; an hourly refresh leaves 168 rows of a link in that time
INSERT INTO alexa.retention (table_name, keep) VALUES ('refresh_token', interval '7 days');
COMMENT ON COLUMN alexa.retention.table_name IS 'A partitioned table, whose days are dropped; or link: revoked links and expired refresh tokens; or refresh_token: superseded ones; these are deleted';
COMMENT ON COLUMN alexa.retention.keep       IS 'Counted from the end of the partition''s day, from the revocation of the link, from the expiry of the token, from when it was superseded';

CREATE OR REPLACE FUNCTION alexa.delete_a_batch(batch integer DEFAULT 1000) RETURNS TABLE (action text, relation text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kept            interval := (SELECT r.keep FROM alexa.retention r WHERE r.table_name = 'link');
    kept_superseded interval := (SELECT r.keep FROM alexa.retention r WHERE r.table_name = 'refresh_token');
    hit             bigint;
BEGIN
    -- a refresh token that expired long ago, or was not used for too long, goes, and with the last current one its link
    -- is over
    WITH expired AS (
        SELECT r.link_id, r.token_hash FROM alexa.refresh_token r
         WHERE r.expires_at < now() - kept
         ORDER BY r.expires_at LIMIT batch FOR UPDATE SKIP LOCKED
    ), idle AS (
        SELECT r.link_id, r.token_hash FROM alexa.refresh_token r
         WHERE r.idle_until < now() - kept
         ORDER BY r.idle_until LIMIT batch FOR UPDATE SKIP LOCKED
    ), deleted AS (
        DELETE FROM alexa.refresh_token r USING (TABLE expired UNION TABLE idle) AS e
         WHERE r.link_id = e.link_id AND r.token_hash = e.token_hash
        RETURNING r.link_id, r.token_hash
    ), over AS (
        UPDATE alexa.link l SET revoked_at = now(), revoked_because = 'refresh_token_expired'
         WHERE l.link_id IN (SELECT d.link_id FROM deleted d) AND l.revoked_at IS NULL
           AND NOT EXISTS (SELECT FROM alexa.refresh_token other
                            WHERE other.link_id = l.link_id AND other.superseded_at IS NULL
                              AND (other.link_id, other.token_hash) NOT IN (SELECT d.link_id, d.token_hash FROM deleted d))
        RETURNING l.link_id
    )
    SELECT count(*) INTO hit FROM deleted;
    IF hit > 0 THEN
        action := 'deleted';
        relation := hit || ' expired refresh tokens';
        RETURN NEXT;
    END IF;
    -- one that a successor has taken the place of is kept as long as its reuse is to be noticed
    DELETE FROM alexa.refresh_token r
     USING (SELECT s.link_id, s.token_hash FROM alexa.refresh_token s
             WHERE s.superseded_at < now() - kept_superseded
             ORDER BY s.superseded_at LIMIT batch FOR UPDATE SKIP LOCKED) AS over
     WHERE r.link_id = over.link_id AND r.token_hash = over.token_hash;
    GET DIAGNOSTICS hit = ROW_COUNT;
    IF hit > 0 THEN
        action := 'deleted';
        relation := hit || ' superseded refresh tokens';
        RETURN NEXT;
    END IF;
    DELETE FROM alexa.link l
     WHERE l.link_id IN (SELECT g.link_id FROM alexa.link g
                          WHERE g.revoked_at < now() - kept
                          ORDER BY g.revoked_at LIMIT batch FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS hit = ROW_COUNT;
    IF hit > 0 THEN
        action := 'deleted';
        relation := hit || ' revoked links';
        RETURN NEXT;
    END IF;
END $$;
COMMENT ON FUNCTION alexa.delete_a_batch(integer) IS 'Deletes at most so many revoked links, expired and superseded refresh tokens that are past their retention. Called by alexa.maintain()';

CREATE TABLE alexa.client_name (
    client_id    text NOT NULL REFERENCES alexa.client ON DELETE CASCADE,
    language     text NOT NULL,
    display_name text NOT NULL,

    PRIMARY KEY (client_id, language),
    CONSTRAINT language_is_one_of_the_pages CHECK (language IN ('en', 'de', 'fr', 'es', 'it', 'pt-BR', 'ja', 'hi', 'ar', 'nl')),
    CONSTRAINT display_name_fits_a_phone    CHECK (char_length(display_name) BETWEEN 1 AND 100)
);
COMMENT ON TABLE  alexa.client_name              IS 'What a listener of one language reads instead of the client''s display_name';
COMMENT ON COLUMN alexa.client_name.client_id    IS 'Whose name it is';
COMMENT ON COLUMN alexa.client_name.language     IS 'A language of the pages: en, de, fr, es, it, pt-BR, ja, hi, ar, nl';
COMMENT ON COLUMN alexa.client_name.display_name IS 'The name in that language';
GRANT SELECT ON alexa.client_name TO alexa_app, alexa_support;

CREATE TABLE alexa.scope_description (
    scope       text NOT NULL REFERENCES alexa.scope ON DELETE CASCADE,
    language    text NOT NULL,
    description text NOT NULL,

    PRIMARY KEY (scope, language),
    CONSTRAINT language_is_one_of_the_pages CHECK (language IN ('en', 'de', 'fr', 'es', 'it', 'pt-BR', 'ja', 'hi', 'ar', 'nl')),
    CONSTRAINT description_is_a_phrase      CHECK (char_length(description) BETWEEN 1 AND 200)
);
COMMENT ON TABLE  alexa.scope_description             IS 'What a listener of one language reads instead of the scope''s description';
COMMENT ON COLUMN alexa.scope_description.scope       IS 'Which scope';
COMMENT ON COLUMN alexa.scope_description.language    IS 'A language of the pages: en, de, fr, es, it, pt-BR, ja, hi, ar, nl';
COMMENT ON COLUMN alexa.scope_description.description IS 'The words in that language, as they stand below "… would like to:"';
GRANT SELECT ON alexa.scope_description TO alexa_app, alexa_support;
INSERT INTO alexa.scope_description (scope, language, description)
SELECT words.scope, words.language, words.description FROM (VALUES
    ('music.read', 'de', 'Ihre Musikbibliothek ansehen'),
    ('music.control', 'de', 'Die Wiedergabe steuern'),
    ('music.read', 'fr', 'Consulter votre bibliothèque musicale'),
    ('music.control', 'fr', 'Contrôler la lecture'),
    ('music.read', 'es', 'Consultar tu biblioteca de música'),
    ('music.control', 'es', 'Controlar la reproducción'),
    ('music.read', 'it', 'Consultare la tua libreria musicale'),
    ('music.control', 'it', 'Controllare la riproduzione'),
    ('music.read', 'pt-BR', 'Ver sua biblioteca de músicas'),
    ('music.control', 'pt-BR', 'Controlar a reprodução'),
    ('music.read', 'nl', 'Je muziekbibliotheek bekijken'),
    ('music.control', 'nl', 'Het afspelen bedienen'),
    ('music.read', 'ja', '音楽ライブラリの閲覧'),
    ('music.control', 'ja', '再生の操作'),
    ('music.read', 'hi', 'आपकी म्यूज़िक लाइब्रेरी देखना'),
    ('music.control', 'hi', 'प्लेबैक कंट्रोल करना'),
    ('music.read', 'ar', 'الاطّلاع على مكتبة الموسيقى الخاصة بك'),
    ('music.control', 'ar', 'التحكّم في تشغيل الموسيقى')
) AS words (scope, language, description)
-- where the operator has words of their own, these would not say the same
JOIN alexa.scope s ON s.scope = words.scope
 AND (s.scope, s.description) IN (('music.read', 'Read your music library'), ('music.control', 'Control playback'));

CREATE FUNCTION alexa.the_language(language text) RETURNS text
    LANGUAGE plpgsql
    IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    languages CONSTANT text[] := ARRAY['en', 'de', 'fr', 'es', 'it', 'pt-BR', 'ja', 'hi', 'ar', 'nl'];
BEGIN
    IF language IS NULL OR language <> ALL (languages) THEN
        RAISE EXCEPTION 'there are no pages in "%"', language
            USING HINT = 'there are ' || array_to_string(languages, ', '), ERRCODE = 'check_violation';
    END IF;
    RETURN language;
END $$;
COMMENT ON FUNCTION alexa.the_language(text) IS 'The language as the pages call it, or an error that says which there are';

CREATE FUNCTION alexa.name_client(client_id text, language text, display_name text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM alexa.the_client(client_id);
    INSERT INTO alexa.client_name AS n (client_id, language, display_name)
        VALUES (name_client.client_id, alexa.the_language(name_client.language), name_client.display_name)
        ON CONFLICT ON CONSTRAINT client_name_pkey DO UPDATE SET display_name = EXCLUDED.display_name;
    INSERT INTO alexa.audit_event (event, client_id, reason)
        VALUES ('client_changed', client_id, format('its name in %s, by %s', language, session_user));
END $$;
COMMENT ON FUNCTION alexa.name_client(text, text, text) IS 'Gives a client a name for the listeners of one language. SELECT alexa.name_client(client_id => ''alexa'', language => ''ja'', display_name => ''Amazon Alexa'')';

CREATE FUNCTION alexa.describe_scope(scope text, description text, language text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF language IS NULL THEN
        INSERT INTO alexa.scope (scope, description)
            VALUES (describe_scope.scope, describe_scope.description)
            ON CONFLICT ON CONSTRAINT scope_pkey DO UPDATE SET description = EXCLUDED.description;
    ELSIF NOT EXISTS (SELECT FROM alexa.scope s WHERE s.scope = describe_scope.scope) THEN
        RAISE EXCEPTION 'scope "%" is not known', scope
            USING HINT = 'describe it without a language first: those words serve all languages that have none of their own',
                  ERRCODE = 'foreign_key_violation';
    ELSE
        INSERT INTO alexa.scope_description (scope, language, description)
            VALUES (describe_scope.scope, alexa.the_language(describe_scope.language), describe_scope.description)
            ON CONFLICT ON CONSTRAINT scope_description_pkey DO UPDATE SET description = EXCLUDED.description;
    END IF;
    INSERT INTO alexa.audit_event (event, reason)
        VALUES ('scope_described', left(format('%s%s, by %s', scope, ' in ' || language, session_user), 300));
END $$;
COMMENT ON FUNCTION alexa.describe_scope(text, text, text) IS 'Adds a scope or changes the words for it: for everybody, or for the listeners of one language. SELECT alexa.describe_scope(scope => ''music.read'', language => ''de'', description => ''…'')';

-- a new argument makes a new function, and two of one name would be ambiguous
DROP FUNCTION alexa.register_client(text, text, text[], text[], boolean, boolean, interval, interval, interval);
CREATE FUNCTION alexa.register_client(
    INOUT client_id         text,
    display_name            text,
    redirect_uris           text[],
    scopes                  text[]   DEFAULT ARRAY['music.read', 'music.control'],
    public                  boolean  DEFAULT false,
    pkce_required           boolean  DEFAULT false,
    access_token_lifetime   interval DEFAULT interval '1 hour',
    refresh_token_lifetime  interval DEFAULT NULL,
    code_lifetime           interval DEFAULT interval '5 minutes',
    refresh_token_idle      interval DEFAULT NULL,
    rotate_refresh_token    boolean  DEFAULT NULL,
    rotation_grace          interval DEFAULT interval '10 minutes',
    OUT client_secret       text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unknown_scope text;
BEGIN
    IF EXISTS (SELECT FROM alexa.client c WHERE c.client_id = register_client.client_id) THEN
        RAISE EXCEPTION 'client "%" is registered already', client_id
            USING HINT = 'alexa.set_redirect_uris and alexa.rotate_client_secret change one that exists',
                  ERRCODE = 'unique_violation';
    END IF;
    IF coalesce(cardinality(scopes), 0) = 0 THEN
        RAISE EXCEPTION 'a client needs at least one scope' USING ERRCODE = 'check_violation';
    END IF;
    SELECT s INTO unknown_scope FROM unnest(scopes) AS s WHERE s NOT IN (SELECT known.scope FROM alexa.scope known);
    IF FOUND THEN
        RAISE EXCEPTION 'scope "%" is not known', unknown_scope
            USING HINT = 'alexa.describe_scope(scope => …, description => …) first: listeners read the description',
                  ERRCODE = 'foreign_key_violation';
    END IF;
    INSERT INTO alexa.client (client_id, kind, display_name, pkce_required, access_token_lifetime, refresh_token_lifetime,
                              code_lifetime, refresh_token_idle, rotate_refresh_token, rotation_grace)
        VALUES (register_client.client_id, CASE WHEN public THEN 'public' ELSE 'confidential' END, register_client.display_name,
                register_client.pkce_required OR public, register_client.access_token_lifetime,
                register_client.refresh_token_lifetime, register_client.code_lifetime, register_client.refresh_token_idle,
                coalesce(register_client.rotate_refresh_token, public), register_client.rotation_grace);
    INSERT INTO alexa.client_scope (client_id, scope) SELECT DISTINCT register_client.client_id, s FROM unnest(scopes) AS s;
    PERFORM alexa.set_redirect_uris(client_id, redirect_uris);
    IF NOT public THEN
        client_secret := alexa.new_secret();
        INSERT INTO alexa.client_secret (client_id, secret_hash) VALUES (register_client.client_id, alexa.hash_of(client_secret));
    END IF;
    INSERT INTO alexa.audit_event (event, client_id, reason)
        VALUES ('client_registered', client_id, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.register_client(text, text, text[], text[], boolean, boolean, interval, interval, interval, interval, boolean, interval) IS 'Registers a client and returns its secret, once: only the hash is kept. SELECT * FROM alexa.register_client(client_id => ''alexa'', display_name => ''Amazon Alexa'', redirect_uris => ARRAY[''https://…''])';

DROP FUNCTION alexa.change_client(text, text, text[], boolean, interval, interval, interval);
CREATE FUNCTION alexa.change_client(
    client_id              text,
    display_name           text     DEFAULT NULL,
    scopes                 text[]   DEFAULT NULL,
    pkce_required          boolean  DEFAULT NULL,
    access_token_lifetime  interval DEFAULT NULL,
    refresh_token_lifetime interval DEFAULT NULL,
    code_lifetime          interval DEFAULT NULL,
    refresh_token_idle     interval DEFAULT NULL,
    rotate_refresh_token   boolean  DEFAULT NULL,
    rotation_grace         interval DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unknown_scope text;
BEGIN
    PERFORM alexa.the_client(client_id);
    IF scopes IS NOT NULL THEN
        IF cardinality(scopes) = 0 THEN
            RAISE EXCEPTION 'a client needs at least one scope' USING ERRCODE = 'check_violation';
        END IF;
        SELECT s INTO unknown_scope FROM unnest(scopes) AS s WHERE s NOT IN (SELECT known.scope FROM alexa.scope known);
        IF FOUND THEN
            RAISE EXCEPTION 'scope "%" is not known', unknown_scope
                USING HINT = 'alexa.describe_scope(scope => …, description => …) first: listeners read the description',
                      ERRCODE = 'foreign_key_violation';
        END IF;
        DELETE FROM alexa.client_scope s WHERE s.client_id = change_client.client_id AND s.scope <> ALL (scopes);
        INSERT INTO alexa.client_scope (client_id, scope) SELECT DISTINCT change_client.client_id, s FROM unnest(scopes) AS s
            ON CONFLICT DO NOTHING;
    END IF;
    UPDATE alexa.client c
       SET display_name           = coalesce(change_client.display_name, c.display_name),
           pkce_required          = coalesce(change_client.pkce_required, c.pkce_required),
           access_token_lifetime  = coalesce(change_client.access_token_lifetime, c.access_token_lifetime),
           refresh_token_lifetime = CASE WHEN change_client.refresh_token_lifetime = interval '0' THEN NULL
                                         ELSE coalesce(change_client.refresh_token_lifetime, c.refresh_token_lifetime) END,
           code_lifetime          = coalesce(change_client.code_lifetime, c.code_lifetime),
           refresh_token_idle     = CASE WHEN change_client.refresh_token_idle = interval '0' THEN NULL
                                         ELSE coalesce(change_client.refresh_token_idle, c.refresh_token_idle) END,
           rotate_refresh_token   = coalesce(change_client.rotate_refresh_token, c.rotate_refresh_token),
           rotation_grace         = coalesce(change_client.rotation_grace, c.rotation_grace)
     WHERE c.client_id = change_client.client_id;
    INSERT INTO alexa.audit_event (event, client_id, reason) VALUES ('client_changed', client_id, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.change_client(text, text, text[], boolean, interval, interval, interval, interval, boolean, interval) IS 'Changes what is named and leaves the rest; refresh_token_lifetime => ''0'' and refresh_token_idle => ''0'' mean never. Links that exist keep their scope and their absolute expiry; the idle one counts from their next use';

DROP FUNCTION alexa.list_clients();
CREATE FUNCTION alexa.list_clients()
    RETURNS TABLE (client_id text, kind text, display_name text, enabled boolean, pkce_required boolean, scopes text,
                   redirect_uris text, valid_secrets bigint, code_lifetime interval, access_token_lifetime interval,
                   refresh_token_lifetime interval, refresh_token_idle interval, rotate_refresh_token boolean,
                   rotation_grace interval)
    LANGUAGE sql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.client_id, c.kind, c.display_name, c.disabled_at IS NULL, c.pkce_required,
           (SELECT string_agg(s.scope, ' ' ORDER BY s.scope) FROM alexa.client_scope s WHERE s.client_id = c.client_id),
           (SELECT string_agg(u.redirect_uri, ' ' ORDER BY u.redirect_uri) FROM alexa.client_redirect_uri u WHERE u.client_id = c.client_id),
           (SELECT count(*) FROM alexa.client_secret h
             WHERE h.client_id = c.client_id AND (h.valid_until IS NULL OR h.valid_until > now())),
           c.code_lifetime, c.access_token_lifetime, c.refresh_token_lifetime, c.refresh_token_idle, c.rotate_refresh_token,
           c.rotation_grace
      FROM alexa.client c
     ORDER BY c.client_id
$$;
COMMENT ON FUNCTION alexa.list_clients() IS 'Every client with what it may and how long its tokens live. SELECT * FROM alexa.list_clients()';

INSERT INTO alexa.schema_version (version, description) VALUES (6, 'client policies');
RESET search_path;
