package io.github.alexalink.bearer;

import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.function.Function;
import org.apache.catalina.Container;
import org.apache.catalina.Context;

/**
 * Finds the Alexa context in the same Host, anew for each token: it may have been redeployed. If two versions are
 * running, the newer one is asked.
 */
final class SameHostContext implements AccessTokens {

    /**
     * The attribute in which {@code alexa.war} puts its function from a token to the claims; they are empty if it is not
     * live.
     */
    private static final String ATTRIBUTE = "io.github.alexalink.claimsOf";

    private final Context neighbour;
    private final String path;

    SameHostContext(Context neighbour, String path) {
        this.neighbour = neighbour;
        this.path = path;
    }

    @Override
    public Map<String, Object> claimsOf(String accessToken) throws Unavailable {
        Function<String, Map<String, Object>> claimsOf = newest();
        try {
            return claimsOf.apply(accessToken);
        } catch (RuntimeException | LinkageError broken) { // LinkageError: the Alexa context is being stopped
            throw new Unavailable("Alexa Link cannot say whether a token is good", broken);
        }
    }

    // alexa.war promises the type, and a cast to its parameters would not be checked either
    @SuppressWarnings("unchecked")
    private Function<String, Map<String, Object>> newest() throws Unavailable {
        Context newest = null;
        Function<?, ?> claimsOf = null;
        for (Container child : neighbour.getParent().findChildren()) {
            if (child instanceof Context alexa
                    && alexa.getPath().equals(path)
                    && alexa.getState().isAvailable()
                    && !alexa.getPaused()
                    && (newest == null || alexa.getWebappVersion().compareTo(newest.getWebappVersion()) > 0)
                    && alexa.getServletContext().getAttribute(ATTRIBUTE) instanceof Function<?, ?> found) {
                newest = alexa;
                claimsOf = found;
            }
        }
        if (newest == null) {
            throw new Unavailable("there is no Alexa Link at " + path + " right now", null);
        }
        checkItIsItsOwn(claimsOf, newest);
        return (Function<String, Map<String, Object>>) claimsOf;
    }

    /**
     * Refuses a function that another web application has put there: with crossContext it could say yes to any token.
     */
    private void checkItIsItsOwn(Function<?, ?> claimsOf, Context alexa) throws Unavailable {
        Class<?> type = claimsOf.getClass();
        ClassLoader own = loaderOf(alexa);
        if (own == null || type.getClassLoader() != own || Proxy.isProxyClass(type)) {
            String origin = "what lies at " + path + " for this Valve is not Alexa Link's own but of class ["
                    + type.getName().replaceAll("\\p{Cntrl}", "?") + "]";
            for (Container child : neighbour.getParent().findChildren()) {
                if (child instanceof Context other && other != alexa && loaderOf(other) == type.getClassLoader()) {
                    throw new Unavailable(origin + ", which the web application [" + other.getName() + "] has", null);
                }
            }
            throw new Unavailable(origin, null);
        }
    }

    private static ClassLoader loaderOf(Context context) {
        return context.getLoader() == null ? null : context.getLoader().getClassLoader();
    }
}
