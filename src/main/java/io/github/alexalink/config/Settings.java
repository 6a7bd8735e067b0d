package io.github.alexalink.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The operator's settings, except the database's ({@link DatabaseSettings}) and the Realm, which is in
 * {@code context.xml}.
 */
public record Settings(
        @Setting(
                name = "alexa.issuer",
                limit = "the https address of this web application as Alexa sees it, for example"
                        + " https://music.example.org/alexa, without query, fragment or slash at the end",
                sentence = "The address of this web application from outside. `http` will do on localhost, for trying"
                        + " things out. Every URL in every answer comes from it, none from a header")
        URI issuer,

        @Setting(
                name = "alexa.name",
                fallback = "Music server",
                limit = "at most 60 characters, on one line",
                sentence = "What listeners call the music server")
        String name,

        @Setting(
                name = "alexa.maintenance",
                fallback = "true",
                limit = "true or false",
                sentence = "Whether this WAR calls `alexa.maintain()` every hour. `false` if cron or pg_cron does")
        boolean maintenance,

        @Setting(
                name = "alexa.usernames",
                fallback = "ignore-case",
                limit = "ignore-case or exact",
                sentence = "How a Realm of your own compares the names of people. `ignore-case`, as LDAP, MySQL and SQL"
                        + " Server do: the subject is in lower case. `exact`: `Anna` and `anna` are two people."
                        + " An account of `alexa.account` keeps its name either way:"
                        + " [Accounts of your own](#accounts-of-your-own)")
        Usernames usernames,

        @Setting(
                name = "alexa.metrics.readers",
                fallback = MetricsReaders.NOBODY,
                limit =
                        "nobody, or a list with commas between: addresses such as 127.0.0.1, networks such as 10.0.0.0/8 or"
                                + " fd00::/8, and resource-servers",
                sentence = "Who may read `/alexa/metrics`, and by it whether anything is counted at all:"
                        + " [Metrics](#metrics)")
        MetricsReaders metricsReaders) {

    private static final Pattern SECRET_PARAMETER = Pattern.compile("(?i)(?:pass|pwd|secret)[^=&]*=");

    /** No line break, and nothing that turns the direction of the text around it. */
    private static final Pattern NAME = Pattern.compile("[^\\p{Cc}\\p{Zl}\\p{Zp}\\u202A-\\u202E\\u2066-\\u2069]{1,60}");

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    /** A setting that cannot be used. The message says which one, its value, and which values would do. */
    public static final class BadSetting extends Exception {
        private static final long serialVersionUID = 1L;

        BadSetting(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * Reads the settings.
     *
     * @param source returns null for a setting that is not set
     */
    public static Settings read(UnaryOperator<String> source) throws BadSetting {
        Values values = new Values(Settings.class, source);
        return new Settings(
                values.read("issuer", Settings::issuer),
                values.read("name", Settings::name),
                values.read("maintenance", Settings::truth),
                values.read("usernames", Usernames::parse),
                values.read("metricsReaders", MetricsReaders::parse));
    }

    /**
     * Looks a setting up in the context descriptor, then in the system properties, then in the environment. There it is
     * {@code ALEXA_DB_URL}, because shells know no names with dots. A blank value counts as not set. A value in UTF-8 that
     * was read in another encoding is returned as it was written.
     */
    public static UnaryOperator<String> of(UnaryOperator<String> contextParameters) {
        return of(contextParameters, System::getProperty, System::getenv);
    }

    /** Looks settings up in the given sources, as of another JVM, in the order of {@link #of(UnaryOperator)}. */
    public static UnaryOperator<String> of(
            UnaryOperator<String> contextParameters,
            UnaryOperator<String> systemProperties,
            UnaryOperator<String> environment) {
        return name -> Stream.of(
                        contextParameters.apply(name),
                        Letters.withLostMarked(name, systemProperties.apply(name)),
                        systemProperties.apply(Letters.BYTE_ORDER_MARK + name),
                        environment.apply(name.toUpperCase(Locale.ROOT).replace('.', '_')),
                        environment.apply(name))
                .filter(value -> value != null && !value.isBlank())
                .findFirst()
                .map(Letters::asWritten)
                .orElse(null);
    }

    /**
     * A value as it may be shown: without the text between {@code //} and the last {@code @}, and without the text after
     * {@code password=}. A password can contain any of {@code / : @ ? &}, so this removes too much rather than too
     * little.
     */
    public static String withoutPassword(String value) {
        Matcher parameter = SECRET_PARAMETER.matcher(value);
        String shown = parameter.find() ? value.substring(0, parameter.end()) + "…" : value;
        int at = value.lastIndexOf('@');
        if (at < 0) {
            return shown;
        }
        int slashes = value.indexOf("//");
        String begin = slashes < 0 || slashes > at ? "" : value.substring(0, slashes + 2);
        return begin + "…" + (at < shown.length() ? shown.substring(at) : "");
    }

    private static Optional<URI> issuer(String value) {
        URI issuer;
        try {
            issuer = new URI(value);
        } catch (URISyntaxException notAUri) {
            return Optional.empty();
        }
        boolean https = "https".equals(issuer.getScheme());
        boolean trial = "http".equals(issuer.getScheme()) && LOOPBACK.contains(String.valueOf(issuer.getHost()));
        boolean will = (https || trial)
                && issuer.getHost() != null
                && issuer.getRawUserInfo() == null
                && issuer.getRawQuery() == null
                && issuer.getRawFragment() == null
                && !value.endsWith("/");
        return will ? Optional.of(issuer) : Optional.empty();
    }

    private static Optional<String> name(String value) {
        return NAME.matcher(value).matches() ? Optional.of(value) : Optional.empty();
    }

    private static Optional<Boolean> truth(String value) {
        return switch (value) {
            case "true" -> Optional.of(true);
            case "false" -> Optional.of(false);
            default -> Optional.empty();
        };
    }

    @Override
    public String toString() {
        return Values.printed(this);
    }
}
