package io.github.alexalink.config;

import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * What the pool at {@code jdbc/alexa} needs to know. An operator whose context descriptor has a {@code Resource} of its
 * own, complete with address, has said it there: then nobody asks for these.
 */
public record DatabaseSettings(
        @Setting(
                name = "alexa.db.url",
                limit = "the address of the database, for example jdbc:postgresql://127.0.0.1:5432/alexa",
                sentence = "Where the database is: `jdbc:postgresql://HOST:PORT/DATABASE`. It must lead to the primary."
                        + " Two addresses, or PgBouncer: [dba.md](dba.md#a-standby-and-failover)")
        String url,

        @Setting(
                name = "alexa.db.user",
                fallback = "alexa_app",
                limit = "the name of a role",
                sentence = "Who the WAR logs in as. Only this role has the 2 s limit per statement")
        String user,

        @Setting(
                name = "alexa.db.password",
                limit = "the password of that role, or empty where PostgreSQL asks for none",
                sentence = "Their password",
                secret = true)
        String password,

        @Setting(
                name = "alexa.db.pool",
                fallback = "10",
                limit = "a number from 1 to 100",
                sentence = "Connections at most")
        int pool) {

    /** One host or several, each with a port or without. */
    private static final Pattern ADDRESS = Pattern.compile(
            "jdbc:postgresql:(//([^/:?@,\\s]+|\\[[0-9a-fA-F:.]+])?(:\\d{1,5})?(,([^/:?@,\\s]+|\\[[0-9a-fA-F:.]+])(:\\d{1,5})?)*/)?"
                    + "[^/?@\\s]*(\\?\\S*)?");

    /**
     * Reads them.
     *
     * @param source gives null for what is not set
     */
    public static DatabaseSettings read(UnaryOperator<String> source) throws Settings.BadSetting {
        Values values = new Values(DatabaseSettings.class, source);
        return new DatabaseSettings(
                values.read("url", url -> ADDRESS.matcher(url).matches() ? Optional.of(url) : Optional.empty()),
                values.read("user", Optional::of),
                values.read("password", Optional::of),
                values.read("pool", DatabaseSettings::size));
    }

    private static Optional<Integer> size(String value) {
        return value.matches("\\d{1,3}")
                ? Optional.of(Integer.valueOf(value)).filter(size -> size >= 1 && size <= 100)
                : Optional.empty();
    }

    @Override
    public String toString() {
        return Values.printed(this);
    }
}
