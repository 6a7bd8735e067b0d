package io.github.alexalink.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The resources that a JVM uses.
 *
 * @param heap KiB of live objects, after a full collection
 * @param threads of the operating system
 * @param descriptors open files and sockets
 * @param resident KiB of memory
 */
record Vitals(long heap, long threads, long descriptors, long resident) {

    private static final String TOTAL = "(?m)^Total +\\d+ +(\\d+)";

    /** Measures a JVM of this user on this machine, by jcmd and by what Linux tells. */
    static Vitals of(ProcessHandle jvm) throws IOException, InterruptedException {
        Path files = Path.of("/proc", Long.toString(jvm.pid()));
        String status = Files.readString(files.resolve("status"));
        try (Stream<Path> descriptors = Files.list(files.resolve("fd"))) {
            return new Vitals(
                    liveBytes(jvm) / 1024,
                    number("Threads:\\s*(\\d+)", status),
                    descriptors.count(),
                    number("VmRSS:\\s*(\\d+)", status));
        }
    }

    private static long liveBytes(ProcessHandle jvm) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/jcmd").toString(),
                        Long.toString(jvm.pid()),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        jcmd.waitFor();
        return number(TOTAL, said);
    }

    private static long number(String pattern, String text) {
        Matcher found = Pattern.compile(pattern).matcher(text);
        if (!found.find()) {
            throw new AssertionError("no " + pattern + " in " + text);
        }
        return Long.parseLong(found.group(1));
    }

    @Override
    public String toString() {
        return "heap after GC %.1f MB, %d threads, %d descriptors, resident %d MB"
                .formatted(heap / 1024.0, threads, descriptors, resident / 1024);
    }
}
