-- V2__links_and_tokens.sql: what a consent leads to: a code, a link, its tokens, and the trail of all of it
--
-- Run by   a member of alexa_owner, in the application database:
--          psql -1 -v ON_ERROR_STOP=1 -d alexa -f sql/migrations/V2__links_and_tokens.sql
-- Needs    V1__clients_and_accounts.sql
-- Locks    none worth naming: it only creates
-- Undo     sql/undo/V2__links_and_tokens.sql (every linked account must link again)
-- Check    sql/verify/links_and_tokens.sql
--
-- Every code and token is  prefix_ + base64url(16-byte link_id ‖ 32 random bytes);  only its SHA-256 is kept. The link_id
-- in front makes every statement one index probe into one link. Codes, access tokens and audit events are partitioned
-- by day (UTC) and dropped, never deleted: see alexa.retention and alexa.maintain().
SET search_path = pg_catalog, pg_temp;
SET LOCAL ROLE alexa_owner;
DO $$ BEGIN
    IF current_user <> 'alexa_owner' THEN
        RAISE EXCEPTION 'this file must run in one transaction: psql -1 -v ON_ERROR_STOP=1 -f ...';
    END IF;
END $$;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

CREATE TABLE alexa.link (
    link_id         uuid        PRIMARY KEY,
    client_id       text        NOT NULL REFERENCES alexa.client,
    subject         text        NOT NULL,
    scope           text[]      NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    revoked_at      timestamptz,
    revoked_because text,
    account_id      uuid,

    CONSTRAINT revoked_for_a_reason CHECK ((revoked_at IS NULL) = (revoked_because IS NULL)),
    CONSTRAINT reason_is_a_word     CHECK (revoked_because ~ '^[a-z_]{1,40}$')
) WITH (fillfactor = 90);
COMMENT ON TABLE  alexa.link                 IS 'What one consent started, from the moment its code was redeemed: one client, one subject, and every token of theirs. A subject can have many';
COMMENT ON COLUMN alexa.link.link_id         IS 'Random; the first 16 bytes of the code and of every token';
COMMENT ON COLUMN alexa.link.client_id       IS 'Who was allowed';
COMMENT ON COLUMN alexa.link.subject         IS 'Who allowed it: the name the Realm knows them by';
COMMENT ON COLUMN alexa.link.scope           IS 'What was allowed';
COMMENT ON COLUMN alexa.link.created_at      IS 'When the code was redeemed';
COMMENT ON COLUMN alexa.link.revoked_at      IS 'Since when none of its tokens is good; NULL: it is live';
COMMENT ON COLUMN alexa.link.revoked_because IS 'Why: code_replayed, unlinked, account_deleted, …';
COMMENT ON COLUMN alexa.link.account_id      IS 'The account of its subject: while that is not there, whatever happened to it, no token of the link is good. NULL: another Realm knows them';
CREATE INDEX link_subject_idx ON alexa.link (subject);
CREATE INDEX link_client_idx  ON alexa.link (client_id);
GRANT SELECT, INSERT (link_id, client_id, subject, scope, account_id), UPDATE (revoked_at, revoked_because) ON alexa.link TO alexa_app;
GRANT SELECT ON alexa.link TO alexa_support;

CREATE TABLE alexa.refresh_token (
    link_id      uuid        NOT NULL REFERENCES alexa.link ON DELETE CASCADE,
    token_hash   bytea       NOT NULL,
    issued_at    timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz,

    PRIMARY KEY (link_id, token_hash),
    CONSTRAINT token_hash_is_sha256 CHECK (octet_length(token_hash) = 32)
) WITH (fillfactor = 80);
COMMENT ON TABLE  alexa.refresh_token              IS 'Hashes of refresh tokens. Not partitioned: they live as long as the link. No index on what changes, so that updates stay HOT';
COMMENT ON COLUMN alexa.refresh_token.link_id      IS 'The link it keeps alive';
COMMENT ON COLUMN alexa.refresh_token.token_hash   IS 'SHA-256 of the token as it goes over the wire';
COMMENT ON COLUMN alexa.refresh_token.issued_at    IS 'When';
COMMENT ON COLUMN alexa.refresh_token.expires_at   IS 'NULL: never';
COMMENT ON COLUMN alexa.refresh_token.last_used_at IS 'Last refresh, written at most once an hour; NULL: not yet';
COMMENT ON COLUMN alexa.refresh_token.revoked_at   IS 'Since when it is refused; NULL: it is good while its link is';
GRANT SELECT, INSERT (link_id, token_hash, expires_at), UPDATE (last_used_at, revoked_at) ON alexa.refresh_token TO alexa_app;

