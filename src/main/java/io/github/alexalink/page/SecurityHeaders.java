package io.github.alexalink.page;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;

/** Sets the security headers of every response of this web application: pages, JSON and style sheet. */
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
        // the policy for JSON and static files; Pages.send() replaces it for HTML
        reply.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        if (https) {
            reply.setHeader("Strict-Transport-Security", "max-age=31536000");
        }
        chain.doFilter(http, reply);
    }
}
