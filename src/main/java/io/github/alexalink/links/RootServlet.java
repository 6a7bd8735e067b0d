package io.github.alexalink.links;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;

/** Leads a person who opens the address of this web application to the page of linked apps. */
public final class RootServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        if (!Set.of("GET", "HEAD").contains(http.getMethod())) {
            reply.setHeader("Allow", "GET, HEAD");
            reply.sendError(405);
            return;
        }
        // relative, so that no setting and no header is needed; Tomcat calls this for /alexa without the slash, too
        String asked = http.getRequestURI();
        String folder = asked.endsWith("/") ? "" : asked.substring(asked.lastIndexOf('/') + 1) + "/";
        reply.setHeader("Location", "./" + folder + "links");
        reply.setStatus(302);
    }
}
