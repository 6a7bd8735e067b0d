package io.github.alexalink.bearer;

import java.util.Map;

/** Looks up access tokens at an Alexa Link, in this Tomcat or in another. */
interface AccessTokens {

    /** Alexa Link cannot say right now whether a token is good. */
    final class Unavailable extends Exception {
        private static final long serialVersionUID = 1L;

        Unavailable(String why, Throwable cause) {
            super(why, cause);
        }

        /** The message in one line, with that of the cause. */
        String explained() {
            String all =
                    getMessage() + (getCause() == null ? "" : " (" + getCause().getMessage() + ")");
            return all.replaceAll("\\p{Cntrl}", " ");
        }
    }

    /**
     * What is known of a live access token, by the names of RFC 7662 §2.2: {@code sub}, {@code client_id}, {@code scope}
     * (space-separated), {@code exp} and {@code iat} (seconds since 1970).
     *
     * @return empty if the token is not live, for whatever reason
     */
    Map<String, Object> claimsOf(String accessToken) throws Unavailable;
}
