package io.github.alexalink.page;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** The page for whatever went wrong outside our endpoints, in the place of Tomcat's own with its version. */
public final class ErrorServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    private final transient Pages pages;

    public ErrorServlet(Pages pages) {
        this.pages = pages;
    }

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        Object status = http.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        if (!(status instanceof Integer code)) {
            reply.setStatus(404); // somebody asked for /error itself
            pages.problem(http, reply, 404, "problem.not_found", "asked for the error page");
            return;
        }
        String why = http.getMethod() + " [" + http.getAttribute(RequestDispatcher.ERROR_REQUEST_URI) + "]";
        String key = code == 404 ? "problem.not_found" : code >= 500 ? "problem.ours" : "problem.request";
        pages.problem(http, reply, code, key, why);
    }
}
