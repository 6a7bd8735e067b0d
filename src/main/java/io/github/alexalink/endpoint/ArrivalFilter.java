package io.github.alexalink.endpoint;

import io.github.alexalink.diagnosis.Arrival;
import io.github.alexalink.diagnosis.Arrival.Kind;
import io.github.alexalink.diagnosis.Arrival.Path;
import io.github.alexalink.diagnosis.Arrivals;
import io.github.alexalink.protocol.Reason;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Remembers how requests arrived: those to link, and those to paths that are none of ours. */
public final class ArrivalFilter extends HttpFilter {

    private static final long serialVersionUID = 1L;

    private static final String OPERATOR = "operator";

    /** Whose requests are remembered, and who tells of them. */
    private static final List<String> PATHS = List.of("/authorize", "/approve", "/token", "/" + OPERATOR);

    private static final String ARRIVED = "io.github.alexalink.arrived";

    /** Set by Tomcat's RemoteIpValve on a request of a proxy that it believes. */
    private static final String BELIEVED = "org.apache.tomcat.request.forwarded";

    private static final Set<String> OURS = Set.of("authorize", "approve", "token");

    private final transient Arrivals arrivals;
    private final String issuerPath;

    public ArrivalFilter(Arrivals arrivals, URI issuer) {
        this.arrivals = arrivals;
        this.issuerPath = issuer.getPath();
    }

    /**
     * Puts this filter before that of web.xml for forwarded headers, after which a proxy that names no client looks like one
     * that does. Filters with a path come before those with the name of a servlet.
     */
    public void addTo(ServletContext context) {
        FilterRegistration.Dynamic registered = context.addFilter("arrivals", this);
        EnumSet<DispatcherType> requests = EnumSet.of(DispatcherType.REQUEST);
        registered.addMappingForUrlPatterns(requests, false, PATHS.toArray(String[]::new));
        registered.addMappingForServletNames(requests, false, "error");
    }

    @Override
    protected void doFilter(HttpServletRequest http, HttpServletResponse reply, FilterChain chain)
            throws IOException, ServletException {
        Arrival.Way way = way(http);
        http.setAttribute(ARRIVED, way);
        chain.doFilter(http, reply);
        int status = reply.getStatus();
        String servlet = http.getHttpServletMapping().getServletName();
        // what failed on our side says nothing about how it arrived
        if (status < 500 && !servlet.equals(OPERATOR)) {
            arrivals.add(arrival(http, servlet, status, way));
        }
    }

    private Arrival arrival(HttpServletRequest http, String servlet, int status, Arrival.Way way) {
        if (servlet.equals("error")) {
            return Arrival.elsewhere(path(http), way);
        }
        Reason reason = Outcome.reason(http);
        String clientId = Outcome.clientId(http);
        boolean granted = reason == null && status < 400;
        return Arrival.of(
                clientId == null && servlet.equals("token")
                        ? Kind.UNREADABLE
                        : clientId == null || reason == Reason.CLIENT_UNKNOWN
                                ? Kind.STRANGER
                                : kind(servlet, http, granted),
                clientId,
                reason,
                way);
    }

    private static Kind kind(String servlet, HttpServletRequest http, boolean granted) {
        return switch (servlet) {
            case "authorize" -> granted && Outcome.word(http) == null ? Kind.PAGE : Kind.PAGE_REFUSED;
            case "approve" -> granted && "issued".equals(Outcome.word(http)) ? Kind.CODE : Kind.SIGN_IN_FAILED;
            default -> granted ? Kind.TOKENS : Kind.TOKEN_REFUSED;
        };
    }

    /** How a request that passed this filter arrived, as Tomcat gave it to this web application. */
    public static Arrival.Way arrived(HttpServletRequest http) {
        return (Arrival.Way) http.getAttribute(ARRIVED);
    }

    /** How a request arrived, after web.xml's filter for forwarded headers if it stands before who asks. */
    public static Arrival.Way way(HttpServletRequest http) {
        return new Arrival.Way(
                http.getRemoteAddr(),
                http.getAttribute(BELIEVED) != null,
                http.getHeader("X-Forwarded-For") != null,
                http.getHeader("X-Forwarded-Proto"),
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
