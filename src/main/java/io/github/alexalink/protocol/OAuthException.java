package io.github.alexalink.protocol;

import java.util.Optional;

/**
 * A refusal: an error code, and one sentence that tells the client's developer what to change. The sentence is sent to
 * the client, so it is plain ASCII without quotes (RFC 6749 §5.2) and repeats nothing from the request.
 */
public final class OAuthException extends Exception {

    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final Reason reason;
    private final String detail;

    public OAuthException(ErrorCode code, String description) {
        this(code, null, description, "");
    }

    public OAuthException(ErrorCode code, Reason reason) {
        this(code, reason, reason.sentence(), "");
    }

    /**
     * A refusal whose sentence says more than that of its reason, or of which the operator learns more than the client.
     *
     * @param detail for log and audit trail; empty for none. Nothing that a stranger typed
     */
    public OAuthException(ErrorCode code, Reason reason, String description, String detail) {
        // no stack trace: a refusal is a normal answer, and a stranger can cause thousands
        super(description, null, false, false);
        this.code = code;
        this.reason = reason;
        this.detail = detail;
    }

    public ErrorCode code() {
        return code;
    }

    /** Empty if the request was malformed, of which there are too many ways for names. */
    public Optional<Reason> reason() {
        return Optional.ofNullable(reason);
    }

    /** The reason for the audit trail: a word, perhaps with a detail, or the sentence. */
    public String audited() {
        if (reason == null) {
            return code.wireName() + ": " + getMessage();
        }
        return reason.word() + (detail.isEmpty() ? "" : ": " + detail);
    }

    /** For a line of the log: error code, id of the cause if it has one, sentence. */
    public String logged() {
        return code.wireName() + (reason == null ? "" : " (" + reason.id() + ")") + ": " + getMessage()
                + (detail.isEmpty() ? "" : "; " + detail);
    }
}
