-- schema_version.sql: the newest migration that was run
--
-- Asked by   setup
-- Reads      schema_version
-- Writes     nothing
-- Answers    one row: version
-- Takes      nothing
SELECT coalesce(max(v.version), 0) AS version FROM alexa.schema_version v;
