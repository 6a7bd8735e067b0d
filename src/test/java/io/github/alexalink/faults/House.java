package io.github.alexalink.faults;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.Postgres;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.tool.PasswordHash;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A PostgreSQL and the Tomcats in front of it, for one test alone, so that it may break all of them. */
final class House implements AutoCloseable {

    static final String ANNA = "anna";
    /** The options of tomcat-conf/bin/setenv.sh on a JDK 17. */
    static final List<String> SHIPPED_OPTIONS = List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError");

    private final Path folder;
    private final int databasePort = TestServers.freePort();
    private final List<Site> tomcats = new ArrayList<>();
    private Postgres postgres;

    /** Makes a house with a running PostgreSQL and no Tomcat yet, in a folder of this name. */
    House(String name) throws IOException, SQLException {
        folder = Path.of("target/faults", name).toAbsolutePath();
        CatalinaBase.delete(folder);
        startPostgres();
        ask("SELECT 'done', alexa.add_account(?, ?)", ANNA, PasswordHash.of(PASSWORD));
    }

    /** The folder with its files. */
    Path folder() {
        return folder;
    }

    /** Starts PostgreSQL, new or on the data it left, and waits until it accepts connections. */
    void startPostgres() throws IOException, SQLException {
        postgres =
                Postgres.start(folder.resolve("postgres"), databasePort, TestDatabase.SQL, TestDatabase.APP_PASSWORD);
    }

    /** Stops PostgreSQL in an orderly way. */
    void stopPostgres() throws IOException {
        postgres.close();
        postgres = null;
    }

    /** With -9. */
    void killPostgres() throws IOException {
        postgres.kill();
        postgres = null;
    }

    /** Makes another server, such as a promoted standby, this house's database. */
    void moveTo(Postgres other) {
        postgres = other;
    }

    Postgres postgres() {
        return postgres;
    }

    int databasePort() {
        return databasePort;
    }

    /** The database's address for the WAR, unless a test puts something in between. */
    String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + databasePort + "/alexa";
    }

    /** Adds a Tomcat with both WARs on this house's database, not started. */
    Site addTomcat() throws IOException {
        return addTomcat(Map.of());
    }

    /**
     * Adds a Tomcat, not started.
     *
     * @param settings beside or instead of the usual ones, such as {@code alexa.db.url}
     */
    Site addTomcat(Map<String, String> settings) throws IOException {
        Map<String, String> all = new HashMap<>(Map.of("alexa.db.url", jdbcUrl()));
        all.putAll(settings);
        Site site = new Site(folder.resolve("tomcat-" + tomcats.size()), all);
        tomcats.add(site);
        return site;
    }

    /** Registers a skill; with {@code rotates}, one whose refresh tokens are replaced at every use. */
    Alexa skill(String issuer, boolean rotates) throws SQLException {
        String clientId = TestDatabase.unique(rotates ? "rotating" : "steady");
        String secret = ask(
                "SELECT client_secret FROM alexa.register_client(client_id => ?, display_name => 'Amazon Alexa',"
                        + " redirect_uris => string_to_array(?, ' '))",
                clientId,
                Alexa.PITANGUI);
        if (rotates) {
            ask("SELECT 'done', alexa.change_client(client_id => ?, rotate_refresh_token => true)", clientId);
        }
        return Alexa.registered(issuer, clientId, secret);
    }

    /** Writes that many new codes into the database, as {@link Alexa#codeOf} does: no page and no password hashing. */
    List<String> codes(Alexa skill, int count) throws SQLException {
        List<String> codes = new ArrayList<>();
        try (Connection connection = postgres.superuser();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO alexa.authorization_code"
                        + " (link_id, code_hash, client_id, redirect_uri, scope, expires_at,"
                        + " subject, account_id, password_changed_at)"
                        + " SELECT ?, alexa.hash_of(?), ?, ?, '{music.read,music.control}',"
                        + " now() + interval '10 minutes', a.username, a.account_id, a.password_changed_at"
                        + " FROM alexa.account a WHERE a.username = ?")) {
            for (int i = 0; i < count; i++) {
                Token code = Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId());
                insert.setObject(1, code.linkId());
                insert.setString(2, code.value());
                insert.setString(3, skill.clientId());
                insert.setString(4, skill.redirectUri());
                insert.setString(5, ANNA);
                insert.addBatch();
                codes.add(code.value());
            }
            insert.executeBatch();
        }
        return codes;
    }

    /** Runs SQL without a result as a superuser. */
    void execute(String sql) throws SQLException {
        try (Connection connection = postgres.superuser();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Reads one value as a superuser; null if there is no row. */
    String ask(String sql, Object... parameters) throws SQLException {
        try (Connection connection = postgres.superuser();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    @Override
    public void close() throws IOException {
        tomcats.forEach(Site::close);
        if (postgres != null) {
            postgres.close();
        }
    }

    /** One Tomcat of the house, configured as shipped. */
    static final class Site implements AutoCloseable {

        private final Path base;
        private final int port = TestServers.freePort();
        private TomcatProcess process;

        private Site(Path base, Map<String, String> settings) throws IOException {
            this.base = base;
            Map<String, String> all = new HashMap<>(TestServers.settings(port));
            all.putAll(settings);
            TestServers.prepareBase(base, TestServers.tomcatHome(), port, all);
            CatalinaBase.describe(base, "music-server", CatalinaBase.WITH_BEARER);
            CatalinaBase.deploy(base, Path.of("target/alexa.war"), "alexa");
            CatalinaBase.deploy(base, Path.of("target/alexa-music-server.war"), "music-server");
        }

        int port() {
            return port;
        }

        /** The issuer of this Tomcat. Behind a balancer the setting is the balancer's address. */
        String issuer() {
            return TestServers.issuer(port);
        }

        Path base() {
            return base;
        }

        ProcessHandle handle() {
            return process.handle();
        }

        /** Starts it and waits until tokens can be issued. */
        void start() throws IOException, InterruptedException {
            launch(SHIPPED_OPTIONS, Map.of());
            awaitHealth(200);
        }

        /** Starts it; returns before it answers. */
        void launch(List<String> jvmOptions, Map<String, String> environment) throws IOException {
            process = TomcatProcess.start(
                    Path.of(System.getProperty("java.home")),
                    TestServers.tomcatHome(),
                    base,
                    port,
                    jvmOptions,
                    environment,
                    ProcessBuilder.Redirect.appendTo(
                            base.resolve("logs/console.log").toFile()));
        }

        void awaitHealth(int status) throws InterruptedException {
            assertThat(process.answers("/alexa/health", status, Duration.ofSeconds(60)))
                    .as("Tomcat answers %d, see %s", status, base.resolve("logs"))
                    .isTrue();
        }

        /** With -9. */
        void kill() throws InterruptedException {
            process.kill();
        }

        @Override
        public void close() {
            if (process != null) {
                process.close();
            }
        }
    }
}
