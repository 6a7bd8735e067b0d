package io.github.alexalink.it;

import io.github.alexalink.fixture.RawHttp;
import io.github.alexalink.fixture.Soon;
import io.github.alexalink.fixture.TestServers;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import neighbour.EchoServlet;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** A web application that is not ours: its constraints, its login, and a Valve of ours in its context. */
final class Neighbour {

    /** Of every neighbour: what it guards. */
    private static final String CONSTRAINTS = """
            <security-constraint>
              <web-resource-collection><web-resource-name>read</web-resource-name>
                <url-pattern>/read/*</url-pattern></web-resource-collection>
              <auth-constraint><role-name>music.read</role-name></auth-constraint>
            </security-constraint>
            <security-constraint>
              <web-resource-collection><web-resource-name>control</web-resource-name>
                <url-pattern>/control/*</url-pattern></web-resource-collection>
              <auth-constraint><role-name>music.control</role-name></auth-constraint>
            </security-constraint>
            <security-constraint>
              <web-resource-collection><web-resource-name>any</web-resource-name>
                <url-pattern>/anybody/*</url-pattern></web-resource-collection>
              <auth-constraint><role-name>**</role-name></auth-constraint>
            </security-constraint>
            <security-constraint>
              <web-resource-collection><web-resource-name>none</web-resource-name>
                <url-pattern>/nobody/*</url-pattern></web-resource-collection>
              <auth-constraint/>
            </security-constraint>
            <security-role><role-name>music.read</role-name></security-role>
            <security-role><role-name>music.control</role-name></security-role>
            """;

    private Neighbour() {}

    /**
     * Builds one.
     *
     * @param valve the attributes of the Valve
     * @param login the login-config, or nothing
     */
    static WebArchive war(String valve, String login) {
        return war(valve, login, "");
    }

    static WebArchive war(String valve, String login, String realm) {
        return withoutValve(
                login, "<Valve className=\"io.github.alexalink.bearer.BearerAuthenticator\" " + valve + "/>" + realm);
    }

    /**
     * Builds one that knows nothing of Alexa Link.
     *
     * @param context what is in its context descriptor
     */
    static WebArchive withoutValve(String login, String context) {
        return ShrinkWrap.create(WebArchive.class)
                .addClass(EchoServlet.class)
                .setWebXML(new StringAsset("<web-app xmlns=\"https://jakarta.ee/xml/ns/jakartaee\" version=\"6.0\">"
                        + CONSTRAINTS + login + "</web-app>"))
                .addAsManifestResource(new StringAsset("<Context>" + context + "</Context>"), "context.xml");
    }

    /** An access token of the right form that nobody has issued. */
    static String unknownToken() {
        return Token.issue(TokenKind.ACCESS_TOKEN, Token.newLinkId()).value();
    }

    /** A GET with these lines as headers. */
    static RawHttp.Reply get(String path, String... headers) {
        return RawHttp.send("GET " + path + " HTTP/1.1" + lines(headers), "");
    }

    static RawHttp.Reply post(String path, String... headers) {
        return RawHttp.send("POST " + path + " HTTP/1.1" + lines(headers) + "\nContent-Length: 0", "");
    }

    static String bearer(String token) {
        return "Authorization: Bearer " + token;
    }

    /** The lines of Tomcat's log with both, once there is one: it is written a little later, at midnight into a new file. */
    static List<String> log(String what, String why) throws IOException {
        return Soon.within(
                10,
                () -> logged().stream()
                        .filter(line -> line.contains(what) && line.contains(why))
                        .toList(),
                found -> !found.isEmpty());
    }

    static List<String> logged() throws IOException {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(TestServers.tomcatBase().resolve("logs"))) {
            for (Path log : files.filter(file -> file.getFileName().toString().startsWith("catalina."))
                    .sorted()
                    .toList()) {
                lines.addAll(Files.readAllLines(log));
            }
        }
        return lines;
    }

    private static String lines(String... headers) {
        return headers.length == 0 ? "" : "\n" + String.join("\n", headers);
    }
}
