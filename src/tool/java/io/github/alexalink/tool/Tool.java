package io.github.alexalink.tool;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.sql.SQLException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The commands of {@code java -jar alexa.war}. Exit status 0: done; 1: refused, with the reason; 2: wrong usage. */
@Command(
        name = "alexa.war",
        synopsisHeading = "",
        customSynopsis = "Usage: java -jar alexa.war COMMAND [OPTIONS]",
        description = "%nAlexa Link: lets Alexa play from your music server. Sets it up and administers it.",
        commandListHeading = "%nCommands:%n",
        footer = {"", "Begin with:  java -jar alexa.war setup", "One command: java -jar alexa.war help account"},
        mixinStandardHelpOptions = true,
        versionProvider = Tool.Version.class,
        subcommands = {
            SetupCommand.class,
            SqlCommand.class,
            AccountCommand.class,
            ClientCommand.class,
            HelpCommand.class
        })
public final class Tool implements Runnable {

    @Spec
    private CommandSpec command;

    private final Path war;

    private Tool(Path war) {
        this.war = war;
    }

    /** The file that was started. */
    Path war() {
        return war;
    }

    /** Without a command: the help. */
    @Override
    public void run() {
        command.commandLine().usage(command.commandLine().getOut());
    }

    /**
     * Called by {@link Launcher}.
     *
     * @param war the file that was started
     */
    public static void main(Path war, String... arguments) {
        System.exit(run(war, writer(System.out), writer(System.err), arguments));
    }

    /** In the terminal's encoding, which is the JDK's default up to JDK 17 only. */
    private static PrintWriter writer(PrintStream stream) {
        String encoding = System.getProperty("stdout.encoding", System.getProperty("native.encoding", "UTF-8"));
        return new PrintWriter(stream, true, Charset.forName(encoding));
    }

    static int run(Path war, PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine commands = new CommandLine(new Tool(war));
        commands.setOut(out).setErr(err).setUsageHelpWidth(80).setCaseInsensitiveEnumValuesAllowed(true);
        commands.setExecutionExceptionHandler((failed, command, parsed) -> {
            err.println(why(failed));
            return CommandLine.ExitCode.SOFTWARE;
        });
        return commands.execute(arguments);
    }

    private static String why(Exception failed) throws Exception {
        if (failed instanceof Refusal refusal) {
            return refusal.getMessage();
        }
        if (failed instanceof SQLException database) {
            return Server.explained(database);
        }
        throw failed;
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
