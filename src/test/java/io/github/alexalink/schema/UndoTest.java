package io.github.alexalink.schema;

import static io.github.alexalink.fixture.servers.FreshDatabase.SUPERUSER;
import static io.github.alexalink.fixture.servers.FreshDatabase.as;
import static io.github.alexalink.fixture.servers.FreshDatabase.ask;
import static io.github.alexalink.fixture.servers.FreshDatabase.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.Granted;
import io.github.alexalink.store.RefreshTokenRepository;
import io.github.alexalink.store.SchemaRepository;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("sql/undo takes migrations back, and they can be run again")
class UndoTest {

    @Test
    void what_was_done_can_be_undone_and_done_again() throws Exception {
        String database = FreshDatabase.migrated();
        List<Path> migrations = Schema.migrations(TestDatabase.SQL);
        for (int i = migrations.size() - 1; i >= 0; i--) {
            Path undo =
                    TestDatabase.SQL.resolve("undo").resolve(migrations.get(i).getFileName());
            try (Connection connection = as(SUPERUSER, database).getConnection()) {
                Schema.run(connection, undo);
            }
        }
        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            Schema.migrate(connection, TestDatabase.SQL);
        }
        assertThat(new SchemaRepository(new Database(as("alexa_app", database))).trouble())
                .isEmpty();
    }

    @Test
    void an_undo_of_rotation_brings_no_token_back_to_life_and_keeps_those_that_are_good() throws Exception {
        String database = FreshDatabase.migrated();
        String secret = ask(
                database,
                "SELECT client_secret FROM alexa.register_client(client_id => 'alexa', display_name => 'Amazon Alexa',"
                        + " redirect_uris => ARRAY['https://a.example/cb'], rotate_refresh_token => true)");
        ask(database, "SELECT 'done', alexa.name_client('alexa', 'ja', 'アレクサ')");
        RefreshTokenRepository tokens = new RefreshTokenRepository(new Database(as("alexa_app", database)));
        Token good = stored(database, "now() + interval '1 day'");
        Token idle = stored(database, "now()");
        Token first = stored(database, "NULL");
        Token second = rotated(tokens, first, secret);
        Token third = rotated(tokens, second, secret);
        Token fourth = rotated(tokens, third, secret);
        assertThat(kept(database, first)).isTrue();

        undo(database, "V7__indexes_for_rotation.sql");
        undo(database, "V6__client_policies.sql");
        assertThat(kept(database, good)).isTrue();
        assertThat(kept(database, third)).isTrue();
        assertThat(kept(database, fourth)).isTrue();
        assertThat(kept(database, first)).isFalse();
        assertThat(kept(database, second)).isFalse();
        assertThat(kept(database, idle)).isFalse();
        assertThat(ask(database, "SELECT revoked_because FROM alexa.link WHERE link_id = '" + idle.linkId() + "'"))
                .isEqualTo("refresh_token_expired");
        assertThat(ask(database, "SELECT count(*) FROM alexa.link WHERE revoked_at IS NULL"))
                .isEqualTo("2");
        assertThat(ask(database, "SELECT to_regclass('alexa.client_name')")).isNull();
        assertThat(ask(
                        database,
                        "SELECT client_id FROM alexa.register_client(client_id => 'old', display_name => 'Old',"
                                + " redirect_uris => ARRAY['https://a.example/cb'], public => true)"))
                .isEqualTo("old");
        assertThat(ask(database, "SELECT count(*) FROM alexa.list_clients()")).isEqualTo("2");
        assertThat(new SchemaRepository(new Database(as("alexa_app", database))).maintain())
                .isEmpty();

        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            Schema.migrate(connection, TestDatabase.SQL);
        }
        FreshDatabase.verify(database);
        assertThat(ask(database, "SELECT rotate_refresh_token FROM alexa.list_clients() WHERE client_id = 'old'"))
                .isEqualTo("t");
        run(database, "SELECT alexa.change_client('alexa', rotate_refresh_token => true)", true);
        rotated(tokens, fourth, secret);
        rotated(tokens, good, secret);
        for (Token dead : List.of(first, second, idle)) {
            assertThat(refreshed(tokens, dead, Token.issue(TokenKind.REFRESH_TOKEN, dead.linkId()), secret))
                    .isEmpty();
        }
    }

    @Test
    void what_the_operator_had_registered_and_described_is_respected_by_client_policies() throws Exception {
        String database = FreshDatabase.empty();
        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            for (Path migration : Schema.migrations(TestDatabase.SQL)) {
                if (migration.endsWith("V6__client_policies.sql")) {
                    run(
                            database,
                            "UPDATE alexa.scope SET description = 'Do what I want' WHERE scope = 'music.control';"
                                    + "INSERT INTO alexa.client (client_id, kind, display_name, pkce_required)"
                                    + " VALUES ('app', 'public', 'App', true), ('alexa', 'confidential', 'A', false)",
                            true);
                }
                Schema.run(connection, migration);
            }
        }
        assertThat(ask(database, "SELECT string_agg(DISTINCT scope, ' ') FROM alexa.scope_description"))
                .isEqualTo("music.read");
        assertThat(ask(
                        database,
                        "SELECT string_agg(client_id || ' ' || rotate_refresh_token, ', ' ORDER BY client_id)"
                                + " FROM alexa.client"))
                .isEqualTo("alexa false, app true");
    }

    private static void undo(String database, String file) throws SQLException, IOException {
        try (Connection connection = as(SUPERUSER, database).getConnection()) {
            Schema.run(connection, TestDatabase.SQL.resolve("undo").resolve(file));
        }
    }

    /** A refresh token of a link of its own. */
    private static Token stored(String database, String idleUntil) throws SQLException {
        Token token = Token.issue(TokenKind.REFRESH_TOKEN, Token.newLinkId());
        run(
                database,
                "INSERT INTO alexa.link (link_id, client_id, subject, scope) VALUES ('" + token.linkId()
                        + "', 'alexa', 'anna', '{music.read}');"
                        + "INSERT INTO alexa.refresh_token (link_id, token_hash, idle_until) VALUES ('"
                        + token.linkId() + "', " + literal(token) + ", " + idleUntil + ")",
                true);
        return token;
    }

    private static boolean kept(String database, Token token) throws SQLException {
        return ask(database, "SELECT 1 FROM alexa.refresh_token WHERE token_hash = " + literal(token)) != null;
    }

    private static String literal(Token token) {
        return "'\\x" + HexFormat.of().formatHex(token.hash().bytes()) + "'";
    }

    private static Token rotated(RefreshTokenRepository tokens, Token token, String secret) throws SQLException {
        Token successor = Token.issue(TokenKind.REFRESH_TOKEN, token.linkId());
        assertThat(refreshed(tokens, token, successor, secret))
                .hasValueSatisfying(granted -> assertThat(granted.rotated()).isTrue());
        return successor;
    }

    private static Optional<Granted> refreshed(
            RefreshTokenRepository tokens, Token token, Token successor, String secret) throws SQLException {
        return tokens.refresh(
                new RefreshTokenRepository.Refresh(
                        new ClientCredentials("alexa", List.of(Sha256.of(secret)), true), token, Optional.empty()),
                Token.issue(TokenKind.ACCESS_TOKEN, token.linkId()),
                successor);
    }
}
