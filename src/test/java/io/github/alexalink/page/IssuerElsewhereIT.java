package io.github.alexalink.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("thorough")
@DisplayName("alexa.issuer is an https address with another path than the WAR's")
class IssuerElsewhereIT extends OnTomcat {

    private static final Path BASE = Path.of("target/it/elsewhere").toAbsolutePath();
    private static final Pattern LINKED = Pattern.compile("<link rel=\"(?:stylesheet|icon)\" href=\"([^\"]+)\"");

    private static int port;
    private static TomcatProcess tomcat;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        port = TestServers.freePort();
        CatalinaBase.delete(BASE);
        TestServers.prepareBase(BASE, port, Map.of("alexa.issuer", "https://music.example.org/music"));
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        tomcat = TestServers.startOwn(BASE, port, "/alexa/health");
    }

    @AfterAll
    static void stop() {
        tomcat.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/links", "/authorize?client_id=nobody", "/approve", "/nothing", "/a/b/c", "/links/", "/%61/b"})
    void a_page_has_its_style_and_its_icon(String path) {
        URI address = URI.create("http://127.0.0.1:" + port + "/alexa" + path);
        Matcher linked = LINKED.matcher(Alexa.get(address.toString()).body());
        for (String type : List.of("text/css", "image/svg+xml")) {
            assertThat(linked.find()).isTrue();
            HttpResponse<String> file =
                    Alexa.get(address.resolve(linked.group(1)).toString());
            assertThat(file.statusCode()).as(linked.group(1)).isEqualTo(200);
            assertThat(file.headers().firstValue("Content-Type").orElseThrow()).startsWith(type);
        }
    }

    /** A browser applies that header to the whole host, with every other web application and port. */
    @ParameterizedTest
    @ValueSource(strings = {"/links", "/health", "/style.css", "/token", "/", "/nothing"})
    void no_answer_tells_the_browser_to_use_https_for_the_whole_host(String path) {
        HttpResponse<String> reply = Alexa.get("http://127.0.0.1:" + port + "/alexa" + path);
        assertThat(reply.headers().map())
                .containsKey("x-content-type-options")
                .doesNotContainKey("strict-transport-security");
    }
}
