package io.github.alexalink.page;

import io.github.alexalink.protocol.Printable;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * The page for errors outside our endpoints, and for every path that is neither an endpoint nor a file for browsers.
 * Tomcat's own would show its version.
 */
public final class ErrorServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    private final transient Pages pages;

    public ErrorServlet(Pages pages) {
        this.pages = pages;
    }

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        Object status = http.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        Object asked = http.getAttribute(RequestDispatcher.ERROR_REQUEST_URI);
        int code = 404;
        if (status instanceof Integer sent) {
            code = sent;
        } else {
            asked = http.getRequestURI(); // no error: a browser asked for a path at which there is nothing
        }
        if (code == 501) { // Tomcat answers 501 to an unknown method, but the client is at fault
            reply.setHeader("Allow", "GET, HEAD");
            code = 405;
        }
        String why = "[" + Printable.of(String.valueOf(asked)) + "]";
        String key = code == 404 ? "problem.not_found" : code >= 500 ? "problem.ours" : "problem.request";
        pages.problem(http, reply, code, key, why);
    }
}
