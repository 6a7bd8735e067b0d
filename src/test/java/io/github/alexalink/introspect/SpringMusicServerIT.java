package io.github.alexalink.introspect;

import static io.github.alexalink.fixture.cases.Neighbour.bearer;
import static io.github.alexalink.fixture.cases.Neighbour.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.Manager;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.File;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import neighbour.EchoServlet;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import springneighbour.Application;

/** Without the Valve, because Spring Security would not ask the container for the user. */
@Tag("thorough")
@DisplayName("A music server with Spring Security asks by introspection")
class SpringMusicServerIT extends OnTomcat {

    private final Alexa alexa = Alexa.skill(TestServers.issuer());
    private final String carl = TestDatabase.unique("carl");
    private final JSONObject tokens = alexa.linked(carl);
    private final String access = tokens.getString("access_token");

    @BeforeAll
    static void deployNeighbour() throws IOException {
        String id = TestDatabase.unique("music");
        String secret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'Music')",
                id);
        Alexa.SECRETS.add(secret);
        assertThat(Manager.deploy("spring", war(id, secret))).startsWith("OK");
        assertThat(Manager.deploy("spring-wrong", war(id, secret + "x"))).startsWith("OK");
    }

    @AfterAll
    static void undeployNeighbour() {
        Manager.undeploy("spring");
        Manager.undeploy("spring-wrong");
    }

    private static WebArchive war(String id, String secret) {
        File[] libraries = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .map(File::new)
                .filter(jar -> jar.getName().matches("(spring-|micrometer-|jackson-(core|databind|annotations)-).*"))
                .toArray(File[]::new);
        return ShrinkWrap.create(WebArchive.class)
                .addClass(EchoServlet.class)
                .addPackage(Application.class.getPackage())
                .addAsLibraries(libraries)
                .addAsManifestResource(new StringAsset("""
                        <Context><Parameter name="introspectionUri" value="%s/introspect"/>
                          <Parameter name="clientId" value="%s"/><Parameter name="clientSecret" value="%s"/></Context>
                        """.formatted(ISSUER, id, secret)), "context.xml");
    }

    @Test
    void a_token_is_let_in_by_its_scopes() {
        assertThat(get("/spring/read", bearer(access)).body().lines()).contains("path /read", "user " + carl);
        assertThat(get("/spring/control", bearer(access)).body().lines()).contains("path /control", "user " + carl);
        JSONObject less = new JSONObject(alexa.token(Map.of(
                        "grant_type",
                        "refresh_token",
                        "refresh_token",
                        tokens.getString("refresh_token"),
                        "scope",
                        "music.read"))
                .body());
        String reading = less.getString("access_token");
        assertThat(get("/spring/read", bearer(reading)).statusCode()).isEqualTo(200);
        assertRefused(get("/spring/control", bearer(reading)), 403, "error=\"insufficient_scope\"");
    }

    @Test
    void a_value_that_is_no_live_access_token_is_refused() {
        assertRefused(get("/spring/read"), 401, "Bearer");
        assertRefused(get("/spring/read", bearer("x")), 401, "error=\"invalid_token\"");
        assertRefused(get("/spring/read", bearer(tokens.getString("refresh_token"))), 401, "error=\"invalid_token\"");
        assertThat(get("/spring/open").statusCode()).isEqualTo(200);
    }

    @Test
    void a_revoked_token_is_refused_at_the_very_next_request() {
        assertThat(get("/spring/read", bearer(access)).statusCode()).isEqualTo(200);
        alexa.post("/revoke", "token=" + access, Map.of("Authorization", alexa.basic()));
        assertRefused(get("/spring/read", bearer(access)), 401, "error=\"invalid_token\"");
    }

    @Test
    void with_a_wrong_secret_the_music_server_breaks_and_lets_nobody_in() {
        RawHttp.Reply reply = get("/spring-wrong/read", bearer(access));
        assertThat(reply.statusCode()).isEqualTo(500);
        assertThat(reply.body()).doesNotContain("path /read");
        assertThat(get("/spring-wrong/open").statusCode()).isEqualTo(200);
    }

    private static void assertRefused(RawHttp.Reply reply, int status, String challenge) {
        assertThat(reply.statusCode()).isEqualTo(status);
        assertThat(reply.headers().firstValue("WWW-Authenticate").orElse("")).contains(challenge);
        assertThat(reply.body()).doesNotContain("path /");
    }
}
