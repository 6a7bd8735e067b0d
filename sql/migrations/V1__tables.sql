-- V1__tables.sql: every table, with its constraints and the roles that may read and write it
--
-- Run by   sql/install.sql, or Flyway, or a member of alexa_owner in one transaction:
--          psql -X -1 -v ON_ERROR_STOP=1 -d alexa -f sql/migrations/V1__tables.sql
-- Needs    roles.sql
-- Locks    none worth naming: it only creates
-- Undo     sql/undo.sql
-- Check    sql/verify.sql
--
-- A code, an access token and a refresh token begin with the link_id, 16 bytes: so each statement of the WAR finds the
-- rows of one link by primary key. Only the SHA-256 of a code, token or client secret is kept.
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
-- takes effect in the next transaction: if this file does not run in one, PostgreSQL refuses all statements that follow
SET default_transaction_read_only = on;
DO $$
DECLARE
    me       CONSTANT text := session_user;
    database CONSTANT text := current_database();
    roles    CONSTANT text := format('psql -X -v ON_ERROR_STOP=1 -d %s -f sql/roles.sql', database);
    hit      text;
BEGIN
    IF current_setting('transaction_read_only')::boolean THEN
        RAISE EXCEPTION 'nothing was done: V1__tables.sql must run in one transaction, on a server that is not read-only'
            USING HINT = format('psql -X -1 -v ON_ERROR_STOP=1 -d %s -f sql/migrations/V1__tables.sql; in another client turn autocommit off, in a new session', database);
    END IF;
    IF database IN ('postgres', 'template0', 'template1') THEN
        RAISE EXCEPTION 'nothing was done: this is database %, which is not for applications', database
            USING HINT = 'createdb -E UTF8 -T template0 alexa, and then psql ... -d alexa';
    END IF;
    IF getdatabaseencoding() <> 'UTF8' THEN
        RAISE EXCEPTION 'nothing was done: database % is % and not UTF8, so that it cannot hold every name', database, getdatabaseencoding()
            USING HINT = 'createdb -E UTF8 -T template0 alexa makes one that can';
    END IF;
    SELECT string_agg(w.name, ', ' ORDER BY w.name) INTO hit
      FROM unnest(ARRAY['alexa_owner', 'alexa_app', 'alexa_support', 'alexa_auditor', 'alexa_monitor']) AS w (name)
     WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = w.name);
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'nothing was done: there is no role %', hit USING HINT = roles || ' comes first';
    END IF;
    IF NOT pg_has_role(me, 'alexa_owner', CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
        RAISE EXCEPTION 'nothing was done: % is not a member of alexa_owner', me
            USING HINT = format('have a superuser, or whoever made the roles, run: GRANT alexa_owner TO %I', me);
    END IF;
    -- by its size, because not everybody may read it
    IF EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = to_regnamespace('alexa') AND c.relname = 'schema_version' AND pg_relation_size(c.oid) = 0) THEN
        RAISE EXCEPTION 'nothing was done: database % has a part of Alexa Link, from a file that ended too soon', database
            USING HINT = format('psql -X -1 -v ON_ERROR_STOP=1 -d %s -f sql/undo.sql takes it away; then begin again', database);
    END IF;
    IF EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = to_regnamespace('alexa') AND c.relname = 'schema_version') THEN
        RAISE EXCEPTION 'nothing was done: Alexa Link is installed in database % already', database
            USING HINT = 'SELECT * FROM alexa.schema_version says what; docs/dba.md, "Upgrade", what to run';
    END IF;
    IF NOT has_database_privilege('alexa_owner', database, 'CREATE') THEN
        RAISE EXCEPTION 'nothing was done: roles.sql has not been run in database %', database
            USING HINT = roles || ' comes first; if this is the wrong database, -d says which';
    END IF;
    -- a schema of another role may hold a function that fits a call of ours better than ours does
    SELECT pg_get_userbyid(n.nspowner) INTO hit FROM pg_namespace n WHERE n.nspname = 'alexa';
    IF hit <> 'alexa_owner' THEN
        RAISE EXCEPTION 'nothing was done: % owns a schema alexa in database %', hit, database
            USING HINT = 'if it is not needed: DROP SCHEMA alexa CASCADE; otherwise use another database';
    END IF;
    SELECT string_agg(o.name, ', ') INTO hit
      FROM (SELECT c.relname::text AS name FROM pg_class c
             WHERE c.relnamespace = to_regnamespace('alexa') AND c.relname !~ '^flyway_schema_history'
             UNION ALL
            SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = to_regnamespace('alexa')
             UNION ALL
            SELECT 'rights of ' || coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC')
              FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'alexa' AND a.grantee <> n.nspowner) AS o;
    IF hit IS NOT NULL THEN
        RAISE EXCEPTION 'nothing was done: schema alexa of database % is not empty: %', database, hit
            USING HINT = 'if that is not needed: DROP SCHEMA alexa CASCADE; otherwise use another database';
    END IF;
END $$;
SET LOCAL ROLE alexa_owner;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- IF NOT EXISTS: Flyway makes the schema before its first migration, to keep its own history there
CREATE SCHEMA IF NOT EXISTS alexa;
COMMENT ON SCHEMA alexa IS 'Alexa Link: account linking for a music server. Administer it with the functions: \df+ alexa.*';
REVOKE ALL ON SCHEMA alexa FROM PUBLIC;
GRANT USAGE ON SCHEMA alexa TO alexa_app, alexa_support, alexa_auditor, alexa_monitor;
CREATE TABLE alexa.schema_version (
    -- squawk-ignore prefer-bigint-over-int
    version     integer     PRIMARY KEY,
    description text        NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now(),
    applied_by  text        NOT NULL DEFAULT session_user
);
COMMENT ON TABLE  alexa.schema_version             IS 'One row per migration, whether psql or Flyway ran it. The WAR compares the highest with the one it was built for';
COMMENT ON COLUMN alexa.schema_version.version     IS 'The number in the file name V<n>__….sql';
COMMENT ON COLUMN alexa.schema_version.description IS 'The words in the file name';
COMMENT ON COLUMN alexa.schema_version.applied_at  IS 'When it was applied here';
COMMENT ON COLUMN alexa.schema_version.applied_by  IS 'The role that was logged in';
GRANT SELECT ON alexa.schema_version TO alexa_app, alexa_monitor, alexa_support, alexa_auditor;
-- by default PUBLIC may execute every new function; here each function grants it to the roles that need it. It is a setting
-- of alexa_owner, not of the schema: so not if psql went on after an error and there is no schema
DO $$ BEGIN
    PERFORM FROM alexa.schema_version;
    ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
END $$;

-- What the migrations have made: alexa.shortcoming compares it with what there is, sql/verify.sql with the rights that there are
CREATE TABLE alexa.inventory (
    kind      text    NOT NULL,
    object    text    NOT NULL,
    part      text    NOT NULL,
    role      text    NOT NULL,
    privilege text    NOT NULL,
    -- squawk-ignore prefer-bigint-over-int
    since     integer NOT NULL,
    remedy    text,

    PRIMARY KEY (kind, object, part, role, privilege)
);
COMMENT ON TABLE  alexa.inventory           IS 'Every object that a migration made, and every right that it gave to one of our roles. A migration that drops something deletes its rows here';
COMMENT ON COLUMN alexa.inventory.kind      IS 'table, view, sequence, index, column, default, constraint, trigger, function, right';
COMMENT ON COLUMN alexa.inventory.object    IS 'The relation; of a function its name and arguments';
COMMENT ON COLUMN alexa.inventory.part      IS 'The column, constraint or trigger of that relation; empty: the whole';
COMMENT ON COLUMN alexa.inventory.role      IS 'Who has the right; empty: it is no right';
COMMENT ON COLUMN alexa.inventory.privilege IS 'Which right; empty: it is no right';
COMMENT ON COLUMN alexa.inventory.since     IS 'The migration that made it: its undo forgets it';
COMMENT ON COLUMN alexa.inventory.remedy    IS 'The statement that makes it again; NULL: the migration has it';

