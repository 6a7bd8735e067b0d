package io.github.alexalink.run;

import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.Leftover;
import io.github.alexalink.fixture.servers.PasswordHash;
import io.github.alexalink.fixture.servers.Postgres;
import io.github.alexalink.fixture.servers.Private;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.LogManager;

/**
 * {@code ./mvnw -Prun}: PostgreSQL, Tomcat, {@code alexa.war} and the demo {@code music-server.war}, until Ctrl-C. What
 * it keeps is in {@code target/run}; a second start finds it.
 */
public final class Run {

    private static final int LAST_PORT = 65_535;

    private final Path project = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    private final Path home = Path.of(System.getProperty("tomcat.home")).toAbsolutePath();
    private final Path folder = project.resolve("target/run");
    private final Path base = folder.resolve("tomcat");
    private final Path credentials = folder.resolve("credentials.properties");
    private final Path tomcatPid = folder.resolve("tomcat.pid");
    private final Path launcherPid = folder.resolve("launcher.pid");
    private TomcatProcess tomcat;
    private Postgres postgres;
    private final int port = Integer.getInteger("http.port", 8095);
    private final String root = "http://127.0.0.1:" + port;
    private final String issuer = root + "/alexa";

    /** Runs in Maven's own JVM, so it ends with that JVM and not by returning. */
    public static void main(String[] args) throws Exception {
        System.exit(new Run().untilStopped());
    }

