-- read_only_because.sql: what makes this database read-only
--
-- Asked by   java -jar alexa.war check, and the operator's page, if it is (SchemaRepository.readOnlyBecause)
-- Reads      pg_settings
-- Writes     nothing
-- Answers    one row: because: standby, or the place of default_transaction_read_only as pg_settings has it, for example
--            database or configuration file
-- Takes      nothing
SELECT CASE WHEN pg_is_in_recovery() THEN 'standby'
            ELSE (SELECT s.source FROM pg_settings s WHERE s.name = 'default_transaction_read_only') END AS because;
