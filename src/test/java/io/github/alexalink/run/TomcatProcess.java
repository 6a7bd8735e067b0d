package io.github.alexalink.run;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A Tomcat in a JVM of its own. */
public final class TomcatProcess implements AutoCloseable {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    private final Process process;
    private final int port;

    private TomcatProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts it; returns before it answers. */
    public static TomcatProcess start(
            Path home, Path base, int port, List<String> jvmOptions, ProcessBuilder.Redirect log) throws IOException {
        return start(Path.of(System.getProperty("java.home")), home, base, port, jvmOptions, Map.of(), log);
    }

    /** Starts it with another JDK, and with settings in its environment. */
    public static TomcatProcess start(
            Path jdk,
            Path home,
            Path base,
            int port,
            List<String> jvmOptions,
            Map<String, String> environment,
            ProcessBuilder.Redirect log)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(jdk.resolve("bin/java").toString());
        command.add("-Djava.util.logging.config.file=" + base.resolve("conf/logging.properties"));
        command.add("-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager");
        for (String opened : List.of("java.lang", "java.io", "java.util", "java.util.concurrent")) {
            command.add("--add-opens=java.base/" + opened + "=ALL-UNNAMED");
        }
        command.add("--add-opens=java.rmi/sun.rmi.transport=ALL-UNNAMED");
        command.add("-Dhttp.port=" + port);
        command.addAll(jvmOptions);
        command.add("-Dcatalina.home=" + home);
        command.add("-Dcatalina.base=" + base);
        command.add("-Djava.io.tmpdir=" + base.resolve("temp"));
        command.add("-classpath");
        command.add(home.resolve("bin/bootstrap.jar") + File.pathSeparator + home.resolve("bin/tomcat-juli.jar"));
        command.add("org.apache.catalina.startup.Bootstrap");
        command.add("start");
        return start(command, base, port, environment, log);
    }

    /** Starts it by whatever command becomes Tomcat's JVM. */
    public static TomcatProcess start(
            List<String> command, Path base, int port, Map<String, String> environment, ProcessBuilder.Redirect log)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(base.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log);
        builder.environment().putAll(environment);
        return new TomcatProcess(builder.start(), port);
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    /** Waits until a path answers with this status; false where it does not in time, or the process ended. */
    public boolean answers(String path, int status, Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (System.nanoTime() < end && process.isAlive()) {
            if (status(path) == status) {
                return true;
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        return false;
    }

    private int status(String path) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(5))
                .build();
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException notYet) {
            return -1;
        }
    }

    public int waitFor() throws InterruptedException {
        return process.waitFor();
    }

    /** As {@code kill -9} would. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** As Ctrl-C or systemd would; then, after 20 s, by force. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                kill();
            }
        } catch (InterruptedException impatient) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
