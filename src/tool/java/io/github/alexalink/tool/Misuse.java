package io.github.alexalink.tool;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is said about a command line that cannot be understood: one line, what was perhaps meant, and where help is. */
final class Misuse {

    private Misuse() {}

    static int explain(ParameterException wrong, String... ignored) {
        CommandLine command = wrong.getCommandLine();
        PrintWriter err = command.getErr();
        if (wrong.getClass() == ParameterException.class
                && !command.getSubcommands().isEmpty()) { // a group of commands, and nothing else
            command.usage(err);
            return CommandLine.ExitCode.USAGE;
        }
        err.println(
                wrong instanceof UnmatchedArgumentException unmatched
                        ? explain(command, unmatched)
                        : wrong.getMessage().replaceFirst("^Error: ", ""));
        err.println("  help:  " + command.getCommandSpec().qualifiedName() + " --help");
        return CommandLine.ExitCode.USAGE;
    }

    /** Names the first word alone: what follows a wrong option may be a password. */
    private static String explain(CommandLine command, UnmatchedArgumentException unmatched) {
        String word = unmatched.getUnmatched().get(0).replaceFirst("^(-.*?)=.*", "$1");
        String what = unmatched.isUnknownOption()
                ? "there is no option " + word
                : command.getSubcommands().isEmpty()
                        ? "[" + word + "] is one word too many: put quotes around a value with blanks"
                        : "there is no command " + word;
        List<String> suggestions = unmatched.getSuggestions();
        return suggestions.isEmpty() ? what : what + "; did you mean " + String.join(" or ", suggestions) + "?";
    }
}
