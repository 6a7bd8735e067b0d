package io.github.alexalink.bearer;

import static io.github.alexalink.fixture.cases.Neighbour.bearer;
import static io.github.alexalink.fixture.cases.Neighbour.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.cases.Neighbour;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.Manager;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import neighbour.CrossingServlet;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A web application with crossContext puts its own answer in the place of Alexa Link's (decision 0011)")
class CrossContextNeighbourIT extends OnTomcat {

    private static final String LIBRARY = "/music-server/api/library";

    private final String carl = TestDatabase.unique("carl");
    private final String access = Alexa.skill(TestServers.issuer()).linked(carl).getString("access_token");

    @BeforeAll
    static void deployNeighbour() throws IOException {
        WebArchive war = ShrinkWrap.create(WebArchive.class)
                .addClass(CrossingServlet.class)
                .addAsManifestResource(new StringAsset("<Context crossContext=\"true\"/>"), "context.xml");
        assertThat(Manager.deploy("crossing", war)).startsWith("OK");
    }

    @AfterAll
    static void undeployNeighbour() {
        Manager.undeploy("crossing");
    }

    @AfterEach
    void restore() {
        assertThat(get("/crossing/restore").statusCode()).isEqualTo(200);
        assertThat(get(LIBRARY, bearer(access)).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"own", "composed", "proxy"})
    void no_token_is_believed_on_the_word_of_a_web_application_with_cross_context(String how) {
        assertThat(get("/crossing/" + how).statusCode()).isEqualTo(200);
        assertThat(get(LIBRARY, bearer(Neighbour.unknownToken())).statusCode()).isEqualTo(503);
        assertThat(get(LIBRARY, bearer(access)).statusCode()).isEqualTo(503);
        assertThat(get(LIBRARY).statusCode()).isEqualTo(401);
    }

    @Test
    void the_log_names_the_web_application_that_put_its_answer_there() throws IOException {
        assertThat(Manager.deploy("echo", Neighbour.war("", ""))).startsWith("OK");
        try {
            get("/crossing/own");
            assertThat(get("/echo/open", bearer(access)).statusCode()).isEqualTo(503);
            assertThat(Neighbour.log(
                            "echo: no access token can be checked: what lies at /alexa for this Valve",
                            "which the web application [/crossing] has"))
                    .hasSize(1);
        } finally {
            Manager.undeploy("echo");
        }
    }

    /** If this fails, decision 0011 describes too much or too little. */
    @Test
    void a_neighbour_can_do_what_decision_0011_says_it_can() {
        assertThat(get("/crossing/ask?token=" + access).body()).contains("sub=" + carl);
        assertThat(get("/crossing/ask?token=" + Neighbour.unknownToken()).body())
                .isEqualTo("{}");
        assertThat(get("/crossing/dispatch").body()).contains("tracks");
    }
}
