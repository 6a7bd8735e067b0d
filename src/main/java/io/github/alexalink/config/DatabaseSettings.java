package io.github.alexalink.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * The settings of the pool at {@code jdbc/alexa}. They are not read if the operator's context descriptor has a
 * {@code Resource} of its own, complete with address.
 */
public record DatabaseSettings(
        @Setting(
                name = "alexa.db.url",
                limit = "the address of the database, for example jdbc:postgresql://127.0.0.1:5432/alexa",
                sentence =
                        "The address of the database: `jdbc:postgresql://HOST:PORT/DATABASE`. It must lead to the primary."
                                + " Two addresses, or PgBouncer: [dba.md](dba.md#a-standby-and-failover)")
        String url,

        @Setting(
                name = "alexa.db.user",
                fallback = "alexa_app",
                limit = "the name of a role",
                sentence = "The role as which the WAR logs in. Only `alexa_app` has the 2 s limit per statement")
        String user,

        @Setting(
                name = "alexa.db.password",
                limit = "the password of that role, or empty if PostgreSQL asks for none",
                sentence =
                        "The password of that role, if it is not in a file. Every web application of this Tomcat can ask"
                                + " for system properties and the environment: [The password](#the-databases-password)",
                secret = true)
        String password,

        @Setting(
                name = PasswordFile.SETTING,
                fallback = SYSTEMD_CREDENTIAL,
                limit = PASSWORD_FILE,
                sentence =
                        "The file that has the password instead. The WAR reads it again for every new connection. The default counts if"
                                + " that file is there and `alexa.db.password` is not set; systemd makes it")
        String passwordFile,

        @Setting(
                name = "alexa.db.pool",
                fallback = "10",
                limit = "a number from 1 to 100",
                sentence = "Connections at most")
        int pool) {

    static final String PASSWORD_FILE =
            "the absolute path of a file with nothing but the password in one line, at most 4 KiB of UTF-8";

    private static final String SYSTEMD_CREDENTIAL = "$CREDENTIALS_DIRECTORY/alexa.db.password";

    /** One host or several, each with a port or without. */
    private static final Pattern ADDRESS = Pattern.compile(
            "jdbc:postgresql:(//([^/:?@,\\s]+|\\[[0-9a-fA-F:.]+])?(:\\d{1,5})?(,([^/:?@,\\s]+|\\[[0-9a-fA-F:.]+])(:\\d{1,5})?)*/)?"
                    + "[^/?@\\s]*(\\?\\S*)?");

    /**
     * Reads the settings.
     *
     * @param source returns null for a setting that is not set
     */
    public static DatabaseSettings read(UnaryOperator<String> source) throws Settings.BadSetting {
        Values values = new Values(DatabaseSettings.class, source);
        String password = values.read("password", Optional::of);
        DatabaseSettings settings = new DatabaseSettings(
                values.read(
                        "url",
                        url -> ADDRESS.matcher(url).matches() ? Optional.of(url) : Optional.empty(),
                        DatabaseSettings::schemeOnly),
                values.read("user", Optional::of),
                password,
                values.read("passwordFile", file -> passwordFile(file, source, !password.isEmpty()), path -> "…"),
                values.read("pool", DatabaseSettings::size));
        settings.checkPassword();
        return settings;
    }

    /** Read for every new connection. */
    public String currentPassword() throws IOException {
        return passwordFile.isEmpty() ? password : PasswordFile.read(Path.of(passwordFile));
    }

    private void checkPassword() throws Settings.BadSetting {
        if (passwordFile.isEmpty()) {
            return;
        }
        if (!password.isEmpty()) {
            throw new Settings.BadSetting(
                    "alexa.db.password and " + PasswordFile.SETTING + " are both set: leave one of them out");
        }
        try {
            currentPassword();
        } catch (IOException refused) {
            throw new Settings.BadSetting(refused.getMessage());
        }
        PasswordFile.warnIfOthersCanRead(Path.of(passwordFile));
    }

    /**
     * Empty if there is no file. A value that is no absolute path may be the password itself, so it is refused without
     * being shown.
     */
    private static Optional<String> passwordFile(String value, UnaryOperator<String> source, boolean hasPassword) {
        try {
            if (!value.equals(SYSTEMD_CREDENTIAL)) {
                return Path.of(value).isAbsolute() ? Optional.of(value) : Optional.empty();
            }
            String folder = source.apply("CREDENTIALS_DIRECTORY");
            if (folder == null || hasPassword) {
                return Optional.of("");
            }
            Path file = Path.of(folder, "alexa.db.password");
            return Optional.of(Files.exists(file) ? file.toString() : "");
        } catch (InvalidPathException noPath) {
            return Optional.empty();
        }
    }

    /** The only part of a refused address that is shown: in the rest a password can begin and end anywhere. */
    private static String schemeOnly(String url) {
        return url.replaceFirst("(?s)^((?:jdbc:)?[a-z]+://)?.*", "$1…");
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
