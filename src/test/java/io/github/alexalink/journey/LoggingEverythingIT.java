package io.github.alexalink.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.Private;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An operator who looks for a mistake sets .level to ALL; the file's levels of single loggers stay. */
@Tag("thorough")
@DisplayName("With .level = ALL in the logging.properties that is shipped")
class LoggingEverythingIT {

    private static final Path BASE = Path.of("target/it/everything-logged").toAbsolutePath();
    private static final Path LOG = BASE.resolve("logs/console.log");
    private static final String PASSWORD = "Tr0ub4dor-correct-horse";

    @Test
    void a_link_leaves_no_password_secret_code_or_token_in_the_log() throws Exception {
        int port = TestServers.freePort();
        CatalinaBase.delete(BASE);
        Map<String, String> settings = new HashMap<>(TestServers.settings(port));
        settings.remove("alexa.db.password");
        settings.put(
                "alexa.db.password.file", BASE.resolve("conf/alexa.db.password").toString());
        TestServers.prepareBase(BASE, TestServers.tomcatHome(), port, settings);
        Private.write(BASE.resolve("conf/alexa.db.password"), TestDatabase.APP_PASSWORD);
        Path conf = BASE.resolve("conf/logging.properties");
        Files.writeString(
                conf,
                Files.readString(conf).replaceAll("Handler\\.level = INFO", "Handler.level = ALL")
                        + "\n.level = ALL\n");
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        CatalinaBase.deploy(BASE, Path.of("target/alexa-music-server.war"), "music-server");
        CatalinaBase.describe(BASE, "music-server", CatalinaBase.WITH_BEARER);
        Map<String, String> secrets = new LinkedHashMap<>(Map.of("the database's password", TestDatabase.APP_PASSWORD));
        TomcatProcess tomcat = TestServers.startOwn(BASE, port, "/alexa/health");
        try {
            secrets.putAll(link(TestServers.issuer(port)));
        } finally {
            tomcat.close();
        }
        String log = Files.readString(LOG);
        assertThat(log).contains(" FINE ", "io.github.alexalink", "org.apache.catalina.realm");
        TreeSet<String> found = new TreeSet<>();
        for (String line : log.split("\n(?=\\d\\d-\\w\\w\\w-\\d{4} )", -1)) {
            secrets.forEach((what, secret) -> {
                if (line.contains(secret)) {
                    found.add(
                            what + " by " + line.replaceFirst("^\\S+ \\S+ (\\S+) \\[.*?] (\\S+)(?s:.*)$", "$2 at $1"));
                }
            });
        }
        assertThat(found).isEmpty();
        // these loggers would write the values of statements and whole requests
        assertThat(log.lines()
                        .filter(line ->
                                line.matches("\\S+ \\S+ FIN\\S+ \\[[^]]*] org\\.(postgresql|apache\\.coyote)\\..*")))
                .isEmpty();
    }

    private static Map<String, String> link(String issuer) throws IOException {
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, PASSWORD);
        Alexa alexa = Alexa.skill(issuer);
        alexa.press(alexa.authorize(), "allow", anna, "wrong-" + PASSWORD);
        String code = alexa.code(anna, PASSWORD);
        JSONObject tokens = new JSONObject(alexa.exchange(code).body());
        JSONObject next =
                new JSONObject(alexa.refresh(tokens.getString("refresh_token")).body());
        alexa.withBodyCredentials().refresh(next.getString("refresh_token"));
        String hash = TestDatabase.ask("SELECT password_hash FROM alexa.account WHERE username = ?", anna);
        return Map.of(
                "the listener's password",
                PASSWORD,
                "the hash of it",
                hash.substring(hash.lastIndexOf('$') + 1),
                "the client's secret",
                alexa.secret(),
                "the client's secret in the header",
                alexa.basic().substring("Basic ".length()),
                "the code",
                code,
                "the refresh token",
                tokens.getString("refresh_token"),
                "the access token",
                next.getString("access_token"),
                "the state",
                Alexa.STATE.substring(0, 60));
    }
}