-- No foreign key from here to link: the link does not exist before the code is redeemed
CREATE TABLE alexa.authorization_code (
    link_id        uuid        NOT NULL,
    code_hash      bytea       NOT NULL,
    client_id      text        NOT NULL,
    redirect_uri   text        NOT NULL,
    code_challenge text,
    subject        text        NOT NULL,
    scope          text[]      NOT NULL,
    issued_at      timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL,
    redeemed_at    timestamptz,
    account_id     uuid,
    password_changed_at timestamptz,

    PRIMARY KEY (link_id, code_hash, expires_at),
    CONSTRAINT account_has_a_password   CHECK ((account_id IS NULL) = (password_changed_at IS NULL)),
    CONSTRAINT code_hash_is_sha256      CHECK (octet_length(code_hash) = 32),
    CONSTRAINT code_challenge_is_s256   CHECK (code_challenge ~ '^[A-Za-z0-9_-]{43}$'),
    CONSTRAINT lives_ten_minutes_at_max CHECK (expires_at <= issued_at + interval '10 minutes')
) PARTITION BY RANGE (expires_at);
COMMENT ON TABLE  alexa.authorization_code                IS 'Hashes of authorization codes (RFC 6749 §4.1.2), by day of expiry';
COMMENT ON COLUMN alexa.authorization_code.link_id        IS 'The link it will start';
COMMENT ON COLUMN alexa.authorization_code.code_hash      IS 'SHA-256 of the code as it goes over the wire';
COMMENT ON COLUMN alexa.authorization_code.client_id      IS 'The only client that can redeem it';
COMMENT ON COLUMN alexa.authorization_code.redirect_uri   IS 'Must be sent again when redeeming (RFC 6749 §4.1.3)';
COMMENT ON COLUMN alexa.authorization_code.code_challenge IS 'S256 challenge; NULL: none was sent, and then no verifier may come (RFC 9700 §2.1.1)';
COMMENT ON COLUMN alexa.authorization_code.subject        IS 'Who signed in';
COMMENT ON COLUMN alexa.authorization_code.scope          IS 'What they allowed';
COMMENT ON COLUMN alexa.authorization_code.issued_at      IS 'When';
COMMENT ON COLUMN alexa.authorization_code.expires_at     IS 'From when it is refused';
COMMENT ON COLUMN alexa.authorization_code.redeemed_at    IS 'Set once, by the request that redeemed the code; NULL means unused';
COMMENT ON COLUMN alexa.authorization_code.account_id     IS 'The account that signed in; NULL: another Realm knows them';
COMMENT ON COLUMN alexa.authorization_code.password_changed_at IS 'As it was of that account when the sign-in began: the code is not redeemed if it is another by then';
GRANT SELECT, INSERT (link_id, code_hash, client_id, redirect_uri, code_challenge, subject, scope, expires_at, account_id, password_changed_at),
    UPDATE (redeemed_at) ON alexa.authorization_code TO alexa_app;

-- No foreign key from here to link: it would lock and rewrite the link's row at every refresh
CREATE TABLE alexa.access_token (
    link_id    uuid        NOT NULL,
    token_hash bytea       NOT NULL,
    scope      text[],
    issued_at  timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,

    PRIMARY KEY (link_id, token_hash, expires_at),
    CONSTRAINT token_hash_is_sha256 CHECK (octet_length(token_hash) = 32),
    CONSTRAINT lives_a_day_at_max   CHECK (expires_at <= issued_at + interval '24 hours')
) PARTITION BY RANGE (expires_at);
COMMENT ON TABLE  alexa.access_token            IS 'Hashes of access tokens, by day of expiry. Good while not expired, not revoked, and its link, client and account are';
COMMENT ON COLUMN alexa.access_token.link_id    IS 'The link it speaks for';
COMMENT ON COLUMN alexa.access_token.token_hash IS 'SHA-256 of the token as it goes over the wire';
COMMENT ON COLUMN alexa.access_token.scope      IS 'Narrower than the link''s, when a refresh asked for less; NULL: the link''s';
COMMENT ON COLUMN alexa.access_token.issued_at  IS 'When';
COMMENT ON COLUMN alexa.access_token.expires_at IS 'From when it is refused';
COMMENT ON COLUMN alexa.access_token.revoked_at IS 'Since when this one token is refused; NULL: it is good';
GRANT SELECT, INSERT (link_id, token_hash, scope, expires_at), UPDATE (revoked_at) ON alexa.access_token TO alexa_app;

