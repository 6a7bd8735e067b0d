package io.github.alexalink.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A process that an earlier run may have left behind, remembered by its id and the moment it started: ids are used
 * again, and a stranger's process must not be stopped.
 */
final class Leftover {

    private Leftover() {}

    static void remember(Path file, ProcessHandle process) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, process.pid() + "\n" + startOf(process) + "\n");
    }

    /** The process, if it still runs and is the one that was remembered. */
    static Optional<ProcessHandle> alive(Path file) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(file);
        if (lines.size() < 2 || !lines.get(0).matches("\\d+")) {
            return Optional.empty();
        }
        return ProcessHandle.of(Long.parseLong(lines.get(0)))
                .filter(process -> startOf(process).equals(lines.get(1)));
    }

    private static String startOf(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toString).orElse("unknown");
    }
}
