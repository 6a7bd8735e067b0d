package io.github.alexalink.tool;

import io.github.alexalink.config.PasswordFile;
import io.github.alexalink.config.Passwords;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A password that a person types twice, or that stands in a file. Never an argument: every user sees those. */
final class PasswordOption {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--password-file",
            paramLabel = "F",
            description =
                    "a file with nothing but the password in it, or - for standard input. Without it you are asked")
    private Optional<String> file = Optional.empty();

    /** The password of an account, which nobody else has seen. */
    String read(String account) throws Refusal {
        String password = file.isPresent() ? fromFile(file.get()) : typed(account);
        Optional<String> objection = Passwords.objection(password);
        if (objection.isPresent()) {
            throw new Refusal(
                    "nothing was changed: nobody could sign in with this password, because " + objection.get(),
                    objection.get().contains("lost")
                            ? "the terminal's locale has not these letters: LC_ALL=C.UTF-8 java -jar alexa.war ..."
                            : "take another one");
        }
        return password;
    }

    private String fromFile(String name) throws Refusal {
        try {
            if (name.equals("-")) {
                return PasswordFile.contentOf(System.in);
            }
            String password = PasswordFile.contentOf(Path.of(name));
            if (PasswordFile.othersCanRead(Path.of(name))) {
                command.commandLine()
                        .getErr()
                        .println("warning: every user of this machine can read " + name + ": chmod o= " + name);
            }
            return password;
        } catch (PasswordFile.Unfit unfit) {
            throw refused(name, unfit.getMessage());
        } catch (InvalidPathException unknown) {
            throw new Refusal(
                    "--password-file [" + name + "] has letters that the locale has not",
                    "LC_ALL=C.UTF-8 java -jar alexa.war ...");
        } catch (IOException broken) {
            throw refused(name, "it cannot be read (" + broken.getMessage() + ")");
        }
    }

    private static Refusal refused(String name, String why) {
        return new Refusal(
                (name.equals("-") ? "standard input" : "--password-file [" + name + "]") + ": " + why,
                "it must be nothing but the password in one line, at most 4 KiB of UTF-8");
    }

    private static String typed(String account) throws Refusal {
        if (!Prompt.isThere()) {
            throw new Refusal(
                    "there is no terminal to type the password of " + account + " at",
                    "--password-file F, or --password-file - and the password in standard input");
        }
        String password = Prompt.secret("Password of " + account);
        if (!password.equals(Prompt.secret("The same again"))) {
            throw new Refusal("nothing was changed: the two passwords differ", "start again");
        }
        return password;
    }
}
