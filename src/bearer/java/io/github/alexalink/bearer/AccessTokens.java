package io.github.alexalink.bearer;

import java.util.Map;

/** Somebody who knows about access tokens: the Alexa context in this Tomcat, or one elsewhere. */
interface AccessTokens {

    /** It cannot be known right now whether a token is good. */
    final class Unavailable extends Exception {
        private static final long serialVersionUID = 1L;

        Unavailable(String why, Throwable cause) {
            super(why, cause);
        }

        /** In one line, with what is behind it. */
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
     * @return empty where it is not live, whatever the reason
     */
    Map<String, Object> claimsOf(String accessToken) throws Unavailable;
}
