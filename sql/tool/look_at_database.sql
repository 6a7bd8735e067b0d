-- look_at_database.sql: what is in this database
--
-- Asked by   setup
-- Reads      pg_namespace, pg_class, pg_depend
-- Writes     nothing
-- Answers    one row: owner_of_schema (NULL without a schema alexa), has_version (whether that schema is ours), others (schemas with
--            objects that are not ours, NULL if there are none)
-- Takes      nothing
SELECT (SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace n WHERE n.nspname = 'alexa') AS owner_of_schema,
       to_regclass('alexa.schema_version') IS NOT NULL AS has_version,
       (SELECT string_agg(DISTINCT n.nspname, ', ')
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname NOT IN ('alexa', 'pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')) AS others;
