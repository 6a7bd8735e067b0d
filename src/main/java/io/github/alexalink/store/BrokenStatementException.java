package io.github.alexalink.store;

/** A file of {@code sql/statements} is missing, or is not what its repository asks; the message says which and why. */
public final class BrokenStatementException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    BrokenStatementException(String why) {
        super(why);
    }

    BrokenStatementException(String why, Throwable cause) {
        super(why, cause);
    }
}
