package io.github.alexalink.endpoint;

import jakarta.servlet.http.HttpServletRequest;

/**
 * What an endpoint decided, in OAuth's words, left at the request for whoever counts. The words are ours and few: never
 * anything that was sent.
 */
public final class Outcome {

    /** The attribute of a request; without one its status says enough. */
    public static final String ATTRIBUTE = "io.github.alexalink.outcome";

    /** The attribute of a token request. */
    public static final String GRANT_TYPE = "io.github.alexalink.grantType";

    private Outcome() {}

    public static void set(HttpServletRequest http, String word) {
        http.setAttribute(ATTRIBUTE, word);
    }

    /** Which grant was asked for, once it is known to be one of ours. */
    public static void setGrantType(HttpServletRequest http, String grantType) {
        http.setAttribute(GRANT_TYPE, grantType);
    }
}
