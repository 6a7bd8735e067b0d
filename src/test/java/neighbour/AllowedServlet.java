package neighbour;

import jakarta.annotation.security.RolesAllowed;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Demands a role by an annotation that Tomcat does not read. */
@WebServlet("/allowed/*")
@RolesAllowed("jolokia")
public final class AllowedServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        reply.setContentType("text/plain;charset=UTF-8");
        reply.getWriter().println("path /allowed");
    }
}
