package musicserver;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** The player: GET shows its state, POST controls it. {@code web.xml} says who may do either. */
@WebServlet({"/api/player", "/api/player/*"})
public final class PlayerServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        if (http.getPathInfo() == null) {
            say(reply);
        } else {
            reply.sendError(HttpServletResponse.SC_NOT_FOUND);
        }
    }

    @Override
    protected void doPost(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        Player player = Player.of(getServletContext());
        String track = http.getParameter("track");
        boolean known = true;
        switch (String.valueOf(http.getPathInfo())) {
            case "/play" -> {
                if (track == null) {
                    player.play();
                } else {
                    known = player.play(track);
                }
            }
            case "/pause" -> player.pause();
            case "/next" -> player.skip(1);
            case "/previous" -> player.skip(-1);
            default -> known = false;
        }
        if (known) {
            say(reply);
        } else {
            reply.sendError(HttpServletResponse.SC_NOT_FOUND);
        }
    }

    private void say(HttpServletResponse reply) throws IOException {
        reply.setContentType("application/json;charset=UTF-8");
        reply.setHeader("Cache-Control", "no-store");
        reply.getWriter().print(Player.of(getServletContext()).state().json());
    }
}
