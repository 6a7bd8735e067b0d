package io.github.alexalink.bearer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * The file that {@code clientSecretFile} names, with the secret in one line. Every web application can read the JVM's
 * properties, and many print them. A file is read only by code that asks for this very file.
 */
final class SecretFile {

    /** A secret of Alexa Link has 47 characters. */
    private static final int MAX_BYTES = 1024;

    private SecretFile() {}

    /**
     * Reads the secret, without the line break after it.
     *
     * @param catalinaBase where a relative path begins
     * @throws IllegalArgumentException if the file cannot be read; its message names the file and the cure, never the
     *     content
     */
    static String read(Path catalinaBase, String name) {
        if (name.contains("${")) {
            throw refused(
                    name,
                    "nothing replaced the ${…} in it. Write the path out, or let Tomcat know the environment by"
                            + " org.apache.tomcat.util.digester.PROPERTY_SOURCE in conf/catalina.properties");
        }
        byte[] content;
        try {
            Path file = catalinaBase.resolve(name);
            if (Files.notExists(file)) {
                throw refused(name, "there is no such file");
            }
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw refused(name, "it is not a file");
            }
            try (InputStream in = Files.newInputStream(file)) {
                content = in.readNBytes(MAX_BYTES + 1);
            }
        } catch (AccessDeniedException denied) {
            throw refused(
                    name,
                    "Tomcat's user may not read it: chown it to that user, chmod 400, and let them into its folder");
        } catch (IOException | InvalidPathException broken) {
            throw refused(name, "it cannot be read (" + broken.getClass().getSimpleName() + ")");
        }
        if (content.length > MAX_BYTES) {
            throw refused(name, "it is larger than " + MAX_BYTES + " bytes");
        }
        String secret = new String(content, StandardCharsets.ISO_8859_1).replaceFirst("\r?\n\\z", "");
        if (secret.isEmpty()) {
            throw refused(name, "it is empty");
        }
        if (!secret.matches("[!-~]+")) {
            throw refused(name, "it has more in it than one line of printable ASCII without blanks");
        }
        return secret;
    }

    private static IllegalArgumentException refused(String name, String why) {
        return new IllegalArgumentException("clientSecretFile is [" + name + "], and " + why
                + ". It must have one line, the secret that alexa.register_resource_server returned");
    }
}
