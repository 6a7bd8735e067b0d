-- V1__clients_and_accounts.sql: who may ask for tokens, and who may sign in
--
-- Run by   a member of alexa_owner, in the application database:
--          psql -1 -v ON_ERROR_STOP=1 -d alexa -f sql/migrations/V1__clients_and_accounts.sql
-- Needs    roles.sql
-- Locks    none worth naming: it only creates
-- Undo     sql/undo/V1__clients_and_accounts.sql (every client and account is gone)
-- Check    sql/verify/clients_and_accounts.sql
SET search_path = pg_catalog, pg_temp;
SET LOCAL ROLE alexa_owner;
DO $$ BEGIN
    IF current_user <> 'alexa_owner' THEN
        RAISE EXCEPTION 'this file must run in one transaction: psql -1 -v ON_ERROR_STOP=1 -f ...';
    END IF;
END $$;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- IF NOT EXISTS: Flyway makes the schema before its first migration, to keep its own history there
CREATE SCHEMA IF NOT EXISTS alexa;
COMMENT ON SCHEMA alexa IS 'Alexa Link: account linking for a music server. Administer it with the functions: \df+ alexa.*';
REVOKE ALL ON SCHEMA alexa FROM PUBLIC;
GRANT USAGE ON SCHEMA alexa TO alexa_app, alexa_support, alexa_auditor, alexa_monitor;
-- a function is executable by PUBLIC unless told otherwise, and each of ours says who may
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TABLE alexa.schema_version (
    -- squawk-ignore prefer-bigint-over-int
    version     integer     PRIMARY KEY,
    description text        NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now(),
    applied_by  text        NOT NULL DEFAULT session_user
);
COMMENT ON TABLE  alexa.schema_version             IS 'One row per migration, whether psql or Flyway ran it; the WAR compares the highest with what it knows';
COMMENT ON COLUMN alexa.schema_version.version     IS 'The number in the file name V<n>__….sql';
COMMENT ON COLUMN alexa.schema_version.description IS 'The words in the file name';
COMMENT ON COLUMN alexa.schema_version.applied_at  IS 'When it was applied here';
COMMENT ON COLUMN alexa.schema_version.applied_by  IS 'Who was logged in';
GRANT SELECT ON alexa.schema_version TO alexa_app, alexa_monitor, alexa_support, alexa_auditor;

CREATE TABLE alexa.scope (
    scope       text PRIMARY KEY,
    description text NOT NULL,

    -- RFC 6749 §3.3, scope-token
    CONSTRAINT scope_is_a_scope_token  CHECK (scope ~ '^[\x21\x23-\x5B\x5D-\x7E]{1,64}$'),
    CONSTRAINT description_is_a_phrase CHECK (char_length(description) BETWEEN 1 AND 200)
);
COMMENT ON TABLE  alexa.scope             IS 'What a client can be allowed to do, in the words a listener reads before allowing it';
COMMENT ON COLUMN alexa.scope.scope       IS 'The scope-token of RFC 6749 §3.3, for example music.read';
COMMENT ON COLUMN alexa.scope.description IS 'Shown on the consent page, as a verb phrase: Read your music library';
GRANT SELECT ON alexa.scope TO alexa_app, alexa_support;
INSERT INTO alexa.scope (scope, description) VALUES
    ('music.read',    'Read your music library'),
    ('music.control', 'Control playback');

