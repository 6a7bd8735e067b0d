-- V2__administration.sql: the functions that a DBA calls from psql: clients, accounts, links, export, erase
--
-- Run by   sql/install.sql, or Flyway, or a member of alexa_owner in one transaction:
--          psql -X -1 -v ON_ERROR_STOP=1 -d alexa -f sql/migrations/V2__administration.sql
-- Needs    V1__tables.sql
-- Locks    none worth naming: it only creates
-- Undo     sql/undo.sql
-- Check    sql/verify.sql
--
-- Call them as a member of alexa_owner, with named arguments; psql's \df+ alexa.* is the manual.
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
-- takes effect in the next transaction: if this file does not run in one, PostgreSQL refuses all statements that follow
SET default_transaction_read_only = on;
DO $$
DECLARE
    me       CONSTANT text := session_user;
    database CONSTANT text := current_database();
    version  integer;
BEGIN
    IF current_setting('transaction_read_only')::boolean THEN
        RAISE EXCEPTION 'nothing was done: V2__administration.sql must run in one transaction, on a server that is not read-only'
            USING HINT = format('psql -X -1 -v ON_ERROR_STOP=1 -d %s -f sql/migrations/V2__administration.sql; in another client turn autocommit off, in a new session', database);
    END IF;
    -- to_regclass fails if this role may not use the schema
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = to_regnamespace('alexa') AND c.relname = 'schema_version') THEN
        RAISE EXCEPTION 'nothing was done: V2__administration.sql follows V1__tables.sql, and Alexa Link is not in database %', database
            USING HINT = format('psql -X -d %s -f sql/install.sql runs all files in their order; if this is the wrong database, -d says which', database);
    END IF;
    IF NOT pg_has_role(me, 'alexa_owner', CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
        RAISE EXCEPTION 'nothing was done: % is not a member of alexa_owner', me
            USING HINT = format('have a superuser, or whoever made the roles, run: GRANT alexa_owner TO %I', me);
    END IF;
    SET LOCAL ROLE alexa_owner;
    SELECT max(v.version) INTO version FROM alexa.schema_version v;
    IF version IS DISTINCT FROM 1 THEN
        RAISE EXCEPTION 'nothing was done: V2__administration.sql follows version 1, and this schema has %', coalesce(version::text, 'none')
            USING HINT = 'SELECT * FROM alexa.schema_version says what was run; docs/dba.md, "Upgrade", what to run';
    END IF;
END $$;
SET LOCAL ROLE alexa_owner;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- Called by the functions below ---------------------------------------------------------------------------------------

CREATE FUNCTION alexa.new_secret() RETURNS text
    LANGUAGE sql
    VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    -- three version-4 UUIDs are 366 bits of the server's strong random; SHA-256 of them is 256
    SELECT 'als_' || translate(encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
                                             || uuid_send(gen_random_uuid())), 'base64'), '+/=', '-_')
$$;
COMMENT ON FUNCTION alexa.new_secret() IS 'A fresh client secret: als_ and 256 random bits in base64url';

CREATE FUNCTION alexa.hash_of(secret text) RETURNS bytea
    LANGUAGE sql
    IMMUTABLE STRICT
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT sha256(convert_to(secret, 'UTF8')) $$;
COMMENT ON FUNCTION alexa.hash_of(text) IS 'The hash that is stored of a secret, code or token: SHA-256 of it as it goes over the wire';

CREATE FUNCTION alexa.seconds_of(lifetime interval) RETURNS integer
    LANGUAGE sql
    IMMUTABLE STRICT
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT extract(epoch FROM lifetime)::integer $$;
COMMENT ON FUNCTION alexa.seconds_of(interval) IS 'An interval in seconds: a day has 86400, a year 365.25 days';

CREATE FUNCTION alexa.the_client(client_id text) RETURNS alexa.client
    LANGUAGE plpgsql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_client alexa.client;
BEGIN
    SELECT c.* INTO found_client FROM alexa.client c WHERE c.client_id = the_client.client_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no client "%"', client_id
            USING HINT = 'SELECT client_id, display_name FROM alexa.client lists them', ERRCODE = 'no_data_found';
    END IF;
    RETURN found_client;
END $$;
COMMENT ON FUNCTION alexa.the_client(text) IS 'The client of that id, or an error that says there is none';

CREATE FUNCTION alexa.the_language(language text) RETURNS text
    LANGUAGE plpgsql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM alexa.language l WHERE l.language = the_language.language) THEN
        RAISE EXCEPTION 'there are no pages in "%"', language
            USING HINT = 'there are ' || (SELECT string_agg(l.language, ', ' ORDER BY l.language) FROM alexa.language l),
                  ERRCODE = 'check_violation';
    END IF;
    RETURN language;
END $$;
COMMENT ON FUNCTION alexa.the_language(text) IS 'The language, or an error that lists those of alexa.language';

