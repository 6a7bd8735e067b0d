package io.github.alexalink.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * What the operator sets, beside the pool and the Realm, which are Tomcat's and stand in {@code context.xml}.
 *
 * @param issuer {@code alexa.issuer}: where this web application is seen from outside, for example
 *     {@code https://music.example.org/alexa}. Every URL in every answer comes from it and none from a header (RFC 8414
 *     §2, RFC 9207)
 * @param name {@code alexa.name}: what listeners call the music server. Default "Music server", at most 60 characters
 * @param maintenance {@code alexa.maintenance}: whether this WAR calls {@code alexa.maintain()} every hour. Default
 *     true; false where pg_cron does
 */
public record Settings(URI issuer, String name, boolean maintenance) {

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    /** A setting that cannot be used: which, what it was, what would do. */
    public static final class BadSetting extends Exception {
        private static final long serialVersionUID = 1L;

        BadSetting(String name, String was, String wanted) {
            super(name + " is [" + was + "]: " + wanted, null, false, false);
        }
    }

    /**
     * Reads the settings.
     *
     * @param source gives null for what is not set
     */
    public static Settings read(UnaryOperator<String> source) throws BadSetting {
        return new Settings(
                issuer(text(source, "alexa.issuer", "")),
                name(text(source, "alexa.name", "Music server")),
                truth("alexa.maintenance", text(source, "alexa.maintenance", "true")));
    }

    /** Where a setting stands: the context descriptor, else a system property, else the environment. */
    public static UnaryOperator<String> of(UnaryOperator<String> contextParameters) {
        return name -> {
            String value = contextParameters.apply(name);
            if (value == null) {
                value = System.getProperty(name);
            }
            return value != null
                    ? value
                    : System.getenv(name.toUpperCase(Locale.ROOT).replace('.', '_'));
        };
    }

    private static String text(UnaryOperator<String> source, String name, String missing) {
        String value = source.apply(name);
        return value == null || value.isBlank() ? missing : value.strip();
    }

    private static URI issuer(String value) throws BadSetting {
        String wanted = "it must be the https address of this web application as Alexa sees it,"
                + " for example https://music.example.org/alexa, without query, fragment or slash at the end";
        URI issuer;
        try {
            issuer = new URI(value);
        } catch (URISyntaxException notAUri) {
            throw new BadSetting("alexa.issuer", value, wanted);
        }
        boolean https = "https".equals(issuer.getScheme());
        boolean trial = "http".equals(issuer.getScheme()) && LOOPBACK.contains(String.valueOf(issuer.getHost()));
        if (!(https || trial)
                || issuer.getHost() == null
                || issuer.getRawUserInfo() != null
                || issuer.getRawQuery() != null
                || issuer.getRawFragment() != null
                || value.endsWith("/")) {
            throw new BadSetting("alexa.issuer", value, wanted);
        }
        return issuer;
    }

    private static String name(String value) throws BadSetting {
        if (value.length() > 60 || value.chars().anyMatch(Character::isISOControl)) {
            throw new BadSetting("alexa.name", value, "it must be at most 60 characters, on one line");
        }
        return value;
    }

    private static boolean truth(String name, String value) throws BadSetting {
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new BadSetting(name, value, "it must be true or false");
        };
    }
}