CREATE TABLE alexa.client (
    client_id              text        PRIMARY KEY,
    kind                   text        NOT NULL DEFAULT 'confidential',
    display_name           text        NOT NULL,
    pkce_required          boolean     NOT NULL DEFAULT false,
    code_lifetime          interval    NOT NULL DEFAULT interval '5 minutes',
    access_token_lifetime  interval    NOT NULL DEFAULT interval '1 hour',
    refresh_token_lifetime interval,
    created_at             timestamptz NOT NULL DEFAULT now(),
    disabled_at            timestamptz,

    CONSTRAINT client_id_is_short_and_plain      CHECK (client_id ~ '^[A-Za-z0-9._~-]{1,100}$'),
    CONSTRAINT kind_is_known                     CHECK (kind IN ('confidential', 'public', 'resource_server')),
    CONSTRAINT display_name_fits_a_phone         CHECK (char_length(display_name) BETWEEN 1 AND 100),
    CONSTRAINT public_clients_use_pkce           CHECK (kind <> 'public' OR pkce_required),
    CONSTRAINT code_lives_one_to_ten_minutes     CHECK (code_lifetime BETWEEN interval '1 minute' AND interval '10 minutes'),
    -- Amazon demands 360 s; the upper end bounds how many daily partitions a look-up has to open
    CONSTRAINT access_token_lives_360s_to_a_day  CHECK (access_token_lifetime BETWEEN interval '360 seconds' AND interval '24 hours'),
    CONSTRAINT refresh_token_outlives_the_access CHECK (refresh_token_lifetime > access_token_lifetime)
);
COMMENT ON TABLE  alexa.client                        IS 'Registered clients (RFC 6749 §2.2) and resource servers; write it with alexa.register_client and its siblings';
COMMENT ON COLUMN alexa.client.client_id              IS 'What the client calls itself; public knowledge';
COMMENT ON COLUMN alexa.client.kind                   IS 'confidential: has a secret, as Alexa does; public: has none and must use PKCE; resource_server: may only introspect';
COMMENT ON COLUMN alexa.client.display_name           IS 'What a listener reads on the consent page';
COMMENT ON COLUMN alexa.client.pkce_required          IS 'Whether an authorization request without code_challenge is refused (RFC 7636)';
COMMENT ON COLUMN alexa.client.code_lifetime          IS 'How long an authorization code can be redeemed';
COMMENT ON COLUMN alexa.client.access_token_lifetime  IS 'expires_in of a token answer; Alexa needs at least 360 seconds';
COMMENT ON COLUMN alexa.client.refresh_token_lifetime IS 'NULL: refresh tokens never expire, which is what keeps a speaker linked';
COMMENT ON COLUMN alexa.client.created_at             IS 'When it was registered';
COMMENT ON COLUMN alexa.client.disabled_at            IS 'Since when it is refused everywhere, tokens included; NULL: it is enabled';
GRANT SELECT ON alexa.client TO alexa_app, alexa_support;

CREATE TABLE alexa.client_redirect_uri (
    client_id    text NOT NULL REFERENCES alexa.client ON DELETE CASCADE,
    redirect_uri text NOT NULL,

    PRIMARY KEY (client_id, redirect_uri),
    CONSTRAINT redirect_uri_is_https_or_loopback CHECK (
        redirect_uri ~ '^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/|$)'
        OR redirect_uri ~ '^http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/|$)'),
    CONSTRAINT redirect_uri_is_plain_ascii       CHECK (redirect_uri ~ '^[\x21-\x7E]+$' AND char_length(redirect_uri) <= 1000 AND redirect_uri !~ '[<>"\\^`{|}]'),
    CONSTRAINT redirect_uri_has_no_fragment      CHECK (position('#' IN redirect_uri) = 0)
);
COMMENT ON TABLE  alexa.client_redirect_uri              IS 'Where a client may have its answer sent; compared character by character (RFC 9700 §2.1). Alexa needs all three regional ones';
COMMENT ON COLUMN alexa.client_redirect_uri.client_id    IS 'Whose it is';
COMMENT ON COLUMN alexa.client_redirect_uri.redirect_uri IS 'https, or http on loopback for trying things out; no fragment (RFC 6749 §3.1.2)';
GRANT SELECT ON alexa.client_redirect_uri TO alexa_app, alexa_support;

CREATE TABLE alexa.client_scope (
    client_id text NOT NULL REFERENCES alexa.client ON DELETE CASCADE,
    scope     text NOT NULL REFERENCES alexa.scope,

    PRIMARY KEY (client_id, scope)
);
COMMENT ON TABLE  alexa.client_scope           IS 'What a client may ask for; asking for nothing means all of it';
COMMENT ON COLUMN alexa.client_scope.client_id IS 'Whose it is';
COMMENT ON COLUMN alexa.client_scope.scope     IS 'One scope';
GRANT SELECT ON alexa.client_scope TO alexa_app, alexa_support;

CREATE TABLE alexa.client_secret (
    client_id   text        NOT NULL REFERENCES alexa.client ON DELETE CASCADE,
    secret_hash bytea       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    valid_until timestamptz,

    PRIMARY KEY (client_id, secret_hash),
    CONSTRAINT secret_hash_is_sha256 CHECK (octet_length(secret_hash) = 32)
);
COMMENT ON TABLE  alexa.client_secret             IS 'Hashes of client secrets; more than one while a secret is being exchanged';
COMMENT ON COLUMN alexa.client_secret.client_id   IS 'Whose it is';
COMMENT ON COLUMN alexa.client_secret.secret_hash IS 'SHA-256 of the secret. The secret is 256 random bits of ours, so nothing slower is needed';
COMMENT ON COLUMN alexa.client_secret.created_at  IS 'When it was issued';
COMMENT ON COLUMN alexa.client_secret.valid_until IS 'From when it is refused; NULL: it does not end';
GRANT SELECT ON alexa.client_secret TO alexa_app;

