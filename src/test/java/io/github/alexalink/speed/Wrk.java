package io.github.alexalink.speed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.json.JSONObject;

/**
 * Debian's wrk, closed-loop clients in C: of the two processors they take as little as possible from Tomcat and
 * PostgreSQL.
 */
final class Wrk {

    private static final Path SCRIPTS = Path.of("src/test/resources/io/github/alexalink/bench");

    private Wrk() {}

    static boolean isInstalled() {
        return Path.of("/usr/bin/wrk").toFile().canExecute();
    }

    /** Runs all clients in one thread of wrk. */
    static Result load(String script, String url, int clients, int seconds, String... arguments)
            throws IOException, InterruptedException {
        return load(script, url, clients, 1, seconds, arguments);
    }

    static Result load(String script, String url, int clients, int threads, int seconds, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "/usr/bin/wrk",
                "--connections=" + clients,
                "--threads=" + threads,
                "--duration=" + seconds + "s",
                "--timeout=15s",
                "--script=" + SCRIPTS.resolve(script),
                url,
                "--"));
        command.addAll(List.of(arguments));
        Process wrk = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(wrk.waitFor(30, TimeUnit.SECONDS)).isTrue();
        String result = output.lines()
                .filter(line -> line.startsWith("RESULT "))
                .findFirst()
                .orElseThrow(() -> new IOException(output));
        return Result.of(new JSONObject(result.substring("RESULT ".length())));
    }
}
