package io.github.alexalink.signin;

import io.github.alexalink.protocol.Printable;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Logger;

/**
 * Checks that a form was sent from our own page. {@code Sec-Fetch-Site} decides, which no script can forge. Older
 * browsers, and pages over plain http, do not send it; then {@code Origin} decides. A program that sends neither is no
 * browser, so no page can misuse it, and it must know a password.
 */
final class SameOrigin {

    private static final Logger log = Logger.getLogger(SameOrigin.class.getName());

    /** Other addresses that are logged until Tomcat restarts, because a listener's program can claim any. */
    private static final int MOST_OTHERS = 3;

    private static final int MOST_SHOWN = 100;

    private final String origin;
    private final Set<String> others = ConcurrentHashMap.newKeySet();

    SameOrigin(URI issuer) {
        // browsers leave the default port out of Origin (RFC 6454 §6.1)
        this.origin = (issuer.getScheme() + "://" + issuer.getRawAuthority())
                .replaceFirst("^(https://.*):443$", "$1")
                .replaceFirst("^(http://.*):80$", "$1");
    }

    /** Why the form is refused, in words for the operator; empty if it came from our own page. */
    Optional<String> objection(HttpServletRequest http) {
        String site = http.getHeader("Sec-Fetch-Site");
        if (site != null) {
            // none: the person reloaded the page or followed a bookmark
            return Set.of("same-origin", "none").contains(site)
                    ? Optional.empty()
                    : Optional.of("Sec-Fetch-Site is [" + Printable.of(site) + "]");
        }
        String sent = http.getHeader("Origin");
        if (sent == null || sent.equalsIgnoreCase(origin)) {
            return Optional.empty();
        }
        return Optional.of("Origin is [" + Printable.of(sent) + "], and alexa.issuer is at [" + origin + "]");
    }

    /**
     * Logs once that a listener has signed in at an address that is not the issuer's. Only somebody who knows a password
     * can cause the line, and {@code /health} does not have it: the address is what a browser claims.
     */
    void warnIfElsewhere(HttpServletRequest http) {
        String sent = http.getHeader("Origin");
        if (sent == null || sent.equals("null") || sent.equalsIgnoreCase(origin) || others.size() >= MOST_OTHERS) {
            return;
        }
        String other = Printable.of(sent.substring(0, Math.min(sent.length(), MOST_SHOWN)));
        if (others.add(other)) {
            log.warning(() -> "a listener has signed in at [" + other + "], and alexa.issuer is at [" + origin
                    + "]: older browsers are refused there, and clients that compare iss (RFC 9207) refuse the answer."
                    + " Redirect that address to alexa.issuer's, or change alexa.issuer and what is entered at Amazon");
        }
    }
}
