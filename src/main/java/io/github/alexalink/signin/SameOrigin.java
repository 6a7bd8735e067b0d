package io.github.alexalink.signin;

import io.github.alexalink.protocol.Printable;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * Checks that a form was sent from our own page. {@code Sec-Fetch-Site} decides, which no script can forge. Older
 * browsers, and pages over plain http, do not send it; then {@code Origin} decides. A program that sends neither is no
 * browser, so no page can misuse it, and it must know a password.
 */
final class SameOrigin {

    private final String origin;

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
}
