package io.github.alexalink.bearer;

import java.util.Map;
import java.util.function.Function;
import org.apache.catalina.Container;
import org.apache.catalina.Context;

/**
 * The Alexa context of the same Host, looked up anew for each token: it may have been redeployed, or be there in two
 * versions while one takes over from the other. The newer one is asked.
 */
final class InThisHost implements AccessTokens {

    /** Where {@code alexa.war} puts what this asks: a token in, its claims out, empty where it is not live. */
    private static final String ATTRIBUTE = "io.github.alexalink.claimsOf";

    private final Context neighbour;
    private final String path;

    InThisHost(Context neighbour, String path) {
        this.neighbour = neighbour;
        this.path = path;
    }

    @Override
    public Map<String, Object> claimsOf(String accessToken) throws Unavailable {
        Function<String, Map<String, Object>> claimsOf = newest();
        if (claimsOf == null) {
            throw new Unavailable("there is no Alexa Link at " + path + " right now", null);
        }
        try {
            return claimsOf.apply(accessToken);
        } catch (RuntimeException | LinkageError broken) { // the latter where it is stopping at this very moment
            throw new Unavailable("Alexa Link cannot say whether a token is good", broken);
        }
    }

    @SuppressWarnings("unchecked") // alexa.war promises it, and a cast to its parameters would not be checked either
    private Function<String, Map<String, Object>> newest() {
        Function<String, Map<String, Object>> newest = null;
        String version = null;
        for (Container child : neighbour.getParent().findChildren()) {
            if (child instanceof Context alexa
                    && alexa.getPath().equals(path)
                    && alexa.getState().isAvailable()
                    && !alexa.getPaused()
                    && (version == null || alexa.getWebappVersion().compareTo(version) > 0)
                    && alexa.getServletContext().getAttribute(ATTRIBUTE) instanceof Function<?, ?> found) {
                newest = (Function<String, Map<String, Object>>) found;
                version = alexa.getWebappVersion();
            }
        }
        return newest;
    }
}
