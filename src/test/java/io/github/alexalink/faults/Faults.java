package io.github.alexalink.faults;

/** How long the faults are: short with {@code -Pthorough}, long with {@code -Pfaults}. */
final class Faults {

    private static final boolean LONG = "long".equals(System.getProperty("faults"));

    private Faults() {}

    /** One of two numbers, depending on the length. */
    static int times(int whenShort, int whenLong) {
        return LONG ? whenLong : whenShort;
    }

    static boolean areLong() {
        return LONG;
    }
}
