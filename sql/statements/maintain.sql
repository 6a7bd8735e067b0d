-- maintain.sql: makes partitions ahead, drops one old partition and deletes a batch of rows past their retention
--
-- Asked by   the WAR once an hour on each node, again until nothing is left to drop (SchemaRepository.maintain)
-- Reads      the catalog
-- Writes     what alexa.maintain() returns; any number of nodes may run it at once
-- Locks      one partition at a time and briefly, because each call drops one and deletes one batch at most
-- Answers    one row per thing done: action (created, dropped, deleted, ended, failed: …, busy, …) and relation
-- Takes      nothing
SELECT action, relation FROM alexa.maintain();
