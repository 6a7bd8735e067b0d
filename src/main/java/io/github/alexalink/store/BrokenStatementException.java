package io.github.alexalink.store;

/**
 * A file of {@code sql/statements} is missing, or has not the form or the parameters that its repository needs; the
 * message says which and why.
 */
public final class BrokenStatementException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    BrokenStatementException(String why) {
        super(why);
    }

    BrokenStatementException(String why, Throwable cause) {
        super(why, cause);
    }
}
