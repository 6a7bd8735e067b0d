package io.github.alexalink.tool;

import io.github.alexalink.config.DatabaseSettings;
import io.github.alexalink.diagnosis.Shell;
import io.github.alexalink.store.NamedStatement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.postgresql.PGConnection;
import org.postgresql.core.NativeQuery;
import org.postgresql.core.Parser;
import org.postgresql.util.PSQLWarning;

/** What setup does in PostgreSQL: database, roles, schema, the role's password, client and account. */
final class DatabaseSide implements AutoCloseable {

    static final String ROLE = "alexa_app";
    static final String CLIENT = "alexa";

    private static final int OLDEST = 13;
    private static final Set<String> NOT_FOR_APPLICATIONS = Set.of("postgres", "template0", "template1");

    /** After the password was found right: there is no such database; the role may not connect to it. */
    private static final Set<String> LATER = Set.of("3D000", "42501");

    private static final NamedStatement SERVER = NamedStatement.load(DatabaseSide.class, "look_at_server", "database");
    private static final NamedStatement DATABASE = NamedStatement.load(DatabaseSide.class, "look_at_database");
    private static final NamedStatement HAS_PASSWORD = NamedStatement.load(DatabaseSide.class, "role_has_password");
    private static final NamedStatement VERSION = NamedStatement.load(DatabaseSide.class, "schema_version");
    private static final NamedStatement LOCK = NamedStatement.load(DatabaseSide.class, "lock_setup");
    private static final NamedStatement CREATE = NamedStatement.load(DatabaseSide.class, "create_database", "database");

    private Server server;
    private final Place passwordFile;
    private final Place secretFile;
    private final Optional<DatabaseSettings> settings;
    private final Path given;
    private final boolean newPassword;
    private final List<String> notices = new ArrayList<>();
    private Connection connection;
    private ServerFacts facts;

    /** Of our schema; 0 if there is none. */
    private int schemaVersion;

    private record ServerFacts(
            int major,
            String version,
            boolean superuser,
            boolean mayCreateDatabases,
            boolean mayCreateRoles,
            boolean readOnly,
            String encoding,
            boolean hasRole) {}

    /**
     * Logs in and looks.
     *
     * @param named whether the operator said which database
     * @param passwordFile where the password of the role is, or will be
     * @param secretFile where the secret of the client will be
     * @param settings as the WAR finds them already
     * @param given the file in which the operator says that it is; otherwise the same
     * @param newPassword whether the role may get another password, although it has one that is not known here
     */
    DatabaseSide(
            Server server,
            boolean named,
            Place passwordFile,
            Place secretFile,
            Optional<DatabaseSettings> settings,
            Path given,
            boolean newPassword)
            throws Refusal, SQLException {
        this.server = server;
        this.passwordFile = passwordFile;
        this.secretFile = secretFile;
        this.settings = settings;
        this.given = given;
        this.newPassword = newPassword;
        look(named);
    }

