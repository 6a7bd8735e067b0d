package io.github.alexalink.protocol;

/**
 * A refusal: an error code, and one sentence that tells the client's developer what to change. The sentence is sent to
 * the client, so it is plain ASCII without quotes (RFC 6749 §5.2) and repeats nothing from the request.
 */
public final class OAuthException extends Exception {

    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    public OAuthException(ErrorCode code, String description) {
        // no stack trace: a refusal is a normal answer, and a stranger can cause thousands
        super(description, null, false, false);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }
}
