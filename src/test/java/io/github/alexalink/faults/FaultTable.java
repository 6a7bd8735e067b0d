package io.github.alexalink.faults;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/** Prints a line per fault when it is over, and all lines at the end of the run. */
public final class FaultTable implements LauncherSessionListener {

    /** Instead of a recovery time, for a fault that does not end at one moment. */
    static final long NOT_MEASURED = -1;

    private static final Queue<String> LINES = new ConcurrentLinkedQueue<>();

    /**
     * Adds a line.
     *
     * @param recoveryMillis the longest time until requests succeeded again after the fault
     */
    static void add(String fault, int times, Ledger ledger, Audit audit, long recoveryMillis) {
        String outcomes = ledger.outcomes().entrySet().stream()
                .map(outcome -> outcome.getValue() + " × " + outcome.getKey())
                .collect(Collectors.joining(", "));
        String line = "faults: | %s | %d | %s | %d | %d | %d | %d ms | %s |"
                .formatted(
                        fault,
                        times,
                        outcomes,
                        audit.lost(),
                        audit.doubled(),
                        audit.lostAnswers(),
                        ledger.worstMillis(),
                        recoveryMillis == NOT_MEASURED ? "not measured" : recoveryMillis + " ms");
        LINES.add(line);
        System.out.println(line);
    }

    @Override
    public void launcherSessionClosed(LauncherSession session) {
        if (!LINES.isEmpty()) {
            System.out.println("faults: | fault | times | answers | lost | doubled | answers lost on their way"
                    + " | worst | recovery |");
            LINES.forEach(System.out::println);
        }
    }
}
