package neighbour;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** Prints what the container says about the caller, one fact a line. */
@WebServlet("/*")
public final class EchoServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        Object claims = http.getAttribute("io.github.alexalink.claims");
        reply.setContentType("text/plain;charset=UTF-8");
        reply.getWriter()
                .printf(
                        "path %s%nuser %s%nprincipal %s%ntype %s%nread %s%ncontrol %s%nsession %s%nauthorization %s%nclaims %s%n",
                        http.getPathInfo(),
                        http.getRemoteUser(),
                        http.getUserPrincipal() == null
                                ? null
                                : http.getUserPrincipal().getName(),
                        http.getAuthType(),
                        http.isUserInRole("music.read"),
                        http.isUserInRole("music.control"),
                        http.getSession(false) != null,
                        http.getHeader("Authorization") != null,
                        claims instanceof Map<?, ?> map ? new TreeMap<>(map) : claims);
    }
}
