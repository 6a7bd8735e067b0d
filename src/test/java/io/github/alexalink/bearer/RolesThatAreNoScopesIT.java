package io.github.alexalink.bearer;

import static io.github.alexalink.fixture.cases.Neighbour.bearer;
import static io.github.alexalink.fixture.cases.Neighbour.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.cases.Neighbour;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.Manager;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import neighbour.AllowedServlet;
import neighbour.EchoServlet;
import neighbour.RolesServlet;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("thorough")
@DisplayName("A music server whose web.xml has a role that is no scope of Alexa Link")
class RolesThatAreNoScopesIT extends OnTomcat {

    private static final String WEB_XML = """
            <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
              <security-constraint>
                <web-resource-collection><web-resource-name>named</web-resource-name>
                  <url-pattern>/named/*</url-pattern></web-resource-collection>
                <auth-constraint><role-name>jolokia</role-name></auth-constraint>
              </security-constraint>
              <security-constraint>
                <web-resource-collection><web-resource-name>all</web-resource-name>
                  <url-pattern>/all/*</url-pattern></web-resource-collection>
                <auth-constraint><role-name>*</role-name></auth-constraint>
              </security-constraint>
              <security-constraint>
                <web-resource-collection><web-resource-name>any</web-resource-name>
                  <url-pattern>/anybody/*</url-pattern></web-resource-collection>
                <auth-constraint><role-name>**</role-name></auth-constraint>
              </security-constraint>
              <login-config><auth-method>BASIC</auth-method><realm-name>Music</realm-name></login-config>
              <security-role><role-name>jolokia</role-name></security-role>
            </web-app>
            """;
    private static final String BOB = "Authorization: " + Alexa.basic("bob", "builder");

    private final Alexa alexa = Alexa.skill(TestServers.issuer());
    private final String carl = TestDatabase.unique("carl");

    @BeforeAll
    static void deployNeighbours() throws IOException {
        Path conf = TestServers.tomcatBase().resolve("conf");
        Files.writeString(conf.resolve("builders.xml"), """
                <tomcat-users><user username="bob" password="builder" roles="jolokia"/></tomcat-users>
                """);
        Files.writeString(conf.resolve("music-server.roles"), "jolokia = music.control\n");
        assertThat(Manager.deploy("roles", war(""))).startsWith("OK");
        assertThat(Manager.deploy("mapped", war(listener()))).startsWith("OK");
    }

    @AfterAll
    static void undeployNeighbours() {
        Manager.undeploy("roles");
        Manager.undeploy("mapped");
    }

    /** The line that docs/music-servers.md gives. */
    private static String listener() throws IOException {
        Matcher line = Pattern.compile("<Listener [^>]*PropertiesRoleMappingListener[^>]*/>")
                .matcher(Files.readString(Path.of("docs/music-servers.md")));
        assertThat(line.find()).isTrue();
        return line.group();
    }

    private static WebArchive war(String listener) {
        return ShrinkWrap.create(WebArchive.class)
                .addClasses(EchoServlet.class, RolesServlet.class, AllowedServlet.class)
                .setWebXML(new StringAsset(WEB_XML))
                .addAsManifestResource(
                        new StringAsset("<Context>" + listener
                                + "<Valve className=\"io.github.alexalink.bearer.BearerAuthenticator\" optional=\"true\"/>"
                                + "<Realm className=\"org.apache.catalina.realm.MemoryRealm\" pathname=\"conf/builders.xml\"/>"
                                + "</Context>"),
                        "context.xml");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/roles/named/x", "/roles/all/x", "/roles/annotated/x"})
    void without_that_role_the_refusal_names_it_and_the_log_says_what_the_token_has(String path) throws IOException {
        String access = alexa.linked(carl).getString("access_token");
        RawHttp.Reply reply = get(path, bearer(access));
        assertThat(reply.statusCode()).isEqualTo(403);
        assertThat(reply.headers().firstValue("WWW-Authenticate").orElse(""))
                .contains("error=\"insufficient_scope\"", "scope=\"jolokia\"");
        assertThat(reply.body()).doesNotContain("path /");
        assertThat(Neighbour.log("/roles: 403", "[" + carl + "]"))
                .allMatch(line -> line.endsWith(
                        "it has the scopes [music.control, music.read], and web.xml wants one of the roles [jolokia]"));
        assertThat(get("/roles/anybody/x", bearer(access)).body().lines()).contains("user " + carl);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/roles/named/x", "/roles/all/x", "/roles/annotated/x"})
    void a_scope_of_that_name_opens_it(String path) {
        TestDatabase.ask("SELECT alexa.describe_scope(scope => 'jolokia', description => 'See how the server is')");
        TestDatabase.ask(
                "SELECT alexa.change_client(client_id => ?, scopes => ARRAY['music.read', 'music.control', 'jolokia'])",
                alexa.clientId());
        TestDatabase.addAccount(carl, TestDatabase.PASSWORD);
        Map<String, String> request = new LinkedHashMap<>(alexa.authorizationRequest());
        request.put("scope", "music.read jolokia");
        JSONObject tokens = new JSONObject(alexa.exchange(
                        Alexa.codeIn(alexa.press(alexa.authorize(request), "allow", carl, TestDatabase.PASSWORD)))
                .body());
        assertThat(tokens.getString("scope")).isEqualTo("music.read jolokia");
        String access = tokens.getString("access_token");
        assertThat(get(path, bearer(access)).body().lines()).contains("user " + carl);
        assertThat(get("/roles/annotated", bearer(access)).body().lines())
                .contains("jolokia true", "music.control false");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mapped/named/x", "/mapped/all/x", "/mapped/annotated/x"})
    void tomcats_role_mapping_opens_it_for_the_scope_that_it_names(String path) {
        JSONObject tokens = alexa.linked(carl);
        String access = tokens.getString("access_token");
        assertThat(get(path, bearer(access)).body().lines()).contains("user " + carl);
        assertThat(get("/mapped/annotated", bearer(access)).body().lines())
                .contains("jolokia true", "music.control true");

        String reading = new JSONObject(alexa.token(Map.of(
                                "grant_type",
                                "refresh_token",
                                "refresh_token",
                                tokens.getString("refresh_token"),
                                "scope",
                                "music.read"))
                        .body())
                .getString("access_token");
        RawHttp.Reply reply = get(path, bearer(reading));
        assertThat(reply.statusCode()).isEqualTo(403);
        assertThat(reply.headers().firstValue("WWW-Authenticate").orElse("")).contains("scope=\"music.control\"");
    }

    @Test
    void the_applications_own_users_keep_the_role_unless_it_is_mapped() {
        assertThat(get("/roles/named/x", BOB).body().lines()).contains("user bob");
        assertThat(get("/roles/annotated", BOB).body().lines()).contains("user bob", "jolokia true");
        assertThat(get("/mapped/named/x", BOB).statusCode()).isEqualTo(403);
        for (String path : new String[] {"named/x", "all/x", "annotated/x", "anybody/x"}) {
            assertThat(get("/roles/" + path).statusCode()).as(path).isEqualTo(401);
            assertThat(get("/mapped/" + path).statusCode()).as(path).isEqualTo(401);
        }
    }

    @Test
    void tomcat_does_not_look_at_roles_allowed_on_a_servlet_as_the_document_warns() {
        assertThat(get("/roles/allowed").body()).contains("path /allowed");
    }
}
