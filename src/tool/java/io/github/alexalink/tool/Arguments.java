package io.github.alexalink.tool;

import io.github.alexalink.config.Letters;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The words of the command line. */
final class Arguments {

    private static final Path TYPED = Path.of("/proc/self/cmdline");

    private Arguments() {}

    /**
     * The arguments with the letters that were typed. In the locale C, which most containers have, the JVM reads none beyond
     * ASCII; Linux still has the bytes, which are UTF-8 on every terminal of today.
     */
    static String[] asTyped(String... read) throws Refusal {
        String[] typed = Terminal.isAscii() ? ofLinux(read) : read;
        for (String argument : typed) {
            if (Letters.areLost(argument)) {
                throw new Refusal(
                        "[" + argument + "] has letters that this locale has not",
                        "LC_ALL=C.UTF-8 java -jar alexa.war ...");
            }
        }
        return typed;
    }

    private static String[] ofLinux(String... read) {
        try {
            String[] words = new String(Files.readAllBytes(TYPED), StandardCharsets.ISO_8859_1).split("\0", -1);
            int first = words.length - 1 - read.length; // a NUL stands behind the last one too
            if (first < 1) {
                return read;
            }
            String[] typed = Arrays.copyOfRange(words, first, words.length - 1);
            for (int i = 0; i < typed.length; i++) {
                typed[i] = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(typed[i].getBytes(StandardCharsets.ISO_8859_1)))
                        .toString();
            }
            return typed;
        } catch (CharacterCodingException notUtf8) {
            return read;
        } catch (IOException notLinux) {
            return read;
        }
    }
}
