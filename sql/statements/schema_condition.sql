-- schema_condition.sql: whether the schema would let a token be issued now
--
-- Asked by   GET /health, and the WAR when it starts (SchemaRepository.whyNotReady)
-- Reads      schema_version, maintenance_status
-- Writes     nothing
-- Answers    always one row
--            version: of the newest migration; read_only: whether this is a standby or a read-only database;
--            unready: the tables into which no row can be written now, NULL if none
-- Takes      nothing
SELECT (SELECT max(version) FROM alexa.schema_version) AS version,
       pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS read_only,
       m.unready
  FROM alexa.maintenance_status m;
