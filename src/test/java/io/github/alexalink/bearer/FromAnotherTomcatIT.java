package io.github.alexalink.bearer;

import static io.github.alexalink.fixture.cases.Neighbour.bearer;
import static io.github.alexalink.fixture.cases.Neighbour.get;
import static io.github.alexalink.fixture.cases.Neighbour.log;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.InTime;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.cases.Neighbour;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.Manager;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Alexa Link is in the same Tomcat here; the Valve asks over HTTP, as it would across the network. */
@DisplayName("A music server asks an Alexa Link elsewhere: introspectionUri")
class FromAnotherTomcatIT extends OnTomcat {

    private static final int KEEP_SECONDS = 2;

    private static String id;
    private static String secret;

    private final Alexa alexa = Alexa.skill(TestServers.issuer());
    private final String carl = TestDatabase.unique("carl");
    private final JSONObject tokens = alexa.linked(carl);
    private final String access = tokens.getString("access_token");

    @BeforeAll
    static void deployNeighbour() throws IOException {
        id = TestDatabase.unique("music");
        secret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'Music')",
                id);
        Alexa.SECRETS.add(secret);
        assertThat(deploy("elsewhere", ISSUER + "/introspect", secret)).startsWith("OK");
    }

    @AfterAll
    static void undeployNeighbour() {
        Manager.undeploy("elsewhere");
    }

    @AfterEach
    void undeployOther() {
        Manager.undeploy("other");
    }

    @Test
    void a_token_is_let_in_by_its_scopes() {
        assertThat(get("/elsewhere/read", bearer(access)).body().lines())
                .contains("user " + carl, "type BEARER", "read true", "control true", "session false")
                .anyMatch(line -> line.startsWith("claims {active=true, client_id=" + alexa.clientId()));
        assertThat(get("/elsewhere/read").statusCode()).isEqualTo(401);
        assertThat(get("/elsewhere/read", bearer("x")).statusCode()).isEqualTo(401);
        assertThat(get("/elsewhere/read", bearer(tokens.getString("refresh_token")))
                        .statusCode())
                .isEqualTo(401);
        assertThat(get("/elsewhere/nobody", bearer(access)).statusCode()).isEqualTo(403);
    }

    @Test
    @Tag("both")
    void a_revocation_is_noticed_when_the_kept_answer_is_old() throws InterruptedException {
        long start = System.nanoTime();
        assertThat(get("/elsewhere/read", bearer(access)).statusCode()).isEqualTo(200);
        alexa.post("/revoke", "token=" + access, Map.of("Authorization", alexa.basic()));
        while (get("/elsewhere/read", bearer(access)).statusCode() != 401) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        InTime.assertAtMost(Duration.ofSeconds(KEEP_SECONDS + 10), start);
    }

    @Test
    void with_a_wrong_secret_nothing_can_be_checked_the_rest_goes_on_and_the_log_says_it_once() throws IOException {
        assertThat(deploy("other", ISSUER + "/introspect", secret + "x")).startsWith("OK");
        for (int i = 0; i < 5; i++) {
            assertTryLater();
        }
        assertThat(get("/other/open").statusCode()).isEqualTo(200);
        assertThat(get("/other/read").statusCode()).isEqualTo(401);
        assertThat(log("other: no access token can be checked", "(status 401)")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl",
                "ala_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "ala_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "ala_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.",
                "als_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            })
    void alexa_link_is_not_asked_about_a_value_that_cannot_be_its_token(String token) throws IOException {
        assertThat(deploy("other", "http://127.0.0.1:" + TestServers.freePort() + "/alexa/introspect", secret))
                .startsWith("OK");
        RawHttp.Reply reply = get("/other/open", bearer(token));
        assertThat(reply.statusCode()).as("503 if it was asked").isEqualTo(401);
        assertThat(reply.headers().firstValue("WWW-Authenticate").orElse("")).contains("error=\"invalid_token\"");
    }

    @Test
    void a_secret_in_a_file_is_as_good_and_no_bean_shows_either() throws IOException {
        Path file = Files.writeString(TestServers.tomcatBase().resolve("conf/bearer.secret"), secret + "\n");
        for (String name : new String[] {"conf/bearer.secret", file.toString()}) {
            assertThat(Manager.deploy(
                            "other",
                            Neighbour.war(
                                    "introspectionUri='%s/introspect' clientId='%s' clientSecretFile='%s'"
                                            .formatted(ISSUER, id, name),
                                    "")))
                    .startsWith("OK");
            assertThat(get("/other/read", bearer(access)).statusCode()).isEqualTo(200);
        }
        String beans = Manager.beans("*:*");
        assertThat(beans)
                .contains("context=/other,name=BearerAuthenticator", "context=/elsewhere,name=BearerAuthenticator")
                .contains("java.vm.name")
                .doesNotContain(secret);
    }

    @Test
    void if_no_server_listens_no_token_can_be_checked() throws IOException {
        assertThat(deploy("other", "http://127.0.0.1:" + TestServers.freePort() + "/alexa/introspect", secret))
                .startsWith("OK");
        assertTryLater();
    }

    @Test
    @Tag("both")
    void if_the_server_does_not_answer_in_time_no_token_can_be_checked() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            assertThat(deploy("other", "http://127.0.0.1:" + silent.getLocalPort() + "/alexa/introspect", secret))
                    .startsWith("OK");
            long start = System.nanoTime();
            assertTryLater();
            InTime.assertAtMost(Duration.ofSeconds(6), start);
        }
    }

    @Test
    void with_clients_the_token_of_another_client_is_refused_like_an_unknown_one_and_counted() throws IOException {
        Alexa radio = Alexa.skill(TestServers.issuer());
        String others = radio.linked(carl).getString("access_token");
        String there =
                "introspectionUri='%s/introspect' clientId='%s' clientSecret='%s' ".formatted(ISSUER, id, secret);
        for (String asking : new String[] {"", there, "optional='true' " + there}) {
            assertThat(Manager.deploy(
                            "other", Neighbour.war(asking + "clients='x %s'".formatted(alexa.clientId()), "")))
                    .startsWith("OK");
            assertThat(get("/other/read", bearer(access)).statusCode()).isEqualTo(200);
            for (String path : new String[] {"/other/read", "/other/open", "/other/open"}) {
                RawHttp.Reply refused = get(path, bearer(others));
                RawHttp.Reply unknown = get(path, bearer(Neighbour.unknownToken()));
                assertThat(refused.statusCode()).isEqualTo(401);
                assertThat(refused.body()).isEqualTo(unknown.body());
                assertThat(refused.headers().firstValue("WWW-Authenticate"))
                        .isPresent()
                        .isEqualTo(unknown.headers().firstValue("WWW-Authenticate"));
            }
            assertThat(Manager.beans("*:type=Valve,context=/other,name=BearerAuthenticator,*"))
                    .contains("refusedOfOtherClients: 3", "clients: x " + alexa.clientId());
            Manager.undeploy("other");
        }
        assertThat(log("/other: a token of client [" + radio.clientId() + "] was refused", "1 request so far"))
                .as("one line for each start")
                .hasSize(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "clientId='' clientSecret='s' introspectionUri='http://127.0.0.1/1' | [http://127.0.0.1/1], and needs clientId with it",
                "clientId='m' introspectionUri='http://127.0.0.1/2'                 | [http://127.0.0.1/2], and needs clientSecretFile with it",
                "clientId='m' clientSecret='s' introspectionUri='http://music.example/4' | [http://music.example/4]: by plain http the client's secret and every token",
                "clientId='m' clientSecret='s' introspectionUri='https://u:p4ss@music.example/5' | introspectionUri has an @ in it",
                "clientId='m' clientSecret='s' clientSecretFile='x' introspectionUri='http://127.0.0.1/6' | there is a clientSecret beside clientSecretFile",
                "clientId='m' clientSecretFile='conf/none' introspectionUri='http://127.0.0.1/7' | clientSecretFile is [conf/none], and there is no such file",
                "clientId='m' clientSecretFile='${CREDENTIALS_DIRECTORY}/x' introspectionUri='http://127.0.0.1/8' | nothing replaced the ${…} in it",
                "clientId='m' clientSecret='s' introspectionUri='alexa/introspect'  | introspectionUri is [alexa/introspect]: it must be an address",
                "clientId='m' clientSecret='s' introspectionUri='file:/etc/passwd'  | introspectionUri is [file:/etc/passwd]: it must be an address",
                "clientId='m' clientSecret='s' introspectionUri='http://127.0.0.1/3' keepSeconds='-1' | keepSeconds is [-1]: it must be 0 to 3600",
                "clients=''                                                         | clients is empty: it must name the clients",
                "clients='alexa,other'                                              | clients is [alexa,other]: [alexa,other] is no client id"
            })
    void a_wrong_attribute_keeps_the_context_from_starting_and_is_logged_in_one_line(String valve, String why)
            throws IOException {
        assertThat(Manager.deploy("other", Neighbour.war(valve, ""))).startsWith("FAIL");
        assertThat(get("/other/open").statusCode()).isEqualTo(404);
        assertThat(log("does not start: BearerAuthenticator", why)).hasSize(1);
        assertThat(Neighbour.logged()).noneMatch(line -> line.contains("p4ss"));
        assertThat(get("/elsewhere/open").statusCode()).isEqualTo(200);
    }

    private void assertTryLater() {
        RawHttp.Reply reply = get("/other/open", bearer(access));
        assertThat(reply.statusCode()).isEqualTo(503);
        assertThat(reply.headers().firstValue("Retry-After")).isPresent();
    }

    private static String deploy(String name, String introspectionUri, String clientSecret) throws IOException {
        return Manager.deploy(
                name,
                Neighbour.war(
                        "introspectionUri='%s' clientId='%s' clientSecret='%s' keepSeconds='%d'"
                                .formatted(introspectionUri, id, clientSecret, KEEP_SECONDS),
                        ""));
    }
}