-- partitions are left out: alexa.maintain() makes and drops them
CREATE VIEW alexa.present AS
    WITH relation AS (
        SELECT c.oid, c.relname::text AS object, c.relacl, c.relowner,
               CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'index' END AS kind
          FROM pg_class c
         WHERE c.relnamespace = 'alexa'::regnamespace AND NOT c.relispartition AND c.relkind IN ('r', 'p', 'v', 'S', 'i', 'I') AND c.relname !~ '^flyway_'
           -- a partition that was detached, and its indexes
           AND c.relname !~ '_p[0-9]{8}'
           -- the constraint stands for its index
           AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
    )
    SELECT r.kind, r.object, '' AS part, '' AS role, '' AS privilege, r.oid FROM relation r
    UNION ALL
    SELECT 'column', r.object, a.attname::text, '', '', r.oid
      FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE r.kind IN ('table', 'view')
    UNION ALL
    SELECT 'default', r.object, a.attname::text, '', '', r.oid
      FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atthasdef WHERE r.kind = 'table'
    UNION ALL
    -- NOT NULL is a constraint since PostgreSQL 18
    SELECT 'constraint', r.object, k.conname::text, '', '', k.oid
      FROM relation r JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype IN ('c', 'f', 'p', 'u')
    UNION ALL
    SELECT 'trigger', r.object, t.tgname::text, '', '', t.oid FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT 'function', format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), '', '', '', p.oid
      FROM pg_proc p WHERE p.pronamespace = 'alexa'::regnamespace
    UNION ALL
    SELECT 'right', g.object, g.part, w.rolname::text, g.privilege, g.oid
      FROM (SELECT '' AS object, '' AS part, a.grantee, a.privilege_type AS privilege, n.oid
              FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'alexa'
             UNION ALL
            SELECT r.object, '', a.grantee, a.privilege_type, r.oid FROM relation r, aclexplode(r.relacl) a
             UNION ALL
            SELECT r.object, t.attname::text, a.grantee, a.privilege_type, r.oid
              FROM relation r JOIN pg_attribute t ON t.attrelid = r.oid AND NOT t.attisdropped, aclexplode(t.attacl) a
             UNION ALL
            SELECT format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), '', a.grantee, a.privilege_type, p.oid
              FROM pg_proc p, aclexplode(p.proacl) a WHERE p.pronamespace = 'alexa'::regnamespace) AS g
      JOIN pg_roles w ON w.oid = g.grantee AND w.rolname IN ('alexa_app', 'alexa_support', 'alexa_auditor', 'alexa_monitor');
COMMENT ON VIEW   alexa.present           IS 'What is in the schema now, in the words of alexa.inventory: its own objects and those that a DBA has added';
COMMENT ON COLUMN alexa.present.kind      IS 'As in alexa.inventory';
COMMENT ON COLUMN alexa.present.object    IS 'As in alexa.inventory; empty: the schema';
COMMENT ON COLUMN alexa.present.part      IS 'As in alexa.inventory';
COMMENT ON COLUMN alexa.present.role      IS 'As in alexa.inventory';
COMMENT ON COLUMN alexa.present.privilege IS 'As in alexa.inventory';
COMMENT ON COLUMN alexa.present.oid       IS 'Its oid in the catalog of its kind; of a right, that of its object';

CREATE FUNCTION alexa.take_inventory() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM alexa.inventory i WHERE i.since = OLD.version;
        RETURN NULL;
    END IF;
    IF NEW.version > 1 AND NOT EXISTS (SELECT FROM alexa.schema_version v WHERE v.version = NEW.version - 1) THEN
        RAISE EXCEPTION 'nothing was done: schema version % does not follow the one before', NEW.version;
    END IF;
    -- psql with ON_ERROR_ROLLBACK puts each statement into a savepoint, goes on after one that failed, and commits the rest
    IF (SELECT v.xmin <> pg_current_xact_id()::xid FROM alexa.schema_version v WHERE v.version = NEW.version) THEN
        RAISE EXCEPTION 'nothing was done: the migration ran in savepoints, so that statements can have failed one by one'
            USING HINT = 'psql -X leaves out your .psqlrc; without it \set ON_ERROR_ROLLBACK off';
    END IF;
    INSERT INTO alexa.inventory (kind, object, part, role, privilege, since, remedy)
    SELECT p.kind, p.object, p.part, p.role, p.privilege, NEW.version,
           CASE p.kind
               WHEN 'index' THEN replace(pg_get_indexdef(p.oid), ' ON ONLY ', ' ON ')
               WHEN 'constraint' THEN format('ALTER TABLE alexa.%I ADD CONSTRAINT %I %s', p.object, p.part, pg_get_constraintdef(p.oid))
               WHEN 'trigger' THEN pg_get_triggerdef(p.oid)
               WHEN 'column' THEN (SELECT format('ALTER TABLE alexa.%I ADD COLUMN %I %s', p.object, p.part, format_type(a.atttypid, a.atttypmod))
                                     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                                    WHERE a.attrelid = p.oid AND a.attname = p.part AND c.relkind <> 'v')
               WHEN 'default' THEN (SELECT format('ALTER TABLE alexa.%I ALTER COLUMN %I SET DEFAULT %s', p.object, p.part, pg_get_expr(d.adbin, d.adrelid))
                                      FROM pg_attribute a JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                                     WHERE a.attrelid = p.oid AND a.attname = p.part)
               WHEN 'right' THEN format('GRANT %s%s ON %s TO %I', p.privilege, ' (' || quote_ident(nullif(p.part, '')) || ')',
                                        CASE WHEN p.object = '' THEN 'SCHEMA alexa' WHEN p.privilege = 'EXECUTE' THEN 'FUNCTION alexa.' || p.object
                                             WHEN p.privilege = 'USAGE' THEN 'SEQUENCE alexa.' || p.object ELSE 'alexa.' || p.object END, p.role)
           END
      FROM alexa.present p
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION alexa.take_inventory() IS 'Trigger of alexa.schema_version, at the commit of a migration: refuses one that was run before the one it follows, or statement by statement; notes in alexa.inventory what it made';
CREATE CONSTRAINT TRIGGER inventory_is_taken AFTER INSERT OR DELETE ON alexa.schema_version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION alexa.take_inventory();

-- What listeners read --------------------------------------------------------------------------------------------------

CREATE TABLE alexa.language (
    language text PRIMARY KEY,

    CONSTRAINT language_is_a_tag CHECK (language ~ '^[a-z]{2,3}(-[A-Z]{2})?$')
);
COMMENT ON TABLE  alexa.language          IS 'The languages of the pages; each has a file messages_….properties in the WAR';
COMMENT ON COLUMN alexa.language.language IS 'A tag of RFC 5646: de, pt-BR';
GRANT SELECT ON alexa.language TO alexa_support;
INSERT INTO alexa.language (language) VALUES ('en'), ('de'), ('fr'), ('es'), ('it'), ('pt-BR'), ('ja'), ('hi'), ('ar'), ('nl');

CREATE TABLE alexa.scope (
    scope       text PRIMARY KEY,
    description text NOT NULL,

    -- RFC 6749 §3.3, scope-token
    CONSTRAINT scope_is_a_scope_token  CHECK (scope ~ '^[\x21\x23-\x5B\x5D-\x7E]{1,64}$'),
    CONSTRAINT description_is_a_phrase CHECK (char_length(description) BETWEEN 1 AND 200)
);
COMMENT ON TABLE  alexa.scope             IS 'What a client can be allowed to do, in the words that a listener reads before allowing it';
COMMENT ON COLUMN alexa.scope.scope       IS 'The scope-token of RFC 6749 §3.3, for example music.read';
COMMENT ON COLUMN alexa.scope.description IS 'The words on the consent page, a verb phrase: Read your music library';
GRANT SELECT ON alexa.scope TO alexa_app, alexa_support;
INSERT INTO alexa.scope (scope, description) VALUES
    ('music.read',    'Read your music library'),
    ('music.control', 'Control playback');

CREATE TABLE alexa.scope_description (
    scope       text NOT NULL REFERENCES alexa.scope ON DELETE CASCADE,
    language    text NOT NULL REFERENCES alexa.language,
    description text NOT NULL,

    PRIMARY KEY (scope, language),
    CONSTRAINT description_is_a_phrase CHECK (char_length(description) BETWEEN 1 AND 200)
);
COMMENT ON TABLE  alexa.scope_description             IS 'What a listener of one language reads instead of the description in alexa.scope';
COMMENT ON COLUMN alexa.scope_description.scope       IS 'The scope';
COMMENT ON COLUMN alexa.scope_description.language    IS 'The language';
COMMENT ON COLUMN alexa.scope_description.description IS 'The words in that language, as they stand below "… would like to:"';
GRANT SELECT ON alexa.scope_description TO alexa_app, alexa_support;
INSERT INTO alexa.scope_description (scope, language, description) VALUES
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
    ('music.control', 'ar', 'التحكّم في تشغيل الموسيقى');

