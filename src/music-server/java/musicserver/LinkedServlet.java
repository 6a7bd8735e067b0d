package musicserver;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.Reader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The local redirect URI, in Alexa's place. It shows the code that arrived, exchanges it at the press of a button as
 * Amazon's servers would, shows the answer, and plays music with the token. For trying things out only: a real client
 * shows its tokens to nobody.
 */
@WebServlet("/linked")
public final class LinkedServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final int PATIENCE_MS = 5000;
    private static final Pattern TRACK =
            Pattern.compile("\\{\"id\":\"([^\"]*)\",\"title\":\"([^\"]*)\",\"artist\":\"([^\"]*)\"");

    @Override
    protected void doGet(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        PrintWriter page = Page.begin(reply);
        String code = http.getParameter("code");
        if (code == null) {
            page.println("<h1>Not linked</h1><p>The answer was:</p>");
            page.println("<pre id=\"error\">" + Page.escaped(http.getParameter("error")) + "\n"
                    + Page.escaped(http.getParameter("error_description")) + "</pre>");
        } else {
            page.println("<h1>Allowed</h1><p>This is where Alexa would be. It got this code:</p>");
            page.println("<pre id=\"code\">" + Page.escaped(code) + "</pre>");
            page.println("<p>state: <code id=\"state\">" + Page.escaped(http.getParameter("state"))
                    + "</code><br>iss: <code>" + Page.escaped(http.getParameter("iss")) + "</code></p>");
            page.println("<form method=\"post\">" + hidden("code", code)
                    + "<button>Exchange the code for tokens</button></form>");
        }
        Page.end(page);
    }

    @Override
    protected void doPost(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        String accessToken = http.getParameter("access_token");
        String refreshToken = http.getParameter("refresh_token");
        if (accessToken == null) {
            exchange(http, reply);
        } else {
            String action = String.valueOf(http.getParameter("action"));
            Answer answer = music(http, "POST", "/api/player/" + action, accessToken);
            PrintWriter page = Page.begin(reply);
            page.println("<h1>Alexa, " + Page.escaped(action.replaceAll("\\?.*", "")) + "</h1>");
            if (answer.status() >= 400 && answer.status() != 401) { // a 401 is handled below: the token has ended
                page.println(refusal(answer));
            }
            goOn(page, http, accessToken, refreshToken);
            Page.end(page);
        }
    }

    private static void exchange(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        String refreshToken = http.getParameter("refresh_token");
        String form = refreshToken != null
                ? "grant_type=refresh_token&refresh_token=" + encoded(refreshToken)
                : "grant_type=authorization_code&code=" + encoded(String.valueOf(http.getParameter("code")))
                        + "&redirect_uri=" + encoded(http.getRequestURL().toString());
        Answer answer = post(credentials(), form);
        PrintWriter page = Page.begin(reply);
        page.println("<h1>" + (answer.status() == 200 ? "Linked" : "Refused") + "</h1>");
        page.println("<p>The token endpoint answered " + answer.status() + ":</p>");
        page.println("<pre id=\"answer\">" + Page.escaped(answer.body()) + "</pre>");
        if (answer.status() == 200) {
            goOn(page, http, in(answer, "access_token"), in(answer, "refresh_token"));
        }
        Page.end(page);
    }

    /** Offers what Alexa does with a token as long as the account is linked. */
    private static void goOn(PrintWriter page, HttpServletRequest http, String accessToken, String refreshToken)
            throws IOException {
        String tokens = hidden("access_token", accessToken) + hidden("refresh_token", refreshToken);
        Answer library = music(http, "GET", "/api/library", accessToken);
        Answer player = music(http, "GET", "/api/player", accessToken);
        if (library.status() == 200 && player.status() == 200) {
            Matcher track = TRACK.matcher(player.body());
            page.println("<h2>Player</h2><p id=\"player\">"
                    + (player.body().contains("\"playing\":true") ? "Playing" : "Paused")
                    + (track.find() ? ": <strong>" + Page.escaped(track.group(2)) + "</strong>" : "") + "</p>");
            page.println("<form method=\"post\" class=\"row\">" + tokens);
            for (String action : List.of("previous", "play", "pause", "next")) {
                page.println("<button name=\"action\" value=\"" + action + "\">" + action + "</button>");
            }
            page.println("</form><h2>Library</h2><form method=\"post\">" + tokens + "<ul id=\"library\">");
            track = TRACK.matcher(library.body());
            while (track.find()) {
                page.println("<li><button name=\"action\" value=\"play?track=" + Page.escaped(track.group(1)) + "\">"
                        + Page.escaped(track.group(2)) + "</button> " + Page.escaped(track.group(3)) + "</li>");
            }
            page.println("</ul></form>");
        } else {
            page.println(refusal(library));
        }
        page.println("<h2>Token</h2><form method=\"post\">" + hidden("refresh_token", refreshToken)
                + "<button>Refresh</button></form>");
    }

    private static String refusal(Answer answer) {
        return "<p>The music server answered " + answer.status() + ":</p><pre id=\"refusal\">"
                + Page.escaped(answer.challenge()) + "</pre>";
    }

    /** Calls the music server, this very application, over HTTP with the token. */
    private static Answer music(HttpServletRequest http, String method, String path, String accessToken)
            throws IOException {
        HttpURLConnection server = (HttpURLConnection) URI.create("http://" + http.getLocalAddr() + ":"
                        + http.getLocalPort() + http.getContextPath() + path.replaceAll("[^A-Za-z0-9/?=-]", ""))
                .toURL()
                .openConnection();
        server.setConnectTimeout(PATIENCE_MS);
        server.setReadTimeout(PATIENCE_MS);
        server.setRequestMethod(method);
        server.setRequestProperty("Authorization", "Bearer " + accessToken.replaceAll("[^A-Za-z0-9_-]", ""));
        if (method.equals("POST")) {
            server.setDoOutput(true);
            server.getOutputStream().close();
        }
        return answer(server);
    }

    private static Answer post(Properties demo, String form) throws IOException {
        String pair = demo.getProperty("client_id") + ":" + demo.getProperty("client_secret");
        HttpURLConnection amazon = (HttpURLConnection)
                URI.create(demo.getProperty("issuer") + "/token").toURL().openConnection();
        amazon.setConnectTimeout(PATIENCE_MS);
        amazon.setReadTimeout(PATIENCE_MS);
        amazon.setRequestProperty("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8");
        amazon.setRequestProperty(
                "Authorization", "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
        amazon.setDoOutput(true);
        try (OutputStream body = amazon.getOutputStream()) {
            body.write(form.getBytes(StandardCharsets.UTF_8));
        }
        return answer(amazon);
    }

    private static Answer answer(HttpURLConnection server) throws IOException {
        int status = server.getResponseCode();
        try (InputStream body = status < 400 ? server.getInputStream() : server.getErrorStream()) {
            return new Answer(
                    status,
                    server.getHeaderField("WWW-Authenticate"),
                    body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private record Answer(int status, String challenge, String body) {}

    /** The credentials that {@code ./mvnw -Prun} wrote; without them this page cannot exchange a code. */
    private static Properties credentials() throws IOException {
        Properties demo = new Properties();
        try (Reader file = Files.newBufferedReader(Path.of(System.getProperty("demo.credentials", "")))) {
            demo.load(file);
        }
        return demo;
    }

    private static String in(Answer answer, String name) {
        return answer.body().replaceAll("(?s).*\"" + name + "\":\"([A-Za-z0-9_-]+)\".*", "$1");
    }

    private static String hidden(String name, String value) {
        return "<input type=\"hidden\" name=\"" + name + "\" value=\"" + Page.escaped(value) + "\">";
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
