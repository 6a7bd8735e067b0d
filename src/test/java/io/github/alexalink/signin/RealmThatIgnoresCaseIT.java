package io.github.alexalink.signin;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import io.github.alexalink.tool.PasswordHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The Realm reads a table that takes CASEY for casey, as in MySQL and SQL Server and as LDAP would. */
@DisplayName("A Realm of the operator's own that ignores case: one person is one subject")
class RealmThatIgnoresCaseIT {

    private static final Path BASE = Path.of("target/it/ignores-case").toAbsolutePath();

    private static int port;
    private static TomcatProcess tomcat;

    private Alexa alexa;
    private String casey;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        TestDatabase.change("CREATE SCHEMA others");
        TestDatabase.change(
                "CREATE COLLATION others.ignoring_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
        TestDatabase.change(
                "CREATE TABLE others.people (name text COLLATE others.ignoring_case PRIMARY KEY, hash text)");
        TestDatabase.change("CREATE TABLE others.person_role (name text, role text)");
        TestDatabase.change("GRANT USAGE ON SCHEMA others TO alexa_app");
        TestDatabase.change("GRANT SELECT ON others.people, others.person_role TO alexa_app");
        port = TestServers.freePort();
        CatalinaBase.delete(BASE);
        TestServers.prepareBase(BASE, port);
        String shipped = Files.readString(Path.of("webapp/META-INF/context.xml"));
        String own = shipped.replace("userTable=\"alexa.realm_account\"", "userTable=\"others.people\"")
                .replace(
                        "userNameCol=\"username\" userCredCol=\"password_hash\"",
                        "userNameCol=\"name\" userCredCol=\"hash\"")
                .replace(
                        "userRoleTable=\"alexa.account_role\" roleNameCol=\"role_name\"",
                        "userRoleTable=\"others.person_role\" roleNameCol=\"role\"");
        assertThat(own).contains("others.people", "userCredCol=\"hash\"", "others.person_role");
        CatalinaBase.describe(BASE, "alexa", own);
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        tomcat = TestServers.startOwn(BASE, port, "/alexa/health");
    }

    @AfterAll
    static void stop() {
        if (tomcat != null) {
            tomcat.close();
        }
        TestDatabase.change("DROP SCHEMA others CASCADE");
    }

    @BeforeEach
    void person() {
        alexa = Alexa.skill(TestServers.issuer(port));
        casey = TestDatabase.unique("casey");
        TestDatabase.change("INSERT INTO others.people VALUES (?, ?)", casey, PasswordHash.of(PASSWORD));
    }

    @Test
    void a_listener_who_links_in_capitals_is_found_by_every_function_that_ends_links() {
        for (String ending : List.of(
                "page", "SELECT alexa.revoke_links(subject => ?)", "SELECT count(*) FROM alexa.erase_user(?)")) {
            String refreshToken = alexa.link(casey.toUpperCase(java.util.Locale.ROOT) + " ", PASSWORD)
                    .getString("refresh_token");
            JSONObject refreshed = new JSONObject(alexa.refresh(refreshToken).body());
            assertThat(refreshed.has("access_token")).as(refreshed.toString()).isTrue();
            assertThat(TestDatabase.ask(
                            "SELECT DISTINCT subject FROM alexa.link WHERE client_id = ? AND revoked_at IS NULL",
                            alexa.clientId()))
                    .isEqualTo(casey);
            if (ending.equals("page")) {
                assertThat(alexa.post(
                                        "/links",
                                        Alexa.encoded(Map.of(
                                                "action", "unlink_all", "username", casey, "password", PASSWORD)),
                                        Map.of())
                                .statusCode())
                        .isEqualTo(200);
            } else {
                TestDatabase.ask(ending, casey);
            }
            assertThat(alexa.refresh(refreshToken).statusCode()).as(ending).isEqualTo(400);
        }
    }
}
