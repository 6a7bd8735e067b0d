-- schema_condition.sql: whether a token could be issued now, as far as the schema is concerned
--
-- Asked by   GET /health, and the WAR when it starts (SchemaRepository.trouble)
-- Reads      schema_version; whether the partitions of today and tomorrow are there
-- Writes     nothing
-- Answers    always one row
--            version: of the newest migration; read_only: whether this is a standby or a read-only database;
--            unready: the partitions that are missing, NULL if none
-- Takes      nothing
SELECT (SELECT max(version) FROM alexa.schema_version) AS version,
       pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS read_only,
       (SELECT string_agg(p, ', ')
          FROM unnest(ARRAY['authorization_code_', 'access_token_', 'audit_event_']) AS t,
               generate_series(0, 1) AS day,
               to_char(now() AT TIME ZONE 'UTC' + make_interval(days => day), 'YYYYMMDD') AS d,
               concat('alexa.', t, d) AS p
         WHERE to_regclass(p) IS NULL) AS unready;
