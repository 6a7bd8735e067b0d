-- undo/V6__client_policies.sql: refresh tokens no longer rotate or idle; names are in one language
--
-- Run by   a member of alexa_owner, after undo/V7:
--          psql -1 -v ON_ERROR_STOP=1 -d alexa -f sql/undo/V6__client_policies.sql
-- Locks    ACCESS EXCLUSIVE on authorization_code for a moment, and on refresh_token while superseded ones are deleted:
--          seconds, where many clients rotate. The WAR must be stopped, or be the older one: this one needs the columns
SET search_path = pg_catalog, pg_temp;
SET LOCAL ROLE alexa_owner;
SET LOCAL lock_timeout = '5s';

DROP FUNCTION alexa.name_client(text, text, text);
DROP FUNCTION alexa.describe_scope(text, text, text);
DROP FUNCTION alexa.the_language(text);
DROP TABLE alexa.client_name, alexa.scope_description;
DELETE FROM alexa.retention WHERE table_name = 'refresh_token';
DROP TRIGGER answered_stays_answered ON alexa.authorization_code;
DROP TRIGGER superseded_stays_superseded ON alexa.refresh_token;
ALTER TABLE alexa.authorization_code DROP COLUMN unanswered_since;
COMMENT ON COLUMN alexa.authorization_code.redeemed_at IS 'Set once, by the request that redeemed the code; NULL means unused';
LOCK TABLE alexa.refresh_token IN ACCESS EXCLUSIVE MODE;
-- without its moment a superseded token would be good again, and one that idled too
WITH deleted AS (
    DELETE FROM alexa.refresh_token WHERE superseded_at IS NOT NULL OR idle_until <= now() RETURNING link_id
)
UPDATE alexa.link l SET revoked_at = now(), revoked_because = 'refresh_token_expired'
 WHERE l.link_id IN (SELECT d.link_id FROM deleted d) AND l.revoked_at IS NULL
   AND NOT EXISTS (SELECT FROM alexa.refresh_token other
                    WHERE other.link_id = l.link_id AND other.superseded_at IS NULL
                      AND (other.idle_until IS NULL OR other.idle_until > now()));
ALTER TABLE alexa.refresh_token DROP COLUMN predecessor_hash, DROP COLUMN superseded_at, DROP COLUMN idle_until;
DROP FUNCTION alexa.register_client(text, text, text[], text[], boolean, boolean, interval, interval, interval, interval, boolean, interval);
DROP FUNCTION alexa.change_client(text, text, text[], boolean, interval, interval, interval, interval, boolean, interval);
DROP FUNCTION alexa.list_clients();
ALTER TABLE alexa.client DROP COLUMN rotate_refresh_token, DROP COLUMN rotation_grace, DROP COLUMN refresh_token_idle;
COMMENT ON COLUMN alexa.client.refresh_token_lifetime IS 'NULL: refresh tokens never expire, which is what keeps a speaker linked';
COMMENT ON COLUMN alexa.retention.table_name IS 'A partitioned table, whose days are dropped; or link: revoked links and expired refresh tokens, which are deleted';
COMMENT ON COLUMN alexa.retention.keep       IS 'Counted from the end of the partition''s day, from the revocation of the link, from the expiry of the token';

