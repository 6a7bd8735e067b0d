-- create_database.sql: the command that makes a database; CREATE DATABASE takes no parameter
--
-- Asked by   setup
-- Reads      nothing
-- Writes     nothing
-- Answers    one row: command
-- Takes      database text
SELECT format('CREATE DATABASE %I ENCODING ''UTF8'' TEMPLATE template0', :database) AS command;
