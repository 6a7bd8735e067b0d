-- allow_a_minute.sql: lets the next statement of this transaction run for a minute
--
-- Asked by   the WAR before each maintain, in the same transaction (SchemaRepository.maintain)
-- Reads      nothing
-- Writes     nothing
-- Answers    nothing
-- Takes      nothing
--
-- Role alexa_app has two seconds per statement, because clients and listeners wait. No client waits for upkeep.
SET LOCAL statement_timeout = '60s';
