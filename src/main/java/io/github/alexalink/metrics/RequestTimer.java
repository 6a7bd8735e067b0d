package io.github.alexalink.metrics;

import io.github.alexalink.endpoint.Outcome;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Times each request to an endpoint, by its outcome. */
public final class RequestTimer extends HttpFilter {

    private static final long serialVersionUID = 1L;

    private final transient Metrics metrics;

    public RequestTimer(Metrics metrics) {
        this.metrics = metrics;
    }

    @Override
    protected void doFilter(HttpServletRequest http, HttpServletResponse reply, FilterChain chain)
            throws IOException, ServletException {
        long start = System.nanoTime();
        int status = 500;
        String outcome = "server_error";
        try {
            chain.doFilter(http, reply);
            status = reply.getStatus();
            outcome = word(http.getAttribute(Outcome.ATTRIBUTE), status);
        } catch (IOException broken) {
            // thrown by Tomcat if the client has gone; by name, because the classes differ between 10.1 and 11
            if (broken.getClass().getName().startsWith("org.apache.catalina.connector.")) {
                status = 400;
                outcome = "client_gone";
            }
            throw broken;
        } finally {
            Object grantType = http.getAttribute(Outcome.GRANT_TYPE);
            metrics.count(
                    new Metrics.Answered(
                            endpoint(http),
                            grantType == null ? Metrics.NONE : grantType.toString(),
                            outcome,
                            Integer.toString(status)),
                    System.nanoTime() - start);
        }
    }

    /** The name of the servlet, which is fixed; the path is the client's text. */
    private static String endpoint(HttpServletRequest http) {
        String servlet = http.getHttpServletMapping().getServletName();
        return servlet.equals(".well-known/oauth-authorization-server") ? "metadata" : servlet;
    }

    private static String word(Object said, int status) {
        if (said != null) {
            return said.toString();
        }
        if (status < 400) {
            return "ok";
        }
        return switch (status) {
            case 429 -> "too_many_requests";
            case 503 -> "temporarily_unavailable";
            default -> status < 500 ? "invalid_request" : "server_error";
        };
    }
}
