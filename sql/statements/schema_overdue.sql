-- schema_overdue.sql: whether upkeep is overdue or partitions run short, although tokens can be issued
--
-- Asked by   GET /health, and the WAR after each upkeep (SchemaRepository.maintenanceWarning)
-- Reads      maintenance_status
-- Writes     nothing
-- Answers    no row: upkeep is done; else words: a sentence for the operator
-- Takes      nothing
SELECT words FROM alexa.maintenance_status WHERE NOT well;
