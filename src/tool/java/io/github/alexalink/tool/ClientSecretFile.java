package io.github.alexalink.tool;

import io.github.alexalink.client.Client;
import io.github.alexalink.protocol.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The file in which {@code setup} keeps the secret of Alexa's client, for root alone, until somebody enters it at Amazon.
 * The database has only its hash.
 */
final class ClientSecretFile {

    private static final int MOST_BYTES = 4096;

    private ClientSecretFile() {}

    static Path in(Catalina tomcat) {
        return tomcat.base().resolve("conf").resolve(SetupCommand.SECRET_FILE);
    }

    /** The secret of this client, if the file has one that is valid now. */
    static Optional<String> secretOf(Client client, Catalina tomcat) throws Refusal, IOException {
        Path file = in(tomcat);
        String secret;
        try (InputStream content = Files.newInputStream(file)) {
            secret = new String(content.readNBytes(MOST_BYTES), StandardCharsets.UTF_8).strip();
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (AccessDeniedException denied) {
            throw new Refusal(
                    Myself.name() + " may not read the secret in " + file,
                    "run it as root: sudo java -jar alexa.war …");
        }
        // of two, the other may be the newer one, which outlives this
        return client.secretHashes().size() == 1
                        && client.secretHashes().stream().anyMatch(Sha256.of(secret)::matches)
                ? Optional.of(secret)
                : Optional.empty();
    }
}