CREATE TABLE alexa.account (
    username            text        PRIMARY KEY,
    password_hash       text        NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    password_changed_at timestamptz NOT NULL DEFAULT now(),
    disabled_at         timestamptz,
    account_id          uuid        NOT NULL DEFAULT gen_random_uuid(),

    CONSTRAINT username_is_printable           CHECK (char_length(username) BETWEEN 1 AND 255 AND username !~ '[[:cntrl:]]' AND username = btrim(username)),
    -- a password typed where its hash belongs would otherwise lie here in clear
    CONSTRAINT password_hash_is_tomcats_format CHECK (password_hash ~ '^[0-9a-f]{16,}\$[0-9]{4,9}\$[0-9a-f]{32,}$')
);
COMMENT ON TABLE  alexa.account                     IS 'Who may sign in, for Tomcat''s DataSourceRealm. Empty where the Realm is LDAP or the music server''s own table';
COMMENT ON COLUMN alexa.account.username            IS 'Exactly as typed at sign-in; the subject of the tokens';
COMMENT ON COLUMN alexa.account.password_hash       IS 'salt$iterations$hash in hex, as Tomcat''s digest.sh prints it (PBKDF2WithHmacSHA512)';
COMMENT ON COLUMN alexa.account.created_at          IS 'When it was added';
COMMENT ON COLUMN alexa.account.password_changed_at IS 'Set whenever password_hash changes; a code of an earlier sign-in is not redeemed';
COMMENT ON COLUMN alexa.account.disabled_at         IS 'Since when it can neither sign in nor refresh; NULL: it is enabled';
COMMENT ON COLUMN alexa.account.account_id          IS 'Random. Codes and links remember it, so that whoever gets the name of an account that is gone gets none of its links';
CREATE FUNCTION alexa.folded(username text) RETURNS text
    LANGUAGE sql
    IMMUTABLE STRICT
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN getdatabaseencoding() = 'UTF8'
                THEN lower(normalize(regexp_replace(btrim(username), '[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]', '', 'g')))
                ELSE lower(btrim(username)) END
$$;
COMMENT ON FUNCTION alexa.folded(text) IS 'A name without its capitals, the blanks around it and what is not seen, and with its letters in one piece: two names of which this is the same are one name';
GRANT EXECUTE ON FUNCTION alexa.folded(text) TO alexa_app;
-- anna and Anna would be one person for a Realm that ignores case, and two for us
CREATE UNIQUE INDEX account_username_idx ON alexa.account (alexa.folded(username));
-- the WAR asks whether an account is enabled; the hash it reads only through the view below
GRANT SELECT (username, created_at, password_changed_at, disabled_at, account_id) ON alexa.account TO alexa_app, alexa_support;

CREATE FUNCTION alexa.note_password_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.password_changed_at := now();
    RETURN NEW;
END $$;
COMMENT ON FUNCTION alexa.note_password_change() IS 'Trigger of alexa.account: a new password_hash sets password_changed_at, whoever writes it';
CREATE TRIGGER password_change_is_noted BEFORE UPDATE OF password_hash ON alexa.account
    FOR EACH ROW WHEN (OLD.password_hash <> NEW.password_hash) EXECUTE FUNCTION alexa.note_password_change();

CREATE TABLE alexa.account_role (
    username  text NOT NULL REFERENCES alexa.account ON DELETE CASCADE ON UPDATE CASCADE,
    role_name text NOT NULL,

    PRIMARY KEY (username, role_name),
    CONSTRAINT role_name_is_a_word CHECK (role_name ~ '^[A-Za-z0-9._-]{1,64}$')
);
COMMENT ON TABLE  alexa.account_role           IS 'Roles of an account, for Tomcat''s Realm';
COMMENT ON COLUMN alexa.account_role.username  IS 'Whose it is';
COMMENT ON COLUMN alexa.account_role.role_name IS 'A role as a web.xml names it';
GRANT SELECT ON alexa.account_role TO alexa_app, alexa_support;

CREATE VIEW alexa.realm_account AS
    SELECT username, password_hash FROM alexa.account WHERE disabled_at IS NULL;
COMMENT ON VIEW   alexa.realm_account               IS 'What Tomcat''s Realm needs in order to check a password, and the only way for the WAR to a hash; disabled accounts are not in it';
COMMENT ON COLUMN alexa.realm_account.username      IS 'As in alexa.account';
COMMENT ON COLUMN alexa.realm_account.password_hash IS 'As in alexa.account';
GRANT SELECT ON alexa.realm_account TO alexa_app;

INSERT INTO alexa.schema_version (version, description) VALUES (1, 'clients and accounts');
RESET search_path;
