package io.github.alexalink.schema;

import static io.github.alexalink.fixture.servers.FreshDatabase.SUPERUSER;
import static io.github.alexalink.fixture.servers.FreshDatabase.as;
import static io.github.alexalink.fixture.servers.FreshDatabase.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.RefreshTokenRepository;
import io.github.alexalink.store.RefreshTokenRepository.Refresh;
import io.github.alexalink.store.SchemaRepository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Tries, with a migration that is not shipped, what the first one after the baseline must be able to do. */
@DisplayName("A later migration, with an index built concurrently")
class ExampleMigrationTest {

    private String database;
    private ClientCredentials alexa;
    private Token refreshToken;

    @BeforeEach
    void aLink() throws Exception {
        database = FreshDatabase.migrated();
        alexa = new ClientCredentials(
                "alexa",
                List.of(
                        Sha256.of(
                                ask(
                                        database,
                                        "SELECT client_secret FROM alexa.register_client('alexa', 'Alexa', ARRAY['https://a.example/cb'])"))),
                true);
        refreshToken = Token.issue(TokenKind.REFRESH_TOKEN, Token.newLinkId());
        try (Connection connection = superuser();
                var link = connection.prepareStatement(
                        "WITH l AS (INSERT INTO alexa.link (link_id, client_id, subject, scope)"
                                + " VALUES (?, 'alexa', 'anna', '{music.read}') RETURNING link_id)"
                                + " INSERT INTO alexa.refresh_token (link_id, token_hash) SELECT link_id, ? FROM l")) {
            link.setObject(1, refreshToken.linkId());
            link.setBytes(2, refreshToken.hash().bytes());
            link.execute();
        }
    }

