package io.github.alexalink.tool;

import io.github.alexalink.store.NamedStatement;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The clients of the authorization server. */
@Command(
        name = "client",
        description = "Who may ask to be linked: Alexa, and others. And the music servers that ask about tokens.",
        synopsisSubcommandLabel = "add | uris | secret | list | disable | enable",
        footer = {"", "Example:  java -jar alexa.war client add alexa --alexa-vendor M2EXAMPLE"})
final class ClientCommand {

    private static final NamedStatement REGISTER =
            NamedStatement.load(ClientCommand.class, "register_client", "client_id", "display_name", "redirect_uris");
    private static final NamedStatement REGISTER_RESOURCE_SERVER = NamedStatement.load(
            ClientCommand.class, "register_resource_server", "client_id", "display_name", "introspects");
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

    private static final String BAD_INTERVAL = "22007";

    @Spec
    private CommandSpec command;

    /** Where a client gets its answers. */
    static final class Addresses {
        @Option(
                names = "--alexa-vendor",
                paramLabel = "ID",
                description = "Alexa: the end of the Alexa Redirect URLs in Amazon's console; a whole one will do")
        private Optional<String> vendor = Optional.empty();

        @Option(
                names = "--redirect-uri",
                paramLabel = "URI",
                description = "another client: where it wants its answers; can be repeated")
        private List<String> uris = List.of();

        boolean areGiven() {
            return vendor.isPresent() || !uris.isEmpty();
        }

        boolean isOne() {
            return vendor.isPresent() == uris.isEmpty();
        }

        List<String> get() throws Refusal {
            return vendor.isPresent() ? RedirectUris.toRegister(vendor.get()) : uris;
        }
    }

    @Command(
            name = "add",
            description = "A new client. Prints its secret, only this time.",
            customSynopsis = {
                "java -jar alexa.war client add ID --alexa-vendor ID",
                "       java -jar alexa.war client add ID --redirect-uri URI...",
                "       java -jar alexa.war client add ID --resource-server",
                "                               [--introspects CLIENT...]"
            },
            footer = {
                "",
                "Example:  java -jar alexa.war client add alexa --alexa-vendor M2EXAMPLE",
                "          java -jar alexa.war client add music-server --resource-server"
            })
    void add(
            @Parameters(paramLabel = "ID", description = "the client id, to be entered at the other side") String id,
            @Mixin Addresses addresses,
            @Option(
                            names = "--resource-server",
                            description = "a music server that asks about tokens and does nothing else")
                    boolean resourceServer,
            @Option(
                            names = "--introspects",
                            paramLabel = "CLIENT",
                            arity = "1..*",
                            description = "of the tokens of these clients; without it, of all")
                    List<String> introspects,
            @Option(
                            names = "--name",
                            paramLabel = "TEXT",
                            description = "what listeners read. Without it Amazon Alexa, or the ID of another client")
                    Optional<String> name,
            @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        if (resourceServer ? addresses.areGiven() : !addresses.isOne() || introspects != null) {
            throw misused("add", "say one of --alexa-vendor ID, --redirect-uri URI, --resource-server");
        }
        List<String> uris = addresses.get();
        String displayName = name.orElse(addresses.vendor.isPresent() ? ALEXA : id);
        String secret;
        try (Connection connection = database.connect()) {
            secret = resourceServer
                    ? registerResourceServer(connection, id, displayName, introspects)
                    : register(connection, id, displayName, uris);
        }
        PrintWriter out = command.commandLine().getOut();
        out.println("client id      " + id);
        out.println("client secret  " + secret);
        uris.forEach(uri -> out.println("redirect URI   " + uri));
        command.commandLine().getErr().println("Note the secret now: only its hash is kept here.");
    }

    @Command(
            name = "uris",
            description = "Other redirect URIs, in the place of all it has.",
            customSynopsis = {
                "java -jar alexa.war client uris ID --alexa-vendor ID",
                "       java -jar alexa.war client uris ID --redirect-uri URI..."
            },
            footer = {"", "Example:  java -jar alexa.war client uris alexa --alexa-vendor M2EXAMPLE"})
    void uris(
            @Parameters(paramLabel = "ID", description = "the client") String id,
            @Mixin Addresses addresses,
            @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        if (!addresses.isOne()) {
            throw misused("uris", "say one of --alexa-vendor ID, --redirect-uri URI");
        }
        List<String> uris = addresses.get();
        try (Connection connection = database.connect()) {
            setRedirectUris(connection, id, uris);
        }
        uris.forEach(uri -> command.commandLine().getOut().println("redirect URI   " + uri));
    }