-- Clients --------------------------------------------------------------------------------------------------------------

CREATE FUNCTION alexa.wrong_source(form_action text[]) RETURNS text
    LANGUAGE sql
    IMMUTABLE STRICT
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(s, 'NULL') FROM unnest(form_action) AS s
     WHERE (s ~ '^https://(\*\.[A-Za-z0-9-]{1,63}\.)?[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*(:[1-9][0-9]{0,4})?$'
            -- a scheme of an app; not one to which a browser itself sends a form, or which is not of one app
            OR s ~ '^[a-z][a-z0-9+.-]{0,49}:$'
               AND s <> ALL (ARRAY['http:', 'https:', 'ws:', 'wss:', 'ftp:', 'file:', 'data:', 'blob:', 'filesystem:', 'about:',
                                   'javascript:', 'vbscript:', 'view-source:', 'mailto:', 'sms:', 'tel:', 'intent:'])) IS NOT TRUE
     LIMIT 1
$$;
COMMENT ON FUNCTION alexa.wrong_source(text[]) IS 'The first value that may not be in form_action of alexa.client; NULL: there is none. Values are https://app.example.org, https://*.example.org, each perhaps with a port, and the scheme of an app, as com.example.app:';

CREATE TABLE alexa.client (
    client_id                  text        PRIMARY KEY,
    kind                       text        NOT NULL DEFAULT 'confidential',
    display_name               text        NOT NULL,
    pkce_required              boolean     NOT NULL DEFAULT false,
    -- seconds, because a day of an interval can have 23 hours and a year 365.25 days
    -- squawk-ignore prefer-bigint-over-int
    code_seconds               integer     NOT NULL DEFAULT 300,
    -- squawk-ignore prefer-bigint-over-int
    access_token_seconds       integer     NOT NULL DEFAULT 3600,
    -- squawk-ignore prefer-bigint-over-int
    refresh_token_seconds      integer,
    -- squawk-ignore prefer-bigint-over-int
    refresh_token_idle_seconds integer,
    rotate_refresh_token       boolean     NOT NULL DEFAULT false,
    -- squawk-ignore prefer-bigint-over-int
    rotation_grace_seconds     integer     NOT NULL DEFAULT 600,
    form_action                text[]      NOT NULL DEFAULT '{}',
    introspects                text[],
    created_at                 timestamptz NOT NULL DEFAULT now(),
    disabled_at                timestamptz,

    CONSTRAINT client_id_is_short_and_plain      CHECK (client_id ~ '^[A-Za-z0-9._~-]{1,100}$'),
    CONSTRAINT kind_is_known                     CHECK (kind IN ('confidential', 'public', 'resource_server')),
    CONSTRAINT display_name_fits_a_phone         CHECK (char_length(display_name) BETWEEN 1 AND 100),
    CONSTRAINT public_clients_use_pkce           CHECK (kind <> 'public' OR pkce_required),
    CONSTRAINT public_clients_rotate             CHECK (kind <> 'public' OR rotate_refresh_token),
    CONSTRAINT code_lives_one_to_ten_minutes     CHECK (code_seconds BETWEEN 60 AND 600),
    -- Amazon demands 360 s; the upper end bounds how long partitions are needed
    CONSTRAINT access_token_lives_360s_to_a_day  CHECK (access_token_seconds BETWEEN 360 AND 86400),
    CONSTRAINT refresh_token_outlives_the_access CHECK (refresh_token_seconds > access_token_seconds),
    -- the last use is written once in 20 hours, see sql/statements/refresh.sql
    CONSTRAINT idle_is_two_days_at_least         CHECK (refresh_token_idle_seconds >= 172800),
    -- the shortest retention there is: a token that is still good must not be deleted
    CONSTRAINT grace_is_a_day_at_most            CHECK (rotation_grace_seconds BETWEEN 0 AND 86400),
    -- they are written into a header: with alexa.next_hops and all others it must fit into 4 KiB, which is what nginx takes
    CONSTRAINT form_action_is_of_sources         CHECK (alexa.wrong_source(form_action) IS NULL),
    CONSTRAINT form_action_fits_a_header         CHECK (char_length(array_to_string(form_action, ' ')) <= 1000),
    CONSTRAINT only_resource_servers_introspect  CHECK (introspects IS NULL OR kind = 'resource_server'),
    CONSTRAINT introspects_is_a_list_of_clients  CHECK (cardinality(introspects) > 0 AND array_position(introspects, NULL) IS NULL)
);
COMMENT ON TABLE  alexa.client                            IS 'Registered clients (RFC 6749 §2.2) and resource servers; alexa.register_client and its siblings write it';
COMMENT ON COLUMN alexa.client.client_id                  IS 'The client identifier (RFC 6749 §2.2), no secret';
COMMENT ON COLUMN alexa.client.kind                       IS 'confidential: has a secret, as Alexa does; public: has none and must use PKCE; resource_server: may only introspect';
COMMENT ON COLUMN alexa.client.display_name               IS 'The name that a listener reads on the consent page';
COMMENT ON COLUMN alexa.client.pkce_required              IS 'Whether an authorization request without code_challenge is refused (RFC 7636)';
COMMENT ON COLUMN alexa.client.code_seconds               IS 'How long an authorization code can be redeemed';
COMMENT ON COLUMN alexa.client.access_token_seconds       IS 'The expires_in of a token response; Alexa needs at least 360';
COMMENT ON COLUMN alexa.client.refresh_token_seconds      IS 'How long refresh tokens live, counted from the consent, whether they are used or rotated or not. NULL: they never expire, which keeps a speaker linked';
COMMENT ON COLUMN alexa.client.refresh_token_idle_seconds IS 'A refresh token that is not used for so long, or a day longer, expires; counted from the next use on. NULL: never';
COMMENT ON COLUMN alexa.client.rotate_refresh_token       IS 'Whether each refresh answers with a successor of the refresh token (RFC 9700 §4.14). Always on for public clients; for Alexa it costs links and buys little';
COMMENT ON COLUMN alexa.client.rotation_grace_seconds     IS 'How long a superseded refresh token stays good: responses get lost, and Alexa refreshes in parallel';
COMMENT ON COLUMN alexa.client.form_action                IS 'Where the redirect URI sends the browser on to, besides what alexa.next_hops knows of: sources for the form-action of the consent page (CSP3). Chromium blocks a redirect to any other place after Allow and after Do not allow';
COMMENT ON COLUMN alexa.client.introspects                IS 'The clients whose tokens this resource server may introspect; NULL: those of every client. alexa.limit_resource_server sets it';
COMMENT ON COLUMN alexa.client.created_at                 IS 'When it was registered';
COMMENT ON COLUMN alexa.client.disabled_at                IS 'Since when the WAR refuses it and its tokens; NULL: it is enabled';
-- of what a person types, for an error: the tool says it instead of the constraint's name
COMMENT ON CONSTRAINT client_id_is_short_and_plain ON alexa.client IS 'a client id has 1 to 100 letters of A-Z a-z 0-9 . _ ~ - and no blank';
COMMENT ON CONSTRAINT display_name_fits_a_phone    ON alexa.client IS 'the name of a client has 1 to 100 characters';
GRANT SELECT ON alexa.client TO alexa_app, alexa_support;

CREATE TABLE alexa.client_name (
    client_id    text NOT NULL REFERENCES alexa.client ON DELETE CASCADE,
    language     text NOT NULL REFERENCES alexa.language,
    display_name text NOT NULL,

    PRIMARY KEY (client_id, language),
    CONSTRAINT display_name_fits_a_phone CHECK (char_length(display_name) BETWEEN 1 AND 100)
);
COMMENT ON TABLE  alexa.client_name              IS 'What a listener of one language reads instead of the client''s display_name';
COMMENT ON COLUMN alexa.client_name.client_id    IS 'The client';
COMMENT ON COLUMN alexa.client_name.language     IS 'The language';
COMMENT ON COLUMN alexa.client_name.display_name IS 'The name in that language';
GRANT SELECT ON alexa.client_name TO alexa_app, alexa_support;