-- as V3 and V4 made them
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
            USING HINT = 'INSERT INTO alexa.scope (scope, description) first: listeners read the description',
                  ERRCODE = 'foreign_key_violation';
    END IF;
    INSERT INTO alexa.client (client_id, kind, display_name, pkce_required, access_token_lifetime, refresh_token_lifetime, code_lifetime)
        VALUES (register_client.client_id, CASE WHEN public THEN 'public' ELSE 'confidential' END, register_client.display_name,
                register_client.pkce_required OR public, register_client.access_token_lifetime,
                register_client.refresh_token_lifetime, register_client.code_lifetime);
    INSERT INTO alexa.client_scope (client_id, scope) SELECT DISTINCT register_client.client_id, s FROM unnest(scopes) AS s;
    PERFORM alexa.set_redirect_uris(client_id, redirect_uris);
    IF NOT public THEN
        client_secret := alexa.new_secret();
        INSERT INTO alexa.client_secret (client_id, secret_hash) VALUES (register_client.client_id, alexa.hash_of(client_secret));
    END IF;
    INSERT INTO alexa.audit_event (event, client_id, reason)
        VALUES ('client_registered', client_id, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.register_client(text, text, text[], text[], boolean, boolean, interval, interval, interval) IS 'Registers a client and returns its secret, once: only the hash is kept. SELECT * FROM alexa.register_client(client_id => ''alexa'', display_name => ''Amazon Alexa'', redirect_uris => ARRAY[''https://…''])';

CREATE FUNCTION alexa.change_client(
    client_id              text,
    display_name           text     DEFAULT NULL,
    scopes                 text[]   DEFAULT NULL,
    pkce_required          boolean  DEFAULT NULL,
    access_token_lifetime  interval DEFAULT NULL,
    refresh_token_lifetime interval DEFAULT NULL,
    code_lifetime          interval DEFAULT NULL) RETURNS void
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
                USING HINT = 'INSERT INTO alexa.scope (scope, description) first: listeners read the description',
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
           code_lifetime          = coalesce(change_client.code_lifetime, c.code_lifetime)
     WHERE c.client_id = change_client.client_id;
    INSERT INTO alexa.audit_event (event, client_id, reason) VALUES ('client_changed', client_id, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.change_client(text, text, text[], boolean, interval, interval, interval) IS 'Changes what is named and leaves the rest; refresh_token_lifetime => ''0'' means never. Links that exist keep their scope';

CREATE FUNCTION alexa.list_clients()
    RETURNS TABLE (client_id text, kind text, display_name text, enabled boolean, pkce_required boolean, scopes text,
                   redirect_uris text, valid_secrets bigint, code_lifetime interval, access_token_lifetime interval,
                   refresh_token_lifetime interval)
    LANGUAGE sql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.client_id, c.kind, c.display_name, c.disabled_at IS NULL, c.pkce_required,
           (SELECT string_agg(s.scope, ' ' ORDER BY s.scope) FROM alexa.client_scope s WHERE s.client_id = c.client_id),
           (SELECT string_agg(u.redirect_uri, ' ' ORDER BY u.redirect_uri) FROM alexa.client_redirect_uri u WHERE u.client_id = c.client_id),
           (SELECT count(*) FROM alexa.client_secret h
             WHERE h.client_id = c.client_id AND (h.valid_until IS NULL OR h.valid_until > now())),
           c.code_lifetime, c.access_token_lifetime, c.refresh_token_lifetime
      FROM alexa.client c
     ORDER BY c.client_id
$$;
COMMENT ON FUNCTION alexa.list_clients() IS 'Every client with what it may and how long its tokens live. SELECT * FROM alexa.list_clients()';

CREATE OR REPLACE FUNCTION alexa.delete_a_batch(batch integer DEFAULT 1000) RETURNS TABLE (action text, relation text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kept interval := (SELECT r.keep FROM alexa.retention r WHERE r.table_name = 'link');
    hit  bigint;
BEGIN
    -- a refresh token that expired long ago goes, and with the last one its link is over
    WITH expired AS (
        SELECT r.link_id, r.token_hash FROM alexa.refresh_token r
         WHERE r.expires_at < now() - kept
         ORDER BY r.expires_at LIMIT batch FOR UPDATE SKIP LOCKED
    ), deleted AS (
        DELETE FROM alexa.refresh_token r USING expired e
         WHERE r.link_id = e.link_id AND r.token_hash = e.token_hash
        RETURNING r.link_id, r.token_hash
    ), over AS (
        UPDATE alexa.link l SET revoked_at = now(), revoked_because = 'refresh_token_expired'
         WHERE l.link_id IN (SELECT d.link_id FROM deleted d) AND l.revoked_at IS NULL
           AND NOT EXISTS (SELECT FROM alexa.refresh_token other
                            WHERE other.link_id = l.link_id
                              AND (other.link_id, other.token_hash) NOT IN (SELECT d.link_id, d.token_hash FROM deleted d))
        RETURNING l.link_id
    )
    SELECT count(*) INTO hit FROM deleted;
    IF hit > 0 THEN
        action := 'deleted';
        relation := hit || ' expired refresh tokens';
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
COMMENT ON FUNCTION alexa.delete_a_batch(integer) IS 'Deletes at most so many revoked links and expired refresh tokens that are past their retention. Called by alexa.maintain()';

DELETE FROM alexa.schema_version WHERE version = 6;
RESET search_path;
