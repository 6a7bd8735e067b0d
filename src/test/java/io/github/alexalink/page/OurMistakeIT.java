package io.github.alexalink.page;

import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.alexa.Scraped;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Uses a WAR with a broken sign-in page, because no request makes the real one fail with 500. */
@DisplayName("The error page if this server fails (500)")
class OurMistakeIT extends OnTomcat {

    private static final Path BASE = Path.of("target/it/mistaken").toAbsolutePath();
    private static final Cases CASES = Cases.of("a mistake of this server");

    private static int port;
    private static TomcatProcess tomcat;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        port = TestServers.freePort();
        CatalinaBase.delete(BASE);
        TestServers.prepareBase(BASE, port, Map.of("alexa.metrics.readers", "127.0.0.1"));
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        try (FileSystem war = FileSystems.newFileSystem(BASE.resolve("webapps/alexa.war"))) {
            Files.writeString(war.getPath("WEB-INF/templates/consent.ftlh"), "<p>${there_is_no_such_thing}</p>");
        }
        tomcat = TestServers.startOwn(BASE, port, "/alexa/health");
    }

    @AfterAll
    static void stop() {
        tomcat.close();
    }

    @Test
    void the_error_page_has_a_reference_that_stands_in_the_log_beside_the_reason() throws Exception {
        HttpResponse<String> reply = Alexa.skill(TestServers.issuer(port)).authorize();
        CASES.page(reply, 500, "Something went wrong");
        String reference = reply.body().replaceAll("(?s).*Reference: ([0-9a-f]{8}).*", "$1");
        String log = Files.readString(BASE.resolve("logs/console.log"));
        assertThat(log).contains("page 500 [problem.ours] shown, reference [" + reference + "]");
        assertThat(log).contains("template consent.ftlh is broken");
        assertThat(reply.body()).doesNotContain("there_is_no_such_thing", "ftlh");
        assertThat(Scraped.of(Alexa.get(TestServers.issuer(port) + "/metrics").body())
                        .requests("authorize", "none", "server_error", "500"))
                .isEqualTo(1);
    }

    @Test
    void linked_speakers_go_on_refreshing() {
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, TestDatabase.PASSWORD);
        Alexa alexa = Alexa.skill(TestServers.issuer());
        String refreshToken = alexa.link(anna, TestDatabase.PASSWORD).getString("refresh_token");
        assertTokens(alexa.at(TestServers.issuer(port)).refresh(refreshToken));
    }
}
