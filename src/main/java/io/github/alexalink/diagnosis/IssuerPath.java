package io.github.alexalink.diagnosis;

import java.net.URI;
import java.util.Optional;

/** Whether the issuer and the web application have the same path. */
public final class IssuerPath {

    private IssuerPath() {}

    /** If the web application answers at another path than the issuer's. */
    public static Optional<Finding> differs(URI issuer, String contextPath) {
        return issuer.getPath().equals(contextPath)
                ? Optional.empty()
                : Optional.of(new Finding(
                        "issuer-differs",
                        Severity.WARNING,
                        Vantage.INSIDE,
                        "alexa.issuer ends with " + shown(issuer.getPath()) + " and this web application is at "
                                + shown(contextPath),
                        shown(issuer.getPath()),
                        shown(contextPath),
                        "right only if a proxy leads from the one to the other. Otherwise rename the WAR, or change"
                                + " alexa.issuer",
                        "Alexa is sent to addresses that begin with alexa.issuer",
                        "https://datatracker.ietf.org/doc/html/rfc8414#section-2"));
    }

    private static String shown(String path) {
        return "[" + (path.isEmpty() ? "/" : path) + "]";
    }
}
