package neighbour;

import jakarta.servlet.annotation.HttpConstraint;
import jakarta.servlet.annotation.ServletSecurity;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Demands a role by an annotation, and prints which roles the container says the caller has. */
@WebServlet("/annotated/*")
@ServletSecurity(@HttpConstraint(rolesAllowed = "jolokia"))
public final class RolesServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        reply.setContentType("text/plain;charset=UTF-8");
        reply.getWriter()
                .printf(
                        "path /annotated%nuser %s%njolokia %s%nmusic.control %s%n",
                        http.getRemoteUser(), http.isUserInRole("jolokia"), http.isUserInRole("music.control"));
    }
}
