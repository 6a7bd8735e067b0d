package musicserver;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The audio of a track, whole or in one range (RFC 9110 §14). {@code web.xml} says who may listen. */
@WebServlet("/api/tracks/*")
public final class TrackServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{0,9})-(\\d{0,9})");

    @Override
    protected void doGet(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        String path = String.valueOf(http.getPathInfo());
        Optional<Track> track = Track.LIBRARY.stream()
                .filter(known -> path.equals("/" + known.id()))
                .findAny();
        if (track.isEmpty()) {
            reply.sendError(HttpServletResponse.SC_NOT_FOUND);
            return;
        }
        byte[] wav = track.get().wav();
        reply.setHeader("Accept-Ranges", "bytes");
        int first = 0;
        int last = wav.length - 1;
        Matcher range = RANGE.matcher(String.valueOf(http.getHeader("Range")));
        if (range.matches() && range.end() > "bytes=-".length()) { // a server may ignore any other form of Range
            boolean suffix = range.group(1).isEmpty();
            first = suffix
                    ? Math.max(0, wav.length - Integer.parseInt(range.group(2)))
                    : Integer.parseInt(range.group(1));
            last = suffix || range.group(2).isEmpty() ? last : Math.min(last, Integer.parseInt(range.group(2)));
            if (first > last) {
                reply.setHeader("Content-Range", "bytes */" + wav.length);
                reply.sendError(HttpServletResponse.SC_REQUESTED_RANGE_NOT_SATISFIABLE);
                return;
            }
            reply.setStatus(HttpServletResponse.SC_PARTIAL_CONTENT);
            reply.setHeader("Content-Range", "bytes " + first + "-" + last + "/" + wav.length);
        }
        reply.setContentType("audio/wav");
        reply.setContentLength(last - first + 1);
        reply.getOutputStream().write(wav, first, last - first + 1);
    }
}