CREATE SEQUENCE alexa.audit_event_id_seq CACHE 50;
CREATE TABLE alexa.audit_event (
    occurred_at timestamptz NOT NULL DEFAULT now(),
    event_id    bigint      NOT NULL DEFAULT nextval('alexa.audit_event_id_seq'),
    event       text        NOT NULL,
    client_id   text,
    link_id     uuid,
    subject     text,
    reason      text,
    written_by  text        NOT NULL DEFAULT session_user,
    -- squawk-ignore prefer-bigint-over-int
    times       integer     NOT NULL DEFAULT 1,

    PRIMARY KEY (occurred_at, event_id),
    CONSTRAINT event_is_a_word      CHECK (event ~ '^[a-z_]{1,40}$'),
    CONSTRAINT reason_is_a_sentence CHECK (char_length(reason) <= 300),
    CONSTRAINT it_happened          CHECK (times > 0)
) PARTITION BY RANGE (occurred_at);
ALTER SEQUENCE alexa.audit_event_id_seq OWNED BY alexa.audit_event.event_id;
COMMENT ON SEQUENCE alexa.audit_event_id_seq  IS 'Tells apart events of one microsecond; gaps mean nothing';
COMMENT ON TABLE  alexa.audit_event             IS 'What happened to which link, by day; written by the WAR, changed by nobody, dropped after its retention. Never a secret, code, token, password or state';
COMMENT ON COLUMN alexa.audit_event.occurred_at IS 'When the statement began, by the database''s clock';
COMMENT ON COLUMN alexa.audit_event.event_id    IS 'Orders events of one moment';
COMMENT ON COLUMN alexa.audit_event.event       IS 'authorization_refused, access_denied, sign_in_failed, code_issued, code_redeemed, code_repeated, code_replayed, token_refreshed, refreshed_in_grace, token_refused, link_revoked, …';
COMMENT ON COLUMN alexa.audit_event.client_id   IS 'Which registered client asked';
COMMENT ON COLUMN alexa.audit_event.link_id     IS 'Which link; it may not exist (yet): a code that is never redeemed starts none';
COMMENT ON COLUMN alexa.audit_event.subject     IS 'Who, where a person acted; never what a stranger typed, only names that exist. Refreshes name nobody: follow link_id';
COMMENT ON COLUMN alexa.audit_event.reason      IS 'Why, in words for the operator';
COMMENT ON COLUMN alexa.audit_event.written_by  IS 'Who was logged in: alexa_app is the WAR, which can give neither this nor the moment';
COMMENT ON COLUMN alexa.audit_event.times       IS 'How often: refusals of one kind that follow each other within a minute are one row more, written at its end';
-- refreshes are nearly all of the rows and are found through time; the rest also through who and which
CREATE INDEX audit_event_link_idx    ON alexa.audit_event (link_id, occurred_at)
    WHERE link_id IS NOT NULL AND event <> 'token_refreshed';
CREATE INDEX audit_event_subject_idx ON alexa.audit_event (subject, occurred_at)
    WHERE subject IS NOT NULL;
GRANT INSERT (event, client_id, link_id, subject, reason, times) ON alexa.audit_event TO alexa_app;
GRANT USAGE ON SEQUENCE alexa.audit_event_id_seq TO alexa_app;
GRANT SELECT ON alexa.audit_event TO alexa_auditor, alexa_support;