    private void look(boolean named) throws Refusal, SQLException {
        boolean there = true;
        try {
            connection = login(server);
        } catch (SQLException failed) {
            if (!"3D000".equals(failed.getSQLState())) { // invalid_catalog_name: there is no such database
                throw failed;
            }
            there = false;
            connection = login(server.withDatabase("postgres"));
        }
        lock();
        facts = SERVER.on(connection)
                .set("database", server.database())
                .first(row -> new ServerFacts(
                        row.getInt("version_number") / 10_000,
                        row.getString("version"),
                        row.getBoolean("superuser"),
                        row.getBoolean("may_create_databases"),
                        row.getBoolean("may_create_roles"),
                        row.getBoolean("read_only"),
                        row.getString("encoding"),
                        row.getBoolean("has_role")))
                .orElseThrow();
        if (!there && facts.encoding() != null) { // another setup has just made it
            connection.close();
            connection = login(server);
            lock();
            there = true;
        }
        if (facts.major() < OLDEST) {
            throw new Refusal(
                    "PostgreSQL at " + server.where() + " is " + facts.version(), "it must be " + OLDEST + " or later");
        }
        if (facts.readOnly()) {
            throw new Refusal(
                    "PostgreSQL at " + server.where() + " is read-only: a standby, as a rule",
                    "--db must lead to the primary");
        }
        if (!there && !facts.mayCreateDatabases()) {
            throw new Refusal(
                    "there is no database " + server.database() + ", and " + server.user() + " may not create one",
                    "log in as a role that may (a superuser, or one with CREATEDB and CREATEROLE): --db "
                            + Shell.word("postgresql://ROLE@HOST:5432/" + server.encodedDatabase()));
        }
        schemaVersion = there ? schemaVersion(named) : 0;
        if (schemaVersion == 0 && !facts.mayCreateRoles() && !facts.hasRole()) {
            throw new Refusal(
                    server.user() + " may not create roles, and there is no role " + ROLE,
                    "log in as a superuser or a role with CREATEROLE: --db "
                            + Shell.word("postgresql://ROLE@HOST:5432/" + server.encodedDatabase()));
        }
    }

    /** As psql does: asks for a password if the server wants one and none was given. */
    private Connection login(Server as) throws Refusal, SQLException {
        try {
            return as.connect();
        } catch (SQLException refused) {
            if (!server.wantsPassword(refused) || !Prompt.isThere()) {
                throw refused;
            }
            server = server.withPassword(Prompt.secret("Password of " + as.user() + " at " + as.where()));
            return server.withDatabase(as.database()).connect();
        }
    }

    private int schemaVersion(boolean named) throws Refusal, SQLException {
        if (NOT_FOR_APPLICATIONS.contains(server.database())) {
            throw new Refusal(
                    "database " + server.database() + " is not for applications",
                    "--db postgresql://" + server.user() + "@HOST:5432/alexa, and setup makes it");
        }
        if (!"UTF8".equals(facts.encoding())) {
            throw new Refusal(
                    "database " + server.database() + " is in " + facts.encoding() + ", not in UTF8: it cannot hold"
                            + " every name",
                    "take another name, and setup makes it: --db postgresql:///alexa_link");
        }
        record Seen(String owner, boolean hasVersion, String others) {}
        Seen seen = DATABASE.on(connection)
                .first(row -> new Seen(
                        row.getString("owner_of_schema"), row.getBoolean("has_version"), row.getString("others")))
                .orElseThrow();
        if (seen.owner() != null && !seen.hasVersion()) {
            throw new Refusal(
                    "database " + server.database() + " has a schema alexa of somebody else's: it belongs to "
                            + seen.owner(),
                    "take another database, and setup makes it: --db postgresql:///alexa_link");
        }
        int version = 0;
        if (seen.hasVersion()) {
            version = VERSION.on(connection).first(row -> row.getInt("version")).orElseThrow();
            if (version > Scripts.newest()) {
                throw new Refusal(
                        "schema alexa in database " + server.database() + " is at version " + version
                                + ", and this WAR brings " + Scripts.newest(),
                        "use the WAR that made it, or a newer one");
            }
        } else if (seen.others() != null && !named) {
            throw new Refusal(
                    "database " + server.database() + " is somebody else's: it has tables (schema " + seen.others()
                            + ") and none of them is ours",
                    "take another, and setup makes it: --db postgresql:///alexa_link; or name this one: --db "
                            + Shell.word("postgresql:///" + server.encodedDatabase()));
        }
        return version;
    }

    /** One line about the server. */
    @Override
    public String toString() {
        return "PostgreSQL " + facts.version() + " at " + server.where() + ", as " + server.user()
                + (facts.superuser() ? " (superuser)" : "");
    }

    /** The address that the WAR will use. */
    String url() {
        return settings.map(DatabaseSettings::url).orElse(server.jdbcUrl());
    }

