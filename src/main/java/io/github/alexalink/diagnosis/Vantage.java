package io.github.alexalink.diagnosis;

import java.util.Locale;

/** From where something was seen. */
public enum Vantage {
    /** From the internet, as Amazon does. */
    OUTSIDE,
    /** From the server itself, which cannot know what Amazon reaches. */
    INSIDE,
    /** In the audit trail. */
    RECORD,
    /** In the answer of Amazon's developer console. */
    CONSOLE;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
