package io.github.alexalink.tool;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints SQL for psql, in UTF-8 whatever the terminal has: each script tells psql that it is. */
@Command(
        name = SqlCommand.NAME,
        description = "Print the SQL for psql, for a DBA who wants to read and run it.",
        synopsisSubcommandLabel = "install | upgrade | verify",
        footer = {"", "Example:  java -jar alexa.war sql install | psql -X -d alexa"})
final class SqlCommand {

    static final String NAME = "sql";

    @Spec
    private CommandSpec command;

    @Command(
            name = "install",
            description = "All of it, in one transaction: roles, tables, functions.",
            footer = {"", "Example:  java -jar alexa.war sql install | psql -X -d alexa"})
    void install() {
        print(Scripts.install());
    }

    @Command(
            name = "upgrade",
            description = "What this version has and an older one has not, in one transaction.",
            footer = {
                "",
                "Example:  psql -X -d alexa -c 'SELECT max(version) FROM alexa.schema_version'",
                "          java -jar alexa.war sql upgrade --from 2 | psql -X -d alexa"
            })
    void upgrade(
            @Option(
                            names = "--from",
                            required = true,
                            paramLabel = "VERSION",
                            description = "the schema's version now, which the first line of the example prints")
                    int from)
            throws Refusal {
        int newest = Scripts.newest();
        if (from >= newest) {
            throw new Refusal(
                    "schema version " + from + " is not older than this WAR, which was built for " + newest,
                    from == newest ? "there is nothing to do" : "take the WAR that made it, or a newer one");
        }
        if (from < 1) {
            throw new Refusal(
                    "the first schema version is 1, and this is " + from,
                    "if nothing is there yet: java -jar alexa.war sql install | psql -X -d alexa");
        }
        print(Scripts.upgradeFrom(from));
    }

    @Command(
            name = "verify",
            description = "Checks all of it and changes nothing. psql ends with status 3 if something is wrong.",
            footer = {"", "Example:  java -jar alexa.war sql verify | psql -X -d alexa"})
    void verify() {
        print(Scripts.verify());
    }

    private void print(String script) {
        PrintWriter out = command.commandLine().getOut();
        out.print(script);
        out.flush();
    }
}
