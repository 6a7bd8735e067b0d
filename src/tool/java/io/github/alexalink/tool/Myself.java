package io.github.alexalink.tool;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Who runs the tool, and where. */
final class Myself {

    /** Of names on this machine: of the operating system and of other processes. */
    static final Charset CHARSET = StandardCharsets.UTF_8;

    private Myself() {}

    /** The name of the operating system's user. */
    static String name() {
        return System.getProperty("user.name");
    }

    static boolean isRoot() {
        return name().equals("root");
    }

    /** The first group of a user of this machine. */
    static Optional<String> groupOf(String user) throws IOException {
        Process id = new ProcessBuilder("id", "-gn", "--", user)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String group = new String(id.getInputStream().readAllBytes(), CHARSET).strip();
        try {
            return id.waitFor(10, TimeUnit.SECONDS) && id.exitValue() == 0 && !group.isEmpty()
                    ? Optional.of(group)
                    : Optional.empty();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
