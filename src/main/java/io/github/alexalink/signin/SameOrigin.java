package io.github.alexalink.signin;

import io.github.alexalink.protocol.Printable;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * Whether a form was sent from our own page. By {@code Sec-Fetch-Site}, which no script can forge; by {@code Origin} where
 * an older browser, or one that came by plain http, does not send it. What sends neither is no browser, and has to know a
 * password all the same.
 */
final class SameOrigin {

    private final String origin;

    SameOrigin(URI issuer) {
        // an Origin never names the port that its scheme has anyway (RFC 6454 §6.1)
        this.origin = (issuer.getScheme() + "://" + issuer.getRawAuthority())
                .replaceFirst("^(https://.*):443$", "$1")
                .replaceFirst("^(http://.*):80$", "$1");
    }

    /** Why it was not, in words for the operator; empty where it was. */
    Optional<String> objection(HttpServletRequest http) {
        String site = http.getHeader("Sec-Fetch-Site");
        if (site != null) {
            // none: the person reloaded the page or came by a bookmark
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
}
