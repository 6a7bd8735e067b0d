package io.github.alexalink.tool;

import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import picocli.CommandLine.Option;

/** A password that a person types twice, or that stands in a file. Never an argument: every user sees those. */
final class PasswordOption {

    private static final int MOST_BYTES = 4096;

    @Option(
            names = "--password-file",
            paramLabel = "F",
            description =
                    "A file with nothing but the password in it, or - for standard input. Without it you are asked.")
    private Optional<String> file = Optional.empty();

    String read(String of) throws Refusal, IOException {
        return file.isPresent() ? fromFile(file.get()) : typed(of);
    }

    private static String fromFile(String name) throws Refusal, IOException {
        byte[] bytes;
        if (name.equals("-")) {
            bytes = System.in.readNBytes(MOST_BYTES);
        } else {
            try (InputStream content = Files.newInputStream(Path.of(name))) {
                bytes = content.readNBytes(MOST_BYTES);
            } catch (NoSuchFileException missing) {
                throw new Refusal(
                        "there is no file " + name, "--password-file names one with nothing but the password");
            }
        }
        String password;
        try {
            password = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString()
                    .replaceFirst("^\uFEFF", "")
                    .replaceFirst("\\r?\\n$", "");
        } catch (CharacterCodingException notUtf8) {
            throw new Refusal(name + " is not UTF-8", "save it as UTF-8");
        }
        if (password.isEmpty() || password.chars().anyMatch(Character::isISOControl)) {
            throw new Refusal(name + " must have one line with the password", "and nothing else");
        }
        return password;
    }

    @SuppressWarnings(
            "SystemConsoleNull") // a JDK 22 to 24 has one without a terminal too; it then reads the end of the file
    private static String typed(String of) throws Refusal {
        Console terminal = System.console();
        if (terminal == null) {
            throw new Refusal("there is no terminal to type the password of " + of + " at", "use --password-file F");
        }
        char[] first = terminal.readPassword("Password of %s: ", of);
        char[] again = first == null ? null : terminal.readPassword("The same again: ");
        if (again == null || first.length == 0) {
            throw new Refusal("no password was typed", "nothing was changed");
        }
        if (!Arrays.equals(first, again)) {
            throw new Refusal("the two passwords differ", "nothing was changed: start again");
        }
        return new String(first);
    }
}