CREATE TABLE alexa.client_redirect_uri (
    client_id    text NOT NULL REFERENCES alexa.client ON DELETE CASCADE,
    redirect_uri text NOT NULL,

    PRIMARY KEY (client_id, redirect_uri),
    CONSTRAINT redirect_uri_is_https_or_loopback CHECK (
        redirect_uri ~ '^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/|$)'
        OR redirect_uri ~ '^http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/|$)'),
    CONSTRAINT redirect_uri_has_a_port_that_exists CHECK (
        substring(redirect_uri FROM '^https?://[^/]*[^/:]:([0-9]{1,5})(?:/|$)')::integer BETWEEN 1 AND 65535),
    CONSTRAINT redirect_uri_is_plain_ascii       CHECK (redirect_uri ~ '^[\x21-\x7E]+$' AND char_length(redirect_uri) <= 1000 AND redirect_uri !~ '[<>"\\^`{|}]'),
    CONSTRAINT redirect_uri_has_no_fragment      CHECK (position('#' IN redirect_uri) = 0)
);
COMMENT ON TABLE  alexa.client_redirect_uri              IS 'The addresses to which the WAR may send a client''s authorization response; compared character by character (RFC 9700 §2.1), but for the port of a public client''s loopback address. Alexa needs all three regional ones';
COMMENT ON COLUMN alexa.client_redirect_uri.client_id    IS 'The client';
COMMENT ON COLUMN alexa.client_redirect_uri.redirect_uri IS 'https, or http on loopback: for trying things out, and for an app on a computer. A public client may then ask with any port (RFC 8252 §7.3). No fragment (RFC 6749 §3.1.2)';
COMMENT ON CONSTRAINT redirect_uri_is_https_or_loopback   ON alexa.client_redirect_uri IS 'a redirect URI begins with https:// and a host, or with http://localhost, http://127.0.0.1 or http://[::1]';
COMMENT ON CONSTRAINT redirect_uri_has_a_port_that_exists ON alexa.client_redirect_uri IS 'the port of a redirect URI is 1 to 65535';
COMMENT ON CONSTRAINT redirect_uri_is_plain_ascii         ON alexa.client_redirect_uri IS 'a redirect URI has at most 1000 characters, of ASCII, and no blank, quotation mark, backslash or bracket';
COMMENT ON CONSTRAINT redirect_uri_has_no_fragment        ON alexa.client_redirect_uri IS 'a redirect URI has no # (RFC 6749 §3.1.2)';
GRANT SELECT ON alexa.client_redirect_uri TO alexa_app, alexa_support;

-- The regional host of an Alexa redirect URI sends the browser on to the host of the listener's market
CREATE FUNCTION alexa.next_hops(redirect_uris text[]) RETURNS text[]
    LANGUAGE sql
    IMMUTABLE STRICT
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH amazon (domain) AS (
        VALUES ('amazon.com'), ('amazon.ca'), ('amazon.com.mx'), ('amazon.com.br'),
               ('amazon.co.uk'), ('amazon.ie'), ('amazon.de'), ('amazon.fr'), ('amazon.it'), ('amazon.es'), ('amazon.nl'),
               ('amazon.com.be'), ('amazon.se'), ('amazon.pl'), ('amazon.com.tr'),
               ('amazon.ae'), ('amazon.sa'), ('amazon.eg'), ('amazon.co.za'), ('amazon.in'),
               ('amazon.sg'), ('amazon.com.au'), ('amazon.co.jp'), ('amazon.cn'))
    SELECT coalesce(array_agg(source || domain ORDER BY domain, source), '{}')
      FROM amazon, unnest(ARRAY['https://', 'https://*.']) AS source
     WHERE EXISTS (
           SELECT FROM unnest(redirect_uris) AS uri, amazon home
            WHERE lower(split_part(split_part(uri, '/', 3), ':', 1)) LIKE '%.' || home.domain)
$$;
COMMENT ON FUNCTION alexa.next_hops(text[]) IS 'Where these redirect URIs are known to send the browser on to, as sources for form-action: those of Amazon, to the hosts of all its markets. What it does not know of stands in form_action of alexa.client';
GRANT EXECUTE ON FUNCTION alexa.next_hops(text[]) TO alexa_app;

CREATE TABLE alexa.client_scope (
    client_id text NOT NULL REFERENCES alexa.client ON DELETE CASCADE,
    scope     text NOT NULL REFERENCES alexa.scope,

    PRIMARY KEY (client_id, scope)
);
COMMENT ON TABLE  alexa.client_scope           IS 'The scopes that a client may ask for; a request without scope asks for all of them';
COMMENT ON COLUMN alexa.client_scope.client_id IS 'The client';
COMMENT ON COLUMN alexa.client_scope.scope     IS 'One scope';
GRANT SELECT ON alexa.client_scope TO alexa_app, alexa_support;

CREATE TABLE alexa.client_secret (
    client_id   text        NOT NULL REFERENCES alexa.client ON DELETE CASCADE,
    secret_hash bytea       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz,

    PRIMARY KEY (client_id, secret_hash),
    CONSTRAINT secret_hash_is_sha256 CHECK (octet_length(secret_hash) = 32)
);
COMMENT ON TABLE  alexa.client_secret             IS 'Hashes of client secrets; more than one while a secret is being exchanged';
COMMENT ON COLUMN alexa.client_secret.client_id   IS 'The client';
COMMENT ON COLUMN alexa.client_secret.secret_hash IS 'SHA-256 of the secret. alexa.new_secret made it of 256 random bits, so nothing slower is needed';
COMMENT ON COLUMN alexa.client_secret.created_at  IS 'When it was issued';
COMMENT ON COLUMN alexa.client_secret.expires_at  IS 'From when it is refused; NULL: never';
GRANT SELECT ON alexa.client_secret TO alexa_app;

-- no SET clause, so that the planner writes its body into the statements of the WAR, whose role has a fixed search_path
CREATE FUNCTION alexa.authenticated_client(client_id text, secret_hashes bytea[]) RETURNS SETOF alexa.client
    LANGUAGE sql
    STABLE
    ROWS 1
AS $$
    SELECT c.*
      FROM alexa.client c
     WHERE c.client_id = authenticated_client.client_id
       AND c.disabled_at IS NULL
       AND (c.kind = 'public' AND cardinality(authenticated_client.secret_hashes) = 0
            OR c.kind <> 'public' AND EXISTS (
               SELECT FROM alexa.client_secret s
                WHERE s.client_id = c.client_id
                  AND s.secret_hash = ANY (authenticated_client.secret_hashes)
                  AND (s.expires_at IS NULL OR s.expires_at > now())))
$$;
COMMENT ON FUNCTION alexa.authenticated_client(text, bytea[]) IS 'The client, if it is enabled and authenticated: by one of these hashes of the secret it sent, or as a public client that sent none. Called by the statements of the WAR';
GRANT EXECUTE ON FUNCTION alexa.authenticated_client(text, bytea[]) TO alexa_app;

-- Accounts -------------------------------------------------------------------------------------------------------------

CREATE TABLE alexa.account (
    username            text        PRIMARY KEY,
    password_hash       text        NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    password_changed_at timestamptz NOT NULL DEFAULT now(),
    disabled_at         timestamptz,
    account_id          uuid        NOT NULL DEFAULT gen_random_uuid(),

    CONSTRAINT username_is_printable           CHECK (char_length(username) BETWEEN 1 AND 255 AND username !~ '[[:cntrl:]]' AND username = btrim(username)),
    -- otherwise a DBA who types a password in place of its hash would store it in clear
    CONSTRAINT password_hash_is_tomcats_format CHECK (password_hash ~ '^[0-9a-f]{16,}\$[0-9]{4,9}\$[0-9a-f]{32,}$')
);
COMMENT ON TABLE  alexa.account                     IS 'The accounts that may sign in, for Tomcat''s DataSourceRealm. Empty if the Realm is LDAP or the music server''s own table';
COMMENT ON COLUMN alexa.account.username            IS 'The name that the listener signs in with; the subject of the tokens [personal]';
COMMENT ON COLUMN alexa.account.password_hash       IS 'salt$iterations$hash in hex, as Tomcat''s digest.sh prints it (PBKDF2WithHmacSHA512) [personal, not exported]';
COMMENT ON COLUMN alexa.account.created_at          IS 'When it was added [personal]';
COMMENT ON COLUMN alexa.account.password_changed_at IS 'Set whenever password_hash changes; a code of an earlier sign-in is not redeemed [personal]';
COMMENT ON COLUMN alexa.account.disabled_at         IS 'Since when it can neither sign in nor refresh; NULL: it is enabled [personal]';
COMMENT ON COLUMN alexa.account.account_id          IS 'Random. Codes and links store it, so that a new account with the name of a deleted one gets none of its links [personal]';

