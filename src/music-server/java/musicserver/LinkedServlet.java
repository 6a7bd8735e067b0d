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
import java.util.Properties;

/**
 * Where Alexa would be: the local redirect URI. Shows the code that arrived, exchanges it at the press of a button as
 * Amazon's servers would, and shows the answer. For trying things out only: a real client shows neither to anybody.
 */
@WebServlet("/linked")
public final class LinkedServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final int PATIENCE_MS = 5000;

    @Override
    protected void doGet(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        PrintWriter page = page(reply);
        String code = http.getParameter("code");
        if (code == null) {
            page.println("<h1>Not linked</h1><p>The answer was:</p>");
            page.println("<pre id=\"error\">" + escaped(http.getParameter("error")) + "\n"
                    + escaped(http.getParameter("error_description")) + "</pre>");
        } else {
            page.println("<h1>Allowed</h1><p>This is where Alexa would be. It got this code:</p>");
            page.println("<pre id=\"code\">" + escaped(code) + "</pre>");
            page.println("<p>state: <code id=\"state\">" + escaped(http.getParameter("state"))
                    + "</code><br>iss: <code>" + escaped(http.getParameter("iss")) + "</code></p>");
            page.println("<form method=\"post\"><input type=\"hidden\" name=\"code\" value=\"" + escaped(code)
                    + "\"><button>Exchange the code for tokens</button></form>");
        }
        page.println("</main></body></html>");
    }

    @Override
    protected void doPost(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        boolean refresh = http.getParameter("refresh_token") != null;
        Properties demo = credentials();
        String form = refresh
                ? "grant_type=refresh_token&refresh_token=" + encoded(http.getParameter("refresh_token"))
                : "grant_type=authorization_code&code=" + encoded(String.valueOf(http.getParameter("code")))
                        + "&redirect_uri=" + encoded(http.getRequestURL().toString());
        Answer answer = post(demo, form);
        PrintWriter page = page(reply);
        page.println("<h1>" + (answer.status() == 200 ? "Linked" : "Refused") + "</h1>");
        page.println("<p>The token endpoint answered " + answer.status() + ":</p>");
        page.println("<pre id=\"answer\">" + escaped(answer.body()) + "</pre>");
        String refreshToken = answer.body().replaceAll("(?s).*\"refresh_token\":\"([A-Za-z0-9_-]+)\".*", "$1");
        if (answer.status() == 200) {
            page.println("<form method=\"post\"><input type=\"hidden\" name=\"refresh_token\" value=\""
                    + escaped(refreshToken) + "\"><button>Refresh</button></form>");
        }
        page.println("</main></body></html>");
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
        int status = amazon.getResponseCode();
        try (InputStream body = status < 400 ? amazon.getInputStream() : amazon.getErrorStream()) {
            return new Answer(status, new String(body.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private record Answer(int status, String body) {}

    /** What {@code ./mvnw -Prun} wrote; elsewhere this page has nothing to exchange with. */
    private static Properties credentials() throws IOException {
        Properties demo = new Properties();
        try (Reader file = Files.newBufferedReader(Path.of(System.getProperty("demo.credentials", "")))) {
            demo.load(file);
        }
        return demo;
    }

    private static PrintWriter page(HttpServletResponse reply) throws IOException {
        reply.setContentType("text/html;charset=UTF-8");
        reply.setHeader("Cache-Control", "no-store");
        reply.setHeader("Referrer-Policy", "no-referrer");
        PrintWriter page = reply.getWriter();
        page.println("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Demo music server</title>"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                + "<link rel=\"stylesheet\" href=\"demo.css\"></head><body><main>");
        return page;
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private static String escaped(String value) {
        return value == null
                ? ""
                : value.replace("&", "&amp;")
                        .replace("<", "&lt;")
                        .replace(">", "&gt;")
                        .replace("\"", "&quot;")
                        .replace("'", "&#39;");
    }
}
