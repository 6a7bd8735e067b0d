package io.github.alexalink.tool;

import io.github.alexalink.store.NamedStatement;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The clients of the authorization server. */
@Command(
        name = "client",
        description = "Who may ask to be linked: Alexa, and others.",
        synopsisSubcommandLabel = "add | uris | secret | list | disable | enable",
        footer = {"", "Example:  java -jar alexa.war client add alexa --alexa-vendor M2EXAMPLE"})
final class ClientCommand implements Runnable {

    private static final NamedStatement REGISTER =
            NamedStatement.load(ClientCommand.class, "register_client", "client_id", "display_name", "redirect_uris");
    private static final NamedStatement URIS =
            NamedStatement.load(ClientCommand.class, "set_redirect_uris", "client_id", "redirect_uris");
    private static final NamedStatement SECRET =
            NamedStatement.load(ClientCommand.class, "rotate_client_secret", "client_id", "old_valid_for");
    private static final NamedStatement DISABLE =
            NamedStatement.load(ClientCommand.class, "disable_client", "client_id");
    private static final NamedStatement ENABLE = NamedStatement.load(ClientCommand.class, "enable_client", "client_id");
    private static final NamedStatement LIST = NamedStatement.load(ClientCommand.class, "list_clients");

    /** What listeners read. */
    static final String ALEXA = "Amazon Alexa";

    @Spec
    private CommandSpec command;

    @Override
    public void run() {
        command.commandLine().usage(command.commandLine().getOut());
    }

    @Command(
            name = "add",
            description = "A new client. Prints its secret, only this time.",
            footer = {"", "Example:  java -jar alexa.war client add alexa --alexa-vendor M2EXAMPLE"})
    void add(
            @Parameters(paramLabel = "ID", description = "the client id to enter at the other side") String id,
            @Mixin RedirectUris uris,
            @Option(
                            names = "--name",
                            paramLabel = "TEXT",
                            description = "what listeners read on the page; default: ${DEFAULT-VALUE}",
                            defaultValue = ALEXA)
                    String name,
            @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        List<String> addresses = uris.get();
        try (Connection connection = database.connect()) {
            String secret = register(connection, id, name, addresses);
            say("client id      " + id);
            say("client secret  " + secret);
            addresses.forEach(address -> say("redirect URI   " + address));
        }
    }

    @Command(
            name = "uris",
            description = "Other redirect URIs, in the place of all it has.",
            footer = {"", "Example:  java -jar alexa.war client uris alexa --alexa-vendor M2EXAMPLE"})
    void uris(
            @Parameters(paramLabel = "ID", description = "the client") String id,
            @Mixin RedirectUris uris,
            @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        List<String> addresses = uris.get();
        try (Connection connection = database.connect()) {
            setRedirectUris(connection, id, addresses);
        }
        addresses.forEach(address -> say("redirect URI   " + address));
    }

    @Command(
            name = "secret",
            description = "Another secret. Enter it at the other side while the old one still works.",
            footer = {"", "Example:  java -jar alexa.war client secret alexa --old-valid-for '1 hour'"})
    void secret(
            @Parameters(paramLabel = "ID", description = "the client") String id,
            @Option(
                            names = "--old-valid-for",
                            paramLabel = "TIME",
                            defaultValue = "1 hour",
                            description = "how long the old secret works; default: ${DEFAULT-VALUE}")
                    String oldValidFor,
            @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        try (Connection connection = database.connect()) {
            Optional<String> secret = SECRET.on(connection)
                    .set("client_id", id)
                    .set("old_valid_for", oldValidFor)
                    .first(row -> row.getString("client_secret"));
            say("client secret  " + secret.orElseThrow());
        }
    }

    @Command(
            name = "list",
            description = "All clients and resource servers.",
            footer = {"", "Example:  java -jar alexa.war client list"})
    void list(@Option(names = "--json", description = "for a program") boolean json, @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        Table table = new Table("id", "kind", "name", "enabled", "secrets", "redirect uris");
        try (Connection connection = database.connect()) {
            LIST.on(connection).all(row -> {
                String uris = row.getString("redirect_uris");
                table.add(
                        row.getString("client_id"),
                        row.getString("kind").replace('_', ' '),
                        row.getString("display_name"),
                        row.getBoolean("enabled"),
                        row.getLong("valid_secrets"),
                        uris == null ? List.of() : List.of(uris.split(" ")));
                return row;
            });
        }
        table.print(command.commandLine().getOut(), json);
    }

    @Command(
            name = "disable",
            description = "Refuse the client and all its tokens from now on.",
            footer = {"", "Example:  java -jar alexa.war client disable alexa"})
    void disable(@Parameters(paramLabel = "ID", description = "the client") String id, @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        try (Connection connection = database.connect()) {
            DISABLE.on(connection).set("client_id", id).first(row -> row);
        }
        say("client " + id + " is disabled");
    }

    @Command(
            name = "enable",
            description = "Takes a disable back.",
            footer = {"", "Example:  java -jar alexa.war client enable alexa"})
    void enable(@Parameters(paramLabel = "ID", description = "the client") String id, @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        try (Connection connection = database.connect()) {
            ENABLE.on(connection).set("client_id", id).first(row -> row);
        }
        say("client " + id + " is enabled");
    }

    /** Registers a confidential client, and returns its secret. */
    static String register(Connection connection, String id, String name, List<String> redirectUris)
            throws SQLException {
        return REGISTER.on(connection)
                .set("client_id", id)
                .set("display_name", name)
                .set("redirect_uris", redirectUris.toArray(String[]::new))
                .first(row -> row.getString("client_secret"))
                .orElseThrow();
    }

    static void setRedirectUris(Connection connection, String id, List<String> redirectUris) throws SQLException {
        URIS.on(connection)
                .set("client_id", id)
                .set("redirect_uris", redirectUris.toArray(String[]::new))
                .first(row -> row);
    }

    /** In their order; empty if there is no such client. */
    static Optional<List<String>> redirectUrisOf(Connection connection, String id) throws SQLException {
        return LIST
                .on(connection)
                .all(row -> Map.entry(
                        row.getString("client_id"),
                        Optional.ofNullable(row.getString("redirect_uris")).orElse("")))
                .stream()
                .filter(client -> client.getKey().equals(id))
                .map(client ->
                        Stream.of(client.getValue().split(" ", -1)).sorted().toList())
                .findFirst();
    }

    private void say(String line) {
        command.commandLine().getOut().println(line);
    }
}
