package io.github.alexalink.tool;

/** Why a command does not do what it was asked to: what was found, what was wanted, and the line to type. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    Refusal(String why) {
        super(why, null, false, false);
    }

    Refusal(String why, String cure) {
        this(why + "\n  " + cure);
    }
}
