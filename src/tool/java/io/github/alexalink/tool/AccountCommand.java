package io.github.alexalink.tool;

import io.github.alexalink.store.NamedStatement;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The accounts that sign in. Each answer has the name as it is stored. */
@Command(
        name = "account",
        description = "The people who may sign in: add one, change a password, give a role, list, disable.",
        synopsisSubcommandLabel = "add | password | role | list | disable | enable",
        footer = {"", "Example:  java -jar alexa.war account add anna"})
final class AccountCommand {

    private static final NamedStatement ADD =
            NamedStatement.load(AccountCommand.class, "add_account", "username", "password_hash");
    private static final NamedStatement PASSWORD =
            NamedStatement.load(AccountCommand.class, "set_password_hash", "username", "password_hash");
    private static final NamedStatement ADD_FIRST =
            NamedStatement.load(AccountCommand.class, "add_first_account", "username", "password_hash");
    private static final NamedStatement GIVE =
            NamedStatement.load(AccountCommand.class, "give_role", "username", "role_name");
    private static final NamedStatement TAKE =
            NamedStatement.load(AccountCommand.class, "take_role", "username", "role_name");
    private static final NamedStatement DISABLE =
            NamedStatement.load(AccountCommand.class, "disable_account", "username");
    private static final NamedStatement ENABLE =
            NamedStatement.load(AccountCommand.class, "enable_account", "username");
    private static final NamedStatement LIST = NamedStatement.load(AccountCommand.class, "list_accounts");

    @Spec
    private CommandSpec command;

    @Command(
            name = "add",
            description = "A new account. You type its password twice.",
            footer = {"", "Example:  java -jar alexa.war account add anna"})
    void add(
            @Parameters(paramLabel = "NAME", description = "the name to sign in with") String name,
            @Mixin PasswordOption password,
            @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        try (Connection connection = database.connect()) { // first, so that nobody types a password in vain
            say(add(connection, name, PasswordHash.of(password.read(name))) + " was added");
        }
    }

    @Command(
            name = "password",
            description = "Another password for an account. What is linked stays linked.",
            footer = {"", "Example:  java -jar alexa.war account password anna"})
    void password(
            @Parameters(paramLabel = "NAME", description = "the account") String name,
            @Mixin PasswordOption password,
            @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        try (Connection connection = database.connect()) {
            String hash = PasswordHash.of(password.read(name));
            say(of(PASSWORD.on(connection).set("password_hash", hash), name) + " has another password");
        }
    }

    @Command(
            name = "role",
            description = "Gives an account a role, or takes it away: alexa-operator may open the operator's page,"
                    + " which says why linking fails.",
            footer = {
                "",
                "Example:  java -jar alexa.war account role anna alexa-operator",
                "          java -jar alexa.war account role anna alexa-operator --remove"
            })
    void role(
            @Parameters(paramLabel = "NAME", description = "the account") String name,
            @Parameters(paramLabel = "ROLE", description = "alexa-operator, or one that your web applications know")
                    String role,
            @Option(names = "--remove", description = "Take it away.") boolean remove,
            @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        try (Connection connection = database.connect()) {
            say((remove ? TAKE : GIVE)
                    .on(connection)
                    .set("username", name)
                    .set("role_name", role)
                    .first(row -> row.getString("username") + " has " + inWords(roles(row)))
                    .orElseThrow());
        }
    }

    private static String inWords(List<String> roles) {
        return roles.isEmpty()
                ? "no role"
                : (roles.size() == 1 ? "the role " : "the roles ") + String.join(", ", roles);
    }

    private static List<String> roles(ResultSet row) throws SQLException {
        return List.of((String[]) row.getArray("roles").getArray());
    }

    @Command(
            name = "list",
            description = "All accounts with their roles, and how many apps are linked to each.",
            footer = {"", "Example:  java -jar alexa.war account list"})
    void list(
            @Option(names = "--json", description = "for a program: JSON in UTF-8") boolean json,
            @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        Table table = new Table(
                List.of("username", "enabled", "created_at", "password_changed_at", "links"), List.of("roles"));
        try (Connection connection = database.connect()) {
            LIST.on(connection).all(row -> {
                table.add(
                        row.getString("username"),
                        row.getBoolean("enabled"),
                        row.getTimestamp("created_at").toInstant(),
                        row.getTimestamp("password_changed_at").toInstant(),
                        row.getLong("links"),
                        roles(row));
                return row;
            });
        }
        table.print(command.commandLine().getOut(), json);
    }

    @Command(
            name = "disable",
            description = "Refuse sign-ins and tokens of the account. Alexa unlinks it within the hour.",
            footer = {"", "Example:  java -jar alexa.war account disable anna"})
    void disable(
            @Parameters(paramLabel = "NAME", description = "the account") String name, @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        try (Connection connection = database.connect()) {
            say(of(DISABLE.on(connection), name) + " is disabled");
        }
    }

    @Command(
            name = "enable",
            description = "Takes a disable back. What Alexa has unlinked has to be linked again.",
            footer = {"", "Example:  java -jar alexa.war account enable anna"})
    void enable(
            @Parameters(paramLabel = "NAME", description = "the account") String name, @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        try (Connection connection = database.connect()) {
            say(of(ENABLE.on(connection), name) + " is enabled");
        }
    }

    /** Returns the name as it is stored. */
    static String add(Connection connection, String name, String passwordHash) throws SQLException {
        return of(ADD.on(connection).set("password_hash", passwordHash), name);
    }

    /** Adds one that may open the operator's page as well; returns the name as it is stored. */
    static String addFirst(Connection connection, String name, String passwordHash) throws SQLException {
        return of(ADD_FIRST.on(connection).set("password_hash", passwordHash), name);
    }

    /** Of all accounts. */
    static List<String> names(Connection connection) throws SQLException {
        return LIST.on(connection).all(row -> row.getString("username"));
    }

    private static String of(NamedStatement.Bound statement, String name) throws SQLException {
        return statement
                .set("username", name)
                .first(row -> row.getString("username"))
                .orElseThrow();
    }

    private void say(String done) {
        command.commandLine().getOut().println("account " + done);
    }
}
