package io.github.alexalink.store;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * A condition that lasts, for example a database that is away. It is logged when it begins or becomes another, once an
 * hour while it lasts, and when it is over. So a log never ends with a SEVERE that is no longer true, and requests that
 * all fail for one reason do not fill it.
 */
public final class Trouble {

    private static final long AGAIN_NS = TimeUnit.HOURS.toNanos(1);

    /** For {@link #Trouble(Logger, String, int)}: requests that alternately fail and succeed have not recovered yet. */
    public static final int QUIET_SECONDS = 5;

    /** Kinds that are told apart; the reasons of PostgreSQL are fewer. */
    private static final int MOST_KINDS = 20;

    private final Logger log;
    private final String over;
    private final long quietNs;
    private final LongSupplier nanoTime;
    /** When each kind was logged last; empty if all is well. */
    private final Map<String, Long> said = new HashMap<>();

    private long lastAt;
    private long times;

    /**
     * A condition that is over as soon as one thing works.
     *
     * @param over the words for its end
     */
    public Trouble(Logger log, String over) {
        this(log, over, 0);
    }

    /**
     * A condition of many requests, of which some may still succeed.
     *
     * @param quietSeconds without a failure, after which a success ends it
     */
    public Trouble(Logger log, String over, int quietSeconds) {
        this(log, over, TimeUnit.SECONDS.toNanos(quietSeconds), System::nanoTime);
    }

    Trouble(Logger log, String over, long quietNs, LongSupplier nanoTime) {
        this.log = log;
        this.over = over;
        this.quietNs = quietNs;
        this.nanoTime = nanoTime;
    }

    /** The condition is there. */
    public void is(Level level, String kind, Supplier<String> words) {
        is(level, kind, null, words);
    }

    /**
     * The condition is there; returns whether it was logged now.
     *
     * @param kind what makes it another condition, without text that differs from one failure to the next
     */
    public synchronized boolean is(Level level, String kind, Throwable failure, Supplier<String> words) {
        long now = nanoTime.getAsLong();
        lastAt = now;
        times++;
        Long before = said.get(kind);
        if (before == null ? said.size() == MOST_KINDS : now - before <= AGAIN_NS) {
            return false;
        }
        said.put(kind, now);
        log.logp(level, log.getName(), caller(), failure, words);
        return true;
    }

    /** Ends the condition, if there is one, because something has worked. */
    public synchronized void isOver() {
        if (said.isEmpty() || nanoTime.getAsLong() - lastAt < quietNs) {
            return;
        }
        long failed = times;
        said.clear();
        times = 0;
        log.logp(
                Level.INFO,
                log.getName(),
                caller(),
                () -> over + (failed > 1 ? ", after " + failed + " failures" : ""));
    }

    /** The method that a line comes from: the log would show this class otherwise. */
    private String caller() {
        return StackWalker.getInstance()
                .walk(frames -> frames.filter(frame -> frame.getClassName().equals(log.getName()))
                        .map(StackWalker.StackFrame::getMethodName)
                        .findFirst())
                .orElse("");
    }

    /** What makes two failures of the database one condition: the reason at the bottom, without its text. */
    public static String kindOf(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        if (root instanceof SQLException sql) {
            return root.getClass().getName() + sql.getSQLState();
        }
        return root.getClass().getName()
                + Stream.of(root.getStackTrace()).findFirst().orElse(null);
    }
}
