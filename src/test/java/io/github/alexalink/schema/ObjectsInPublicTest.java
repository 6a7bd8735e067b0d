package io.github.alexalink.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.OtherMajor;
import io.github.alexalink.fixture.servers.Postgres;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AccessTokenRepository;
import io.github.alexalink.store.AccountRepository;
import io.github.alexalink.store.AttemptRepository;
import io.github.alexalink.store.AuditRepository;
import io.github.alexalink.store.ClientRepository;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.LinkRepository;
import io.github.alexalink.store.PoolFactory;
import io.github.alexalink.store.SchemaRepository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.naming.Reference;
import javax.naming.StringRefAddr;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The role helpdesk may create objects in schema {@code public}, as every role may on PostgreSQL 13 and 14. It has done
 * so before the DBA ran our files.
 */
@Tag("thorough")
@DisplayName("Functions and operators that somebody put into schema public (CVE-2018-1058)")
class ObjectsInPublicTest {

    private static final Path SQL = TestDatabase.SQL;
    private static final Path STORE = Path.of("src/main/java/io/github/alexalink/store");
    private static final Map<Integer, Postgres> SERVERS = new TreeMap<>();

    static List<OtherMajor> majors() throws IOException {
        return OtherMajor.here();
    }

    @AfterAll
    static void stop() throws IOException {
        for (OtherMajor major : majors()) {
            if (SERVERS.containsKey(major.major())) {
                OtherMajor.stop(SERVERS.get(major.major()), major.data("public"));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("majors")
    void a_session_without_a_pinned_search_path_calls_the_traps(OtherMajor major) throws Exception {
        Postgres server = server(major);
        try (Connection connection = server.superuser();
                Statement statement = connection.createStatement()) {
            for (String asked : List.of(
                    "SELECT array_to_string(ARRAY['a', 'b'], ' ')",
                    "SELECT format('alexa.%I', 'link'::text)",
                    "SELECT 'anna'::text = 'anna'::varchar")) {
                assertThatThrownBy(() -> statement.execute(asked)).hasMessageContaining("trapped: ");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("majors")
    void no_shipped_file_calls_a_trap(OtherMajor major) throws Exception {
        Postgres server = server(major);
        try (Connection connection = server.superuser()) {
            Schema.run(connection, SQL.resolve("roles.sql"));
            assertNoTrap(connection);
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET alexa.undo = 'everything'");
            }
            Schema.run(connection, SQL.resolve("undo.sql"));
            Schema.migrate(connection, SQL);
            try (Statement statement = connection.createStatement()) {
                statement.execute("ALTER ROLE alexa_app PASSWORD '" + TestDatabase.APP_PASSWORD + "'");
                statement.execute(Files.readString(SQL.resolve("flyway/afterConnect.sql")));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("majors")
    void no_statement_of_the_war_calls_a_trap(OtherMajor major) throws Exception {
        Postgres server = server(major);
        Database database = new Database(OtherMajor.app(server));
        Listener anna = Listener.register(server);
        Listener.Tokens tokens = anna.link();
        assertThat(anna.refresh(tokens.refresh())).isPresent();
        assertThat(anna.whyNotRefreshed(tokens.refresh())).isPresent();
        Token code = anna.allow();
        assertThat(anna.redeem(code, Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                .isPresent();
        assertThat(anna.redeem(code, Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                .isEmpty();
        assertThat(anna.whyNotRedeemed(code)).isPresent();
        assertThat(new ClientRepository(database).byId(anna.credentials().clientId(), "de"))
                .isPresent();
        AccessTokenRepository introspection = new AccessTokenRepository(database);
        assertThat(introspection.live(tokens.access())).isPresent();
        assertThat(introspection.introspect(anna.credentials(), Optional.of(tokens.access())))
                .isEmpty();
        LinkRepository links = new LinkRepository(database);
        assertThat(links.of(anna.username(), "en")).hasSize(2);
        assertThat(anna.revoke(tokens.access())).contains(true);
        assertThat(links.unlink(anna.username(), List.of(code.linkId()))).hasSize(1);
        assertThat(links.unlinkAll(anna.username())).hasSize(1);
        AuditRepository audit = new AuditRepository(database);
        audit.refused("token_refused", anna.credentials().clientId(), null, "for a test");
        audit.signInFailed(anna.username());
        assertThat(Listener.ask(server, "SELECT count(*) FROM alexa.audit_event WHERE reason = 'for a test'"))
                .isEqualTo("1");
        SchemaRepository schema = new SchemaRepository(database);
        assertThat(schema.whyNotReady()).isEmpty();
        assertThat(schema.maintenanceWarning()).isEmpty();
        assertThat(schema.state()).isPresent();
        assertThat(schema.clock()).isNotNull();
        assertThat(schema.readOnlyBecause()).isNotNull();
        assertThat(new ClientRepository(database).registrations()).isNotEmpty();
        assertThat(new ClientRepository(database).whyNotAuthenticated(anna.credentials()))
                .isNotNull();
        AttemptRepository attempts = new AttemptRepository(database);
        assertThat(attempts.latest()).isNotEmpty();
        assertThat(attempts.isSeen(anna.credentials().clientId())).isTrue();
        schema.maintain();
        assertThat(new AccountRepository(database).find(anna.username())).isPresent();
    }

    @ParameterizedTest
    @MethodSource("majors")
    void tomcat_s_realm_calls_no_trap(OtherMajor major) throws Exception {
        Listener anna = Listener.register(server(major));
        try (Connection connection = OtherMajor.app(server(major)).getConnection()) {
            for (String asked : List.of(
                    "SELECT password_hash FROM alexa.realm_account WHERE username = ?",
                    "SELECT role_name FROM alexa.account_role WHERE username = ?")) {
                try (PreparedStatement statement = connection.prepareStatement(asked)) {
                    statement.setString(1, anna.username()); // pgjdbc sends every string as varchar
                    try (ResultSet row = statement.executeQuery()) {
                        assertThat(row.next()).isTrue();
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("majors")
    void helpdesk_gets_no_hash_no_token_and_no_superuser(OtherMajor major) throws Exception {
        Postgres server = server(major);
        try (Connection helpdesk = as(server, "helpdesk");
                Statement statement = helpdesk.createStatement()) {
            statement.execute("CREATE TABLE public.loot (who text)");
            statement.execute("GRANT INSERT ON public.loot TO PUBLIC");
            for (String stolen : List.of("array_to_string(text[], text)", "format(text, text)")) {
                statement.execute("CREATE OR REPLACE FUNCTION public." + stolen + " RETURNS text LANGUAGE plpgsql AS $$"
                        + " BEGIN INSERT INTO public.loot VALUES (current_user);"
                        + " BEGIN EXECUTE 'RESET ROLE'; EXECUTE 'ALTER ROLE helpdesk SUPERUSER';"
                        + " EXCEPTION WHEN OTHERS THEN NULL; END;"
                        + " RETURN pg_catalog." + stolen.replaceAll("\\(.*", "") + "($1, $2); END $$");
            }
        }
        Listener.register(server).link();
        try (Connection connection = server.superuser()) {
            assertNoTrap(connection);
        }
        assertThat(Listener.ask(server, "SELECT string_agg(DISTINCT who, ', ') FROM public.loot"))
                .isNull();
        assertThat(Listener.ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname = 'helpdesk'"))
                .isEqualTo("f");
    }

    @ParameterizedTest
    @MethodSource("majors")
    void verify_says_who_may_create_in_public_and_how_to_end_it(OtherMajor major) throws Exception {
        Postgres server = server(major);
        try (Connection connection = server.superuser();
                Statement statement = connection.createStatement()) {
            statement.execute("GRANT CREATE ON SCHEMA public TO PUBLIC");
            assertThatThrownBy(() -> Schema.verify(connection))
                    .hasMessageContaining("PUBLIC may create objects in schema public")
                    .hasMessageContaining("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
            statement.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
            statement.execute("GRANT CREATE ON SCHEMA public TO alexa_support");
            assertThatThrownBy(() -> Schema.verify(connection))
                    .hasMessageContaining("alexa_support may create objects in schema public");
            statement.execute("REVOKE CREATE ON SCHEMA public FROM alexa_support");
            statement.execute("ALTER ROLE alexa_app SET search_path = public");
            assertThatThrownBy(() -> Schema.verify(connection))
                    .hasMessageContaining("search_path")
                    .hasMessageContaining("run sql/roles.sql");
            assertThat(new SchemaRepository(new Database(OtherMajor.app(server))).whyNotReady())
                    .hasValueSatisfying(words -> assertThat(words)
                            .contains("search_path of alexa_app is [public]")
                            .contains("run sql/roles.sql"));
            Schema.run(connection, SQL.resolve("roles.sql"));
            Schema.verify(connection);
        }
    }

    @ParameterizedTest
    @MethodSource("majors")
    void the_pool_refuses_connections_with_another_search_path_and_recovers_without_a_restart(OtherMajor major)
            throws Exception {
        Postgres server = server(major);
        Listener anna = Listener.register(server);
        Listener.Tokens tokens = anna.link();
        try (HikariDataSource pool = pool(server);
                Connection connection = server.superuser();
                Statement statement = connection.createStatement()) {
            Database database = new Database(pool);
            statement.execute("ALTER ROLE alexa_app IN DATABASE alexa SET search_path = public");
            assertThatThrownBy(() -> new AccessTokenRepository(database).live(tokens.access()))
                    .hasStackTraceContaining("the search_path of alexa_app is [public]");
            assertThat(new SchemaRepository(database).whyNotReady())
                    .hasValueSatisfying(words -> assertThat(words).contains("run sql/roles.sql"));
            Schema.run(connection, SQL.resolve("roles.sql"));
            assertThat(Soon.within(
                            60,
                            () -> {
                                try {
                                    return new AccessTokenRepository(database).live(tokens.access());
                                } catch (SQLException notYet) {
                                    return Optional.empty();
                                }
                            },
                            Optional::isPresent))
                    .isPresent();
        }
    }

    /** Up to PostgreSQL 14 verify finds, at its end, that PUBLIC may create in schema public. */
    private static void assertNoTrap(Connection connection) throws IOException {
        try {
            Schema.verify(connection);
        } catch (SQLException found) {
            assertThat(found.getMessage()).contains("PUBLIC may create objects in schema public");
        }
    }

    /** The pool as the WAR makes it from context.xml and the settings. */
    private static HikariDataSource pool(Postgres server) {
        Reference resource = new Reference("javax.sql.DataSource");
        Map.of("poolName", "public", "connectionTimeout", "2000", "initializationFailTimeout", "-1")
                .forEach((name, value) -> resource.add(new StringRefAddr(name, value)));
        HikariDataSource pool = (HikariDataSource) new PoolFactory().getObjectInstance(resource, null, null, null);
        PoolFactory.fill(pool, server.jdbcUrl(), "alexa_app", () -> TestDatabase.APP_PASSWORD, 2);
        return pool;
    }

    /** The server of that major. Its database alexa had the traps before our schema. */
    private static Postgres server(OtherMajor major) throws IOException, SQLException {
        Postgres server = SERVERS.get(major.major());
        if (server == null) {
            server = major.startEmpty(major.data("public"));
            SERVERS.put(major.major(), server);
            try (Connection connection = server.superuser();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE ROLE helpdesk LOGIN PASSWORD 'helpdesk'");
                statement.execute("GRANT CREATE, USAGE ON SCHEMA public TO helpdesk");
            }
            try (Connection helpdesk = as(server, "helpdesk")) {
                helpdesk.setAutoCommit(false);
                assertThat(Traps.set(helpdesk, Stream.concat(shipped().stream(), sources().stream())))
                        .isGreaterThan(5000);
                helpdesk.commit();
            }
            try (Connection connection = server.superuser();
                    Statement statement = connection.createStatement()) {
                Schema.migrate(connection, SQL);
                statement.execute("ALTER ROLE alexa_app PASSWORD '" + TestDatabase.APP_PASSWORD + "'");
                statement.execute("GRANT alexa_support TO helpdesk");
            }
        }
        return server;
    }

    private static Connection as(Postgres server, String role) throws SQLException {
        PGSimpleDataSource source = (PGSimpleDataSource) OtherMajor.app(server);
        source.setUser(role);
        source.setPassword(role);
        return source.getConnection();
    }

    private static List<Path> shipped() throws IOException {
        return below(SQL, ".sql");
    }

    private static List<Path> sources() throws IOException {
        return below(STORE, ".java");
    }

    private static List<Path> below(Path folder, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return new ArrayList<>(files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList());
        }
    }
}