    /** For {@code --db} on another machine, too. */
    String addressForTomcat() {
        return url().replaceFirst("^jdbc:", "");
    }

    private String role() {
        return settings.map(DatabaseSettings::user).orElse(ROLE);
    }

    List<Step> steps(Wanted wanted, boolean asking) throws SQLException, IOException, Refusal {
        List<Step> steps = new ArrayList<>();
        steps.add(database());
        steps.add(schema());
        steps.add(rolePassword());
        steps.add(client(wanted, asking));
        steps.add(account(wanted, asking));
        return steps;
    }

    private Step database() throws SQLException {
        String what = "database " + server.database();
        if (facts.encoding() != null) {
            return Step.there(Step.Part.DATABASE, what, "");
        }
        String command = CREATE.on(connection)
                .set("database", server.database())
                .first(row -> row.getString("command"))
                .orElseThrow();
        return new Step(Step.Part.DATABASE, what, Step.State.MAKE, "UTF8", command + ";", () -> {
            try (Statement create = connection.createStatement()) {
                create.execute(command);
            }
            connection.close();
            connection = server.connect();
            lock();
            return "made";
        });
    }

    /** Two at the same moment would give the role two passwords. */
    private void lock() throws Refusal, SQLException {
        if (!LOCK.on(connection).first(row -> row.getBoolean("alone")).orElseThrow()) {
            throw new Refusal("another setup is under way in this PostgreSQL", "wait for its end");
        }
    }

    private Step schema() {
        String what = "roles, tables, functions";
        int newest = Scripts.newest();
        if (schemaVersion == newest) {
            return Step.there(Step.Part.SCHEMA, what, "schema version " + newest);
        }
        boolean fresh = schemaVersion == 0;
        List<String> files = new ArrayList<>();
        if (fresh) {
            files.add("roles.sql");
        }
        Scripts.migrations().stream()
                .filter(migration -> migration.version() > schemaVersion)
                .forEach(migration -> files.add(migration.path()));
        return new Step(
                Step.Part.SCHEMA,
                what,
                fresh ? Step.State.MAKE : Step.State.CHANGE,
                fresh
                        ? "schema version " + newest
                        : "schema version " + schemaVersion + " to " + newest + ", while all goes on",
                fresh ? Scripts.install() : Scripts.upgradeFrom(schemaVersion),
                () -> {
                    if (!facts.hasRole()) {
                        password();
                    }
                    run(files);
                    return "schema version " + newest;
                });
    }

    /** A file that says so runs outside of the transaction, statement by statement as psql would send it. */
    private void run(List<String> files) throws SQLException {
        connection.setAutoCommit(false);
        try {
            for (String file : files) {
                String text = Scripts.read(file);
                if (Scripts.isOutside(text)) {
                    connection.commit();
                    connection.setAutoCommit(true);
                    for (NativeQuery query : Parser.parseJdbcSql(text, true, false, true, false, false)) {
                        execute(query.nativeSql);
                    }
                    connection.setAutoCommit(false);
                } else {
                    execute(text);
                }
            }
            connection.commit();
        } catch (SQLException failed) {
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
            throw failed;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
            for (SQLWarning said = statement.getWarnings(); said != null; said = said.getNextWarning()) {
                if ("NOTICE".equals(severityOf(said))
                        && !(facts.encoding() == null && said.getMessage().startsWith("database "))) {
                    notices.add(said.getMessage());
                }
            }
        }
    }

    private static String severityOf(SQLWarning said) {
        return said instanceof PSQLWarning ours && ours.getServerErrorMessage() != null
                ? ours.getServerErrorMessage().getSeverity()
                : "";
    }

    /** What the files said of a database that was there before, and what only a superuser can do. */
    List<String> notices() {
        return notices;
    }

