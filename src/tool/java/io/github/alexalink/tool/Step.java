package io.github.alexalink.tool;

import java.io.IOException;
import java.sql.SQLException;

/**
 * One thing that setup makes.
 *
 * @param part which of them
 * @param what its name in the plan
 * @param state what is to be done about it
 * @param detail what the plan says of it beside the state; may be empty
 * @param exactly the SQL or the file as it would be, for {@code --plan}; may be empty
 * @param work makes it; it may be stopped anywhere and done again
 */
record Step(Part part, String what, State state, String detail, String exactly, Work work) {

    enum Part {
        DATABASE,
        SCHEMA,
        ROLE_PASSWORD,
        CLIENT,
        ACCOUNT,
        ISSUER,
        WAR,
        SETTINGS;

        /** Whether Tomcat starts the web application again if this changes. */
        boolean restarts() {
            return this == WAR || this == SETTINGS;
        }
    }

    enum State {
        THERE("there already"),
        MAKE("will be made"),
        CHANGE("will be changed"),
        ASK("will be asked"),
        LEAVE("left out");

        private final String words;

        State(String words) {
            this.words = words;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    @FunctionalInterface
    interface Work {
        /** Makes it, and returns what was done in a word or two. */
        String run() throws Refusal, SQLException, IOException;
    }

    static Step there(Part part, String what, String detail) {
        return new Step(part, what, State.THERE, detail, "", () -> "");
    }

    static Step leave(Part part, String what, String detail) {
        return new Step(part, what, State.LEAVE, detail, "", () -> "");
    }

    /** A value that a person will give; the step is made again with it. */
    static Step ask(Part part, String what, String detail) {
        return new Step(part, what, State.ASK, detail, "", () -> {
            throw new IllegalStateException(what + " was not asked");
        });
    }

    boolean toDo() {
        return state == State.MAKE || state == State.CHANGE;
    }
}