    @Command(
            name = "secret",
            description = "Another secret. Enter it at the other side while the old one still works.",
            footer = {"", "Example:  java -jar alexa.war client secret alexa --old-valid-for '2 days'"})
    void secret(
            @Parameters(paramLabel = "ID", description = "the client") String id,
            @Option(
                            names = "--old-valid-for",
                            paramLabel = "TIME",
                            defaultValue = "1 hour",
                            description = "how long the old secret works, or 0; without it ${DEFAULT-VALUE}")
                    String oldValidFor,
            @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        try (Connection connection = database.connect()) {
            String secret = SECRET.on(connection)
                    .set("client_id", id)
                    .set("old_valid_for", oldValidFor)
                    .first(row -> row.getString("client_secret"))
                    .orElseThrow();
            command.commandLine().getOut().println("client secret  " + secret);
            command.commandLine().getErr().println("Enter it at the other side now: only its hash is kept here.");
        } catch (SQLException failed) {
            if (BAD_INTERVAL.equals(failed.getSQLState())) {
                throw new Refusal(
                        "--old-valid-for [" + oldValidFor + "] is no time",
                        "write for example '30 minutes', '1 hour', '2 days', or 0");
            }
            throw failed;
        }
    }

    @Command(
            name = "list",
            description = "All clients and resource servers.",
            footer = {"", "Example:  java -jar alexa.war client list"})
    void list(
            @Option(names = "--json", description = "for a program: JSON in UTF-8") boolean json,
            @Mixin DatabaseOption database)
            throws Refusal, SQLException {
        Table table = new Table(
                List.of("client_id", "kind", "display_name", "enabled", "valid_secrets"),
                List.of("pkce_required", "scopes", "redirect_uris", "introspects"));
        try (Connection connection = database.connect()) {
            LIST.on(connection).all(row -> {
                table.add(
                        row.getString("client_id"),
                        row.getString("kind"),
                        row.getString("display_name"),
                        row.getBoolean("enabled"),
                        row.getLong("valid_secrets"),
                        row.getBoolean("pkce_required"),
                        words(row.getString("scopes")),
                        words(row.getString("redirect_uris")),
                        row.getArray("introspects") == null
                                ? null
                                : List.of((String[]) row.getArray("introspects").getArray()));
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
        command.commandLine().getOut().println("client " + id + " is disabled");
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
        command.commandLine().getOut().println("client " + id + " is enabled");
    }

    /** Registers a confidential client, and returns its secret. */
    static String register(Connection connection, String id, String name, List<String> redirectUris)
            throws SQLException {
        return REGISTER.on(connection)
                .set("client_id", id)
                .set("display_name", name)
                .set("redirect_uris", array(redirectUris))
                .first(row -> row.getString("client_secret"))
                .orElseThrow();
    }

    private static String registerResourceServer(
            Connection connection, String id, String name, List<String> introspects) throws SQLException {
        return REGISTER_RESOURCE_SERVER
                .on(connection)
                .set("client_id", id)
                .set("display_name", name)
                .set("introspects", array(introspects))
                .first(row -> row.getString("client_secret"))
                .orElseThrow();
    }

    static void setRedirectUris(Connection connection, String id, List<String> redirectUris) throws SQLException {
        URIS.on(connection)
                .set("client_id", id)
                .set("redirect_uris", array(redirectUris))
                .first(row -> row);
    }

    /** In their order; empty if there is no such client. */
    static Optional<List<String>> redirectUrisOf(Connection connection, String id) throws SQLException {
        return LIST
                .on(connection)
                .all(row -> Map.entry(row.getString("client_id"), words(row.getString("redirect_uris"))))
                .stream()
                .filter(client -> client.getKey().equals(id))
                .map(client -> client.getValue().stream().sorted().toList())
                .findFirst();
    }

    private ParameterException misused(String name, String why) {
        return new ParameterException(command.commandLine().getSubcommands().get(name), why);
    }

    private static String[] array(List<String> values) {
        return values == null ? null : values.toArray(String[]::new);
    }

    private static List<String> words(String text) {
        return text == null ? List.of() : List.of(text.split(" ", -1));
    }
}