CREATE TABLE alexa.retention (
    table_name text     PRIMARY KEY,
    keep       interval NOT NULL,

    CONSTRAINT keeps_at_least_a_day CHECK (keep >= interval '1 day')
);
COMMENT ON TABLE  alexa.retention            IS 'How long a daily partition is kept after everything in it is past; UPDATE it as you like, alexa.maintain() obeys';
COMMENT ON COLUMN alexa.retention.table_name IS 'A partitioned table of this schema';
COMMENT ON COLUMN alexa.retention.keep       IS 'Counted from the end of the partition''s day';
GRANT SELECT ON alexa.retention TO alexa_monitor, alexa_support, alexa_auditor;
INSERT INTO alexa.retention (table_name, keep) VALUES
    ('authorization_code', interval '7 days'),   -- long enough to tell a replayed code from a guessed one
    ('access_token',       interval '1 day'),    -- long enough to say "expired" instead of "unknown"
    ('audit_event',        interval '90 days');

-- An account that is deleted takes its links along: their tokens must not outlive the person's access.
CREATE FUNCTION alexa.revoke_links_of_deleted_account() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- codes first: one that is being redeemed right now is waited for, and its link is there for the second statement
    UPDATE alexa.authorization_code SET redeemed_at = now()
     WHERE subject = OLD.username AND redeemed_at IS NULL AND expires_at > now();
    UPDATE alexa.link SET revoked_at = now(), revoked_because = 'account_deleted'
     WHERE subject = OLD.username AND revoked_at IS NULL;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION alexa.revoke_links_of_deleted_account() IS 'Trigger of alexa.account: deleting an account revokes its links and its unredeemed codes';
CREATE TRIGGER deleted_account_revokes_links AFTER DELETE ON alexa.account
    FOR EACH ROW EXECUTE FUNCTION alexa.revoke_links_of_deleted_account();

-- An account that is renamed keeps its links: else they would belong to whoever gets the old name.
CREATE FUNCTION alexa.rename_links_of_renamed_account() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE alexa.authorization_code SET subject = NEW.username WHERE subject = OLD.username AND expires_at > now();
    UPDATE alexa.link SET subject = NEW.username WHERE subject = OLD.username;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION alexa.rename_links_of_renamed_account() IS 'Trigger of alexa.account: renaming an account renames the subject of its links';
CREATE TRIGGER renamed_account_renames_links AFTER UPDATE OF username ON alexa.account
    FOR EACH ROW WHEN (OLD.username <> NEW.username) EXECUTE FUNCTION alexa.rename_links_of_renamed_account();

-- What ended has ended, and what was used has been used: alexa_app marks it and cannot take the mark back.
CREATE FUNCTION alexa.refuse_to_take_back() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT pg_has_role(current_user, 'alexa_owner', 'MEMBER') THEN
        RAISE EXCEPTION 'alexa.%: what was revoked, superseded or redeemed stays so', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION alexa.refuse_to_take_back() IS 'Trigger of link, refresh_token, access_token and authorization_code: only a member of alexa_owner may take a revocation or redemption back';
CREATE TRIGGER revoked_stays_revoked BEFORE UPDATE OF revoked_at, revoked_because ON alexa.link FOR EACH ROW
    WHEN (OLD.revoked_at IS NOT NULL AND (NEW.revoked_at, NEW.revoked_because) IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_because))
    EXECUTE FUNCTION alexa.refuse_to_take_back();
