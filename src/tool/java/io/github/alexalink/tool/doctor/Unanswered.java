package io.github.alexalink.tool.doctor;

import java.io.IOException;

/** Why there is no whole answer. */
final class Unanswered extends IOException {

    private static final long serialVersionUID = 1L;

    /** In the order in which a connection can fail. */
    enum Kind {
        REFUSED("the connection was refused"),
        SILENT("no answer to the connection"),
        NO_ROUTE("this machine has no way there"),
        PLAIN("plain http instead of TLS"),
        HANDSHAKE("no TLS handshake"),
        CLIENT_CERTIFICATE("no answer without a certificate of the client's"),
        UNTRUSTED("another certificate than before"),
        RESET("the connection was closed without an answer"),
        SLOW("no answer in time"),
        CUT("the answer was cut off"),
        GARBLED("the answer is not HTTP"),
        ENDLESS("the answer does not end"),
        LARGE("the answer is too large");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    private final Kind kind;
    private final long millis;

    /** @param millis how long it took until it was known */
    Unanswered(Kind kind, long millis, Throwable cause) {
        super(kind.words(), cause);
        this.kind = kind;
        this.millis = millis;
    }

    Kind kind() {
        return kind;
    }

    long millis() {
        return millis;
    }

    /** What the JDK says of it; may be empty. */
    String detail() {
        return getCause() == null || getCause().getMessage() == null
                ? ""
                : getCause().getMessage();
    }

    String shown() {
        return kind == Kind.SLOW || kind == Kind.SILENT
                ? kind.words() + " (" + Math.round(millis / 100.0) / 10.0 + " s)"
                : kind.words();
    }
}
