package io.github.alexalink.run;

import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.Leftover;
import io.github.alexalink.fixture.servers.Postgres;
import io.github.alexalink.fixture.servers.Private;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code ./mvnw -Prun}: PostgreSQL, Tomcat, {@code alexa.war} and the demo {@code music-server.war}, until Ctrl-C. What
 * it keeps is in {@code target/run}; a second start finds it.
 */
public final class Run {

    private static final int LAST_PORT = 65_535;

    private static final String BEGIN_ANEW =
            " Begin anew: rm -r target/run && ./mvnw -Prun. Account, links and secrets are made anew";

    private final Path project = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    private final Path home = Path.of(System.getProperty("tomcat.home")).toAbsolutePath();
    private final Path folder = project.resolve("target/run");
    private final Path base = folder.resolve("tomcat");
    private final Path data = folder.resolve("postgres");
    private final Path credentials = folder.resolve("credentials.properties");
    private final Path password = folder.resolve("anna.password");
    private final Path musicServerSecret = folder.resolve("music-server.secret");
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
        if (Files.exists(data.resolve("PG_VERSION")) && !Files.exists(password)) {
            say("The data in target/run are of an older build, which kept its secrets elsewhere." + BEGIN_ANEW);
            return 1;
        }
        if (!portIsFree()) {
            say("Port " + port + " is in use: stop what uses it, or start with another: ./mvnw -Prun -Dhttp.port="
                    + (port < LAST_PORT ? port + 1 : port - 1));
            return 1;
        }
        Private.createFolder(folder);
        Leftover.remember(launcherPid, ProcessHandle.current());
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
        if (!Files.exists(password)) {
            Private.write(password, Private.random(9) + "\n");
        }
        postgres = Postgres.start(data);
        CatalinaBase.prepare(
                base,
                home,
                project.resolve("tomcat-conf"),
                Map.of("http.port", Integer.toString(port), "demo.credentials", credentials.toString()));
        CatalinaBase.addBearer(base, project.resolve("target/alexa-bearer.jar"));
        CatalinaBase.describe(base, "music-server", CatalinaBase.WITH_BEARER);
        CatalinaBase.deploy(base, project.resolve("target/alexa-music-server.war"), "music-server");
        if (!isSetUp()) {
            say("Alexa Link was not set up: the lines above say why. If a newer build made the data:" + BEGIN_ANEW);
            return 1;
        }
        say("Starting Tomcat");
        tomcat = TomcatProcess.start(home, base, port, List.of("-Xmx256m"), ProcessBuilder.Redirect.INHERIT);
        Leftover.remember(tomcatPid, tomcat.handle());
        Properties demo = demo(); // while Tomcat starts
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

    /** As an operator would set it up, with the same command; it shows what it does. */
    private boolean isSetUp() throws IOException, InterruptedException {
        List<String> options = new ArrayList<>(List.of("setup", "--yes"));
        options.addAll(List.of("--tomcat", relative(base)));
        options.addAll(List.of("--db", superusersAddress()));
        options.addAll(List.of("--issuer", issuer));
        options.addAll(List.of("--name", "Demo music server"));
        if (!Files.exists(clientSecret())) { // later it has one redirect URI more
            options.addAll(List.of("--alexa-vendor", "M2DEMOVENDORID"));
        }
        options.addAll(List.of("--account", "anna"));
        options.addAll(List.of("--password-file", relative(password)));
        say("\njava -jar target/alexa.war "
                + String.join(" ", options)
                        .replace("Demo music server", "'Demo music server'")
                        .replace(" --", " \\\n    --")
                + "\n");
        return tool(ProcessBuilder.Redirect.INHERIT, options).waitFor() == 0;
    }

    /** Registers what only the demo has, writes down what scripts need, and returns it. */
    private Properties demo() throws IOException, InterruptedException {
        List<String> redirectUris = List.of(
                "https://pitangui.amazon.com/api/skill/link/M2DEMOVENDORID",
                "https://layla.amazon.com/api/skill/link/M2DEMOVENDORID",
                "https://alexa.amazon.co.jp/api/skill/link/M2DEMOVENDORID",
                root + "/music-server/linked");
        List<String> uris = new ArrayList<>(List.of("client", "uris", "alexa"));
        redirectUris.forEach(uri -> uris.addAll(List.of("--redirect-uri", uri)));
        printed(uris);
        if (!Files.exists(musicServerSecret)) {
            Private.write(musicServerSecret, secretOfMusicServer() + "\n");
        }
        Properties demo = new Properties();
        demo.setProperty("issuer", issuer);
        demo.setProperty("client_id", "alexa");
        demo.setProperty("client_secret", line(clientSecret()));
        demo.setProperty("redirect_uris", String.join(" ", redirectUris));
        demo.setProperty("scopes", "music.read music.control");
        demo.setProperty("username", "anna");
        demo.setProperty("password", line(password));
        demo.setProperty("resource_server_id", "music-server");
        demo.setProperty("resource_server_secret", line(musicServerSecret));
        demo.setProperty("jdbc_url", postgres.jdbcUrl() + "?user=postgres&password=" + postgres.superuserPassword());
        StringWriter text = new StringWriter();
        demo.store(text, "The demo of ./mvnw -Prun; jdbc_url is the superuser's, with the password");
        Private.write(credentials, text.toString());
        return demo;
    }

    /** Only if a start was stopped before the secret was written is the client there already. */
    private String secretOfMusicServer() throws IOException, InterruptedException {
        Optional<String> printed =
                printed(List.of("client", "add", "music-server", "--resource-server", "--name", "Demo music server"));
        if (printed.isEmpty()) {
            printed = printed(List.of("client", "secret", "music-server", "--old-valid-for", "0"));
        }
        Matcher secret = Pattern.compile("client secret +(\\S+)").matcher(printed.orElse(""));
        if (!secret.find()) {
            throw new IOException("the tool printed no secret: the lines above say why");
        }
        return secret.group(1);
    }

    private Path clientSecret() {
        return base.resolve("conf/alexa.client-secret");
    }

    private String superusersAddress() {
        return postgres.jdbcUrl().replaceFirst("jdbc:postgresql://", "postgresql://postgres@");
    }

    /** What a command of the tool prints about the demo's database; empty if it failed, which it has explained. */
    private Optional<String> printed(List<String> command) throws IOException, InterruptedException {
        List<String> options = new ArrayList<>(command);
        options.addAll(List.of("--db", superusersAddress()));
        Process tool = tool(ProcessBuilder.Redirect.PIPE, options);
        String printed = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return tool.waitFor() == 0 ? Optional.of(printed) : Optional.empty();
    }

    private Process tool(ProcessBuilder.Redirect out, List<String> options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-jar", "target/alexa.war"));
        command.addAll(options);
        ProcessBuilder tool = new ProcessBuilder(command)
                .directory(project.toFile())
                .redirectOutput(out)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        tool.environment().put("CATALINA_HOME", home.toString());
        tool.environment().put("PGPASSFILE", postgres.passFile().toString());
        return tool.start();
    }

    private String relative(Path path) {
        return project.relativize(path).toString();
    }

    private static String line(Path file) throws IOException {
        return Files.readString(file).strip();
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