CREATE TRIGGER revoked_stays_revoked BEFORE UPDATE OF revoked_at ON alexa.refresh_token FOR EACH ROW
    WHEN (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
    EXECUTE FUNCTION alexa.refuse_to_take_back();
CREATE TRIGGER revoked_stays_revoked BEFORE UPDATE OF revoked_at ON alexa.access_token FOR EACH ROW
    WHEN (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
    EXECUTE FUNCTION alexa.refuse_to_take_back();
CREATE TRIGGER redeemed_stays_redeemed BEFORE UPDATE OF redeemed_at ON alexa.authorization_code FOR EACH ROW
    WHEN (OLD.redeemed_at IS NOT NULL AND NEW.redeemed_at IS DISTINCT FROM OLD.redeemed_at)
    EXECUTE FUNCTION alexa.refuse_to_take_back();

-- A code is issued a moment after the listener's password was checked. What happened to the account in between counts.
CREATE FUNCTION alexa.hold_account(subject text, account_id uuid, password_changed_at timestamptz) RETURNS boolean
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF account_id IS NULL THEN
        RETURN NOT EXISTS (SELECT FROM alexa.account a WHERE alexa.folded(a.username) = alexa.folded(subject));
    END IF;
    -- whoever deletes or changes it right now is waited for; whoever comes later waits, and finds the code
    PERFORM FROM alexa.account a
      WHERE a.username = subject
        AND a.account_id = hold_account.account_id
        AND a.password_changed_at = hold_account.password_changed_at
        AND a.disabled_at IS NULL
        FOR SHARE;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION alexa.hold_account(text, uuid, timestamptz) IS 'Whether the account is still as it was when the sign-in began; until the end of the transaction it stays so. Without an account_id: whether there is still no account of that name';
GRANT EXECUTE ON FUNCTION alexa.hold_account(text, uuid, timestamptz) TO alexa_app;

CREATE FUNCTION alexa.create_partition(parent text, day date) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    child    text := parent || '_' || to_char(day, 'YYYYMMDD');
    key      text := pg_get_partkeydef(format('alexa.%I', parent)::regclass);
    from_day timestamptz := day::timestamp AT TIME ZONE 'UTC';
    to_day   timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(format('alexa.%I', child)) IS NOT NULL THEN
        RETURN false;
    END IF;
    key := substring(key FROM '\((.*)\)');
    -- made beside and then attached, with a CHECK that says what the bound says: the parent is never locked
    EXECUTE format('CREATE TABLE alexa.%I (LIKE alexa.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMMENTS, '
                   'CONSTRAINT in_its_day CHECK (%s IS NOT NULL AND %s >= %L AND %s < %L)) WITH (fillfactor = 90)',
                   child, parent, key, key, from_day, key, to_day);
    EXECUTE format('ALTER TABLE alexa.%I ATTACH PARTITION alexa.%I FOR VALUES FROM (%L) TO (%L)',
                   parent, child, from_day, to_day);
    EXECUTE format('ALTER TABLE alexa.%I DROP CONSTRAINT in_its_day', child);
    RETURN true;
END $$;
COMMENT ON FUNCTION alexa.create_partition(text, date) IS 'Makes the partition of one table for one day (UTC); false where it is there already. Called by alexa.maintain()';

CREATE FUNCTION alexa.maintain(days_ahead integer DEFAULT 14) RETURNS TABLE (action text, relation text)
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '100ms'
AS $$
DECLARE
    kept  record;
    child record;
    today date := (now() AT TIME ZONE 'UTC')::date;
BEGIN
    IF days_ahead NOT BETWEEN 3 AND 60 THEN
        RAISE EXCEPTION 'days_ahead must be from 3 to 60, not %', days_ahead;
    END IF;
    FOR kept IN SELECT r.table_name, r.keep FROM alexa.retention r ORDER BY r.table_name LOOP
        FOR i IN 0 .. days_ahead LOOP
            IF alexa.create_partition(kept.table_name, today + i) THEN
                action := 'created';
                relation := kept.table_name || '_' || to_char(today + i, 'YYYYMMDD');
                RETURN NEXT;
            END IF;
        END LOOP;
    END LOOP;
    FOR child IN
        SELECT c.relname
          FROM alexa.retention r
          JOIN pg_inherits i ON i.inhparent = format('alexa.%I', r.table_name)::regclass
          JOIN pg_class c ON c.oid = i.inhrelid
         WHERE c.relname ~ '_[0-9]{8}$'
           AND (to_date(right(c.relname, 8), 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'UTC' + r.keep < now()
         ORDER BY right(c.relname, 8), c.relname
    LOOP
        relation := child.relname;
        BEGIN
            EXECUTE format('DROP TABLE alexa.%I', child.relname);
            action := 'dropped';
        EXCEPTION WHEN lock_not_available THEN
            action := 'busy, next time';
        END;
        RETURN NEXT;
        -- a drop locks the whole table until commit: one per call, so that no token waits for two
        EXIT;
    END LOOP;
END $$;
COMMENT ON FUNCTION alexa.maintain(integer) IS 'Makes daily partitions ahead and drops one past its retention; returns what it did. The WAR calls it every hour until it drops no more; pg_cron may instead. Harmless to repeat';
GRANT EXECUTE ON FUNCTION alexa.maintain(integer) TO alexa_app;

SELECT action, relation FROM alexa.maintain();

INSERT INTO alexa.schema_version (version, description) VALUES (2, 'links and tokens');
RESET search_path;
