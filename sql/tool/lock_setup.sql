-- lock_setup.sql: one setup at a time in a database
--
-- Asked by   setup
-- Reads      nothing
-- Writes     nothing; holds an advisory lock until the session ends
-- Answers    one row: alone (false if another session has the lock)
-- Takes      nothing
SELECT pg_try_advisory_lock(hashtextextended('alexa-link setup', 0)) AS alone;
