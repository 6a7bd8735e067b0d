package io.github.alexalink.endpoint;

import io.github.alexalink.diagnosis.Arrival;
import io.github.alexalink.diagnosis.Arrival.Kind;
import io.github.alexalink.diagnosis.Arrival.Path;
import io.github.alexalink.diagnosis.Arrivals;
import io.github.alexalink.protocol.Reason;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Remembers how requests arrived: those to link, and those to paths that are none of ours. */
public final class ArrivalFilter extends HttpFilter {

    private static final long serialVersionUID = 1L;

    /** The servlets whose requests are remembered. */
    public static final List<String> SERVLETS = List.of("authorize", "approve", "token", "error");

    /** Set by Tomcat's RemoteIpValve on a request of a proxy that it believes. */
    private static final String BELIEVED = "org.apache.tomcat.request.forwarded";

    private static final Set<String> OURS = Set.of("authorize", "approve", "token");

    private final transient Arrivals arrivals;
    private final String issuerPath;

    public ArrivalFilter(Arrivals arrivals, URI issuer) {
        this.arrivals = arrivals;
        this.issuerPath = issuer.getPath();
    }

    @Override
    protected void doFilter(HttpServletRequest http, HttpServletResponse reply, FilterChain chain)
            throws IOException, ServletException {
        chain.doFilter(http, reply);
        int status = reply.getStatus();
        if (status < 500) { // what failed on our side says nothing about how it arrived
            arrivals.add(arrival(http, status));
        }
    }

    private Arrival arrival(HttpServletRequest http, int status) {
        String servlet = http.getHttpServletMapping().getServletName();
        if (servlet.equals("error")) {
            return Arrival.elsewhere(path(http), way(http));
        }
        Reason reason = Outcome.reason(http);
        String clientId = Outcome.clientId(http);
        boolean granted = reason == null && status < 400;
        return Arrival.of(
                clientId == null || reason == Reason.CLIENT_UNKNOWN ? Kind.STRANGER : kind(servlet, http, granted),
                clientId,
                reason,
                way(http));
    }

    private static Kind kind(String servlet, HttpServletRequest http, boolean granted) {
        return switch (servlet) {
            case "authorize" -> granted && Outcome.word(http) == null ? Kind.PAGE : Kind.PAGE_REFUSED;
            case "approve" -> granted && "issued".equals(Outcome.word(http)) ? Kind.CODE : Kind.SIGN_IN_FAILED;
            default -> granted ? Kind.TOKENS : Kind.TOKEN_REFUSED;
        };
    }

    /** How a request arrived. */
    public static Arrival.Way way(HttpServletRequest http) {
        return new Arrival.Way(
                http.getRemoteAddr(),
                http.getAttribute(BELIEVED) != null,
                http.getHeader("X-Forwarded-For") != null,
                http.getHeader("X-Forwarded-Proto") != null,
                http.getHeader("X-Forwarded-Host") != null,
                http.getScheme(),
                http.getHeader("Host"));
    }

    private Path path(HttpServletRequest http) {
        String asked = http.getRequestURI();
        String prefix = http.getContextPath();
        String rest = asked.substring(Math.min(prefix.length(), asked.length()));
        if (!prefix.isEmpty() && rest.startsWith(prefix + "/")) {
            return Path.PREFIX_TWICE;
        }
        if (!issuerPath.equals(prefix) && !issuerPath.isEmpty() && rest.startsWith(issuerPath + "/")) {
            return Path.PREFIX_OF_ISSUER;
        }
        String[] parts = rest.toLowerCase(Locale.ROOT).split("/", 10);
        for (int i = parts.length - 1; i >= 0; i--) {
            if (!parts[i].isEmpty()) {
                return OURS.contains(parts[i]) ? Path.ALIKE : Path.OTHER;
            }
        }
        return Path.OTHER;
    }
}
