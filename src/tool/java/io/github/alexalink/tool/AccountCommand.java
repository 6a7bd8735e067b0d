package io.github.alexalink.tool;

import io.github.alexalink.store.NamedStatement;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The accounts that sign in. */
@Command(
        name = "account",
        description = "The people who may sign in: add one, change a password, list, disable.",
        synopsisSubcommandLabel = "add | password | list | disable | enable",
        footer = {"", "Example:  java -jar alexa.war account add anna"})
final class AccountCommand implements Runnable {

    private static final NamedStatement ADD =
            NamedStatement.load(AccountCommand.class, "add_account", "username", "password_hash");
    private static final NamedStatement PASSWORD =
            NamedStatement.load(AccountCommand.class, "set_password_hash", "username", "password_hash");
    private static final NamedStatement DISABLE =
            NamedStatement.load(AccountCommand.class, "disable_account", "username");
    private static final NamedStatement ENABLE =
            NamedStatement.load(AccountCommand.class, "enable_account", "username");
    private static final NamedStatement LIST = NamedStatement.load(AccountCommand.class, "list_accounts");

    @Spec
    private CommandSpec command;

    @Override
    public void run() {
        command.commandLine().usage(command.commandLine().getOut());
    }

    @Command(
            name = "add",
            description = "A new account. You type its password twice.",
            footer = {"", "Example:  java -jar alexa.war account add anna"})
    void add(
            @Parameters(paramLabel = "NAME", description = "the name to sign in with") String name,
            @Mixin PasswordOption password,
            @Mixin DatabaseOption database)
            throws Refusal, SQLException, IOException {
        try (Connection connection = database.connect()) {
            add(connection, name, PasswordHash.of(password.read(name)));
        }
        say("account " + name + " was added");
    }

    @Command(
            name = "password",
            description = "Another password for an account. What is linked stays linked.",
            footer = {"", "Example:  java -jar alexa.war account password anna"})
    void password(
            @Parameters(paramLabel = "NAME", description = "the account") String name,
            @Mixin PasswordOption password,
            @Mixin DatabaseOption database)
            throws Refusal, SQLException, IOException {
        try (Connection connection = database.connect()) {
            PASSWORD.on(connection)
                    .set("username", name)
                    .set("password_hash", PasswordHash.of(password.read(name)))
                    .first(row -> row);
        }
        say("account " + name + " has another password");
    }

    @Command(
            name = "list",
            description = "All accounts, and how many apps are linked to each.",
            footer = {"", "Example:  java -jar alexa.war account list"})
    void list(@Option(names = "--json", description = "for a program") boolean json, @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        Table table = new Table("name", "enabled", "added", "password changed", "links");
        try (Connection connection = database.connect()) {
            LIST.on(connection).all(row -> {
                table.add(
                        row.getString("username"),
                        row.getBoolean("enabled"),
                        day(row.getTimestamp("created_at")),
                        day(row.getTimestamp("password_changed_at")),
                        row.getLong("links"));
                return row;
            });
        }
        table.print(command.commandLine().getOut(), json);
    }

    @Command(
            name = "disable",
            description = "The account can neither sign in nor play; Alexa unlinks it at its next refresh.",
            footer = {"", "Example:  java -jar alexa.war account disable anna"})
    void disable(
            @Parameters(paramLabel = "NAME", description = "the account") String name, @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        try (Connection connection = database.connect()) {
            DISABLE.on(connection).set("username", name).first(row -> row);
        }
        say("account " + name + " is disabled");
    }

    @Command(
            name = "enable",
            description = "Takes a disable back.",
            footer = {"", "Example:  java -jar alexa.war account enable anna"})
    void enable(
            @Parameters(paramLabel = "NAME", description = "the account") String name, @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        try (Connection connection = database.connect()) {
            ENABLE.on(connection).set("username", name).first(row -> row);
        }
        say("account " + name + " is enabled");
    }

    static void add(Connection connection, String name, String passwordHash) throws SQLException {
        ADD.on(connection)
                .set("username", name)
                .set("password_hash", passwordHash)
                .first(row -> row);
    }

    /** Of all accounts. */
    static List<String> names(Connection connection) throws SQLException {
        return LIST.on(connection).all(row -> row.getString("username"));
    }

    private static LocalDate day(java.sql.Timestamp moment) {
        return moment.toInstant().atZone(ZoneId.systemDefault()).toLocalDate();
    }

    private void say(String done) {
        command.commandLine().getOut().println(done);
    }
}
