package io.github.alexalink.tool;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.AutoComplete;

/**
 * Writes, while the WAR is built, what bash needs to complete the commands. Bash completes by the first word of a line,
 * which is {@code java} here; so the file also defines a command of one word, {@code alexa}.
 */
final class Completion {

    private static final String COMMAND = """
            # . completion/alexa-war.bash makes alexa short for java -jar alexa.war, and bash complete its commands.
            # The WAR is in the folder above this file, or where ALEXA_WAR says.
            ALEXA_WAR=${ALEXA_WAR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/alexa.war}
            alexa() { java -jar "$ALEXA_WAR" "$@"; }

            """;

    private Completion() {}

    /** Writes it to the file that is named. */
    public static void main(String[] arguments) throws IOException {
        Path file = Path.of(arguments[0]);
        Files.createDirectories(file.getParent());
        Files.writeString(file, script());
    }

    static String script() {
        PrintWriter none = new PrintWriter(Writer.nullWriter());
        return COMMAND + AutoComplete.bash("alexa", Tool.commands(Path.of("alexa.war"), none, none));
    }
}