CREATE FUNCTION alexa.tidied(username text) RETURNS text
    LANGUAGE sql
    IMMUTABLE STRICT
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT regexp_replace(normalize(username),
        '^[\s\u00a0\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\u3000\ufeff]+|[\s\u00a0\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\u3000\ufeff]+$', '', 'g')
$$;
COMMENT ON FUNCTION alexa.tidied(text) IS 'A name as an account gets it: without blanks and invisible letters around it, and with each letter in one piece (Unicode NFC, RFC 8265)';

CREATE FUNCTION alexa.the_account(username text) RETURNS text
    LANGUAGE plpgsql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_name text := (SELECT a.username FROM alexa.account a WHERE alexa.folded(a.username) = alexa.folded(the_account.username));
BEGIN
    IF found_name IS NULL THEN
        RAISE EXCEPTION 'there is no account "%"', username
            USING HINT = 'SELECT username FROM alexa.account lists them; links of another Realm: alexa.revoke_links(subject => …)',
                  ERRCODE = 'no_data_found';
    END IF;
    RETURN found_name;
END $$;
COMMENT ON FUNCTION alexa.the_account(text) IS 'The name of an account as it was added, whatever capitals are given; or an error that says there is none';

CREATE FUNCTION alexa.the_subject(subject text) RETURNS text
    LANGUAGE sql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT a.username FROM alexa.account a WHERE alexa.folded(a.username) = alexa.folded(the_subject.subject)),
                    (SELECT l.subject FROM alexa.link l WHERE l.subject = the_subject.subject LIMIT 1),
                    alexa.tidied(the_subject.subject))
$$;
COMMENT ON FUNCTION alexa.the_subject(text) IS 'The name of an account as it was added, whatever capitals are given; if no account has it, the name without blanks around it and with each letter in one piece, as links of another Realm have it';

CREATE FUNCTION alexa.note_other_spellings(subject text) RETURNS void
    LANGUAGE plpgsql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    others text;
BEGIN
    -- the usual spellings, by index; docs/dba.md has a query that reads every link
    SELECT string_agg(DISTINCT quote_literal(l.subject), ', ') INTO others FROM alexa.link l
     WHERE l.subject = ANY (ARRAY[lower(note_other_spellings.subject), upper(note_other_spellings.subject), initcap(note_other_spellings.subject)])
       AND l.subject <> note_other_spellings.subject AND l.revoked_at IS NULL;
    IF others IS NOT NULL THEN
        RAISE WARNING 'live links remain under another spelling of this name: %. If that is the same person, call this for each', others;
    END IF;
END $$;
COMMENT ON FUNCTION alexa.note_other_spellings(text) IS 'Warns if live links have the same name in other capitals. To a Realm that respects capitals these are two people: alexa.usernames in docs/operator.md';

CREATE FUNCTION alexa.check_password_hash(password_hash text) RETURNS void
    LANGUAGE plpgsql
    IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- the error does not repeat the value, which may be the password itself
    IF password_hash IS NULL OR password_hash !~ '^[0-9a-f]{16,}\$[0-9]{4,9}\$[0-9a-f]{32,}$' THEN
        RAISE EXCEPTION 'password_hash must be salt$iterations$hash in hex, as Tomcat''s digest.sh prints it'
            USING HINT = 'docs/dba.md, "Accounts", has the lines to type: they keep the password out of the history and the list of processes',
                  ERRCODE = 'check_violation';
    END IF;
END $$;
COMMENT ON FUNCTION alexa.check_password_hash(text) IS 'Raises an error if the value is not a hash, without repeating it';

