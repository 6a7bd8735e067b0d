package io.github.alexalink.endpoint;

import jakarta.servlet.http.HttpServletRequest;

/**
 * What an endpoint decided, in OAuth's words, stored as a request attribute, which RequestTimer reads for the metrics.
 * The words are a fixed few; no text from a request is ever one.
 */
public final class Outcome {

    /** The request attribute; without one the status of the response says enough. */
    public static final String ATTRIBUTE = "io.github.alexalink.outcome";

    /** The attribute of a token request with its grant type. */
    public static final String GRANT_TYPE = "io.github.alexalink.grantType";

    private Outcome() {}

    public static void set(HttpServletRequest http, String word) {
        http.setAttribute(ATTRIBUTE, word);
    }

    /** Stores the grant type, once it is known to be a supported one. */
    public static void setGrantType(HttpServletRequest http, String grantType) {
        http.setAttribute(GRANT_TYPE, grantType);
    }
}
