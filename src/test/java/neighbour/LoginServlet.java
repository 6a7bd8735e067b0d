package neighbour;

import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Signs in the user whom the query names, and prints who the container says it is then. */
@WebServlet("/login")
public final class LoginServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest http, HttpServletResponse reply) throws IOException, ServletException {
        if (http.getParameter("user") != null) {
            http.login(http.getParameter("user"), http.getParameter("password"));
        }
        if (http.authenticate(reply)) {
            reply.setContentType("text/plain;charset=UTF-8");
            reply.getWriter().printf("user %s%ntype %s%n", http.getRemoteUser(), http.getAuthType());
        }
    }
}
