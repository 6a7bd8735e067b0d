-- schema_shortcoming.sql: what is not as the migrations and sql/roles.sql made it
--
-- Asked by   the WAR when it starts, and GET /health at most once a minute while all is well (SchemaRepository.shortcomings)
-- Reads      shortcoming, which reads inventory, schema_version, scope_description and the catalog; it locks no table
-- Writes     nothing
-- Answers    up to three rows, the worst first; no row: all is as it should be
--            stops: whether tokens cannot be issued, or good ones are refused; words: what it is, and the line to type;
--            total: how many there are
-- Takes      nothing
SELECT s.stops, s.words, count(*) OVER () AS total
  FROM alexa.shortcoming s
 ORDER BY s.stops DESC, s.words
 LIMIT 3;
