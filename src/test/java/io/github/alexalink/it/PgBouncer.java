package io.github.alexalink.it;

import io.github.alexalink.fixture.TestDatabase;
import io.github.alexalink.fixture.TestServers;
import io.github.alexalink.run.CatalinaBase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The machine's own PgBouncer in transaction mode, before the database of the tests. */
final class PgBouncer implements AutoCloseable {

    /** Fewer than the WAR's pool holds, so that connections are shared indeed. */
    static final int SERVER_CONNECTIONS = 4;

    private static final List<String> PLACES = List.of("/usr/sbin/pgbouncer", "/usr/local/bin/pgbouncer");

    private final Process process;
    private final Path folder;
    private final int port;

    private PgBouncer(Process process, Path folder, int port) {
        this.process = process;
        this.folder = folder;
        this.port = port;
    }

    /** Starts one. Where there is none the test is skipped and says so; with {@code CI=true} it fails. */
    static PgBouncer start() throws IOException, InterruptedException {
        String program = PLACES.stream()
                .filter(place -> Files.isExecutable(Path.of(place)))
                .findFirst()
                .orElse(null);
        if (program == null) {
            String reason = "no PgBouncer here: apt-get install pgbouncer runs the tests through it";
            if ("true".equals(System.getenv("CI"))) {
                throw new AssertionError(reason);
            }
            System.out.println("SKIPPED: " + reason);
            Assumptions.abort(reason);
        }
        int port = TestServers.freePort();
        boolean root = "root".equals(System.getProperty("user.name"));
        // not below target: nobody, whom it becomes where root starts it, may not be able to look into a checkout
        Path folder = Files.createTempDirectory("pgbouncer");
        Path users = folder.resolve("userlist.txt");
        Path config = folder.resolve("pgbouncer.ini");
        Files.writeString(users, "\"alexa_app\" \"" + TestDatabase.APP_PASSWORD + "\"\n");
        Files.writeString(config, """
                [databases]
                alexa = host=127.0.0.1 port=%d dbname=alexa

                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %d
                unix_socket_dir =
                auth_type = scram-sha-256
                auth_file = %s
                pool_mode = transaction
                default_pool_size = %d
                %s
                """.formatted(
                        TestDatabase.shared().port(), port, users, SERVER_CONNECTIONS, root ? "user = nobody" : ""));
        if (root) {
            for (Path path : List.of(folder, users, config)) {
                Files.setOwner(
                        path,
                        path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
            }
        }
        Process process = new ProcessBuilder(program, config.toString())
                .redirectErrorStream(true)
                .redirectOutput(Path.of("target/it/pgbouncer.log").toFile())
                .start();
        PgBouncer bouncer = new PgBouncer(process, folder, port);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!bouncer.listens()) {
            if (System.nanoTime() > end || !process.isAlive()) {
                bouncer.close();
                throw new AssertionError("PgBouncer does not listen: "
                        + Files.readString(Path.of("target/it/pgbouncer.log"), StandardCharsets.UTF_8));
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        return bouncer;
    }

    /**
     * What goes into {@code alexa.db.url}. {@code prepareThreshold=0}: a statement that pgjdbc prepared by name would be
     * looked for on a server connection that never heard of it, as long as PgBouncer is older than 1.21 or its
     * {@code max_prepared_statements} is 0.
     */
    String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/alexa?prepareThreshold=0";
    }

    private boolean listens() {
        try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return probe.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException impatient) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        CatalinaBase.delete(folder);
    }
}