-- In a database of the locale C, lower() knows no letter but a to z, and in a Turkish one it makes no i of I. So it takes
-- ICU's rules, which are the same everywhere; a server that was built without ICU has its own.
DO $$ BEGIN
    EXECUTE format($create$
CREATE FUNCTION alexa.folded(username text) RETURNS text
    LANGUAGE sql
    IMMUTABLE STRICT
    SET search_path = pg_catalog, pg_temp
AS $body$
    -- NFKC also makes each other kind of blank a blank, and letters of full width those of a to z (RFC 8265 §3.3)
    SELECT CASE WHEN getdatabaseencoding() = 'UTF8'
                THEN btrim(normalize(lower(normalize(regexp_replace(username,
                         '[\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufffc]', '', 'g'), NFKC)%s), NFKC))
                ELSE lower(btrim(username)) END
$body$ $create$, (SELECT ' COLLATE "und-x-icu"' FROM pg_collation c WHERE c.collname = 'und-x-icu' AND c.collnamespace = 'pg_catalog'::regnamespace));
END $$;
COMMENT ON FUNCTION alexa.folded(text) IS 'A name without its capitals, the blanks around it and invisible letters, and with its letters in one piece: two names that fold to the same are one name';
GRANT EXECUTE ON FUNCTION alexa.folded(text) TO alexa_app;
-- a Realm that ignores case takes anna and Anna for one person; without this index they could be two accounts
CREATE UNIQUE INDEX account_username_idx ON alexa.account (alexa.folded(username));
-- the WAR reads password_hash only through alexa.realm_account
GRANT SELECT (username, password_changed_at, disabled_at, account_id) ON alexa.account TO alexa_app;
GRANT SELECT (username, created_at, password_changed_at, disabled_at, account_id) ON alexa.account TO alexa_support;

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
COMMENT ON COLUMN alexa.account_role.username  IS 'The account [personal]';
COMMENT ON COLUMN alexa.account_role.role_name IS 'A role as a web.xml names it; alexa-operator opens the operator''s page [personal]';
COMMENT ON CONSTRAINT role_name_is_a_word ON alexa.account_role IS 'a role has 1 to 64 letters of A-Z a-z 0-9 . _ - and no blank';
GRANT SELECT ON alexa.account_role TO alexa_app, alexa_support;

CREATE VIEW alexa.realm_account AS
    SELECT username, password_hash FROM alexa.account WHERE disabled_at IS NULL;
COMMENT ON VIEW   alexa.realm_account               IS 'What Tomcat''s Realm reads to check a password. The WAR can read hashes only here; disabled accounts are left out';
COMMENT ON COLUMN alexa.realm_account.username      IS 'As in alexa.account';
COMMENT ON COLUMN alexa.realm_account.password_hash IS 'As in alexa.account';
GRANT SELECT ON alexa.realm_account TO alexa_app;

-- Links and tokens -----------------------------------------------------------------------------------------------------

