package io.github.alexalink.endpoint;

import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Reason;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;

/**
 * What an endpoint decided, in OAuth's words, stored as request attributes, which RequestTimer reads for the metrics and
 * ArrivalFilter for the arrivals. The words are a fixed few; no text from a request is ever one, but for the client id.
 */
public final class Outcome {

    /** The request attribute; without one the status of the response says enough. */
    public static final String ATTRIBUTE = "io.github.alexalink.outcome";

    /** The attribute of a token request with its grant type. */
    public static final String GRANT_TYPE = "io.github.alexalink.grantType";

    private static final String REASON = "io.github.alexalink.reason";
    private static final String CLIENT_ID = "io.github.alexalink.clientId";

    private Outcome() {}

    public static void set(HttpServletRequest http, String word) {
        http.setAttribute(ATTRIBUTE, word);
    }

    /** Stores why a request was refused. */
    public static void refused(HttpServletRequest http, Reason reason) {
        http.setAttribute(REASON, reason);
    }

    /** Stores what a refusal says, for the metrics and for the arrivals. */
    public static void refused(HttpServletRequest http, OAuthException refused) {
        set(http, refused.code().wireName());
        refused.reason().ifPresent(reason -> refused(http, reason));
    }

    /** What was set; null if nothing was. */
    static String word(HttpServletRequest http) {
        return (String) http.getAttribute(ATTRIBUTE);
    }

    static Reason reason(HttpServletRequest http) {
        return (Reason) http.getAttribute(REASON);
    }

    /** Stores the client that a request claims to come from. */
    public static void setClientId(HttpServletRequest http, String clientId) {
        http.setAttribute(CLIENT_ID, clientId);
    }

    /** Stores the client that the parameters of a request name, if they name one. */
    public static void setClientId(HttpServletRequest http, Parameters parameters) {
        List<String> named = parameters.every("client_id");
        if (named.size() == 1) {
            setClientId(http, named.get(0));
        }
    }

    static String clientId(HttpServletRequest http) {
        return (String) http.getAttribute(CLIENT_ID);
    }

    /** Stores the grant type, once it is known to be a supported one. */
    public static void setGrantType(HttpServletRequest http, String grantType) {
        http.setAttribute(GRANT_TYPE, grantType);
    }
}
