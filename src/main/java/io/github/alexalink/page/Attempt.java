package io.github.alexalink.page;

import java.util.Optional;

/**
 * What a listener typed into a sign-in form that is shown again.
 *
 * @param username shown again, or empty
 * @param wrongTries how often in a row this form was sent with a wrong name or password, as the form itself counts. The
 *     page says by it when to wait. It tells nothing about an account: a name that does not exist counts as one that does
 * @param error key of the message above the form
 */
public record Attempt(String username, int wrongTries, Optional<String> error) {

    /** Before anything was typed. */
    public static final Attempt FIRST = new Attempt("", 0, Optional.empty());

    /** The name of the form's field that counts. */
    public static final String TRIES = "tries";

    /** From here on the page says that a wait may help. Tomcat's LockOutRealm locks a name at the fifth. */
    private static final int OFTEN = 3;

    /** Name or password was left out. */
    public Attempt incomplete(String typed) {
        return new Attempt(typed, wrongTries, Optional.of("consent.incomplete"));
    }

    /** Name or password was wrong, or the name is locked: the page must not tell which. */
    public Attempt wrong(String typed) {
        int tries = wrongTries + 1;
        return new Attempt(typed, tries, Optional.of(tries < OFTEN ? "consent.wrong" : "consent.wrong_often"));
    }
}