-- Rows change once, when they are revoked. The default of autovacuum waits for 20 % of the table; 2 % of ten million links
-- are 200,000 dead rows
CREATE TABLE alexa.link (
    link_id         uuid        PRIMARY KEY,
    client_id       text        NOT NULL REFERENCES alexa.client,
    subject         text        NOT NULL,
    scope           text[]      NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    revoked_at      timestamptz,
    revoked_because text,
    account_id      uuid,

    CONSTRAINT subject_is_somebody  CHECK (subject <> ''),
    CONSTRAINT scope_is_a_set       CHECK (cardinality(scope) BETWEEN 1 AND 20 AND array_position(scope, NULL) IS NULL),
    CONSTRAINT revoked_for_a_reason CHECK ((revoked_at IS NULL) = (revoked_because IS NULL)),
    CONSTRAINT because_is_known     CHECK (revoked_because IN ('unlinked', 'revoked_by_client', 'code_replayed',
        'refresh_token_reused', 'refresh_token_expired', 'account_deleted', 'unused'))
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
COMMENT ON TABLE  alexa.link                 IS 'What one consent started, from the moment its code was redeemed: one client, one subject, and every token of theirs. A subject can have many';
COMMENT ON COLUMN alexa.link.link_id         IS 'Random; the first 16 bytes of the code and of every token [personal]';
COMMENT ON COLUMN alexa.link.client_id       IS 'The client that the listener allowed [personal]';
COMMENT ON COLUMN alexa.link.subject         IS 'The listener who allowed it, by the Realm''s name [personal]';
COMMENT ON COLUMN alexa.link.scope           IS 'The scopes that the listener allowed [personal]';
COMMENT ON COLUMN alexa.link.created_at      IS 'When the code was redeemed [personal]';
COMMENT ON COLUMN alexa.link.revoked_at      IS 'Since when none of its tokens is good; NULL: it is live [personal]';
COMMENT ON COLUMN alexa.link.revoked_because IS 'Why: unlinked, code_replayed, account_deleted, … [personal]';
COMMENT ON COLUMN alexa.link.account_id      IS 'The account of its subject: if that account is gone, no token of the link is good. NULL: another Realm knows the subject [personal]';
CREATE INDEX link_subject_idx ON alexa.link (subject);
-- alexa.maintain() deletes by it
CREATE INDEX link_revoked_idx ON alexa.link (revoked_at) WHERE revoked_at IS NOT NULL;
GRANT SELECT, INSERT (link_id, client_id, subject, scope, account_id), UPDATE (revoked_at, revoked_because) ON alexa.link TO alexa_app;
GRANT SELECT ON alexa.link TO alexa_support;

-- fillfactor 80 leaves room in each page for new versions of its rows, so that updates are HOT: no index holds what a
-- refresh changes unless the client rotates or has an idle time
CREATE TABLE alexa.refresh_token (
    link_id          uuid        NOT NULL REFERENCES alexa.link ON DELETE CASCADE,
    token_hash       bytea       NOT NULL,
    predecessor_hash bytea,
    issued_at        timestamptz NOT NULL DEFAULT now(),
    expires_at       timestamptz,
    last_used_at     timestamptz,
    superseded_at    timestamptz,
    idle_until       timestamptz,

    PRIMARY KEY (link_id, token_hash),
    CONSTRAINT token_hash_is_sha256       CHECK (octet_length(token_hash) = 32),
    CONSTRAINT predecessor_hash_is_sha256 CHECK (octet_length(predecessor_hash) = 32)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
COMMENT ON TABLE  alexa.refresh_token                  IS 'Hashes of refresh tokens, one row per link unless its client rotates';
COMMENT ON COLUMN alexa.refresh_token.link_id          IS 'The link it keeps alive';
COMMENT ON COLUMN alexa.refresh_token.token_hash       IS 'SHA-256 of the token as it goes over the wire';
COMMENT ON COLUMN alexa.refresh_token.predecessor_hash IS 'The refresh token that it followed; NULL: it was issued for the code';
COMMENT ON COLUMN alexa.refresh_token.issued_at        IS 'When [personal]';
COMMENT ON COLUMN alexa.refresh_token.expires_at       IS 'From when it is refused; NULL: never [personal]';
COMMENT ON COLUMN alexa.refresh_token.last_used_at     IS 'Last refresh to the day: written once in 20 hours; alexa.access_token has the others. NULL: not yet [personal]';
COMMENT ON COLUMN alexa.refresh_token.superseded_at    IS 'Since when another token of the link has been used in its place; it is good for the grace time from then on, afterwards its use revokes the link. NULL: it is current [personal]';
COMMENT ON COLUMN alexa.refresh_token.idle_until       IS 'From when it is refused unless it is used before; NULL: it may idle [personal]';
CREATE INDEX refresh_token_expires_idx    ON alexa.refresh_token (expires_at)    WHERE expires_at IS NOT NULL;
CREATE INDEX refresh_token_superseded_idx ON alexa.refresh_token (superseded_at) WHERE superseded_at IS NOT NULL;
CREATE INDEX refresh_token_idle_idx       ON alexa.refresh_token (idle_until)    WHERE idle_until IS NOT NULL;
GRANT SELECT, INSERT (link_id, token_hash, predecessor_hash, expires_at, idle_until),
    UPDATE (last_used_at, superseded_at, idle_until) ON alexa.refresh_token TO alexa_app;

-- No foreign key from here to link: the link does not exist before the code is redeemed
CREATE TABLE alexa.authorization_code (
    link_id             uuid        NOT NULL,
    code_hash           bytea       NOT NULL,
    client_id           text        NOT NULL,
    redirect_uri        text        NOT NULL,
    code_challenge      text,
    subject             text        NOT NULL,
    scope               text[]      NOT NULL,
    account_id          uuid,
    password_changed_at timestamptz,
    issued_at           timestamptz NOT NULL DEFAULT now(),
    expires_at          timestamptz NOT NULL,
    redeemed_at         timestamptz,
    unanswered_since    timestamptz,

    PRIMARY KEY (link_id, code_hash),
    CONSTRAINT code_hash_is_sha256      CHECK (octet_length(code_hash) = 32),
    CONSTRAINT code_challenge_is_s256   CHECK (code_challenge ~ '^[A-Za-z0-9_-]{43}$'),
    CONSTRAINT subject_is_somebody      CHECK (subject <> ''),
    CONSTRAINT scope_is_a_set           CHECK (cardinality(scope) BETWEEN 1 AND 20 AND array_position(scope, NULL) IS NULL),
    CONSTRAINT account_has_a_password   CHECK ((account_id IS NULL) = (password_changed_at IS NULL)),
    CONSTRAINT lives_ten_minutes_at_max CHECK (expires_at > issued_at AND expires_at <= issued_at + interval '10 minutes')
);
COMMENT ON TABLE  alexa.authorization_code                     IS 'Hashes of authorization codes (RFC 6749 §4.1.2)';
COMMENT ON COLUMN alexa.authorization_code.link_id             IS 'The link that its redemption starts [personal]';
COMMENT ON COLUMN alexa.authorization_code.code_hash           IS 'SHA-256 of the code as it goes over the wire';
COMMENT ON COLUMN alexa.authorization_code.client_id           IS 'The only client that can redeem it [personal]';
COMMENT ON COLUMN alexa.authorization_code.redirect_uri        IS 'As the client asked, with its port; the client must send it again to redeem the code (RFC 6749 §4.1.3) [personal]';
COMMENT ON COLUMN alexa.authorization_code.code_challenge      IS 'S256 challenge; NULL: none was sent, and then no verifier may come (RFC 9700 §2.1.1)';
COMMENT ON COLUMN alexa.authorization_code.subject             IS 'The listener who signed in [personal]';
COMMENT ON COLUMN alexa.authorization_code.scope               IS 'The scopes that the listener allowed [personal]';
COMMENT ON COLUMN alexa.authorization_code.account_id          IS 'The account that signed in; NULL: another Realm knows the listener [personal]';
COMMENT ON COLUMN alexa.authorization_code.password_changed_at IS 'That of the account when the sign-in began: if it has changed since, the code is refused [personal]';
COMMENT ON COLUMN alexa.authorization_code.issued_at           IS 'When [personal]';
COMMENT ON COLUMN alexa.authorization_code.expires_at          IS 'From when it is refused [personal]';
COMMENT ON COLUMN alexa.authorization_code.redeemed_at         IS 'Set once, by the first request that redeemed the code; NULL: unused [personal]';
COMMENT ON COLUMN alexa.authorization_code.unanswered_since    IS 'Set by a redemption, cleared as soon as its tokens are on their way to the client. A second after it was set, a repeat of the request gets new tokens. It equals issued_at of the access token of that redemption [personal]';
CREATE INDEX authorization_code_subject_idx ON alexa.authorization_code (subject);
-- alexa.maintain() deletes by it
CREATE INDEX authorization_code_expires_idx ON alexa.authorization_code (expires_at);
GRANT SELECT, INSERT (link_id, code_hash, client_id, redirect_uri, code_challenge, subject, scope, expires_at, account_id, password_changed_at),
    UPDATE (redeemed_at, unanswered_since) ON alexa.authorization_code TO alexa_app;

-- No foreign key from here to link: it would lock and rewrite the link's row at every refresh.
-- The time in front of the key keeps inserts at the right-hand end of the index, so that a refresh mostly dirties pages
-- that another refresh has just dirtied. It also leads a look-up to one partition
CREATE TABLE alexa.access_token (
    minted_at  timestamptz NOT NULL,
    link_id    uuid        NOT NULL,
    token_hash bytea       NOT NULL,
    scope      text[],
    issued_at  timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,

    PRIMARY KEY (minted_at, link_id, token_hash),
    CONSTRAINT token_hash_is_sha256 CHECK (octet_length(token_hash) = 32),
    CONSTRAINT scope_is_a_set       CHECK (cardinality(scope) BETWEEN 1 AND 20 AND array_position(scope, NULL) IS NULL),
    CONSTRAINT lives_a_day_at_max   CHECK (expires_at > issued_at AND expires_at <= issued_at + interval '24 hours'),
    -- as wide as the partitions that alexa.maintain() keeps around today, so that a wrong clock of Tomcat refuses no
    -- token
    CONSTRAINT minted_when_issued   CHECK (minted_at BETWEEN issued_at - interval '36 hours' AND issued_at + interval '36 hours')
) PARTITION BY RANGE (minted_at);
COMMENT ON TABLE  alexa.access_token            IS 'Hashes of access tokens, by day. A token is good if it has not expired, is not revoked, and its link, client and account are good. Its rows are also the record of refreshes';
COMMENT ON COLUMN alexa.access_token.minted_at  IS 'When Tomcat made it, by Tomcat''s clock, to the second: the token contains it after its link_id';
COMMENT ON COLUMN alexa.access_token.link_id    IS 'The link that the token belongs to';
COMMENT ON COLUMN alexa.access_token.token_hash IS 'SHA-256 of the token as it goes over the wire';
COMMENT ON COLUMN alexa.access_token.scope      IS 'Narrower than the link''s, if a refresh asked for less; NULL: the link''s [personal]';
COMMENT ON COLUMN alexa.access_token.issued_at  IS 'When, by the database''s clock [personal]';
COMMENT ON COLUMN alexa.access_token.expires_at IS 'From when it is refused [personal]';
COMMENT ON COLUMN alexa.access_token.revoked_at IS 'Since when this one token is refused; NULL: it is good [personal]';
GRANT SELECT, INSERT (minted_at, link_id, token_hash, scope, expires_at), UPDATE (revoked_at) ON alexa.access_token TO alexa_app;

CREATE VIEW alexa.live_access_token AS
    SELECT a.minted_at, a.link_id, a.token_hash, array_to_string(coalesce(a.scope, l.scope), ' ') AS scope, l.client_id, l.subject,
           floor(extract(epoch FROM a.issued_at))::bigint AS issued_at,
           floor(extract(epoch FROM a.expires_at))::bigint AS expires_at
      FROM alexa.access_token a
      JOIN alexa.link l ON l.link_id = a.link_id
      JOIN alexa.client c ON c.client_id = l.client_id
     WHERE a.revoked_at IS NULL
       AND a.expires_at > now()
       AND l.revoked_at IS NULL
       AND c.disabled_at IS NULL
       -- the link's account must be enabled; if the link has none, no disabled account may have its subject's name
       AND coalesce((SELECT o.disabled_at IS NULL AND (l.account_id IS NULL OR o.account_id = l.account_id)
                       FROM alexa.account o WHERE o.username = l.subject), l.account_id IS NULL);
COMMENT ON VIEW   alexa.live_access_token            IS 'Access tokens that are good now, as a resource server may know them (RFC 7662 §2.2). Ask with minted_at, link_id and token_hash';
COMMENT ON COLUMN alexa.live_access_token.minted_at  IS 'As in alexa.access_token';
COMMENT ON COLUMN alexa.live_access_token.link_id    IS 'As in alexa.access_token';
COMMENT ON COLUMN alexa.live_access_token.token_hash IS 'As in alexa.access_token';
COMMENT ON COLUMN alexa.live_access_token.scope      IS 'The token''s, with blanks between';
COMMENT ON COLUMN alexa.live_access_token.client_id  IS 'The client of the link';
COMMENT ON COLUMN alexa.live_access_token.subject    IS 'The listener who allowed it';
COMMENT ON COLUMN alexa.live_access_token.issued_at  IS 'In seconds since 1970';
COMMENT ON COLUMN alexa.live_access_token.expires_at IS 'In seconds since 1970';
GRANT SELECT ON alexa.live_access_token TO alexa_app;

-- The audit trail ------------------------------------------------------------------------------------------------------

CREATE SEQUENCE alexa.audit_event_id_seq CACHE 50;
CREATE TABLE alexa.audit_event (
    occurred_at timestamptz NOT NULL DEFAULT now(),
    event_id    bigint      NOT NULL DEFAULT nextval('alexa.audit_event_id_seq'),
    event       text        NOT NULL,
    client_id   text,
    link_id     uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    subject     text,
    reason      text,
    written_by  text        NOT NULL DEFAULT session_user,
    -- squawk-ignore prefer-bigint-over-int
    times       integer     NOT NULL DEFAULT 1,
    first_at    timestamptz,
    last_at     timestamptz,

    PRIMARY KEY (occurred_at, event_id, link_id),
    -- a list, not an expression: 0.3 instead of 2.7 µs a row, and it refuses a misspelt event
    CONSTRAINT event_is_known       CHECK (event IN (
        'authorization_refused', 'access_denied', 'sign_in_failed', 'code_issued', 'code_redeemed', 'code_repeated',
        'code_replayed', 'token_refused', 'refreshed_in_grace', 'refresh_token_reused', 'access_token_revoked',
        'link_revoked', 'link_copied_back', 'revocation_refused', 'introspection_refused', 'metrics_refused',
        'client_registered', 'resource_server_registered', 'client_changed', 'client_secret_rotated', 'redirect_uris_set',
        'client_disabled', 'client_enabled', 'scope_described',
        'account_added', 'account_renamed', 'account_deleted', 'account_disabled', 'account_enabled', 'password_changed',
        'role_given', 'role_taken', 'person_erased')),
    CONSTRAINT reason_is_a_sentence CHECK (char_length(reason) <= 300),
    CONSTRAINT it_happened          CHECK (times > 0),
    CONSTRAINT counted_before_now   CHECK (first_at <= last_at AND last_at <= occurred_at)
) PARTITION BY RANGE (occurred_at);
ALTER SEQUENCE alexa.audit_event_id_seq OWNED BY alexa.audit_event.event_id;
COMMENT ON SEQUENCE alexa.audit_event_id_seq    IS 'Tells apart events of one microsecond; gaps mean nothing';
COMMENT ON TABLE  alexa.audit_event             IS 'What happened to links, clients and accounts, in partitions by month. The WAR and the functions write it, and alexa.maintain() drops a partition after its retention. Events change only if a person is renamed or erased. Never a secret, code, token, password or state. Refreshes are not here: see alexa.access_token';
COMMENT ON COLUMN alexa.audit_event.occurred_at IS 'When the statement began, by the database''s clock [personal]';
COMMENT ON COLUMN alexa.audit_event.event_id    IS 'Orders events of one moment';
COMMENT ON COLUMN alexa.audit_event.event       IS 'One of the words that the constraint event_is_known lists [personal]';
COMMENT ON COLUMN alexa.audit_event.client_id   IS 'The registered client that asked [personal]';
COMMENT ON COLUMN alexa.audit_event.link_id     IS 'The link; zeros: no link. It may not exist: only a redeemed code starts a link [personal]';
COMMENT ON COLUMN alexa.audit_event.subject     IS 'The person who acted, if any. Only names that exist, never what a stranger typed [personal]';
COMMENT ON COLUMN alexa.audit_event.reason      IS 'Why; it can name the DBA who acted [personal]';
COMMENT ON COLUMN alexa.audit_event.written_by  IS 'The role that was logged in: alexa_app is the WAR, which cannot set this column or occurred_at';
COMMENT ON COLUMN alexa.audit_event.times       IS 'How often: the first refusal of a kind is a row, and those that follow within a minute are one more row, written at its end [personal]';
COMMENT ON COLUMN alexa.audit_event.first_at    IS 'Of refusals that were counted, when the first came; NULL: at occurred_at [personal]';
COMMENT ON COLUMN alexa.audit_event.last_at     IS 'Of refusals that were counted, when the last came; NULL: at occurred_at [personal]';
CREATE INDEX audit_event_link_idx    ON alexa.audit_event (link_id, occurred_at);
CREATE INDEX audit_event_subject_idx ON alexa.audit_event (subject, occurred_at);
GRANT INSERT (event, client_id, link_id, subject, reason, times, first_at, last_at) ON alexa.audit_event TO alexa_app;
GRANT USAGE ON SEQUENCE alexa.audit_event_id_seq TO alexa_app;
GRANT SELECT ON alexa.audit_event TO alexa_auditor, alexa_support;

-- Triggers, and alexa.hold_account ------------------------------------------------------------------------------------

CREATE FUNCTION alexa.note_account_deletion() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- codes first: this waits for a redemption that is under way, and the second statement then finds its link
    UPDATE alexa.authorization_code SET redeemed_at = now()
     WHERE subject = OLD.username AND redeemed_at IS NULL AND expires_at > now();
    UPDATE alexa.link SET revoked_at = now(), revoked_because = 'account_deleted'
     WHERE subject = OLD.username AND revoked_at IS NULL;
    INSERT INTO alexa.audit_event (event, subject, reason) VALUES ('account_deleted', OLD.username, format('by %s', session_user));
    RETURN NULL;
END $$;
COMMENT ON FUNCTION alexa.note_account_deletion() IS 'Trigger of alexa.account: deleting an account revokes its links and its unredeemed codes, and leaves an event';
CREATE TRIGGER account_deletion_is_noted AFTER DELETE ON alexa.account
    FOR EACH ROW EXECUTE FUNCTION alexa.note_account_deletion();

CREATE FUNCTION alexa.note_account_renaming() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE alexa.authorization_code SET subject = NEW.username WHERE subject = OLD.username;
    UPDATE alexa.link SET subject = NEW.username WHERE subject = OLD.username;
    UPDATE alexa.audit_event SET subject = NEW.username WHERE subject = OLD.username;
    -- without the old name, which would stay in the trail when the person is erased later
    INSERT INTO alexa.audit_event (event, subject, reason) VALUES ('account_renamed', NEW.username, format('by %s', session_user));
    RETURN NULL;
END $$;
COMMENT ON FUNCTION alexa.note_account_renaming() IS 'Trigger of alexa.account: writes the new name wherever the old one stands, so that a new account with the old name gets no links';
CREATE TRIGGER account_renaming_is_noted AFTER UPDATE OF username ON alexa.account
    FOR EACH ROW WHEN (OLD.username <> NEW.username) EXECUTE FUNCTION alexa.note_account_renaming();

CREATE FUNCTION alexa.refuse_to_take_back() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT pg_has_role(current_user, 'alexa_owner', 'MEMBER') THEN
        RAISE EXCEPTION 'alexa.%: what was revoked, superseded or redeemed stays so, since the moment it was', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION alexa.refuse_to_take_back() IS 'Trigger of link, refresh_token, access_token and authorization_code: only a member of alexa_owner may take a revocation or redemption back';
CREATE TRIGGER revoked_stays_revoked BEFORE UPDATE OF revoked_at, revoked_because ON alexa.link FOR EACH ROW
    WHEN (OLD.revoked_at IS NOT NULL AND (NEW.revoked_at, NEW.revoked_because) IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_because))
    EXECUTE FUNCTION alexa.refuse_to_take_back();
-- a mark of long ago would have alexa.maintain() delete the row
CREATE TRIGGER revoked_is_now BEFORE UPDATE OF revoked_at ON alexa.link FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at <> now())
    EXECUTE FUNCTION alexa.refuse_to_take_back();
