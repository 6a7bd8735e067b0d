package io.github.alexalink.page;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;

/** The headers that every answer of this web application carries, pages, JSON and style sheet alike. */
public final class SecurityHeaders extends HttpFilter {

    private static final long serialVersionUID = 1L;

    private final boolean https;

    public SecurityHeaders(URI issuer) {
        this.https = issuer.getScheme().equals("https");
    }

    @Override
    protected void doFilter(HttpServletRequest http, HttpServletResponse reply, FilterChain chain)
            throws IOException, ServletException {
        reply.setHeader("X-Content-Type-Options", "nosniff");
        reply.setHeader("X-Frame-Options", "DENY");
        reply.setHeader("Referrer-Policy", "no-referrer");
        // pages put a wider one over it; an answer that is no page needs nothing at all
        reply.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        if (https) {
            reply.setHeader("Strict-Transport-Security", "max-age=31536000");
        }
        chain.doFilter(http, reply);
    }
}