    private int untilStopped() throws Exception {
        long start = System.nanoTime();
        // the library repeats PostgreSQL's start-up lines in a dozen of its own
        LogManager.getLogManager().getLogger("").setLevel(Level.WARNING);
        Optional<ProcessHandle> other = Leftover.alive(launcherPid);
        if (other.isPresent()) {
            say("Already running, as process " + other.get().pid() + ": press Ctrl-C there first");
            return 1;
        }
        stopLeftovers();
        if (Postgres.trustsEverybody(folder.resolve("postgres"))) {
            say("What an older build left in target/run let everybody on this machine into its PostgreSQL: delete "
                    + folder + " and start again. Account, links and secrets are made anew");
            return 1;
        }
        if (!portIsFree()) {
            say("Port " + port + " is in use: stop what uses it, or start with another: ./mvnw -Prun -Dhttp.port="
                    + (port < LAST_PORT ? port + 1 : port - 1));
            return 1;
        }
        String appPassword = Private.random(24);
        Private.createFolder(folder);
        Leftover.remember(launcherPid, ProcessHandle.current());
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
        try {
            postgres = Postgres.start(folder.resolve("postgres"), project.resolve("sql"), appPassword);
        } catch (Schema.OfAnotherBuild older) {
            say("The data in target/run are of an older build, whose tables were others. Begin anew: rm -r " + folder
                    + " && ./mvnw -Prun. Account, links and secrets are made anew");
            return 1;
        }
        Properties demo;
        try (Connection connection = postgres.superuser()) {
            demo = demo(connection);
        }
        CatalinaBase.prepare(
                base,
                home,
                project.resolve("tomcat-conf"),
                Map.of(
                        "alexa.issuer",
                        issuer,
                        "alexa.name",
                        "Demo music server",
                        "alexa.db.url",
                        postgres.jdbcUrl(),
                        "alexa.db.user",
                        "alexa_app",
                        "alexa.db.password.file",
                        Private.write(folder.resolve("alexa.db.password"), appPassword + "\n")
                                .toString(),
                        "demo.credentials",
                        credentials.toString()));
        CatalinaBase.addBearer(base, project.resolve("target/alexa-bearer.jar"));
        CatalinaBase.describe(base, "music-server", CatalinaBase.WITH_BEARER);
        CatalinaBase.deploy(base, project.resolve("target/alexa.war"), "alexa");
        CatalinaBase.deploy(base, project.resolve("target/alexa-music-server.war"), "music-server");
        tomcat = TomcatProcess.start(home, base, port, List.of("-Xmx256m"), ProcessBuilder.Redirect.INHERIT);
        Leftover.remember(tomcatPid, tomcat.handle());

        if (!tomcat.answers("/alexa/health", 200, Duration.ofSeconds(60))) {
            say("Alexa Link did not start: the log above says why");
            return 1;
        }
        say(instructions(demo, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)));
        return tomcat.waitFor();
    }

    /** Stops the children of an earlier run that was killed: they hold the port and the data. */
    private void stopLeftovers() throws IOException, InterruptedException {
        Optional<ProcessHandle> leftover = Leftover.alive(tomcatPid);
        if (leftover.isPresent()) {
            say("Stopping Tomcat of an earlier run that was killed (process "
                    + leftover.get().pid() + ")");
            leftover.get().destroy();
            leftover.get().onExit().orTimeout(20, TimeUnit.SECONDS).join();
        }
        Postgres.stopLeftover(folder.resolve("postgres"))
                .ifPresent(pid -> say("Stopped PostgreSQL of an earlier run that was killed (process " + pid + ")"));
    }

    private boolean portIsFree() {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
            return true;
        } catch (IOException busy) {
            return false;
        }
    }

    /**
     * The client, resource server and account of the demo: those of the first start, if their secrets are still known.
     */
    private Properties demo(Connection connection) throws IOException, SQLException {
        Properties demo = new Properties();
        if (Files.exists(credentials)) {
            try (Reader file = Files.newBufferedReader(credentials)) {
                demo.load(file);
            }
        }
        List<String> redirectUris = List.of(
                "https://pitangui.amazon.com/api/skill/link/M2DEMOVENDORID",
                "https://layla.amazon.com/api/skill/link/M2DEMOVENDORID",
                "https://alexa.amazon.co.jp/api/skill/link/M2DEMOVENDORID",
                root + "/music-server/linked");
        String registered = ask(connection, "SELECT client_id FROM alexa.client WHERE client_id = 'alexa'");
        if (registered == null) {
            demo.setProperty(
                    "client_secret",
                    ask(
                            connection,
                            "SELECT client_secret FROM alexa.register_client(client_id => 'alexa',"
                                    + " display_name => 'Amazon Alexa', redirect_uris => string_to_array(?, ' '))",
                            String.join(" ", redirectUris)));
            demo.setProperty(
                    "resource_server_secret",
                    ask(
                            connection,
                            "SELECT client_secret FROM alexa.register_resource_server(client_id => 'music-server',"
                                    + " display_name => 'Demo music server')"));
        } else {
            ask(
                    connection,
                    "SELECT 'done', alexa.set_redirect_uris('alexa', string_to_array(?, ' '))",
                    String.join(" ", redirectUris));
            if (demo.getProperty("client_secret") == null) {
                demo.setProperty("client_secret", ask(connection, "SELECT alexa.rotate_client_secret('alexa')"));
                demo.setProperty(
                        "resource_server_secret", ask(connection, "SELECT alexa.rotate_client_secret('music-server')"));
            }
        }
        if (demo.getProperty("password") == null) {
            demo.setProperty("password", Private.random(9));
            String hash = PasswordHash.of(demo.getProperty("password"));
            boolean known = ask(connection, "SELECT username FROM alexa.account WHERE username = 'anna'") != null;
            ask(
                    connection,
                    "SELECT 'done', alexa." + (known ? "set_password_hash" : "add_account") + "('anna', ?)",
                    hash);
        }
        demo.setProperty("issuer", issuer);
        demo.setProperty("client_id", "alexa");
        demo.setProperty("redirect_uris", String.join(" ", redirectUris));
        demo.setProperty("scopes", "music.read music.control");
        demo.setProperty("username", "anna");
        demo.setProperty("resource_server_id", "music-server");
        demo.setProperty("jdbc_url", postgres.jdbcUrl() + "?user=postgres&password=" + postgres.superuserPassword());
        StringWriter text = new StringWriter();
        demo.store(text, "The demo of ./mvnw -Prun; jdbc_url is the superuser's, with the password");
        Private.write(credentials, text.toString());
        return demo;
    }

    private static String ask(Connection connection, String sql, String... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setString(i + 1, parameters[i]);
            }
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    private String instructions(Properties demo, long milliseconds) {
        String local = root + "/music-server/linked";
        String login = demo.getProperty("client_id") + ":" + demo.getProperty("client_secret");
        String link = issuer + "/authorize?response_type=code&client_id=alexa&redirect_uri="
                + URLEncoder.encode(local, StandardCharsets.UTF_8)
                + "&scope=music.read+music.control&state=try-it-out";
        return """

                ──────────────────────────────────────────────────────────────────────────────
                Alexa Link is up after %.1f s. Ctrl-C stops it; what it keeps is in target/run.

                  Alexa Link      %s/health
                  Linked apps     %s/links
                  Music server    %s/music-server/
                  PostgreSQL      psql -X '%s'

                  client id       alexa
                  client secret   %s
                  user            anna
                  password        %s

                1. Link an account: open this in a browser, sign in and allow it

                   %s

                2. Press the button there, or exchange the code yourself before it expires

                   curl -s -u '%s' %s/token -d grant_type=authorization_code \\
                        -d redirect_uri=%s -d code=THE_CODE

                3. Refresh, as Alexa will for years

                   curl -s -u '%s' %s/token -d grant_type=refresh_token \\
                        -d refresh_token=THE_REFRESH_TOKEN

                4. Ask whose an access token is, as the music server does

                   curl -s -u '%s' %s/introspect -d token=THE_ACCESS_TOKEN

                5. Look at the library and play, as Alexa will; %s/music-server/ shows it

                   curl -s -H 'Authorization: Bearer THE_ACCESS_TOKEN' %s/music-server/api/library
                   curl -s -H 'Authorization: Bearer THE_ACCESS_TOKEN' -X POST %s/music-server/api/player/play
                ──────────────────────────────────────────────────────────────────────────────
                """.formatted(
                        milliseconds / 1000.0,
                        issuer,
                        issuer,
                        root,
                        postgres.libpqUri("alexa"),
                        demo.getProperty("client_secret"),
                        demo.getProperty("password"),
                        link,
                        login,
                        issuer,
                        local,
                        login,
                        issuer,
                        demo.getProperty("resource_server_id") + ":" + demo.getProperty("resource_server_secret"),
                        issuer,
                        root,
                        root,
                        root);
    }

    private void stop() {
        say("Stopping");
        if (tomcat != null) {
            tomcat.close();
        }
        try {
            if (postgres != null) {
                postgres.close();
            }
            Files.deleteIfExists(tomcatPid);
            Files.deleteIfExists(launcherPid);
        } catch (IOException broken) {
            say("PostgreSQL did not stop cleanly: " + broken.getMessage());
        }
        say("All stopped");
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
