package io.github.alexalink.store;

import static io.github.alexalink.fixture.alexa.Replies.assertRefused;
import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.fixture.alexa.Replies;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.PgBouncer;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.io.Writer;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Properties;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@DisplayName("PgBouncer in transaction mode stands between Tomcat and PostgreSQL")
class PgBouncerIT {

    private static final int AT_ONCE = 32;
    private static final String ANNA = TestDatabase.unique("anna");
    private static final Path BASE = Path.of("target/it/pgbouncer").toAbsolutePath();

    private static PgBouncer bouncer;
    private static TomcatProcess tomcat;
    private static int port;

    private Alexa alexa;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        TestDatabase.addAccount(ANNA, PASSWORD);
        CatalinaBase.delete(BASE);
        Files.createDirectories(BASE);
        bouncer = PgBouncer.start();
        port = TestServers.freePort();
        TestServers.prepareBase(BASE, port);
        Properties through = new Properties();
        through.setProperty("alexa.db.url", bouncer.jdbcUrl());
        try (Writer file =
                Files.newBufferedWriter(BASE.resolve("conf/catalina.properties"), StandardOpenOption.APPEND)) {
            through.store(file, "the last one counts");
        }
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        tomcat = TestServers.startOwn(BASE, port, "/alexa/health");
    }

    @AfterAll
    static void stop() throws IOException {
        if (tomcat != null) {
            tomcat.close();
        }
        if (bouncer != null) {
            bouncer.close();
        }
    }

    @BeforeEach
    void skill() {
        alexa = Alexa.skill(TestServers.issuer(port));
    }

    @Test
    void a_link_from_the_page_to_the_tenth_refresh() {
        Alexa pkce = alexa.withPkce();
        HttpResponse<String> page = pkce.authorize();
        assertThat(page.statusCode()).isEqualTo(200);
        String code = Alexa.codeIn(pkce.press(page, "allow", ANNA, PASSWORD));
        JSONObject tokens = assertTokens(pkce.exchange(code));
        for (int i = 0; i < 10; i++) { // from the fifth time on pgjdbc would use a named prepared statement
            assertTokens(pkce.refresh(tokens.getString("refresh_token")));
        }
    }

    @Test
    void a_wrong_password_is_refused_as_wrong() {
        assertThat(alexa.press(alexa.authorize(), "allow", ANNA, "wrong " + PASSWORD)
                        .body())
                .contains("User name or password is wrong");
    }

    @Test
    void a_replay_revokes_the_link() {
        String code = alexa.code(ANNA, PASSWORD);
        JSONObject tokens = assertTokens(alexa.exchange(code));
        assertRefused(
                alexa.redirectingTo(Alexa.LAYLA).exchange(code), "invalid_grant", "the code has been redeemed already");
        assertRefused(
                alexa.refresh(tokens.getString("refresh_token")),
                "invalid_grant",
                "the link was revoked: code_replayed");
    }

    @Test
    void of_thirty_two_redemptions_of_one_code_exactly_one_wins() throws Exception {
        assertTokens(alexa.exchange(alexa.code(ANNA, PASSWORD))); // the first exchange is slow
        String code = alexa.code(ANNA, PASSWORD);
        assertThat(AtOnce.times(AT_ONCE, () -> alexa.exchange(code)))
                .extracting(HttpResponse::statusCode)
                .containsOnly(200, 400)
                .containsOnlyOnce(200);
    }

    @Test
    void thirty_two_refreshes_at_once_share_four_connections() throws Exception {
        String refreshToken = alexa.link(ANNA, PASSWORD).getString("refresh_token");
        for (int round = 0; round < 5; round++) {
            assertThat(AtOnce.times(AT_ONCE, () -> alexa.refresh(refreshToken))).allSatisfy(Replies::assertTokens);
        }
    }

    @Test
    void health_is_ok_and_the_log_has_no_error() throws IOException {
        for (int i = 0; i < 10; i++) {
            assertThat(Alexa.get(TestServers.issuer(port) + "/health").statusCode())
                    .isEqualTo(200);
        }
        assertThat(Files.readString(BASE.resolve("logs/console.log"))).doesNotContain("PSQLException");
    }

    @Test
    void the_role_s_own_timeout_holds_and_maintenance_may_take_longer() throws Exception {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(bouncer.jdbcUrl());
        source.setUser("alexa_app");
        source.setPassword(TestDatabase.APP_PASSWORD);
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("SELECT pg_sleep(3)")).hasMessageContaining("statement timeout");
        }
        assertThat(new SchemaRepository(new Database(source)).maintain()).isEmpty();
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW statement_timeout")) {
            row.next();
            assertThat(row.getString(1))
                    .as("maintenance left none of its own behind")
                    .isEqualTo("2s");
        }
    }
}