CREATE TRIGGER superseded_is_now BEFORE UPDATE OF superseded_at, idle_until ON alexa.refresh_token FOR EACH ROW
    WHEN (OLD.superseded_at IS NULL AND NEW.superseded_at <> now() OR NEW.idle_until <= now())
    EXECUTE FUNCTION alexa.refuse_to_take_back();
CREATE TRIGGER superseded_stays_superseded BEFORE UPDATE OF superseded_at ON alexa.refresh_token FOR EACH ROW
    WHEN (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS DISTINCT FROM OLD.superseded_at)
    EXECUTE FUNCTION alexa.refuse_to_take_back();
CREATE TRIGGER revoked_stays_revoked BEFORE UPDATE OF revoked_at ON alexa.access_token FOR EACH ROW
    WHEN (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
    EXECUTE FUNCTION alexa.refuse_to_take_back();
CREATE TRIGGER redeemed_stays_redeemed BEFORE UPDATE OF redeemed_at ON alexa.authorization_code FOR EACH ROW
    WHEN (OLD.redeemed_at IS NOT NULL AND NEW.redeemed_at IS DISTINCT FROM OLD.redeemed_at)
    EXECUTE FUNCTION alexa.refuse_to_take_back();
CREATE TRIGGER answered_stays_answered BEFORE UPDATE OF unanswered_since ON alexa.authorization_code FOR EACH ROW
    WHEN (OLD.redeemed_at IS NOT NULL AND OLD.unanswered_since IS NULL AND NEW.unanswered_since IS NOT NULL)
    EXECUTE FUNCTION alexa.refuse_to_take_back();

CREATE FUNCTION alexa.hold_account(subject text, account_id uuid, password_changed_at timestamptz) RETURNS boolean
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF account_id IS NULL THEN
        RETURN NOT EXISTS (SELECT FROM alexa.account a WHERE alexa.folded(a.username) = alexa.folded(subject));
    END IF;
    -- waits for a transaction that deletes or changes the account; a later one waits for this, and then finds the code
    PERFORM FROM alexa.account a
      WHERE a.username = subject
        AND a.account_id = hold_account.account_id
        AND a.password_changed_at = hold_account.password_changed_at
        AND a.disabled_at IS NULL
        FOR SHARE;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION alexa.hold_account(text, uuid, timestamptz) IS 'Whether the account is still as it was when the sign-in began; it stays so until the end of the transaction. Without an account_id: whether still no account has that name';
GRANT EXECUTE ON FUNCTION alexa.hold_account(text, uuid, timestamptz) TO alexa_app;

-- No error prints a hash ------------------------------------------------------------------------------------------------

-- PostgreSQL prints the row that a constraint refuses, and all of its columns. This refuses it before, without the row. It
-- finds by itself which constraint it is: so it may be slow
CREATE FUNCTION alexa.refuse_without_the_row() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    hit   record;
    holds boolean;
BEGIN
    SELECT a.attname INTO hit FROM pg_attribute a
     WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND a.attnotnull AND NOT a.attisdropped AND to_jsonb(NEW) ->> a.attname IS NULL ORDER BY a.attnum LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'null value in column "%" of relation "%" violates not-null constraint', hit.attname, TG_TABLE_NAME
            USING ERRCODE = 'not_null_violation', TABLE = TG_TABLE_NAME, COLUMN = hit.attname;
    END IF;
    FOR hit IN SELECT k.conname, pg_get_expr(k.conbin, k.conrelid) AS condition, obj_description(k.oid, 'pg_constraint') AS hint
                 FROM pg_constraint k WHERE k.conrelid = TG_RELID AND k.contype = 'c' ORDER BY k.conname LOOP
        EXECUTE format('SELECT %s FROM (SELECT ($1).*) AS t', hit.condition) INTO holds USING NEW;
        IF NOT holds THEN
            RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, hit.conname
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = hit.conname, HINT = coalesce(hit.hint, 'the constraint''s name says what must hold');
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION alexa.refuse_without_the_row() IS 'Trigger of the tables with a hash: refuses a row before its constraints do, whose error would print it';

CREATE FUNCTION alexa.refuse_copy() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_query() ~* '(^|;)\s*copy\s' THEN
        RAISE EXCEPTION '% is not loaded by COPY, whose errors print the line with its hash', TG_RELID::regclass
            USING HINT = format('COPY into a temporary table, then INSERT INTO %s SELECT ... FROM it', TG_RELID::regclass), ERRCODE = 'feature_not_supported';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION alexa.refuse_copy() IS 'Trigger of alexa.account and alexa.client_secret: refuses COPY. pg_restore loads a whole schema before its triggers are there';

CREATE FUNCTION alexa.refuse_a_secret_twice() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (TG_OP = 'INSERT' OR (NEW.client_id, NEW.secret_hash) <> (OLD.client_id, OLD.secret_hash))
       AND EXISTS (SELECT FROM alexa.client_secret s WHERE s.client_id = NEW.client_id AND s.secret_hash = NEW.secret_hash) THEN
        RAISE EXCEPTION 'client "%" has this secret already', NEW.client_id
            USING ERRCODE = 'unique_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'client_secret_pkey';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION alexa.refuse_a_secret_twice() IS 'Trigger of alexa.client_secret: refuses a second row before the primary key does, whose error would print the hash';

-- a name of aa... comes first: triggers of one table fire by name
CREATE TRIGGER aa_refused_without_the_row BEFORE INSERT OR UPDATE ON alexa.account
    FOR EACH ROW EXECUTE FUNCTION alexa.refuse_without_the_row();
CREATE TRIGGER aa_not_copied BEFORE INSERT ON alexa.account FOR EACH STATEMENT EXECUTE FUNCTION alexa.refuse_copy();
CREATE TRIGGER aa_refused_without_the_row BEFORE INSERT OR UPDATE ON alexa.client_secret
    FOR EACH ROW EXECUTE FUNCTION alexa.refuse_without_the_row();
CREATE TRIGGER aa_not_copied BEFORE INSERT ON alexa.client_secret FOR EACH STATEMENT EXECUTE FUNCTION alexa.refuse_copy();
CREATE TRIGGER ab_not_there_twice BEFORE INSERT OR UPDATE OF client_id, secret_hash ON alexa.client_secret
    FOR EACH ROW EXECUTE FUNCTION alexa.refuse_a_secret_twice();
-- Codes and tokens are written often: there PostgreSQL calls the function only if a constraint is violated. The conditions
-- are those of the constraints, with NEW. before each column
DO $$
DECLARE
    tab regclass;
BEGIN
    FOREACH tab IN ARRAY ARRAY['alexa.authorization_code', 'alexa.refresh_token', 'alexa.access_token']::regclass[] LOOP
        EXECUTE (SELECT format('CREATE TRIGGER aa_refused_without_the_row BEFORE INSERT OR UPDATE ON %s FOR EACH ROW WHEN (num_nulls(%s) > 0 OR NOT (%s))'
                               ' EXECUTE FUNCTION alexa.refuse_without_the_row()', tab,
                               string_agg(format('NEW.%I', a.attname), ', ') FILTER (WHERE a.attnotnull),
                               (SELECT string_agg(regexp_replace(pg_get_expr(k.conbin, k.conrelid), '\m(' || string_agg(a.attname, '|') || ')\M', 'NEW.\1', 'g'), ' AND ')
                                  FROM pg_constraint k WHERE k.conrelid = tab AND k.contype = 'c'))
                   FROM pg_attribute a WHERE a.attrelid = tab AND a.attnum > 0 AND NOT a.attisdropped);
    END LOOP;
END $$;
COMMENT ON CONSTRAINT username_is_printable ON alexa.account IS 'a user name has 1 to 255 characters, without control characters and without blanks before or behind';
COMMENT ON CONSTRAINT password_hash_is_tomcats_format ON alexa.account IS 'salt$iterations$hash in hex, as Tomcat''s digest.sh prints it: docs/dba.md, "Accounts"';
COMMENT ON CONSTRAINT secret_hash_is_sha256 ON alexa.client_secret IS '32 bytes: alexa.rotate_client_secret makes a secret and its hash';

INSERT INTO alexa.schema_version (version, description) VALUES (1, 'tables');
RESET default_transaction_read_only;
RESET client_encoding;
RESET search_path;