    private Step rolePassword() throws Refusal, SQLException {
        String what = "password of " + ROLE;
        Optional<String> kept = kept();
        if (facts.hasRole() && kept.isPresent() && logsIn(kept.get())) {
            return Step.there(
                    Step.Part.ROLE_PASSWORD,
                    what,
                    Files.exists(passwordFile.file()) ? "in " + passwordFile.file() : "in the settings of this Tomcat");
        }
        boolean exists = facts.hasRole() && hasPassword();
        if (exists && kept.isEmpty() && !newPassword) {
            throw new Refusal(
                    ROLE + " has a password already, for every database of this server, and it is not in "
                            + passwordFile.file(),
                    "--db-password-file F, with that password; or --new-db-password, and each Tomcat needs the new one");
        }
        return new Step(
                Step.Part.ROLE_PASSWORD,
                what,
                exists ? Step.State.CHANGE : Step.State.MAKE,
                "in " + passwordFile.file() + (exists ? "; a Tomcat with the old one needs it, too" : ""),
                "-- a password of 32 random letters goes to " + passwordFile.file() + ", its hash to PostgreSQL:\n"
                        + "ALTER ROLE " + ROLE + " PASSWORD 'SCRAM-SHA-256$…';",
                () -> {
                    String password = password();
                    ((PGConnection) connection)
                            .alterUserPassword(role(), password.toCharArray(), "scram-sha-256"); // hashed here
                    login(password).close();
                    return "made";
                });
    }

    /** Whether the role has a password; only a superuser can see that, and otherwise it may have one. */
    private boolean hasPassword() throws SQLException {
        return !facts.superuser()
                || HAS_PASSWORD
                        .on(connection)
                        .first(row -> row.getBoolean("has_password"))
                        .orElseThrow();
    }

    /** On the disk before the role is made: a stopped run then goes on with the same one. */
    private String password() throws Refusal, IOException {
        Optional<String> kept = kept();
        if (kept.isPresent()) {
            return kept.get();
        }
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        String password = Base64.getUrlEncoder().encodeToString(random);
        passwordFile.makeFolder().write(password + "\n");
        return password;
    }

    /** The one that the settings lead to, or that a stopped run has made. */
    private Optional<String> kept() throws Refusal {
        try {
            if (settings.isPresent() && given.equals(passwordFile.file())) {
                return Optional.of(settings.get().currentPassword()).filter(password -> !password.isEmpty());
            }
            return Files.exists(given)
                    ? Optional.of(Files.readString(given).strip()).filter(password -> !password.isEmpty())
                    : Optional.empty();
        } catch (IOException denied) {
            throw new Refusal(Myself.name() + " may not read " + given, "run this as root: sudo java -jar alexa.war …");
        }
    }

    private boolean logsIn(String password) {
        try {
            login(url(), role(), password).close();
            return true;
        } catch (SQLException refused) {
            return LATER.contains(refused.getSQLState());
        }
    }

    /** As Tomcat will: over TCP. */
    private Connection login(String password) throws Refusal {
        try {
            return login(url(), role(), password);
        } catch (SQLException refused) {
            String state = String.valueOf(refused.getSQLState());
            throw new Refusal(
                    "PostgreSQL does not let " + ROLE + " in as Tomcat will log in, at " + url() + ": "
                            + Server.explained(refused).lines().findFirst().orElse(""),
                    state.startsWith("08")
                            ? "it must listen there: listen_addresses in postgresql.conf"
                            : "pg_hba.conf needs the line: host " + server.database() + " " + ROLE
                                    + " 127.0.0.1/32 scram-sha-256; then: SELECT pg_reload_conf()");
        }
    }

    private static Connection login(String url, String user, String password) throws SQLException {
        Properties login = new Properties();
        login.setProperty("user", user);
        login.setProperty("password", password);
        login.setProperty("ApplicationName", "alexa-link-tool");
        login.setProperty("connectTimeout", "5");
        login.setProperty("loginTimeout", "10");
        return DriverManager.getConnection(url, login);
    }

