package io.github.alexalink.faults;

import java.sql.SQLException;

/**
 * Makes PostgreSQL refuse statements of the WAR with a given SQLSTATE. Every statement for a token or a page reads
 * {@code alexa.client}, and the Realm reads its view: a condition in each of the two raises the error.
 */
final class Forced {

    private Forced() {}

    static void install(House house) throws SQLException {
        house.execute("""
                CREATE SCHEMA fault;
                GRANT USAGE ON SCHEMA fault TO alexa_app;
                CREATE SEQUENCE fault.statement;
                CREATE TABLE fault.forced (sqlstates text[], after bigint, times bigint, chance float);
                INSERT INTO fault.forced VALUES ('{}', 0, 0, 0);
                CREATE FUNCTION fault.maybe() RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
                DECLARE
                    forced fault.forced;
                    this bigint;
                BEGIN
                    SELECT * INTO forced FROM fault.forced;
                    -- of a sequence, because what is refused is also undone
                    this := CASE WHEN forced.times > 0 THEN nextval('fault.statement') - forced.after ELSE 0 END;
                    IF random() < forced.chance OR (this > 0 AND this <= forced.times) THEN
                        RAISE EXCEPTION 'forced' USING ERRCODE =
                            forced.sqlstates[1 + floor(random() * cardinality(forced.sqlstates))::integer];
                    END IF;
                    RETURN true;
                END $$;
                ALTER TABLE alexa.client ENABLE ROW LEVEL SECURITY;
                CREATE POLICY forced ON alexa.client TO alexa_app USING (fault.maybe());
                GRANT USAGE ON SCHEMA fault TO alexa_owner;
                CREATE OR REPLACE VIEW alexa.realm_account AS
                    SELECT username, password_hash FROM alexa.account WHERE disabled_at IS NULL AND fault.maybe();
                """);
    }

    static void remove(House house) throws SQLException {
        house.execute("""
                DROP POLICY forced ON alexa.client;
                CREATE OR REPLACE VIEW alexa.realm_account AS
                    SELECT username, password_hash FROM alexa.account WHERE disabled_at IS NULL;
                ALTER TABLE alexa.client DISABLE ROW LEVEL SECURITY;
                DROP SCHEMA fault CASCADE;
                """);
    }

    /** Lets some statements pass, refuses that many, and then no more. */
    static void next(House house, String sqlState, int after, int times) throws SQLException {
        house.execute("ALTER SEQUENCE fault.statement RESTART; UPDATE fault.forced SET sqlstates = '{" + sqlState
                + "}', after = " + after + ", times = " + times + ", chance = 0");
    }

    /** Refuses statements at random, with one of three SQLSTATEs. */
    static void sometimes(House house, double chance) throws SQLException {
        house.execute("UPDATE fault.forced SET sqlstates = '{25006,40001,40P01}', times = 0, chance = " + chance);
    }

    static void never(House house) throws SQLException {
        house.execute("UPDATE fault.forced SET times = 0, chance = 0");
    }
}
