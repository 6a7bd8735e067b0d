package musicserver;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.stream.Collectors;

/** Lists the tracks. {@code web.xml} says who may ask. */
@WebServlet("/api/library")
public final class LibraryServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        reply.setContentType("application/json;charset=UTF-8");
        reply.getWriter()
                .print(Track.LIBRARY.stream().map(Track::json).collect(Collectors.joining(",", "{\"tracks\":[", "]}")));
    }
}