    @Test
    void refreshes_go_on_while_the_migration_runs_and_while_it_is_undone() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        AtomicInteger answered = new AtomicInteger();
        CompletableFuture<Void> refreshing = CompletableFuture.runAsync(() -> {
            while (!done.get()) {
                if (refresh().isEmpty()) {
                    throw new AssertionError("a household lost its link after " + answered);
                }
                answered.incrementAndGet();
            }
        });
        try (Connection connection = superuser()) {
            for (int i = 0; i < 3; i++) {
                int before = answered.get();
                Schema.runByStatement(connection, Schema.EXAMPLE);
                assertThat(ask(database, "SELECT max(version) FROM alexa.schema_version"))
                        .isEqualTo("4");
                FreshDatabase.verify(database);
                Soon.within(60, answered::get, now -> now > before || refreshing.isDone());
                Schema.runByStatement(connection, Schema.UNDO_EXAMPLE);
                assertThat(ask(database, "SELECT max(version) FROM alexa.schema_version"))
                        .isEqualTo("3");
                FreshDatabase.verify(database);
            }
        } finally {
            done.set(true);
        }
        refreshing.join();
        assertThat(answered.get()).isPositive();
    }

    @Test
    void the_previous_war_works_with_the_migration() throws Exception {
        SchemaRepository schema = new SchemaRepository(new Database(as("alexa_app", database)));
        try (Connection connection = superuser()) {
            Schema.runByStatement(connection, Schema.EXAMPLE);
        }
        assertThat(schema.whyNotReady()).isEmpty();
        assertThat(schema.state().orElseThrow().known()).isTrue();
        assertThat(refresh()).isPresent();
    }

    @Test
    void an_interrupted_index_is_named_and_the_migration_runs_after_it_was_dropped() throws Exception {
        try (Connection holding = superuser();
                Connection connection = superuser();
                Statement statement = holding.createStatement()) {
            holding.setAutoCommit(false);
            statement.execute("SELECT count(*) FROM alexa.link"); // ADD COLUMN waits for this transaction
            assertThatThrownBy(() -> Schema.runByStatement(connection, Schema.EXAMPLE))
                    .hasMessageContaining("lock timeout");
        }
        assertThat(ask(database, "SELECT max(version) FROM alexa.schema_version"))
                .isEqualTo("3");
        try (Connection holding = superuser();
                Connection connection = superuser();
                Statement statement = holding.createStatement();
                Statement building = connection.createStatement()) {
            building.execute("ALTER TABLE alexa.link ADD COLUMN nickname text;"
                    + "COMMENT ON COLUMN alexa.link.nickname IS 'as far as it got'");
            holding.setAutoCommit(false);
            statement.execute("UPDATE alexa.link SET nickname = 'kitchen'"); // CREATE INDEX waits for this transaction
            building.execute("SET statement_timeout = '300ms'");
            assertThatThrownBy(() ->
                            building.execute("CREATE INDEX CONCURRENTLY link_nickname_idx ON alexa.link (nickname)"))
                    .hasMessageContaining("statement timeout");
            holding.rollback();
        }
        assertThatThrownBy(() -> FreshDatabase.verify(database))
                .hasMessageContaining("invalid: alexa.link_nickname_idx: REINDEX INDEX CONCURRENTLY");
        try (Connection connection = superuser();
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> Schema.runByStatement(connection, Schema.EXAMPLE))
                    .hasMessageContaining("DROP INDEX CONCURRENTLY alexa.link_nickname_idx; and run this again");
            // psql without ON_ERROR_STOP goes on, and must change nothing more
            for (String one : Schema.statements(Schema.EXAMPLE)) {
                try {
                    statement.execute(one);
                } catch (SQLException refused) {
                    assertThat(refused.getMessage()).containsAnyOf("nothing was done", "read-only transaction");
                }
            }
            assertThat(ask(database, "SELECT max(version) FROM alexa.schema_version"))
                    .isEqualTo("3");
            statement.execute("DROP INDEX CONCURRENTLY alexa.link_nickname_idx");
            Schema.runByStatement(connection, Schema.EXAMPLE);
        }
        assertThat(ask(database, "SELECT max(version) FROM alexa.schema_version"))
                .isEqualTo("4");
    }

    @Test
    void in_one_transaction_or_over_another_version_the_migration_changes_nothing() throws Exception {
        try (Connection connection = superuser()) {
            assertThatThrownBy(() -> Schema.run(connection, Schema.EXAMPLE))
                    .hasMessageContaining("CREATE INDEX CONCURRENTLY cannot run inside a transaction block");
            assertThat(ask(database, "SELECT count(*) FROM pg_attribute WHERE attname = 'nickname'"))
                    .isEqualTo("0");
            assertThatThrownBy(() -> Schema.runByStatement(connection, Schema.UNDO_EXAMPLE))
                    .hasMessageContaining("this takes version 4 back, and the schema has 3");
        }
    }

    /** Flyway needs V4__example.sql.conf beside the migration, and must hold no lock while the index is built. */
    @Test
    void flyway_runs_the_migration_after_the_baseline() throws Exception {
        String dba = TestDatabase.unique("dba").replace('-', '_');
        TestDatabase.change("CREATE ROLE " + dba + " LOGIN PASSWORD '" + TestDatabase.APP_PASSWORD + "'");
        TestDatabase.change("GRANT alexa_owner TO " + dba);
        String fresh = FreshDatabase.empty();
        Path locations = Schema.EXAMPLE.getParent();
        assertThat(Files.readString(locations.resolve("V4__example.sql.conf"))).contains("executeInTransaction=false");
        FluentConfiguration settings = Flyway.configure()
                .dataSource(as(dba, fresh))
                .schemas("alexa")
                .locations(
                        "filesystem:" + TestDatabase.SQL.resolve("migrations"),
                        "filesystem:" + locations,
                        "filesystem:" + TestDatabase.SQL.resolve("flyway"));
        settings.getConfigurationExtension(PostgreSQLConfigurationExtension.class)
                .setTransactionalLock(false);
        assertThat(settings.load().migrate().migrationsExecuted).isEqualTo(SchemaRepository.BUILT_FOR + 1);
        FreshDatabase.verify(fresh);
    }

    private Optional<?> refresh() {
        try {
            return new RefreshTokenRepository(new Database(as("alexa_app", database)))
                    .refresh(
                            new Refresh(alexa, refreshToken, Optional.empty()),
                            Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId()),
                            Token.issue(TokenKind.REFRESH_TOKEN, refreshToken.linkId()));
        } catch (SQLException broken) {
            throw new IllegalStateException(broken);
        }
    }

    private Connection superuser() throws SQLException {
        return as(SUPERUSER, database).getConnection();
    }
}