    private Step client(Wanted wanted, boolean asking) throws SQLException {
        String what = "client " + CLIENT;
        Optional<List<String>> registered =
                schemaVersion == 0 ? Optional.empty() : ClientCommand.redirectUrisOf(connection, CLIENT);
        Optional<List<String>> uris = wanted.redirectUris();
        if (registered.isPresent()) {
            if (uris.isEmpty() || uris.get().stream().sorted().toList().equals(registered.get())) {
                return Step.there(
                        Step.Part.CLIENT,
                        what,
                        "redirect URIs: " + registered.get().size());
            }
            return new Step(
                    Step.Part.CLIENT,
                    what,
                    Step.State.CHANGE,
                    "other redirect URIs",
                    "SELECT alexa.set_redirect_uris(client_id => '" + CLIENT + "', redirect_uris => "
                            + array(uris.get()) + ");",
                    () -> {
                        ClientCommand.setRedirectUris(connection, CLIENT, uris.get());
                        return "changed";
                    });
        }
        if (uris.isEmpty()) {
            return asking
                    ? Step.ask(Step.Part.CLIENT, what, "Amazon's vendor id")
                    : Step.leave(
                            Step.Part.CLIENT, what, "later: java -jar alexa.war client add alexa --alexa-vendor ID");
        }
        return new Step(
                Step.Part.CLIENT,
                what,
                Step.State.MAKE,
                "its secret in " + secretFile.file(),
                "SELECT * FROM alexa.register_client(client_id => '" + CLIENT + "', display_name => '"
                        + ClientCommand.ALEXA + "', redirect_uris => " + array(uris.get()) + ");",
                () -> {
                    connection.setAutoCommit(false);
                    try {
                        String secret = ClientCommand.register(connection, CLIENT, ClientCommand.ALEXA, uris.get());
                        // before the commit: a stopped run would otherwise leave a client whose secret nobody knows
                        secretFile.makeFolder().write(secret + "\n");
                        connection.commit();
                    } catch (SQLException | IOException failed) {
                        connection.rollback();
                        throw failed;
                    } finally {
                        connection.setAutoCommit(true);
                    }
                    return "made";
                });
    }

    private Step account(Wanted wanted, boolean asking) throws SQLException {
        List<String> accounts = schemaVersion == 0 ? List.of() : AccountCommand.names(connection);
        Optional<String> name = wanted.account();
        if (name.isEmpty()) {
            return !accounts.isEmpty()
                    ? Step.there(
                            Step.Part.ACCOUNT,
                            "an account",
                            accounts.size() == 1 ? "one" : accounts.size() + " of them")
                    : asking
                            ? Step.ask(Step.Part.ACCOUNT, "an account", "name and password")
                            : Step.leave(
                                    Step.Part.ACCOUNT, "an account", "later: java -jar alexa.war account add NAME");
        }
        String what = "account " + name.get();
        if (accounts.contains(name.get())) {
            return Step.there(Step.Part.ACCOUNT, what, "with the password it has");
        }
        boolean first = accounts.isEmpty();
        return new Step(
                Step.Part.ACCOUNT,
                what,
                Step.State.MAKE,
                first ? "for the operator's page as well, by the role alexa-operator" : "",
                "SELECT alexa.add_account(username => '" + name.get().replace("'", "''") + "', password_hash => '…'"
                        + (first ? ", roles => ARRAY['listener', 'alexa-operator']" : "") + ");",
                () -> {
                    String hash = PasswordHash.of(wanted.password().of(name.get()));
                    if (first) {
                        AccountCommand.addFirst(connection, name.get(), hash);
                    } else {
                        AccountCommand.add(connection, name.get(), hash);
                    }
                    if (!facts.superuser()) {
                        notices.add("a server that logs parameters has the hash of the account's password in its log:"
                                + " only a superuser's session can keep it out");
                    }
                    return "made";
                });
    }

    private static String array(List<String> uris) {
        return "ARRAY['"
                + String.join(
                        "', '", uris.stream().map(uri -> uri.replace("'", "''")).toList()) + "']";
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
