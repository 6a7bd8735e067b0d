package io.github.alexalink.diagnosis;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.json.JSONStringer;
import org.json.JSONWriter;

/** The findings of all checks, the worst first: for a person and for a program. */
public final class Diagnosis {

    private static final int COLUMNS = 80;
    private static final String INDENTED = " ".repeat(10);

    private final Vantage vantage;
    private final List<Finding> findings = new ArrayList<>();

    /** @param vantage from where the checks look */
    public Diagnosis(Vantage vantage) {
        this.vantage = vantage;
    }

    public void add(Finding finding) {
        findings.add(finding);
    }

    /**
     * Runs a check. One that fails, or does not end in time, is a finding itself, and the next one can run.
     *
     * @param what it looks at, for example "the database"
     */
    public void check(String what, Duration limit, Callable<List<Finding>> check) {
        FutureTask<List<Finding>> task = new FutureTask<>(check);
        Thread thread = new Thread(task, "check of " + what);
        thread.setDaemon(true); // one that hangs must not keep the program alive
        thread.start();
        try {
            findings.addAll(task.get(limit.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException slow) {
            thread.interrupt();
            findings.add(failed(what, "no end within " + limit.toSeconds() + " s"));
        } catch (ExecutionException broken) {
            findings.add(why(what, broken.getCause()));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            findings.add(failed(what, "it was interrupted"));
        }
    }

    /** What the database says is no fault of the check; it is named once, however many checks it stops. */
    private Finding why(String what, Throwable broken) {
        if (!(broken instanceof SQLException sql)) {
            return failed(what, placeOf(broken));
        }
        Optional<Finding> database = DatabaseChecks.whyUnread(sql);
        if (database.isEmpty()) {
            return failed(what, placeOf(broken) + ", SQLSTATE " + sql.getSQLState());
        }
        Finding cause = database.get();
        return findings.stream()
                        .anyMatch(named -> named.id().equals(cause.id())
                                && named.severity().needsAttention())
                ? Finding.skipped(cause.id(), vantage, what, cause.id())
                : new Finding(
                        cause.id(),
                        cause.severity(),
                        vantage,
                        what + " could not be read: " + cause.says(),
                        cause.found(),
                        cause.wanted(),
                        cause.cure(),
                        cause.why(),
                        cause.source());
    }

    private Finding failed(String what, String found) {
        return new Finding(
                "check-failed",
                Severity.ERROR,
                vantage,
                "the check of " + what + " failed",
                found,
                "an answer of the check",
                "run it again; if it fails again, report it with what was found",
                "the check is broken or too slow, and whether linking works is not known",
                "docs/operator.md, When something is wrong");
    }

    /** The exception and where it comes from, without its message, in which anything may stand. */
    private static String placeOf(Throwable broken) {
        return broken.getClass().getName()
                + Stream.of(broken.getStackTrace())
                        .filter(frame -> frame.getClassName().startsWith("io.github.alexalink."))
                        .findFirst()
                        .map(frame -> " at " + frame.getFileName() + ":" + frame.getLineNumber())
                        .orElse("");
    }

    /** Writes what to do anew, in all findings so far. */
    public void rewriteCures(UnaryOperator<String> as) {
        findings.replaceAll(finding -> finding.with(as));
    }

    /** All findings, the worst first and otherwise in the order of the checks. */
    public List<Finding> findings() {
        return findings.stream().sorted(Comparator.comparing(Finding::severity)).toList();
    }

    /** The id of the first finding for which linking cannot work; empty if there is none. */
    public Optional<String> firstFault() {
        return findings.stream()
                .filter(finding -> finding.severity().compareTo(Severity.ERROR) <= 0)
                .map(Finding::id)
                .findFirst();
    }

    /** One word for a monitoring system: ok, warning, error or fatal. */
    public String summary() {
        return summary(findings.stream());
    }

    /** The word for these. */
    public static String summary(Stream<Finding> findings) {
        return findings.map(Finding::severity)
                .min(Comparator.naturalOrder())
                .filter(Severity::needsAttention)
                .orElse(Severity.OK)
                .word();
    }

    /** 1 if linking cannot work, otherwise 0. */
    public int exitStatus() {
        return firstFault().isPresent() ? 1 : 0;
    }

    public String json() {
        JSONWriter json = new JSONStringer()
                .object()
                .key("summary")
                .value(summary())
                .key("records")
                .array();
        findings().forEach(finding -> finding.write(json));
        return json.endArray().endObject().toString();
    }

    /** For a terminal of 80 columns. Only a line to paste or an address may be longer. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Finding finding : findings()) {
            if (finding.severity().needsAttention()) {
                line(text, finding.severity().word(), finding.id());
                line(text, "", finding.says());
                line(text, "  found", finding.found());
                line(text, "  wanted", finding.wanted());
                line(text, "  do", finding.cure());
                line(text, "  why", finding.why());
                line(text, "  source", finding.source());
                text.append('\n');
            } else {
                boolean told = finding.severity() == Severity.INFO;
                line(text, finding.severity().word(), told ? finding.id() : finding.says());
                given(text, "", told ? finding.says() : "");
                given(text, "  found", finding.found());
                given(text, finding.vantage() == Vantage.CONSOLE ? "  here" : "  wanted", finding.wanted());
                given(text, "  do", finding.cure());
                given(text, "  why", told ? finding.why() : "");
            }
        }
        return text.toString();
    }

    private static void given(StringBuilder text, String label, String words) {
        if (!words.isEmpty()) {
            line(text, label, words);
        }
    }

    private static void line(StringBuilder text, String label, String words) {
        text.append(String.format(Locale.ROOT, "%-10s", label));
        boolean first = true;
        for (String line : words.split("\n", -1)) {
            if (!first) {
                text.append(INDENTED);
            }
            text.append(line.startsWith("    ") ? line.strip() : wrapped(line)).append('\n');
            first = false;
        }
    }

    private static String wrapped(String line) {
        StringBuilder wrapped = new StringBuilder();
        int column = INDENTED.length();
        for (String word : line.split(" ", -1)) {
            if (column + 1 + word.length() > COLUMNS && column > INDENTED.length()) {
                wrapped.append('\n').append(INDENTED);
                column = INDENTED.length();
            } else if (column > INDENTED.length()) {
                wrapped.append(' ');
                column++;
            }
            wrapped.append(word);
            column += word.length();
        }
        return wrapped.toString();
    }
}
