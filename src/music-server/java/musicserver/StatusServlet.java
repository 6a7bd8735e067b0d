package musicserver;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.PrintWriter;

/** The front page, for everybody: shows what is playing. */
@WebServlet("")
public final class StatusServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        Player.State state = Player.of(getServletContext()).state();
        reply.setHeader("Refresh", "5");
        PrintWriter page = Page.begin(reply);
        page.println("<h1>Demo music server</h1><p>Somebody else's web application, in the same Tomcat as"
                + " <code>alexa.war</code>. It stands where yours will.</p>");
        page.println("<h2>Player</h2><p id=\"player\">" + (state.playing() ? "Playing" : "Paused") + ": <strong>"
                + Page.escaped(state.track().title()) + "</strong>, "
                + Page.escaped(state.track().artist()) + " ("
                + state.position() + " of " + state.track().seconds() + " s)</p>");
        page.println("<h2>Library</h2><ul>");
        for (Track track : Track.LIBRARY) {
            page.println("<li>" + Page.escaped(track.title()) + ", " + Page.escaped(track.artist()) + "</li>");
        }
        page.println("</ul>");
        Page.end(page);
    }
}