CREATE FUNCTION alexa.set_client(
    client_id              text,
    display_name           text,
    scopes                 text[],
    pkce_required          boolean,
    access_token_lifetime  interval,
    refresh_token_lifetime interval,
    code_lifetime          interval,
    refresh_token_idle     interval,
    rotate_refresh_token   boolean,
    rotation_grace         interval,
    form_action            text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unknown_scope text;
BEGIN
    IF (alexa.the_client(client_id)).kind = 'resource_server'
       AND num_nonnulls(scopes, pkce_required, access_token_lifetime, refresh_token_lifetime, code_lifetime, refresh_token_idle,
                        rotate_refresh_token, rotation_grace, form_action) > 0 THEN
        RAISE EXCEPTION '"%" is a resource server: it gets no tokens, so only its display_name can be changed', client_id
            USING HINT = 'alexa.limit_resource_server limits whose tokens it may introspect', ERRCODE = 'check_violation';
    END IF;
    IF alexa.wrong_source(form_action) IS NOT NULL THEN
        RAISE EXCEPTION '"%" cannot be in form_action', alexa.wrong_source(form_action)
            USING HINT = 'write https://app.example.org, or https://*.example.org for all hosts below it, without a path; or the scheme of an app, as com.example.app:',
                  ERRCODE = 'check_violation';
    END IF;
    IF scopes IS NOT NULL THEN
        IF cardinality(scopes) = 0 THEN
            RAISE EXCEPTION 'a client needs at least one scope' USING ERRCODE = 'check_violation';
        END IF;
        SELECT s INTO unknown_scope FROM unnest(scopes) AS s WHERE s IS NULL OR s NOT IN (SELECT known.scope FROM alexa.scope known);
        IF FOUND THEN
            RAISE EXCEPTION 'scope "%" is not known', unknown_scope
                USING HINT = 'alexa.describe_scope(scope => …, description => …) first: listeners read the description',
                      ERRCODE = 'foreign_key_violation';
        END IF;
        DELETE FROM alexa.client_scope s WHERE s.client_id = set_client.client_id AND s.scope <> ALL (scopes);
        INSERT INTO alexa.client_scope (client_id, scope) SELECT DISTINCT set_client.client_id, s FROM unnest(scopes) AS s
            ON CONFLICT DO NOTHING;
    END IF;
    UPDATE alexa.client c
       SET display_name               = coalesce(set_client.display_name, c.display_name),
           pkce_required              = coalesce(set_client.pkce_required, c.pkce_required),
           access_token_seconds       = coalesce(alexa.seconds_of(access_token_lifetime), c.access_token_seconds),
           -- 0 means never
           refresh_token_seconds      = nullif(coalesce(alexa.seconds_of(refresh_token_lifetime), c.refresh_token_seconds), 0),
           code_seconds               = coalesce(alexa.seconds_of(code_lifetime), c.code_seconds),
           refresh_token_idle_seconds = nullif(coalesce(alexa.seconds_of(refresh_token_idle), c.refresh_token_idle_seconds), 0),
           rotate_refresh_token       = coalesce(set_client.rotate_refresh_token, c.rotate_refresh_token),
           rotation_grace_seconds     = coalesce(alexa.seconds_of(rotation_grace), c.rotation_grace_seconds),
           form_action                = coalesce(set_client.form_action, c.form_action)
     WHERE c.client_id = set_client.client_id;
END $$;
COMMENT ON FUNCTION alexa.set_client(text, text, text[], boolean, interval, interval, interval, interval, boolean, interval, text[]) IS 'Sets the arguments that are not NULL. Called by alexa.register_client and alexa.change_client, which leave the event';

-- Clients --------------------------------------------------------------------------------------------------------------

CREATE FUNCTION alexa.set_redirect_uris(client_id text, redirect_uris text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted text;
BEGIN
    IF (alexa.the_client(client_id)).kind = 'resource_server' THEN
        RAISE EXCEPTION '"%" is a resource server: it has no redirect URIs', client_id USING ERRCODE = 'check_violation';
    END IF;
    IF coalesce(cardinality(redirect_uris), 0) = 0 THEN
        RAISE EXCEPTION 'a client needs at least one redirect URI'
            USING HINT = 'the Alexa developer console shows three, one per region: register all of them',
                  ERRCODE = 'check_violation';
    END IF;
    FOREACH wanted IN ARRAY redirect_uris LOOP
        IF wanted IS NULL OR wanted <> btrim(wanted, E' \t\r\n') THEN
            RAISE EXCEPTION 'redirect URI "%" has white space around it', wanted
                USING HINT = 'it is compared character by character: paste it without', ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    DELETE FROM alexa.client_redirect_uri u
     WHERE u.client_id = set_redirect_uris.client_id AND u.redirect_uri <> ALL (redirect_uris);
    INSERT INTO alexa.client_redirect_uri (client_id, redirect_uri)
        SELECT set_redirect_uris.client_id, uri FROM unnest(redirect_uris) AS uri
        ON CONFLICT DO NOTHING;
    INSERT INTO alexa.audit_event (event, client_id, reason)
        VALUES ('redirect_uris_set', client_id, format('%s redirect URIs, by %s', (SELECT count(DISTINCT uri) FROM unnest(redirect_uris) AS uri), session_user));
END $$;
COMMENT ON FUNCTION alexa.set_redirect_uris(text, text[]) IS 'Replaces a client''s redirect URIs. Alexa: enter all three regional ones. SELECT alexa.set_redirect_uris(client_id => ''alexa'', redirect_uris => ARRAY[''https://…''])';

CREATE FUNCTION alexa.register_client(
    INOUT client_id         text,
    display_name            text,
    redirect_uris           text[],
    scopes                  text[]   DEFAULT ARRAY['music.read', 'music.control'],
    public                  boolean  DEFAULT false,
    pkce_required           boolean  DEFAULT NULL,
    access_token_lifetime   interval DEFAULT NULL,
    refresh_token_lifetime  interval DEFAULT NULL,
    code_lifetime           interval DEFAULT NULL,
    refresh_token_idle      interval DEFAULT NULL,
    rotate_refresh_token    boolean  DEFAULT NULL,
    rotation_grace          interval DEFAULT NULL,
    form_action             text[]   DEFAULT NULL,
    OUT client_secret       text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM alexa.client c WHERE c.client_id = register_client.client_id) THEN
        RAISE EXCEPTION 'client "%" is registered already', client_id
            USING HINT = 'alexa.set_redirect_uris and alexa.rotate_client_secret change one that exists',
                  ERRCODE = 'unique_violation';
    END IF;
    -- arguments that are NULL leave the defaults of the columns of alexa.client
    INSERT INTO alexa.client (client_id, kind, display_name, pkce_required, rotate_refresh_token)
        VALUES (register_client.client_id, CASE WHEN public THEN 'public' ELSE 'confidential' END, register_client.display_name, public, public);
    PERFORM alexa.set_client(client_id, display_name, coalesce(scopes, '{}'), pkce_required OR public, access_token_lifetime, refresh_token_lifetime,
                             code_lifetime, refresh_token_idle, rotate_refresh_token, rotation_grace, form_action);
    PERFORM alexa.set_redirect_uris(client_id, redirect_uris);
    IF NOT public THEN
        client_secret := alexa.new_secret();
        INSERT INTO alexa.client_secret (client_id, secret_hash) VALUES (register_client.client_id, alexa.hash_of(client_secret));
    END IF;
    INSERT INTO alexa.audit_event (event, client_id, reason)
        VALUES ('client_registered', client_id, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.register_client(text, text, text[], text[], boolean, boolean, interval, interval, interval, interval, boolean, interval, text[]) IS 'Registers a client and returns its secret, once: only the hash is kept. SELECT * FROM alexa.register_client(client_id => ''alexa'', display_name => ''Amazon Alexa'', redirect_uris => ARRAY[''https://…''])';

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
    rotation_grace         interval DEFAULT NULL,
    form_action            text[]   DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM alexa.set_client(client_id, display_name, scopes, pkce_required, access_token_lifetime, refresh_token_lifetime,
                             code_lifetime, refresh_token_idle, rotate_refresh_token, rotation_grace, form_action);
    INSERT INTO alexa.audit_event (event, client_id, reason) VALUES ('client_changed', client_id, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.change_client(text, text, text[], boolean, interval, interval, interval, interval, boolean, interval, text[]) IS 'Changes the arguments that are given and leaves the rest; refresh_token_lifetime => ''0'' and refresh_token_idle => ''0'' mean never, form_action => ''{}'' takes all of them away. Links that exist keep their scope and their absolute expiry; the idle time counts from their next use';

CREATE FUNCTION alexa.list_clients()
    RETURNS TABLE (client_id text, kind text, display_name text, enabled boolean, pkce_required boolean, scopes text,
                   redirect_uris text, valid_secrets bigint, code_lifetime interval, access_token_lifetime interval,
                   refresh_token_lifetime interval, refresh_token_idle interval, rotate_refresh_token boolean,
                   rotation_grace interval, form_action text, introspects text)
    LANGUAGE sql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.client_id, c.kind, c.display_name, c.disabled_at IS NULL, c.pkce_required,
           (SELECT string_agg(s.scope, ' ' ORDER BY s.scope) FROM alexa.client_scope s WHERE s.client_id = c.client_id),
           (SELECT string_agg(u.redirect_uri, ' ' ORDER BY u.redirect_uri) FROM alexa.client_redirect_uri u WHERE u.client_id = c.client_id),
           (SELECT count(*) FROM alexa.client_secret h
             WHERE h.client_id = c.client_id AND (h.expires_at IS NULL OR h.expires_at > now())),
           justify_hours(make_interval(secs => c.code_seconds)), justify_hours(make_interval(secs => c.access_token_seconds)),
           justify_hours(make_interval(secs => c.refresh_token_seconds)), justify_hours(make_interval(secs => c.refresh_token_idle_seconds)),
           c.rotate_refresh_token, justify_hours(make_interval(secs => c.rotation_grace_seconds)),
           nullif(array_to_string(c.form_action || alexa.next_hops(ARRAY(
               SELECT u.redirect_uri FROM alexa.client_redirect_uri u WHERE u.client_id = c.client_id)), ' '), ''),
           CASE WHEN c.kind = 'resource_server' THEN coalesce(array_to_string(c.introspects, ' '), 'every client') END
      FROM alexa.client c
     ORDER BY c.client_id
$$;
COMMENT ON FUNCTION alexa.list_clients() IS 'Every client with its scopes, redirect URIs and lifetimes, where its redirect URIs may send the browser on to, and for a resource server whose tokens it may introspect. SELECT * FROM alexa.list_clients()';

CREATE FUNCTION alexa.limit_resource_server(client_id text, introspects text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted text;
BEGIN
    IF (alexa.the_client(client_id)).kind <> 'resource_server' THEN
        RAISE EXCEPTION '"%" is not a resource server: it introspects no tokens', client_id USING ERRCODE = 'check_violation';
    END IF;
    IF cardinality(introspects) = 0 THEN
        RAISE EXCEPTION 'introspects must name a client'
            USING HINT = 'NULL means every client; alexa.disable_client refuses a resource server altogether', ERRCODE = 'check_violation';
    END IF;
    -- a client that is not registered, or a resource server, which gets no tokens
    SELECT i INTO wanted FROM unnest(introspects) AS i
     WHERE i IS NULL OR NOT EXISTS (SELECT FROM alexa.client c WHERE c.client_id = i AND c.kind <> 'resource_server');
    IF FOUND THEN
        RAISE EXCEPTION 'there is no client "%" that gets tokens', wanted
            USING HINT = 'SELECT client_id, kind, display_name FROM alexa.client lists them', ERRCODE = 'no_data_found';
    END IF;
    UPDATE alexa.client c SET introspects = (SELECT array_agg(DISTINCT i ORDER BY i) FROM unnest(limit_resource_server.introspects) AS i)
     WHERE c.client_id = limit_resource_server.client_id;
    INSERT INTO alexa.audit_event (event, client_id, reason)
        VALUES ('client_changed', client_id, format('introspects the tokens of %s, by %s',
                coalesce(left(array_to_string(introspects, ' '), 200), 'every client'), session_user));
END $$;
COMMENT ON FUNCTION alexa.limit_resource_server(text, text[]) IS 'Limits a resource server to the tokens of these clients, from the next request on; introspects => NULL lifts that. A token of another client is to it like one that does not exist. SELECT alexa.limit_resource_server(client_id => ''music-server'', introspects => ARRAY[''alexa''])';

CREATE FUNCTION alexa.register_resource_server(INOUT client_id text, display_name text, introspects text[] DEFAULT NULL, OUT client_secret text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM alexa.client c WHERE c.client_id = register_resource_server.client_id) THEN
        RAISE EXCEPTION '"%" is registered already', client_id
            USING HINT = 'alexa.rotate_client_secret gives it a new secret', ERRCODE = 'unique_violation';
    END IF;
    INSERT INTO alexa.client (client_id, kind, display_name)
        VALUES (register_resource_server.client_id, 'resource_server', register_resource_server.display_name);
    client_secret := alexa.new_secret();
    INSERT INTO alexa.client_secret (client_id, secret_hash)
        VALUES (register_resource_server.client_id, alexa.hash_of(client_secret));
    INSERT INTO alexa.audit_event (event, client_id, reason)
        VALUES ('resource_server_registered', client_id, format('by %s', session_user));
    IF introspects IS NOT NULL THEN
        PERFORM alexa.limit_resource_server(client_id, introspects);
    END IF;
END $$;
COMMENT ON FUNCTION alexa.register_resource_server(text, text, text[]) IS 'Registers a music server that may introspect tokens (RFC 7662), those of every client or of these, and returns its secret, once';

CREATE FUNCTION alexa.rotate_client_secret(client_id text, old_valid_for interval DEFAULT interval '0', OUT client_secret text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (alexa.the_client(client_id)).kind = 'public' THEN
        RAISE EXCEPTION '"%" is a public client: it has no secret', client_id USING ERRCODE = 'check_violation';
    END IF;
    IF old_valid_for IS NULL OR old_valid_for < interval '0' THEN
        RAISE EXCEPTION 'old_valid_for must say how long: ''0'' ends the old secret at once' USING ERRCODE = 'check_violation';
    END IF;
    DELETE FROM alexa.client_secret s WHERE s.client_id = rotate_client_secret.client_id AND s.expires_at <= now();
    UPDATE alexa.client_secret s SET expires_at = now() + old_valid_for
     WHERE s.client_id = rotate_client_secret.client_id AND (s.expires_at IS NULL OR s.expires_at > now() + old_valid_for);
    client_secret := alexa.new_secret();
    INSERT INTO alexa.client_secret (client_id, secret_hash)
        VALUES (rotate_client_secret.client_id, alexa.hash_of(client_secret));
    INSERT INTO alexa.audit_event (event, client_id, reason)
        VALUES ('client_secret_rotated', client_id, format('the old one valid for %s, by %s', old_valid_for, session_user));
END $$;
COMMENT ON FUNCTION alexa.rotate_client_secret(text, interval) IS 'Gives a client a new secret and returns it, once; the old one stays valid for old_valid_for, so that the operator has time to change the Alexa console';

CREATE FUNCTION alexa.disable_client(client_id text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM alexa.the_client(client_id);
    UPDATE alexa.client c SET disabled_at = now() WHERE c.client_id = disable_client.client_id AND c.disabled_at IS NULL;
    INSERT INTO alexa.audit_event (event, client_id, reason) VALUES ('client_disabled', client_id, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.disable_client(text) IS 'From now on the WAR refuses the client and its tokens, and answers refreshes with 401; links stay';

CREATE FUNCTION alexa.enable_client(client_id text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM alexa.the_client(client_id);
    UPDATE alexa.client c SET disabled_at = NULL WHERE c.client_id = enable_client.client_id;
    INSERT INTO alexa.audit_event (event, client_id, reason) VALUES ('client_enabled', client_id, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.enable_client(text) IS 'Takes back alexa.disable_client';

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
COMMENT ON FUNCTION alexa.describe_scope(text, text, text) IS 'Adds a scope or changes the words for it: for all listeners, or for those of one language. SELECT alexa.describe_scope(scope => ''music.read'', language => ''de'', description => ''…'')';

-- Accounts -------------------------------------------------------------------------------------------------------------

CREATE FUNCTION alexa.add_account(username text, password_hash text, roles text[] DEFAULT ARRAY['listener']) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM alexa.check_password_hash(password_hash);
    username := alexa.tidied(username);
    IF EXISTS (SELECT FROM alexa.account a WHERE alexa.folded(a.username) = alexa.folded(add_account.username)) THEN
        RAISE EXCEPTION 'account "%" exists already', (SELECT a.username FROM alexa.account a WHERE alexa.folded(a.username) = alexa.folded(add_account.username))
            USING HINT = 'alexa.set_password_hash changes its password; names that differ in capitals, blanks or invisible letters only are one name', ERRCODE = 'unique_violation';
    END IF;
    INSERT INTO alexa.account (username, password_hash) VALUES (add_account.username, add_account.password_hash);
    INSERT INTO alexa.account_role (username, role_name) SELECT DISTINCT add_account.username, r FROM unnest(roles) AS r;
    INSERT INTO alexa.audit_event (event, subject, reason) VALUES ('account_added', username, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.add_account(text, text, text[]) IS 'Adds an account from a password hashed already by Tomcat''s digest.sh: the password itself never reaches the database';

CREATE FUNCTION alexa.set_password_hash(username text, password_hash text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM alexa.check_password_hash(password_hash);
    username := alexa.the_account(username);
    UPDATE alexa.account a SET password_hash = set_password_hash.password_hash, password_changed_at = now()
     WHERE a.username = set_password_hash.username;
    INSERT INTO alexa.audit_event (event, subject, reason) VALUES ('password_changed', username, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.set_password_hash(text, text) IS 'Changes a password; links stay, codes issued before are refused';

CREATE FUNCTION alexa.rename_account(username text, new_name text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    username := alexa.the_account(username);
    new_name := alexa.tidied(new_name);
    IF EXISTS (SELECT FROM alexa.account a WHERE a.username <> rename_account.username AND alexa.folded(a.username) = alexa.folded(new_name)) THEN
        RAISE EXCEPTION 'account "%" exists already', new_name USING ERRCODE = 'unique_violation';
    END IF;
    UPDATE alexa.account a SET username = new_name WHERE a.username = rename_account.username;
END $$;
COMMENT ON FUNCTION alexa.rename_account(text, text) IS 'Gives an account another name; its links stay, and codes, links and audit events carry the new name, so that export and erase find them. The same happens if a DBA updates the row';

CREATE FUNCTION alexa.delete_account(username text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    username := alexa.the_account(username);
    DELETE FROM alexa.account a WHERE a.username = delete_account.username;
END $$;
COMMENT ON FUNCTION alexa.delete_account(text) IS 'Deletes an account and ends its links; its events stay in the audit trail under its name, which alexa.erase_user takes out. The same happens if a DBA deletes the row';

CREATE FUNCTION alexa.disable_account(username text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    username := alexa.the_account(username);
    UPDATE alexa.account a SET disabled_at = least(a.disabled_at, now()) WHERE a.username = disable_account.username;
    INSERT INTO alexa.audit_event (event, subject, reason) VALUES ('account_disabled', username, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.disable_account(text) IS 'From now on the WAR refuses sign-ins, refreshes and all tokens of the account; links stay. But Alexa unlinks each household whose refresh is refused';

CREATE FUNCTION alexa.enable_account(username text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    username := alexa.the_account(username);
    UPDATE alexa.account a SET disabled_at = NULL WHERE a.username = enable_account.username;
    INSERT INTO alexa.audit_event (event, subject, reason) VALUES ('account_enabled', username, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.enable_account(text) IS 'Takes back alexa.disable_account';

CREATE FUNCTION alexa.give_role(username text, role_name text) RETURNS text[]
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    username := alexa.the_account(username);
    INSERT INTO alexa.account_role (username, role_name) VALUES (give_role.username, give_role.role_name)
        ON CONFLICT ON CONSTRAINT account_role_pkey DO NOTHING;
    IF FOUND THEN
        INSERT INTO alexa.audit_event (event, subject, reason) VALUES ('role_given', username, format('%s, by %s', role_name, session_user));
    END IF;
    RETURN ARRAY(SELECT r.role_name FROM alexa.account_role r WHERE r.username = give_role.username ORDER BY r.role_name);
END $$;
COMMENT ON FUNCTION alexa.give_role(text, text) IS 'Gives an account a role and returns all it has; alexa-operator opens the operator''s page. SELECT alexa.give_role(username => ''anna'', role_name => ''alexa-operator'')';

CREATE FUNCTION alexa.take_role(username text, role_name text) RETURNS text[]
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    username := alexa.the_account(username);
    DELETE FROM alexa.account_role r WHERE r.username = take_role.username AND r.role_name = take_role.role_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account "%" does not have the role "%"', username, role_name
            USING HINT = 'it has ' || coalesce((SELECT string_agg(r.role_name, ', ' ORDER BY r.role_name) FROM alexa.account_role r
                                                 WHERE r.username = take_role.username), 'none'), ERRCODE = 'no_data_found';
    END IF;
    INSERT INTO alexa.audit_event (event, subject, reason) VALUES ('role_taken', username, format('%s, by %s', role_name, session_user));
    RETURN ARRAY(SELECT r.role_name FROM alexa.account_role r WHERE r.username = take_role.username ORDER BY r.role_name);
END $$;
COMMENT ON FUNCTION alexa.take_role(text, text) IS 'Takes a role from an account and returns those that it keeps, from the next sign-in on';

-- Links and people -----------------------------------------------------------------------------------------------------

CREATE FUNCTION alexa.revoke_links(
    subject   text        DEFAULT NULL,
    client_id text        DEFAULT NULL,
    before    timestamptz DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    hit bigint;
BEGIN
    IF subject IS NULL AND client_id IS NULL AND before IS NULL THEN
        RAISE EXCEPTION 'say whose links: subject, client_id, before, or several of them'
            USING HINT = 'before => now() is all there are', ERRCODE = 'null_value_not_allowed';
    END IF;
    IF client_id IS NOT NULL THEN
        PERFORM alexa.the_client(client_id);
    END IF;
    subject := alexa.the_subject(subject);
    -- EXECUTE, so that each call is planned for its arguments: an index finds a subject, other calls read every link
    EXECUTE 'UPDATE alexa.authorization_code a SET redeemed_at = now() WHERE a.redeemed_at IS NULL AND a.expires_at > now()'
        || CASE WHEN subject   IS NULL THEN '' ELSE ' AND a.subject = $1' END
        || CASE WHEN client_id IS NULL THEN '' ELSE ' AND a.client_id = $2' END
        || CASE WHEN before    IS NULL THEN '' ELSE ' AND a.issued_at < $3' END
        USING subject, client_id, before;
    EXECUTE 'WITH revoked AS (
                 UPDATE alexa.link l SET revoked_at = now(), revoked_because = ''unlinked'' WHERE l.revoked_at IS NULL'
        || CASE WHEN subject   IS NULL THEN '' ELSE ' AND l.subject = $1' END
        || CASE WHEN client_id IS NULL THEN '' ELSE ' AND l.client_id = $2' END
        || CASE WHEN before    IS NULL THEN '' ELSE ' AND l.created_at < $3' END
        || '    RETURNING l.link_id, l.client_id, l.subject
             ), audit AS (
                 INSERT INTO alexa.audit_event (event, link_id, client_id, subject, reason)
                 SELECT ''link_revoked'', r.link_id, r.client_id, r.subject, format(''by %s'', session_user) FROM revoked r
             )
             SELECT count(*) FROM revoked'
        INTO hit USING subject, client_id, before;
    IF subject IS NOT NULL THEN
        PERFORM alexa.note_other_spellings(subject);
    END IF;
    RETURN hit;
END $$;
COMMENT ON FUNCTION alexa.revoke_links(text, text, timestamptz) IS 'Ends links, and codes not redeemed yet, from the next request on; returns how many. By user, by client, all before a moment, or those that fit several of these. SELECT alexa.revoke_links(subject => ''anna'')';

CREATE FUNCTION alexa.erase_user(subject text) RETURNS TABLE (relation text, rows bigint)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    theirs uuid[];
    total  bigint := 0;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'nothing was done: in a transaction that is % it would not see what a sign-in under way stores', current_setting('transaction_isolation')
            USING HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED', ERRCODE = 'invalid_transaction_state';
    END IF;
    subject := alexa.the_subject(subject);
    -- the account first: the DELETE waits for a sign-in (alexa.hold_account) and for a redemption that are under way
    relation := 'account';
    DELETE FROM alexa.account a WHERE a.username = erase_user.subject;
    GET DIAGNOSTICS rows = ROW_COUNT;
    total := total + rows;
    RETURN NEXT;
    relation := 'authorization_code';
    DELETE FROM alexa.authorization_code c WHERE c.subject = erase_user.subject;
    GET DIAGNOSTICS rows = ROW_COUNT;
    total := total + rows;
    RETURN NEXT;
    theirs := ARRAY(SELECT l.link_id FROM alexa.link l WHERE l.subject = erase_user.subject);
    relation := 'refresh_token';
    DELETE FROM alexa.refresh_token t WHERE t.link_id = ANY (theirs);
    GET DIAGNOSTICS rows = ROW_COUNT;
    RETURN NEXT;
    relation := 'link';
    DELETE FROM alexa.link l WHERE l.link_id = ANY (theirs);
    GET DIAGNOSTICS rows = ROW_COUNT;
    total := total + rows;
    RETURN NEXT;
    relation := 'audit_event, the name taken out';
    UPDATE alexa.audit_event e SET subject = NULL WHERE e.subject = erase_user.subject;
    GET DIAGNOSTICS rows = ROW_COUNT;
    total := total + rows;
    RETURN NEXT;
    PERFORM alexa.note_other_spellings(subject);
    IF total = 0 THEN
        RAISE EXCEPTION 'nothing is stored about this person'
            USING HINT = 'the name must be written as they sign in with it', ERRCODE = 'no_data_found';
    END IF;
    INSERT INTO alexa.audit_event (event, reason) VALUES ('person_erased', format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.erase_user(text) IS 'Erases a person (GDPR article 17): account, links, codes and refresh tokens are gone, the audit trail keeps its events without the name. Access tokens are dead without their link and name nobody; alexa.maintain() drops them. Backups and Tomcat''s log are the operator''s';

CREATE FUNCTION alexa.export_user(subject text) RETURNS jsonb
    LANGUAGE plpgsql
    STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    theirs         uuid[];
    account        jsonb;
    links          jsonb;
    codes          jsonb;
    refresh_tokens jsonb;
    access_tokens  jsonb;
    events         jsonb;
BEGIN
    subject := alexa.the_subject(subject);
    -- one table after the other, because a distributed database cannot join them all
    SELECT jsonb_build_object('username', a.username, 'account_id', a.account_id, 'created_at', a.created_at,
                              'password_changed_at', a.password_changed_at, 'disabled_at', a.disabled_at,
                              'role_name', (SELECT jsonb_agg(r.role_name ORDER BY r.role_name) FROM alexa.account_role r WHERE r.username = a.username))
      INTO account FROM alexa.account a WHERE a.username = export_user.subject;
    SELECT array_agg(l.link_id),
           jsonb_agg(jsonb_build_object('link_id', l.link_id, 'client_id', l.client_id, 'subject', l.subject, 'scope', l.scope, 'account_id', l.account_id,
                                        'created_at', l.created_at, 'revoked_at', l.revoked_at, 'revoked_because', l.revoked_because) ORDER BY l.created_at)
      INTO theirs, links FROM alexa.link l WHERE l.subject = export_user.subject;
    SELECT jsonb_agg(jsonb_build_object('link_id', c.link_id, 'client_id', c.client_id, 'redirect_uri', c.redirect_uri, 'subject', c.subject, 'scope', c.scope,
                                        'account_id', c.account_id, 'password_changed_at', c.password_changed_at, 'issued_at', c.issued_at,
                                        'expires_at', c.expires_at, 'redeemed_at', c.redeemed_at, 'unanswered_since', c.unanswered_since) ORDER BY c.issued_at)
      INTO codes FROM alexa.authorization_code c WHERE c.subject = export_user.subject;
    SELECT jsonb_agg(jsonb_build_object('link_id', t.link_id, 'issued_at', t.issued_at, 'expires_at', t.expires_at, 'last_used_at', t.last_used_at,
                                        'superseded_at', t.superseded_at, 'idle_until', t.idle_until) ORDER BY t.issued_at)
      INTO refresh_tokens FROM alexa.refresh_token t WHERE t.link_id = ANY (theirs);
    SELECT jsonb_agg(jsonb_build_object('link_id', t.link_id, 'scope', t.scope, 'issued_at', t.issued_at, 'expires_at', t.expires_at,
                                        'revoked_at', t.revoked_at) ORDER BY t.issued_at)
      INTO access_tokens FROM alexa.access_token t WHERE t.link_id = ANY (theirs);
    SELECT jsonb_agg(jsonb_build_object('occurred_at', e.occurred_at, 'event', e.event, 'client_id', e.client_id, 'link_id', e.link_id, 'subject', e.subject,
                                        'reason', e.reason, 'times', e.times, 'first_at', e.first_at, 'last_at', e.last_at) ORDER BY e.occurred_at, e.event_id)
      INTO events FROM alexa.audit_event e WHERE e.subject = export_user.subject OR e.link_id = ANY (theirs);
    IF num_nulls(account, links, codes, events) = 4 THEN
        RAISE EXCEPTION 'nothing is stored about this person'
            USING HINT = 'the name must be written as they sign in with it', ERRCODE = 'no_data_found';
    END IF;
    RETURN jsonb_build_object('subject', subject, 'account', account, 'links', coalesce(links, '[]'), 'codes', coalesce(codes, '[]'),
                              'refresh_tokens', coalesce(refresh_tokens, '[]'), 'access_tokens', coalesce(access_tokens, '[]'),
                              'events', coalesce(events, '[]'));
END $$;
COMMENT ON FUNCTION alexa.export_user(text) IS 'Every stored fact about a person, as JSON (GDPR article 15); never a hash. It reads every stored access token. SELECT jsonb_pretty(alexa.export_user(''anna''))';

INSERT INTO alexa.schema_version (version, description) VALUES (2, 'administration');
RESET default_transaction_read_only;
RESET client_encoding;
RESET search_path;
