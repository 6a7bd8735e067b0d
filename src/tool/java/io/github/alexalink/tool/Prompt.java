package io.github.alexalink.tool;

import java.io.Console;
import java.util.Optional;

/** The person at the terminal, if there is one. */
final class Prompt {

    private Prompt() {}

    static boolean isThere() {
        return console().isPresent();
    }

    @SuppressWarnings("SystemConsoleNull") // from JDK 22 on there is one without a terminal too, which says so itself
    private static Optional<Console> console() {
        Console console = System.console();
        if (console == null) {
            return Optional.empty();
        }
        try {
            boolean terminal = (boolean) Console.class.getMethod("isTerminal").invoke(console);
            return Optional.of(console).filter(there -> terminal);
        } catch (ReflectiveOperationException olderThan22) {
            return Optional.of(console);
        }
    }

    /** A line as it was typed, without blanks around it; what is suggested if it is empty. */
    static String ask(String question, String suggested) throws Refusal {
        String line = console()
                .orElseThrow(Prompt::none)
                .readLine("%s%s: ", question, suggested.isEmpty() ? "" : " [" + suggested + "]");
        if (line == null) {
            throw new Refusal("nothing was typed", "nothing was changed");
        }
        return line.isBlank() ? suggested : line.strip();
    }

    /** A password that is not shown while it is typed. */
    static String secret(String question) throws Refusal {
        char[] typed = console().orElseThrow(Prompt::none).readPassword("%s: ", question);
        if (typed == null || typed.length == 0) {
            throw new Refusal("no password was typed", "nothing was changed");
        }
        return new String(typed);
    }

    private static Refusal none() {
        return new Refusal("there is no terminal to type at", "give it as an option");
    }
}
