package io.github.alexalink.tool;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The commands of {@code java -jar alexa.war}. Exit status 0: done; 1: refused, with the reason; 2: wrong usage. */
@Command(
        name = "java -jar alexa.war",
        synopsisHeading = "",
        customSynopsis = "Usage: java -jar alexa.war COMMAND [OPTIONS]",
        description = "%nAlexa Link: lets Alexa play from your music server. Sets it up and administers it.",
        optionListHeading = "%n",
        commandListHeading = "%nCommands:%n",
        footer = {"", "Begin with:  java -jar alexa.war setup", "One command: java -jar alexa.war help account"},
        versionProvider = Tool.Version.class,
        subcommands = {
            SetupCommand.class,
            SqlCommand.class,
            AccountCommand.class,
            ClientCommand.class,
            ConsoleCommand.class,
            CheckCommand.class,
            DoctorCommand.class
        })
@SuppressWarnings("UnusedVariable") // picocli sets and reads the two switches
public final class Tool {

    /** Whether the process was started for this command. */
    private static volatile boolean ownProcess;

    /** Loggers that would print what the tool says in a line of its own; held, or they would be collected. */
    private static final List<Logger> OTHERS = List.of(
            Logger.getLogger("org.postgresql"),
            Logger.getLogger("com.zaxxer.hikari"),
            Logger.getLogger("io.github.alexalink"));

    @Spec
    private CommandSpec command;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "this text")
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "the version")
    private boolean version;

    private final Path war;

    private Tool(Path war) {
        this.war = war;
    }

    /** The file that was started. */
    Path war() {
        return war;
    }

    @Command(name = "help", description = "The help of a command.", helpCommand = true)
    void help(
            @Parameters(paramLabel = "COMMAND", arity = "0..*", description = "for example: account add")
                    String[] names) {
        CommandLine found = command.commandLine();
        for (String name : names == null ? new String[0] : names) {
            CommandLine next = found.getSubcommands().get(name);
            if (next == null) {
                throw new UnmatchedArgumentException(found, List.of(name));
            }
            found = next;
        }
        found.usage(command.commandLine().getOut());
    }

    /**
     * Called by {@link Launcher}.
     *
     * @param war the file that was started
     */
    public static void main(Path war, String... arguments) {
        ownProcess = true;
        Locale.setDefault(Locale.ENGLISH); // the driver has its words in others too
        OTHERS.forEach(logger -> logger.setLevel(Level.OFF));
        PrintWriter err = new Terminal(FileDescriptor.err).writer(Terminal.charset());
        Terminal terminal = new Terminal(FileDescriptor.out);
        PrintWriter out = terminal.writer(charsetFor(arguments));
        int status;
        try {
            status = run(war, out, err, Arguments.asTyped(arguments));
        } catch (Refusal refusal) {
            err.println(refusal.getMessage());
            status = CommandLine.ExitCode.USAGE;
        }
        out.flush();
        if (terminal.complaint().isPresent()) {
            err.println("not all of it was written: " + terminal.complaint().get());
            status = CommandLine.ExitCode.SOFTWARE;
        }
        System.exit(status);
    }

    /** When this process was started; empty if it is another program's. */
    static Optional<Instant> start() {
        return ownProcess ? ProcessHandle.current().info().startInstant() : Optional.empty();
    }

    /** What a program reads is in UTF-8 whatever the terminal has. */
    private static Charset charsetFor(String... arguments) {
        List<String> words = Arrays.asList(arguments);
        return words.contains("--json") || words.contains(SqlCommand.NAME)
                ? StandardCharsets.UTF_8
                : Terminal.charset();
    }

    static int run(Path war, PrintWriter out, PrintWriter err, String... arguments) {
        return commands(war, out, err).execute(arguments);
    }

    static CommandLine commands(Path war, PrintWriter out, PrintWriter err) {
        CommandLine tool = new CommandLine(new Tool(war));
        tool.getSubcommands().values().forEach(Tool::leaveGaps);
        return tool.setOut(out)
                .setErr(err)
                .setUsageHelpWidth(80)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Misuse::explain)
                .setExecutionExceptionHandler((failed, command, parsed) -> {
                    err.println(why(failed));
                    return CommandLine.ExitCode.SOFTWARE;
                });
    }

    /** Blank lines between the parts of a help text. */
    private static void leaveGaps(CommandLine command) {
        command.getCommandSpec()
                .usageMessage()
                .descriptionHeading("%n")
                .parameterListHeading("%n")
                .optionListHeading(
                        command.getCommandSpec().positionalParameters().isEmpty() ? "%n" : "")
                .commandListHeading("%nCommands:%n");
        command.getSubcommands().values().forEach(Tool::leaveGaps);
    }

    /** In words; a stack trace would help nobody at a terminal. */
    private static String why(Exception failed) {
        if (failed instanceof Refusal refusal) {
            return refusal.getMessage();
        }
        if (failed instanceof SQLException database) {
            return Server.explained(database);
        }
        if (failed instanceof AccessDeniedException denied) {
            return Myself.name() + " may not read or write " + denied.getFile()
                    + "\n  run it as another user: sudo java -jar alexa.war ...";
        }
        if (failed instanceof FileSystemException broken) {
            return broken.getFile() + ": " + (broken.getReason() == null ? "it is not there" : broken.getReason());
        }
        if (failed instanceof IOException broken) {
            return String.valueOf(broken.getMessage());
        }
        StackTraceElement[] places = failed.getStackTrace();
        return "a mistake in the tool: " + failed + (places.length == 0 ? "" : ", at " + places[0]);
    }

    /** The version in the manifest of the tool's jar. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Tool.class.getPackage().getImplementationVersion();
            return new String[] {"Alexa Link " + (version == null ? "(not packed)" : version)};
        }
    }
}
