package io.github.alexalink.it;

import io.github.alexalink.fixture.RawHttp;
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
        return ShrinkWrap.create(WebArchive.class)
                .addClass(EchoServlet.class)
                .setWebXML(new StringAsset("<web-app xmlns=\"https://jakarta.ee/xml/ns/jakartaee\" version=\"6.0\">"
                        + CONSTRAINTS + login + "</web-app>"))
                .addAsManifestResource(
                        new StringAsset("<Context><Valve className=\"io.github.alexalink.bearer.BearerAuthenticator\" "
                                + valve + "/>" + realm + "</Context>"),
                        "context.xml");
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

    private static String lines(String... headers) {
        return headers.length == 0 ? "" : "\n" + String.join("\n", headers);
    }
}
