package io.github.alexalink.tool;

import io.github.alexalink.store.NamedStatement;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * A PostgreSQL server and who logs in there, found as psql finds it: by the address that is given, or by {@code PGHOST},
 * {@code PGPORT}, {@code PGUSER}, {@code PGPASSWORD} and {@code PGPASSFILE}.
 *
 * @param socket the folder of the Unix socket, if it is not over TCP
 * @param host the host over TCP
 * @param port of either
 * @param user the role
 * @param password empty if none is given; the driver then reads the password file
 * @param systemUser the operating system's user that PostgreSQL is to see at the socket; empty: whoever runs the tool
 * @param database of the address, or {@code PGDATABASE}, or {@code alexa}
 * @param parameters more of the address, for example sslmode
 */
record Server(
        Optional<Path> socket,
        String host,
        int port,
        String user,
        Optional<String> password,
        String systemUser,
        String database,
        Map<String, String> parameters) {

    /** Where PostgreSQL puts its socket: as Debian and Fedora build it, and as the sources do. */
    private static final Path[] SOCKETS = {Path.of("/var/run/postgresql"), Path.of("/tmp")};

    private static final NamedStatement QUIET = NamedStatement.load(Server.class, "keep_parameters_out_of_log");

    private static final Pattern BROKEN_ESCAPE = Pattern.compile("%(?![0-9a-fA-F]{2})");

    private static final String CONNECT_SECONDS = "5";

    /** The driver's state if it could not log in, and PostgreSQL's. */
    private static final String NO_PASSWORD = "08004";

    private static final String WRONG_PASSWORD = "28P01";

    private static final String SEARCH_PATH = "-c search_path=pg_catalog,pg_temp";

    private static final Pattern ADDRESS = Pattern.compile("(?:jdbc:)?postgres(?:ql)?://"
            + "(?:(?<user>[^:@/?]*)(?::(?<password>[^@/?]*))?@)?"
            + "(?<host>[^:/?@\\[\\]]*|\\[[0-9a-fA-F:.]+])(?::(?<port>\\d{1,5}))?"
            + "(?:/(?<database>[^?]*))?(?:\\?(?<parameters>.*))?");

    /**
     * The server of an address, or of the environment.
     *
     * @param address as libpq and JDBC write it: postgresql://USER@HOST:PORT/DATABASE
     */
    static Server find(Optional<String> address, UnaryOperator<String> environment) throws Refusal {
        Matcher parts = ADDRESS.matcher(address.orElse("postgresql://"));
        if (!parts.matches() || BROKEN_ESCAPE.matcher(parts.group()).find()) { // it may have a password
            throw new Refusal(
                    "--db is no address of a PostgreSQL database",
                    "write postgresql://USER@HOST:5432/DATABASE, and in a name %40 for @, %2F for /");
        }
        Map<String, String> parameters = parameters(parts.group("parameters"));
        String host = first(parts.group("host"), parameters.remove("host"), environment.apply("PGHOST"))
                .orElse("");
        String port = first(parts.group("port"), parameters.remove("port"), environment.apply("PGPORT"))
                .orElse("5432");
        if (!port.matches("\\d{1,5}") || Integer.parseInt(port) > 65_535) {
            throw new Refusal("[" + port + "] is no port", "PostgreSQL's own is 5432: PGPORT or --db says which");
        }
        Optional<Path> socket = host.startsWith("/")
                ? Optional.of(Path.of(host))
                : host.isEmpty() ? socketIn(Integer.parseInt(port)) : Optional.empty();
        Optional<String> asked = first(parts.group("user"), parameters.remove("user"), environment.apply("PGUSER"));
        String me = System.getProperty("user.name");
        // nobody has a role of the name root: Debian's postgres lets only the system's user postgres in
        Optional<String> owner =
                socket.filter(there -> me.equals("root")).flatMap(folder -> ownerOf(folder, Integer.parseInt(port)));
        return new Server(
                socket,
                host.isEmpty() ? "localhost" : host,
                Integer.parseInt(port),
                asked.orElse(owner.orElse(me)),
                first(parts.group("password"), parameters.remove("password"), environment.apply("PGPASSWORD")),
                owner.filter(name -> !name.equals(me)).orElse(""),
                first(parts.group("database"), parameters.remove("dbname"), environment.apply("PGDATABASE"))
                        .orElse("alexa"),
                Map.copyOf(parameters));
    }

    private static Optional<Path> socketIn(int port) {
        return Stream.of(SOCKETS)
                .filter(folder -> Files.exists(folder.resolve(socketName(port))))
                .findFirst();
    }

    private static Optional<String> ownerOf(Path folder, int port) {
        try {
            return Optional.of(Files.getOwner(folder.resolve(socketName(port))).getName());
        } catch (IOException | UnsupportedOperationException none) {
            return Optional.empty();
        }
    }

    private static String socketName(int port) {
        return ".s.PGSQL." + port;
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        if (query != null && !query.isEmpty()) {
            for (String parameter : query.split("&", -1)) {
                int equals = parameter.indexOf('=');
                parameters.put(
                        decoded(equals < 0 ? parameter : parameter.substring(0, equals)),
                        equals < 0 ? "" : decoded(parameter.substring(equals + 1)));
            }
        }
        return parameters;
    }

    private static String decoded(String value) {
        return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static Optional<String> first(String fromAddress, String... others) {
        String decoded = fromAddress == null ? null : decoded(fromAddress);
        return Stream.concat(
                        Stream.of(Optional.ofNullable(decoded)),
                        Stream.of(others).map(Optional::ofNullable))
                .flatMap(Optional::stream)
                .filter(value -> !value.isEmpty())
                .findFirst();
    }

    Server withDatabase(String name) {
        return new Server(socket, host, port, user, password, systemUser, name, parameters);
    }

    Server withPassword(String typed) {
        return new Server(socket, host, port, user, Optional.of(typed), systemUser, database, parameters);
    }

    /** Whether an address that a Tomcat uses leads to the same database. */
    boolean isAt(String jdbcUrl) {
        try {
            Server other = find(Optional.of(jdbcUrl.replaceFirst("^jdbc:", "")), unset -> null);
            return port == other.port
                    && database.equals(other.database)
                    && (host.equalsIgnoreCase(other.host) || (isHere() && other.isHere()));
        } catch (Refusal severalHosts) {
            return true; // it can be no mistake of this kind
        }
    }

    String encodedDatabase() {
        return encoded(database);
    }

    boolean isHere() {
        return socket.isPresent() || host.matches("localhost|127(\\.\\d+){3}|\\[?::1]?");
    }

    /** The address that Tomcat can use: the driver there knows no Unix socket. */
    String jdbcUrl() {
        String query = parameters.entrySet().stream()
                .map(parameter -> encoded(parameter.getKey()) + "=" + encoded(parameter.getValue()))
                .sorted()
                .collect(Collectors.joining("&"));
        return "jdbc:postgresql://" + (socket.isPresent() ? "127.0.0.1" : host) + ":" + port + "/" + encoded(database)
                + (query.isEmpty() ? "" : "?" + query);
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Logs in, as {@code alexa-link-tool}. An exception has PostgreSQL's state, and as its message why, with the cure. */
    Connection connect() throws SQLException {
        Properties settings = new Properties();
        settings.setProperty("user", user);
        password.ifPresent(value -> settings.setProperty("password", value));
        settings.setProperty("ApplicationName", "alexa-link-tool");
        settings.setProperty("connectTimeout", CONNECT_SECONDS);
        settings.setProperty("loginTimeout", "10");
        parameters.forEach(settings::setProperty);
        // as the session begins, so that a script's RESET returns to it: a superuser must not call what is in schema
        // public
        settings.merge("options", SEARCH_PATH, (given, ours) -> given + " " + ours);
        if (socket.isPresent()) {
            settings.setProperty("socketFactory", PeerSockets.class.getName());
            settings.setProperty(
                    "socketFactoryArg", systemUser + ":" + socket.get().resolve(socketName(port)));
            settings.setProperty("sslmode", "disable");
            settings.setProperty("gssEncMode", "disable");
        }
        Connection connection;
        try {
            connection = DriverManager.getConnection(
                    "jdbc:postgresql://" + (socket.isPresent() ? "localhost" : host) + ":" + port + "/"
                            + encoded(database),
                    settings);
        } catch (SQLException failed) {
            throw new SQLException(notConnected(failed).getMessage(), failed.getSQLState(), failed);
        }
        QUIET.on(connection).first(row -> row);
        return connection;
    }

    /** For a message. */
    String where() {
        return socket.map(folder -> folder.resolve(socketName(port)).toString()).orElse(host + ":" + port);
    }

    /** Whether PostgreSQL asks for a password, and none was given, or ~/.pgpass has a wrong one. */
    boolean wantsPassword(SQLException failed) {
        return password.isEmpty() && List.of(NO_PASSWORD, WRONG_PASSWORD).contains(failed.getSQLState());
    }

    /** Why nobody was logged in, and the cure. */
    private Refusal notConnected(SQLException failed) {
        String at = "PostgreSQL at " + where();
        Optional<ServerErrorMessage> said = said(failed);
        if (said.isEmpty()) {
            return NO_PASSWORD.equals(failed.getSQLState()) && password.isEmpty()
                    ? new Refusal(
                            at + " wants a password of " + user + ", and there is none",
                            "PGPASSWORD=..., or a line in ~/.pgpass: " + host + ":" + port + ":*:" + user + ":PASSWORD")
                    : unreachable(failed);
        }
        return switch (failed.getSQLState()) {
            case WRONG_PASSWORD ->
                new Refusal(
                        at + " knows no " + user + " with this password",
                        "PGUSER and PGPASSWORD, ~/.pgpass or --db say who you are");
            case "28000" ->
                new Refusal(
                        at + ": " + said.get().getMessage(),
                        "PGUSER or --db says who you are; on Debian: sudo java -jar alexa.war ...");
            case "3D000" ->
                new Refusal(
                        "there is no database " + database + " at " + where(),
                        "PGDATABASE or --db names another; java -jar alexa.war setup makes it");
            default -> new Refusal(at + ": " + explained(failed));
        };
    }

    private Refusal unreachable(SQLException failed) {
        Throwable cause = failed.getCause() == null ? failed : failed.getCause();
        String cure = "say where it is: PGHOST and PGPORT, or --db postgresql://USER@HOST:5432/alexa";
        if (cause instanceof UnknownHostException) {
            return new Refusal("there is no host " + host, cure);
        }
        if (socket.isPresent()) {
            return new Refusal(
                    "no PostgreSQL answers at " + where(),
                    "PGHOST says where: another folder with the socket, or a host; PGPORT is " + port);
        }
        if (cause instanceof ConnectException) {
            return new Refusal(
                    "no PostgreSQL listens at " + where(),
                    isHere() ? "start it (on Debian and Ubuntu: systemctl start postgresql), or " + cure : cure);
        }
        if (cause instanceof SocketTimeoutException) {
            return new Refusal("no answer from " + where() + " within " + CONNECT_SECONDS + " s", cure);
        }
        return new Refusal(where() + ": " + cause.getMessage(), cure);
    }

    /**
     * What PostgreSQL said, in one line, and its hint in the next; never the statement or a row. If a constraint has a
     * comment, that says it all.
     */
    static String explained(SQLException failed) {
        Optional<ServerErrorMessage> said = said(failed);
        if (said.isEmpty()) {
            return failed.getMessage();
        }
        String words = said.get().getMessage();
        Optional<String> hint = Optional.ofNullable(said.get().getHint())
                .map(SqlFunctions::asCommands)
                .map(Server::inLines);
        return switch (failed.getSQLState()) {
            case "3F000", "42P01", "42883" ->
                "there is no Alexa Link of this version in this database: " + words
                        + "\n  --db names another; java -jar alexa.war setup installs it here";
            case "42501" -> words + "\n  log in as a member of alexa_owner, or as a superuser: PGUSER or --db";
            case "25006" ->
                "this PostgreSQL takes no changes: it is a standby, or set to read only"
                        + "\n  PGHOST or --db names the primary";
            default ->
                Optional.ofNullable(said.get().getConstraint())
                        .flatMap(constraint -> Scripts.commentOn(
                                constraint, String.valueOf(said.get().getTable())))
                        .map(Server::inLines)
                        .orElseGet(() -> words + hint.map(more -> "\n  " + more).orElse(""));
        };
    }

    private static Optional<ServerErrorMessage> said(SQLException failed) {
        return failed instanceof PSQLException answered
                ? Optional.ofNullable(answered.getServerErrorMessage())
                : Optional.empty();
    }

    /** In lines that fit a terminal. */
    private static String inLines(String words) {
        return words.replaceAll("(.{1,76})(?: |$)", "$1\n  ").strip();
    }
}
