package io.github.alexalink.tool;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints SQL for psql. */
@Command(
        name = "sql",
        description = "Print the SQL for psql, for a DBA who wants to read and run it.",
        synopsisSubcommandLabel = "install | upgrade | verify",
        footer = {"", "Example:  java -jar alexa.war sql install | psql -X -d alexa"})
final class SqlCommand {

    @Command(
            name = "install",
            description = "All of it: roles, tables, functions. In one transaction.",
            footer = {"", "Example:  java -jar alexa.war sql install | psql -X -d alexa"})
    void install() {
        print(Scripts.install());
    }

    @Command(
            name = "upgrade",
            description = "What this version has and an older one has not. In one transaction.",
            footer = {"", "Example:  java -jar alexa.war sql upgrade --from 3 | psql -X -d alexa"})
    void upgrade(
            @Option(
                            names = "--from",
                            required = true,
                            paramLabel = "VERSION",
                            description = "what SELECT max(version) FROM alexa.schema_version answers")
                    int from)
            throws Refusal {
        int newest = Scripts.newest();
        if (from >= newest) {
            throw new Refusal(
                    "schema version " + from + " is not older than this WAR, which was built for " + newest,
                    from == newest ? "there is nothing to do" : "use the WAR that made it, or a newer one");
        }
        print(Scripts.upgradeFrom(from));
    }

    @Command(
            name = "verify",
            description = "Checks all of it and changes nothing.",
            footer = {"", "Example:  java -jar alexa.war sql verify | psql -X -v ON_ERROR_STOP=1 -d alexa"})
    void verify() {
        print(Scripts.read("verify.sql"));
    }

    /** In UTF-8 whatever the terminal has: each script tells psql that it is. */
    private static void print(String script) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.print(script);
        out.flush();
    }
}
