-- V3__administration.sql: the functions with which a DBA runs it all from psql
--
-- Run by   a member of alexa_owner, in the application database:
--          psql -1 -v ON_ERROR_STOP=1 -d alexa -f sql/migrations/V3__administration.sql
-- Needs    V2__links_and_tokens.sql
-- Locks    none worth naming: it only creates
-- Undo     sql/undo/V3__administration.sql (no data is lost)
-- Check    sql/verify/administration.sql
--
-- Call them as a member of alexa_owner, with named arguments; psql's \df+ alexa.* is the manual.
SET search_path = pg_catalog, pg_temp;
SET LOCAL ROLE alexa_owner;
DO $$ BEGIN
    IF current_user <> 'alexa_owner' THEN
        RAISE EXCEPTION 'this file must run in one transaction: psql -1 -v ON_ERROR_STOP=1 -f ...';
    END IF;
END $$;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

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
COMMENT ON FUNCTION alexa.hash_of(text) IS 'What is stored of a secret, code or token: SHA-256 of it as it goes over the wire';

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
        VALUES ('redirect_uris_set', client_id, format('%s redirect URIs, by %s', cardinality(redirect_uris), session_user));
END $$;
COMMENT ON FUNCTION alexa.set_redirect_uris(text, text[]) IS 'Replaces a client''s redirect URIs. Alexa: enter all three regional ones. SELECT alexa.set_redirect_uris(client_id => ''alexa'', redirect_uris => ARRAY[''https://…''])';

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

CREATE FUNCTION alexa.register_resource_server(INOUT client_id text, display_name text, OUT client_secret text)
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
END $$;
COMMENT ON FUNCTION alexa.register_resource_server(text, text) IS 'Registers a music server that may introspect tokens (RFC 7662) and returns its secret, once';

CREATE FUNCTION alexa.rotate_client_secret(client_id text, old_valid_for interval DEFAULT interval '0', OUT client_secret text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (alexa.the_client(client_id)).kind = 'public' THEN
        RAISE EXCEPTION '"%" is a public client: it has no secret', client_id USING ERRCODE = 'check_violation';
    END IF;
    IF old_valid_for < interval '0' THEN
        RAISE EXCEPTION 'old_valid_for must not be negative' USING ERRCODE = 'check_violation';
    END IF;
    DELETE FROM alexa.client_secret s WHERE s.client_id = rotate_client_secret.client_id AND s.valid_until <= now();
    UPDATE alexa.client_secret s SET valid_until = now() + old_valid_for
     WHERE s.client_id = rotate_client_secret.client_id AND (s.valid_until IS NULL OR s.valid_until > now() + old_valid_for);
    client_secret := alexa.new_secret();
    INSERT INTO alexa.client_secret (client_id, secret_hash)
        VALUES (rotate_client_secret.client_id, alexa.hash_of(client_secret));
    INSERT INTO alexa.audit_event (event, client_id, reason)
        VALUES ('client_secret_rotated', client_id, format('the old one valid for %s, by %s', old_valid_for, session_user));
END $$;
COMMENT ON FUNCTION alexa.rotate_client_secret(text, interval) IS 'Gives a client a new secret and returns it, once; the old one stays valid for old_valid_for, so that the console can be changed in peace';

CREATE FUNCTION alexa.disable_client(client_id text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM alexa.the_client(client_id);
    UPDATE alexa.client c SET disabled_at = now() WHERE c.client_id = disable_client.client_id AND c.disabled_at IS NULL;
    INSERT INTO alexa.audit_event (event, client_id, reason) VALUES ('client_disabled', client_id, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.disable_client(text) IS 'Refuses a client everywhere from now on, its tokens included; nothing is lost. Alexa unlinks whoever refreshes meanwhile';

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

CREATE FUNCTION alexa.check_password_hash(password_hash text) RETURNS void
    LANGUAGE plpgsql
    IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- the value is not repeated: it may be the password itself
    IF password_hash IS NULL OR password_hash !~ '^[0-9a-f]{16,}\$[0-9]{4,9}\$[0-9a-f]{32,}$' THEN
        RAISE EXCEPTION 'password_hash must be salt$iterations$hash in hex, as Tomcat''s digest.sh prints it'
            USING HINT = 'bin/digest.sh -a PBKDF2WithHmacSHA512 -i 210000 -s 16 -k 256 -h org.apache.catalina.realm.SecretKeyCredentialHandler THE_PASSWORD',
                  ERRCODE = 'check_violation';
    END IF;
END $$;
COMMENT ON FUNCTION alexa.check_password_hash(text) IS 'Refuses what is not a hash, without repeating it';

CREATE FUNCTION alexa.add_account(username text, password_hash text, roles text[] DEFAULT ARRAY['listener']) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM alexa.check_password_hash(password_hash);
    IF EXISTS (SELECT FROM alexa.account a WHERE alexa.folded(a.username) = alexa.folded(add_account.username)) THEN
        RAISE EXCEPTION 'account "%" exists already', (SELECT a.username FROM alexa.account a WHERE alexa.folded(a.username) = alexa.folded(add_account.username))
            USING HINT = 'alexa.set_password_hash changes its password; names that differ in capitals, blanks or invisible characters only are one name', ERRCODE = 'unique_violation';
    END IF;
    INSERT INTO alexa.account (username, password_hash) VALUES (add_account.username, add_account.password_hash);
    INSERT INTO alexa.account_role (username, role_name) SELECT DISTINCT add_account.username, r FROM unnest(roles) AS r;
    INSERT INTO alexa.audit_event (event, subject, reason) VALUES ('account_added', username, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.add_account(text, text, text[]) IS 'Adds an account from a password hashed already by Tomcat''s digest.sh: the password itself never reaches the database';

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
COMMENT ON FUNCTION alexa.the_account(text) IS 'The name of an account as it was added, however its capitals are typed; or an error that says there is none';

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

CREATE FUNCTION alexa.disable_account(username text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    username := alexa.the_account(username);
    UPDATE alexa.account a SET disabled_at = coalesce(a.disabled_at, now()) WHERE a.username = disable_account.username;
    INSERT INTO alexa.audit_event (event, subject, reason) VALUES ('account_disabled', username, format('by %s', session_user));
END $$;
COMMENT ON FUNCTION alexa.disable_account(text) IS 'Neither sign-in nor refresh nor any token of this account works from now on; nothing is lost. Alexa unlinks whoever refreshes meanwhile';

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

INSERT INTO alexa.schema_version (version, description) VALUES (3, 'administration');
RESET search_path;
