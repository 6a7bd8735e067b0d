package io.github.alexalink.deploy;

import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("thorough")
@DisplayName("Tomcat restarts in the middle of a link")
class RestartingTomcatIT {

    private final Path base = Path.of("target/it/restarting").toAbsolutePath();
    private int port;
    private TomcatProcess tomcat;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        port = TestServers.freePort();
        CatalinaBase.delete(base);
        TestServers.prepareBase(base, port);
        CatalinaBase.describe(base, "music-server", CatalinaBase.WITH_BEARER);
        CatalinaBase.deploy(base, Path.of("target/alexa.war"), "alexa");
        CatalinaBase.deploy(base, Path.of("target/alexa-music-server.war"), "music-server");
        startTomcat();
    }

    @AfterEach
    void stop() {
        tomcat.close();
    }

    @Test
    void a_link_outlives_a_restart_before_approve_and_another_before_token() throws Exception {
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, PASSWORD);
        Alexa alexa = Alexa.skill(TestServers.issuer(port));

        HttpResponse<String> page = alexa.authorize();
        restart();
        HttpResponse<String> redirect = alexa.press(page, "allow", anna, PASSWORD);
        restart();
        JSONObject tokens = assertTokens(alexa.exchange(Alexa.codeIn(redirect)));
        tomcat.kill();
        startTomcat();
        tokens = assertTokens(alexa.refresh(tokens.getString("refresh_token")));
        assertThat(library(tokens.getString("access_token"))).isEqualTo(200);
        assertThat(library("x")).isEqualTo(401);
    }

    private int library(String accessToken) {
        return Alexa.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/music-server/api/library"))
                        .header("Authorization", "Bearer " + accessToken)
                        .build())
                .statusCode();
    }

    private void restart() throws IOException, InterruptedException {
        tomcat.close();
        startTomcat();
    }

    private void startTomcat() throws IOException, InterruptedException {
        tomcat = TestServers.startOwn(base, port, "/alexa/health");
    }
}
