package io.github.alexalink.diagnosis;

import java.util.Locale;

/** How bad a finding is, the worst first. */
public enum Severity {
    /** Linking cannot work, and what depends on it cannot be checked. */
    FATAL,
    /** Linking cannot work. */
    ERROR,
    /** Linking works, but not always, or not for long. */
    WARNING,
    INFO,
    SKIPPED,
    OK;

    /** Whether somebody has to do something. */
    public boolean needsAttention() {
        return compareTo(WARNING) <= 0;
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
