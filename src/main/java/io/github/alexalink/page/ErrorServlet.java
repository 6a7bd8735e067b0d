package io.github.alexalink.page;

import io.github.alexalink.protocol.Printable;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** The page for errors outside our endpoints. Tomcat's own would show its version. */
public final class ErrorServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    private final transient Pages pages;

    public ErrorServlet(Pages pages) {
        this.pages = pages;
    }

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        Object status = http.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        if (!(status instanceof Integer sent)) {
            reply.setStatus(404); // a browser asked for /error itself
            pages.problem(http, reply, 404, "problem.not_found", "asked for the error page");
            return;
        }
        int code = sent;
        if (code == 501) { // Tomcat answers 501 to an unknown method, but the client is at fault
            reply.setHeader("Allow", "GET, HEAD");
            code = 405;
        }
        String why = "[" + Printable.of(String.valueOf(http.getAttribute(RequestDispatcher.ERROR_REQUEST_URI))) + "]";
        String key = code == 404 ? "problem.not_found" : code >= 500 ? "problem.ours" : "problem.request";
        pages.problem(http, reply, code, key, why);
    }
}
