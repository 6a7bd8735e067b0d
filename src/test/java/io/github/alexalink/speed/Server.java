package io.github.alexalink.speed;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.Postgres;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** PostgreSQL, durable as in production, and Tomcat with both WARs, started by catalina.sh with the setenv.sh we ship. */
final class Server implements AutoCloseable {

    /** The value of {@code getconf CLK_TCK} on every Linux on which Java runs. */
    private static final double TICKS_PER_SECOND = 100;

    private final Path base;
    private final int port = TestServers.freePort();
    private final Postgres postgres;
    private TomcatProcess tomcat;

    Server(Path folder) throws IOException, SQLException {
        CatalinaBase.delete(folder);
        postgres = Postgres.startCounting(folder.resolve("postgres"), TestDatabase.SQL, TestDatabase.APP_PASSWORD);
        base = folder.resolve("tomcat");
        Map<String, String> settings = new HashMap<>(TestServers.settings(port));
        settings.put("alexa.db.url", postgres.jdbcUrl());
        settings.put("http.port", Integer.toString(port));
        TestServers.prepareBase(base, TestServers.tomcatHome(), port, settings);
        Files.createDirectories(base.resolve("bin"));
        Files.copy(
                Path.of("tomcat-conf/bin/setenv.sh"),
                base.resolve("bin/setenv.sh"),
                StandardCopyOption.REPLACE_EXISTING);
        CatalinaBase.describe(base, "music-server", CatalinaBase.WITH_BEARER);
        CatalinaBase.deploy(base, Path.of("target/alexa.war"), "alexa");
        CatalinaBase.deploy(base, Path.of("target/alexa-music-server.war"), "music-server");
    }

    /** Starts Tomcat; returns seconds from the command to the first page of that address. */
    double start(String page) throws IOException, InterruptedException {
        long start = System.nanoTime();
        tomcat = TomcatProcess.start(
                List.of(TestServers.tomcatHome().resolve("bin/catalina.sh").toString(), "run"),
                base,
                port,
                Map.of(
                        "JAVA_HOME",
                        System.getProperty("java.home"),
                        "CATALINA_BASE",
                        base.toString(),
                        "CATALINA_OPTS",
                        System.getProperty("bench.options", "")),
                ProcessBuilder.Redirect.to(base.resolve("logs/console.log").toFile()));
        assertThat(tomcat.answers(page, 200, Duration.ofSeconds(60)))
                .as("see " + base.resolve("logs"))
                .isTrue();
        return (System.nanoTime() - start) / 1e9;
    }

    void stop() {
        tomcat.close();
    }

    String root() {
        return "http://127.0.0.1:" + port;
    }

    String issuer() {
        return TestServers.issuer(port);
    }

    /** Sends a statement as a superuser; returns the first value, or null if there is none. */
    String ask(String sql, Object... parameters) throws SQLException {
        try (Connection connection = postgres.superuser();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            if (!statement.execute()) {
                return null;
            }
            try (ResultSet row = statement.getResultSet()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    Postgres postgres() {
        return postgres;
    }

    /** Connects as the WAR does, one connection per call. */
    DataSource app() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(postgres.jdbcUrl());
        source.setUser("alexa_app");
        source.setPassword(TestDatabase.APP_PASSWORD);
        return source;
    }

    /** Seconds of processor that Tomcat has used so far. */
    double tomcatCpu() throws IOException {
        return cpu(tomcat.handle());
    }

    /** Seconds of processor that PostgreSQL has used so far, with the connections that are gone. */
    double postgresCpu() throws IOException {
        double sum = 0;
        for (ProcessHandle process : postgres.processes()) {
            try {
                sum += cpu(process);
            } catch (NoSuchFileException ended) {
                // the process has ended, and its parent counts its seconds
            }
        }
        return sum;
    }

    /** MiB of Tomcat in memory. */
    long rss() throws IOException {
        return Long.parseLong(Files.readString(proc(tomcat.handle(), "status"))
                        .replaceAll("(?s).*VmRSS:\\s+(\\d+) kB.*", "$1"))
                / 1024;
    }

    /** Processor seconds of a process and of its children that have ended. */
    private static double cpu(ProcessHandle process) throws IOException {
        String stat = Files.readString(proc(process, "stat"));
        // fields 14 to 17 of proc(5), after the name, which may contain any character
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Stream.of(fields).skip(11).limit(4).mapToLong(Long::parseLong).sum() / TICKS_PER_SECOND;
    }

    private static Path proc(ProcessHandle process, String file) {
        return Path.of("/proc", Long.toString(process.pid()), file);
    }

    @Override
    public void close() throws IOException {
        if (tomcat != null) {
            tomcat.close();
        }
        postgres.close();
    }
}
