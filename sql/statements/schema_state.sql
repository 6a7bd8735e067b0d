-- schema_state.sql: the state of the schema, in numbers for a monitoring system
--
-- Asked by   GET /metrics, at most once in ten seconds (SchemaRepository.state)
-- Reads      schema_version, maintenance_status
-- Writes     nothing
-- Answers    always one row
--            version: of the newest migration; read_only: whether this is a standby or a read-only database;
--            days_ready: for how many days from today every partition is there; last_run_at: of upkeep, seconds since 1970
-- Takes      nothing
SELECT (SELECT max(version) FROM alexa.schema_version) AS version,
       pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS read_only,
       m.days_ready,
       floor(extract(epoch FROM m.last_run_at))::bigint AS last_run_at
  FROM alexa.maintenance_status m;
