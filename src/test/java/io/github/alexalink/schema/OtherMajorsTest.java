package io.github.alexalink.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.OtherMajor;
import io.github.alexalink.fixture.servers.Postgres;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AccountRepository;
import io.github.alexalink.store.AttemptRepository;
import io.github.alexalink.store.ClientRepository;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("thorough")
@DisplayName("The schema and the WAR's statements on older and newer PostgreSQL")
class OtherMajorsTest {

    private static final Map<Integer, Postgres> SERVERS = new TreeMap<>();

    static List<OtherMajor> majors() throws IOException {
        return OtherMajor.here();
    }

    @AfterAll
    static void stop() throws IOException {
        for (OtherMajor major : majors()) {
            if (SERVERS.containsKey(major.major())) {
                OtherMajor.stop(SERVERS.get(major.major()), data(major));
            }
        }
    }

    @Test
    void the_oldest_and_the_newest_major_are_tried() throws IOException {
        if (!"amd64".equals(System.getProperty("os.arch"))) {
            String reason = "PostgreSQL 13 is not tried: on Maven Central it is for Linux on amd64 only, and this is "
                    + System.getProperty("os.arch");
            LeftOut.evenInCi(reason);
        }
        assertThat(majors())
                .as("target/postgres-binaries, copied by ./mvnw -Pthorough generate-test-resources")
                .extracting(OtherMajor::major)
                .contains(13, 18);
    }

    @ParameterizedTest
    @MethodSource("majors")
    void the_server_is_of_the_major_that_was_asked_for(OtherMajor major) throws Exception {
        assertThat(Listener.ask(server(major), "SHOW server_version")).startsWith(major.major() + ".");
    }

    @ParameterizedTest
    @MethodSource("majors")
    void every_file_of_the_dba_runs_can_be_undone_and_runs_again(OtherMajor major) throws Exception {
        Postgres server = server(major);
        OtherMajor.verify(server);
        try (Connection connection = server.superuser();
                Statement statement = connection.createStatement()) {
            // of a later migration alone: its column is then dropped, and its table is not
            Schema.runByStatement(connection, Schema.EXAMPLE);
            OtherMajor.verify(server);
            Schema.runByStatement(connection, Schema.UNDO_EXAMPLE);
            OtherMajor.verify(server);
            statement.execute("SET alexa.undo = 'everything'");
            Schema.run(connection, TestDatabase.SQL.resolve("undo.sql"));
            Schema.migrate(connection, TestDatabase.SQL);
            statement.execute("ALTER ROLE alexa_app PASSWORD '" + TestDatabase.APP_PASSWORD + "'");
        }
        OtherMajor.verify(server);
    }

    @ParameterizedTest
    @MethodSource("majors")
    void a_listener_links_once_and_refreshes(OtherMajor major) throws Exception {
        Listener anna = Listener.register(server(major));
        Token code = anna.allow();
        Token refreshToken = Token.issue(TokenKind.REFRESH_TOKEN, code.linkId());

        assertThat(anna.redeem(code, refreshToken))
                .hasValueSatisfying(granted -> assertThat(granted.expiresIn()).isEqualTo(3600));
        assertThat(anna.redeem(code, Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                .isEmpty();
        assertThat(anna.whyNotRedeemed(code))
                .hasValueSatisfying(verdict -> assertThat(verdict.event()).isEqualTo("code_repeated"));
        assertThat(anna.refresh(refreshToken)).isPresent();
        assertThat(anna.refresh(Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("majors")
    void the_record_has_an_attempt_that_linked_and_one_that_nobody_redeemed(OtherMajor major) throws Exception {
        Listener anna = Listener.register(server(major));
        anna.link();
        anna.allow();
        assertThat(new AttemptRepository(new Database(OtherMajor.app(anna.server())))
                        .latest().stream().filter(attempt -> attempt.clientId()
                                .equals(anna.credentials().clientId())))
                .extracting(AttemptRepository.Attempt::verdict)
                .containsExactly("waiting", "linked");
    }

    @ParameterizedTest
    @MethodSource("majors")
    void a_replay_after_ten_seconds_revokes_the_link(OtherMajor major) throws Exception {
        Listener anna = Listener.register(server(major));
        Token code = anna.allow();
        Token refreshToken = Token.issue(TokenKind.REFRESH_TOKEN, code.linkId());
        assertThat(anna.redeem(code, refreshToken)).isPresent();
        Listener.ask(
                anna.server(),
                "UPDATE alexa.authorization_code SET redeemed_at = redeemed_at - interval '11 seconds'"
                        + " WHERE link_id = ? RETURNING 'done'",
                code.linkId());

        assertThat(anna.whyNotRedeemed(code))
                .hasValueSatisfying(verdict -> assertThat(verdict.revoked()).isTrue());
        assertThat(anna.refresh(refreshToken)).isEmpty();
        assertThat(anna.whyNotRefreshed(refreshToken).orElseThrow().sentence())
                .contains("the link was revoked: code_replayed");
    }

    @ParameterizedTest
    @MethodSource("majors")
    void the_schema_is_healthy_and_maintains_itself(OtherMajor major) throws Exception {
        Postgres server = server(major);
        SchemaRepository schema = new SchemaRepository(new Database(OtherMajor.app(server)));
        assertThat(schema.whyNotReady()).isEmpty();
        Listener.ask(
                server,
                "SELECT 'done', alexa.create_partition('access_token', 'day', now() - interval '9 days'),"
                        + " alexa.create_partition('audit_event', 'month', now() - interval '40 days')");
        assertThat(schema.maintain()).singleElement().asString().matches("access_token_p\\d{8} dropped");
        assertThat(schema.maintain()).isEmpty();
        assertThat(new ClientRepository(new Database(OtherMajor.app(server))).byId("nobody"))
                .isEmpty();
        assertThat(new AccountRepository(new Database(OtherMajor.app(server))).find("nobody"))
                .isEmpty();
    }

    private static Postgres server(OtherMajor major) throws IOException, SQLException {
        Postgres server = SERVERS.get(major.major());
        if (server == null) {
            server = major.start(data(major));
            SERVERS.put(major.major(), server);
        }
        return server;
    }

    private static Path data(OtherMajor major) {
        return major.data("majors");
    }
}
