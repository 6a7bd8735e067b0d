-- database_clock.sql: the time by the clock that alone decides what is valid
--
-- Asked by   java -jar alexa.war check (SchemaRepository.clock)
-- Reads      nothing
-- Writes     nothing
-- Answers    always one row: now_ms, milliseconds since 1970
-- Takes      nothing
SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms;
