package io.github.alexalink.page;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Sets the security headers of every response of this web application: pages, JSON and style sheet.
 *
 * <p>{@code Strict-Transport-Security} is not among them: a browser applies it to the whole host, with other web
 * applications and ports, so it is the operator's to set.
 */
public final class SecurityHeaders extends HttpFilter {

    private static final long serialVersionUID = 1L;

    @Override
    protected void doFilter(HttpServletRequest http, HttpServletResponse reply, FilterChain chain)
            throws IOException, ServletException {
        reply.setHeader("X-Content-Type-Options", "nosniff");
        reply.setHeader("X-Frame-Options", "DENY");
        reply.setHeader("Referrer-Policy", "no-referrer");
        // the policy for JSON and static files; Pages.send() replaces it for HTML
        reply.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        chain.doFilter(http, reply);
    }
}
