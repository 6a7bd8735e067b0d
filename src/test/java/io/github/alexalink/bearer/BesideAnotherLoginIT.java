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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A music server with a login of its own takes Alexa's tokens as well: optional=\"true\"")
class BesideAnotherLoginIT extends OnTomcat {

    private static final String OPTIONAL = "optional=\"true\"";
    private static final String BOB = Alexa.basic("bob", "builder");

    private String carl;
    private String access;

    @BeforeAll
    static void deployNeighbours() throws IOException {
        Path users = TestServers.tomcatBase().resolve("conf/listeners.xml");
        Files.writeString(users, """
                <tomcat-users><role rolename="music.read"/>
                  <user username="bob" password="builder" roles="music.read"/></tomcat-users>
                """);
        String realm = "<Realm className=\"org.apache.catalina.realm.MemoryRealm\" pathname=\"conf/listeners.xml\"/>";
        assertThat(Manager.deploy("basic", Neighbour.war(OPTIONAL, """
                <login-config><auth-method>BASIC</auth-method><realm-name>Music</realm-name></login-config>""", realm))).startsWith("OK");
        assertThat(Manager.deploy("form", Neighbour.war(OPTIONAL, """
                <login-config><auth-method>FORM</auth-method><form-login-config>
                  <form-login-page>/sign-in</form-login-page><form-error-page>/wrong</form-error-page>
                </form-login-config></login-config>""", realm))).startsWith("OK");
        for (String method : new String[] {"DIGEST", "CLIENT-CERT"}) {
            String login = "<login-config><auth-method>" + method + "</auth-method></login-config>";
            assertThat(Manager.deploy(method, Neighbour.war(OPTIONAL, login, realm)))
                    .startsWith("OK");
        }
        assertThat(Manager.deploy("no-login", Neighbour.war(OPTIONAL, "", realm)))
                .startsWith("OK");
    }

    @AfterAll
    static void undeployNeighbours() {
        Manager.undeploy("basic");
        Manager.undeploy("form");
        Manager.undeploy("DIGEST");
        Manager.undeploy("CLIENT-CERT");
        Manager.undeploy("no-login");
    }

    @BeforeEach
    void link() {
        carl = TestDatabase.unique("carl");
        Alexa alexa = Alexa.skill(TestServers.issuer());
        access = alexa.linked(carl).getString("access_token");
    }

    @ParameterizedTest
    @ValueSource(strings = {"basic", "form", "DIGEST", "CLIENT-CERT", "no-login"})
    void a_token_is_let_in_by_its_scopes(String name) {
        String echo = get("/" + name + "/read", bearer(access)).body();
        assertThat(echo.lines()).contains("user " + carl, "type BEARER", "read true", "control true", "session false");
        assertThat(get("/" + name + "/open", bearer(access)).body().lines()).contains("user " + carl);
    }

    @ParameterizedTest
    @ValueSource(strings = {"basic", "form", "DIGEST", "CLIENT-CERT", "no-login"})
    void no_constraint_is_bypassed(String name) {
        for (String header : new String[] {
            "X-Nothing: x",
            bearer("eyJhbGciOiJub25lIn0.e30."),
            "Authorization: Bearer",
            bearer("x"),
            "Authorization: " + BOB + "x"
        }) {
            for (String path : new String[] {"read", "control", "nobody", "anybody"}) {
                assertThat(get("/" + name + "/" + path, header).body())
                        .as(path + " with " + header)
                        .doesNotContain("path /" + path);
            }
        }
        assertThat(get("/" + name + "/nobody", bearer(access)).statusCode()).isEqualTo(403);
        RawHttp.Reply over = get("/" + name + "/read", bearer("ala_x"));
        assertThat(over.statusCode()).isEqualTo(401);
        assertThat(over.headers().firstValue("WWW-Authenticate").orElse("")).contains("error=\"invalid_token\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"basic", "form", "DIGEST", "CLIENT-CERT", "no-login"})
    void a_foreign_bearer_token_is_the_applications_business(String name) {
        String foreign = "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.";
        String echo = get("/" + name + "/open", foreign).body();
        assertThat(echo.lines()).contains("user null", "type null", "authorization true", "claims null");
        assertThat(get("/" + name + "/open", foreign, foreign).body().lines()).contains("user null");
        assertThat(get("/" + name + "/open", foreign, bearer(access)).statusCode())
                .isEqualTo(400);
    }

    @Test
    void basic_works_as_before() {
        RawHttp.Reply challenge = get("/basic/read");
        assertThat(challenge.statusCode()).isEqualTo(401);
        assertThat(challenge.headers().allValues("WWW-Authenticate"))
                .anyMatch(value -> value.startsWith("Basic realm=\"Music\""));
        assertThat(get("/basic/read", "Authorization: " + BOB).body().lines())
                .contains("user bob", "type BASIC", "read true", "control false");
        assertThat(get("/basic/control", "Authorization: " + BOB).statusCode()).isEqualTo(403);
    }

    @Test
    void digest_asks_as_before() {
        assertThat(get("/DIGEST/read").headers().allValues("WWW-Authenticate"))
                .isNotEmpty()
                .allMatch(value -> value.startsWith("Digest "));
    }

    @Test
    void a_form_works_as_before_and_a_token_does_not_use_its_session() {
        assertThat(get("/form/read").headers().firstValue("Set-Cookie")).isPresent();
        RawHttp.Reply asked = get("/form/read");
        String cookie = "Cookie: "
                + asked.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
        String form = "j_username=bob&j_password=builder";
        RawHttp.Reply signedIn = RawHttp.send(
                "POST /form/j_security_check HTTP/1.1\n" + cookie + "\nContent-Type: application/x-www-form-urlencoded",
                form);
        assertThat(signedIn.statusCode()).isEqualTo(303);
        assertThat(signedIn.headers().firstValue("Location").orElse("")).endsWith("/form/read");
        cookie = "Cookie: "
                + signedIn.headers()
                        .firstValue("Set-Cookie")
                        .orElse(cookie.substring(8))
                        .split(";", 2)[0];
        assertThat(get("/form/read", cookie).body().lines()).contains("user bob", "type FORM", "read true");
        assertThat(get("/form/control", cookie).statusCode()).isEqualTo(403);

        assertThat(get("/form/control", cookie, bearer(access)).body().lines()).contains("user " + carl, "type BEARER");
        assertThat(get("/form/read", cookie).body().lines()).contains("user bob", "type FORM");
        assertThat(get("/form/read", cookie, bearer("ala_x")).statusCode()).isEqualTo(401);
    }

    @Test
    void without_a_login_config_there_is_our_challenge() {
        RawHttp.Reply reply = get("/no-login/read");
        assertThat(reply.statusCode()).isEqualTo(401);
        assertThat(reply.headers().allValues("WWW-Authenticate"))
                .containsExactly("Bearer realm=\"Authentication required\"");
    }

    @Test
    void no_valve_is_left_when_the_application_is_gone() throws IOException {
        String valves = "Catalina:type=Valve,context=/gone,*";
        String login = "<login-config><auth-method>BASIC</auth-method></login-config>";
        assertThat(Manager.deploy("gone", Neighbour.war(OPTIONAL, login))).startsWith("OK");
        assertThat(Manager.beans(valves)).contains("name=BearerAuthenticator").contains("name=BasicAuthenticator");
        Manager.undeploy("gone");
        assertThat(Manager.beans(valves)).doesNotContain("Authenticator");
    }
}
