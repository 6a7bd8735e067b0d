-- keep_parameters_out_of_log.sql: the server's log gets no parameter of this session, such as the hash of a password
--
-- Asked by   every command
-- Reads      nothing
-- Writes     nothing
-- Answers    a row if it is so: only a superuser may say it, and otherwise the server's log_parameter_max_length holds
-- Takes      nothing
SELECT set_config('log_parameter_max_length', '0', false) AS set WHERE current_setting('is_superuser')::boolean;
