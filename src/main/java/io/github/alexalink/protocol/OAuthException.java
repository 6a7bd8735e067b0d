package io.github.alexalink.protocol;

/**
 * A refusal: which error, and one sentence that tells the client's developer what to change. The sentence goes over the
 * wire, so it is plain ASCII without quotes (RFC 6749 §5.2) and repeats nothing that was sent.
 */
public final class OAuthException extends Exception {

    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    public OAuthException(ErrorCode code, String description) {
        // no stack trace: a refusal is an answer, not a fault, and a stranger can ask for thousands
        super(description, null, false, false);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }
}
