package io.github.alexalink.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.servers.BigDatabase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.CapturingDataSource.Captured;
import io.github.alexalink.store.CapturingDataSource.Parameter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The database is small in the ordinary run; {@code -Dscale.links=1000000 -Dscale.tokens=5000000} makes it as big as
 * the documents promise. Each statement is planned twice, with its parameters and without them: once a connection has
 * used a statement five times, PostgreSQL may take either plan.
 */
@Tag("thorough")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@DisplayName("Every statement, on a big database")
class EveryStatementTest {

    private static final List<String> PLAN_MODES = List.of("force_custom_plan", "force_generic_plan");
    /** Rows that one step of a plan may read of a big table. */
    private static final int A_FEW = 10;
    /**
     * Pages. PostgreSQL reads a smaller partition faster from end to end than by its index, however big the others are.
     */
    private static final int WORTH_AN_INDEX = 16;

    private static final String REVOKE_BY_CLIENT = "alexa.revoke_links(NULL, 'other', NULL)";
    private static final String REVOKE_BEFORE = "alexa.revoke_links(NULL, NULL, now() - interval '595 hours')";

    private static final String EXPORT = "alexa.export_user('listener-7')";

    /**
     * Calls that a DBA makes now and then, with the tables that they read from end to end: an index would cost every
     * request.
     */
    private static final Map<String, String> LOOK_THROUGH = Map.of(
            REVOKE_BY_CLIENT, "(link|authorization_code)",
            REVOKE_BEFORE, "(link|authorization_code)",
            EXPORT, "access_token_p\\d{8}");

    private static final long SOME_LINK = 4711;

    private static final Pattern NAME = Pattern.compile("^\\w+ /\\* (\\w+) \\*/");
    private static final Set<String> ASKED = new TreeSet<>();

    private static BigDatabase big;

    @BeforeAll
    static void fill() throws Exception {
        big = BigDatabase.of(Long.getLong("scale.links", 20_000), Long.getLong("scale.tokens", 100_000));
    }

    /** A call of a repository, on a database. */
    private interface Asked {
        void of(Database database) throws Exception;
    }

    @Test
    void finding_a_client_scans_nothing_that_grows() throws Exception {
        assertThat(plansOf(database ->
                        assertThat(new ClientRepository(database).byId("alexa")).isPresent()))
                .hasSize(PLAN_MODES.size());
    }

    @Test
    void issuing_a_code_scans_nothing_that_grows() throws Exception {
        plansOf(database -> assertThat(issue(database)).isNotNull());
    }

    @Test
    void redeeming_a_code_scans_nothing_that_grows() throws Exception {
        Token code = issue(new Database(big.app()));
        plansOf(database -> assertThat(new AuthorizationCodeRepository(database)
                        .redeem(
                                redemption(code),
                                Token.issue(TokenKind.ACCESS_TOKEN, code.linkId()),
                                Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                .isPresent());
    }

    @Test
    void marking_a_redemption_as_answered_opens_one_partition() throws Exception {
        Token code = issue(new Database(big.app()));
        Token accessToken = Token.issue(TokenKind.ACCESS_TOKEN, code.linkId());
        AuthorizationCodeRepository codes = new AuthorizationCodeRepository(new Database(big.app()));
        assertThat(codes.redeem(redemption(code), accessToken, Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                .isPresent();
        assertThat(plansOf(database -> new AuthorizationCodeRepository(database).answered(code, accessToken)))
                .allSatisfy(plan -> assertThat(plan.partitionsOf("access_token"))
                        .as(plan.summary())
                        .hasSize(1));
    }

    @Test
    void finding_the_tokens_of_a_repeated_redemption_opens_one_partition() throws Exception {
        Token code = big.redeemedCode(SOME_LINK % 1000);
        List<Plan> plans = plansOf(database -> assertThat(new AuthorizationCodeRepository(database)
                        .redeem(
                                redemption(code),
                                Token.issue(TokenKind.ACCESS_TOKEN, code.linkId()),
                                Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                .isEmpty());
        assertThat(plans).hasSize(2 * PLAN_MODES.size());
        assertThat(plans).allSatisfy(plan -> assertThat(plan.partitionsOf("access_token"))
                .as(plan.summary())
                .hasSizeLessThanOrEqualTo(1));
    }

    @Test
    void asking_why_a_code_was_not_redeemed_scans_nothing_that_grows() throws Exception {
        plansOf(database -> assertThat(new AuthorizationCodeRepository(database)
                        .whyNotRedeemed(redemption(big.redeemedCode(SOME_LINK % 1000))))
                .hasValueSatisfying(verdict -> {
                    assertThat(verdict.event()).isEqualTo("code_replayed");
                    assertThat(verdict.revoked()).isTrue();
                }));
        plansOf(database -> assertThat(new AuthorizationCodeRepository(database)
                        .whyNotRedeemed(redemption(Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId()))))
                .isEmpty());
    }

    @Test
    void refreshing_opens_no_partition() throws Exception {
        Token refreshToken = big.refreshToken(SOME_LINK);
        assertThat(plansOf(database -> assertThat(new RefreshTokenRepository(database)
                                .refresh(
                                        new RefreshTokenRepository.Refresh(big.alexa(), refreshToken, Optional.empty()),
                                        Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId()),
                                        Token.issue(TokenKind.REFRESH_TOKEN, refreshToken.linkId())))
                        .isPresent()))
                .allSatisfy(
                        plan -> assertThat(plan.partitionsOf("access_token")).isEmpty());
        assertThat(plansOf(database -> assertThat(new RefreshTokenRepository(database)
                                .refresh(
                                        new RefreshTokenRepository.Refresh(
                                                big.alexa(), refreshToken, Optional.of(Scope.parse("music.read"))),
                                        Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId()),
                                        Token.issue(TokenKind.REFRESH_TOKEN, refreshToken.linkId())))
                        .isPresent()))
                .allSatisfy(
                        plan -> assertThat(plan.partitionsOf("access_token")).isEmpty());
    }

    @Test
    void asking_why_a_token_was_not_refreshed_scans_nothing_that_grows() throws Exception {
        plansOf(database -> assertThat(new RefreshTokenRepository(database)
                        .whyNotRefreshed(new RefreshTokenRepository.Refresh(
                                big.other(), big.refreshToken(SOME_LINK), Optional.empty())))
                .hasValueSatisfying(verdict -> assertThat(verdict.reason()).isPresent()));
    }

    @Test
    void recording_a_refusal_scans_nothing_that_grows() throws Exception {
        assertThat(plansOf(database -> new AuditRepository(database)
                        .refused("sign_in_failed", "alexa", "listener-1", "wrong password")))
                .isNotEmpty();
        plansOf(database -> new AuditRepository(database).signInFailed("listener-1"));
        plansOf(database -> new AuditRepository(database)
                .codeRefused(
                        "token_refused",
                        "alexa",
                        big.redeemedCode(SOME_LINK % 1000),
                        new OAuthException(ErrorCode.INVALID_CLIENT, Reason.SECRET_WRONG)));
    }

    @Test
    void finding_an_account_scans_nothing_that_grows() throws Exception {
        plansOf(database ->
                assertThat(new AccountRepository(database).find("LISTENER-1")).isPresent());
    }

    @Test
    void asking_the_schema_for_its_health_scans_nothing_that_grows() throws Exception {
        plansOf(database ->
                assertThat(new SchemaRepository(database).whyNotReady()).isEmpty());
    }

    @Test
    void asking_whether_upkeep_is_overdue_scans_nothing_that_grows() throws Exception {
        plansOf(database -> new SchemaRepository(database).maintenanceWarning());
    }

    @Test
    void asking_for_the_time_and_for_every_client_scans_nothing_that_grows() throws Exception {
        plansOf(database -> {
            assertThat(new SchemaRepository(database).clock()).isNotNull();
            assertThat(new SchemaRepository(database).readOnlyBecause()).isEqualTo("default");
            assertThat(new ClientRepository(database).registrations()).isNotEmpty();
        });
    }

    @Test
    void asking_the_schema_for_its_numbers_scans_nothing_that_grows() throws Exception {
        plansOf(database -> assertThat(new SchemaRepository(database).state())
                .hasValueSatisfying(state -> assertThat(state.known()).isTrue()));
    }

    /**
     * Looks for codes through the refusals of thirty days by the primary key: the big database has no code in its trail.
     * AuditRepository bounds how many refusals a stranger can cause.
     */
    @Test
    void reading_the_latest_attempts_scans_nothing_that_grows() throws Exception {
        plansOf(100_000, database -> assertThat(new AttemptRepository(database).latest())
                .hasSize(10));
    }

    @Test
    void asking_whether_a_client_was_seen_reads_the_trail_by_its_primary_key() throws Exception {
        plansOf(A_FEW * 10, database -> assertThat(new AttemptRepository(database).isSeen("alexa"))
                .isTrue());
    }

    @Test
    void asking_why_a_client_was_not_authenticated_scans_nothing_that_grows() throws Exception {
        plansOf(database -> assertThat(new ClientRepository(database)
                        .whyNotAuthenticated(new ClientCredentials("alexa", List.of(Sha256.of("als_guessed")), true))
                        .reason())
                .isEqualTo(Reason.SECRET_WRONG));
    }

    /**
     * A DBA's nightly ANALYZE of the whole database sees the partitions of the coming days empty. A plan that is made
     * then, and kept by the connection, must still be good on the day that fills them.
     */
    @Test
    void a_plan_that_was_made_while_a_partition_was_analyzed_empty_is_good_when_it_has_filled() throws Exception {
        try (Connection dba = big.superuser();
                Statement statement = dba.createStatement();
                Connection connection = big.app().getConnection()) {
            statement.execute("ANALYZE alexa.access_token");
            CapturingDataSource source = new CapturingDataSource(big.app());
            Token anybodys = big.accessToken(0);
            new AccessTokenRepository(new Database(source.source())).live(anybodys);
            Captured live = source.captured().get(0);
            Captured tomorrows = new Captured(
                    live.sql(),
                    live.parameters().stream()
                            .map(sent -> sent.type().equals("timestamptz")
                                    ? new Parameter(sent.type(), "now() + interval '1 day'")
                                    : sent)
                            .toList());
            try (Statement kept = connection.createStatement()) {
                kept.execute("SET plan_cache_mode = force_generic_plan");
                kept.execute(live.prepare());
                kept.execute(live.execute());
                statement.execute(
                        "INSERT INTO alexa.access_token (minted_at, link_id, token_hash, issued_at, expires_at)"
                                + " SELECT day + n * interval '1 second', gen_random_uuid(), sha256(n::text::bytea),"
                                + " day + n * interval '1 second', day + interval '23 hours' FROM generate_series(1, 40000) n,"
                                + " (SELECT date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '1 day' AS day) d");
                Plan plan;
                try (ResultSet row = kept.executeQuery("EXPLAIN (ANALYZE, FORMAT JSON) " + tomorrows.execute())) {
                    row.next();
                    plan = Plan.of(row.getString(1));
                }
                assertThat(plan.partitionsOf("access_token")).hasSize(1);
                assertIndexAccessOnly(plan, Set.copyOf(plan.partitionsOf("access_token")), A_FEW);
            } finally {
                statement.execute("DELETE FROM alexa.access_token WHERE minted_at > now() + interval '1 hour'");
            }
        }
    }

    /** Must run last, because it checks what the other tests have explained. */
    @Test
    @Order(Integer.MAX_VALUE)
    void every_file_was_explained_here() throws Exception {
        Set<String> unasked = new TreeSet<>();
        try (Stream<Path> files = Files.list(TestDatabase.SQL.resolve("statements"))) {
            files.forEach(file -> unasked.add(file.getFileName().toString().replace(".sql", "")));
        }
        assertThat(unasked).containsAll(ASKED);
        unasked.removeAll(ASKED);
        assertThat(unasked)
                .as("statements that no test here has explained; maintain() is tried with the functions of the DBA")
                .containsExactlyInAnyOrder("maintain", "allow_a_minute");
    }

    @Test
    void introspecting_opens_one_partition() throws Exception {
        Token accessToken = big.accessToken(big.tokens() / 2);
        assertThat(plansOf(database -> assertThat(new AccessTokenRepository(database)
                                .introspect(big.music(), Optional.of(accessToken))
                                .orElseThrow()
                                .live())
                        .isPresent()))
                .allSatisfy(plan -> assertThat(plan.partitionsOf("access_token"))
                        .as(plan.summary())
                        .hasSize(1));
    }

    @Test
    void looking_a_token_up_for_the_valve_opens_one_partition() throws Exception {
        Token accessToken = big.accessToken(big.tokens() / 2);
        assertThat(plansOf(database -> assertThat(new AccessTokenRepository(database).live(accessToken))
                        .isPresent()))
                .allSatisfy(plan -> assertThat(plan.partitionsOf("access_token"))
                        .as(plan.summary())
                        .hasSize(1));
    }

    @Test
    void refreshing_under_rotation_reads_the_tokens_of_that_link_only() throws Exception {
        Token refreshToken = big.refreshToken(300);
        assertThat(BigDatabase.isOfAlexa(300)).isFalse();
        // the link also has tokens that were superseded in the last day; they are kept for a week
        plansOf(1 + BigDatabase.REFRESHES, database -> assertThat(new RefreshTokenRepository(database)
                        .refresh(
                                new RefreshTokenRepository.Refresh(big.other(), refreshToken, Optional.empty()),
                                Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId()),
                                Token.issue(TokenKind.REFRESH_TOKEN, refreshToken.linkId())))
                .hasValueSatisfying(granted -> assertThat(granted.rotated()).isTrue()));
    }

    @Test
    void asking_why_a_reused_token_was_refused_scans_nothing_that_grows() throws Exception {
        Token superseded = new Token(TokenKind.REFRESH_TOKEN, big.linkId(300), "alr_300-5");
        plansOf(database -> assertThat(new RefreshTokenRepository(database)
                        .whyNotRefreshed(new RefreshTokenRepository.Refresh(big.other(), superseded, Optional.empty())))
                .hasValueSatisfying(verdict -> assertThat(verdict.revoked()).isTrue()));
    }

    @Test
    void upkeep_finds_what_it_deletes_by_index() throws Exception {
        try (Connection connection = big.superuser();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("UPDATE alexa.refresh_token SET superseded_at = now() - interval '8 days'"
                    + " WHERE superseded_at < now() - interval '12 hours'");
            statement.execute("UPDATE alexa.refresh_token SET idle_until = now() - interval '91 days'"
                    + " WHERE superseded_at >= now() - interval '12 hours'");
            Map<String, Long> before = sequentialScans(statement);
            String done;
            try (ResultSet row =
                    statement.executeQuery("SELECT string_agg(relation, ', ') FROM alexa.delete_a_batch(50)")) {
                row.next();
                done = row.getString(1);
            }
            assertThat(done).isEqualTo("50 expired refresh tokens, 50 superseded refresh tokens");
            assertThat(sequentialScans(statement)).as(done).isEqualTo(before);
            connection.rollback();
        }
    }

    @Test
    void revoking_a_token_scans_nothing_that_grows() throws Exception {
        plansOf(database -> assertThat(
                        new RefreshTokenRepository(database).revoke(big.alexa(), big.refreshToken(SOME_LINK + 2)))
                .contains(true));
        Token accessToken = big.accessToken(big.tokens() / 2 + 1);
        List<Plan> plans =
                plansOf(database -> assertThat(new AccessTokenRepository(database).revoke(big.alexa(), accessToken))
                        .contains(true));
        assertThat(plans).allSatisfy(plan -> assertThat(plan.partitionsOf("access_token"))
                .as(plan.summary())
                .hasSizeLessThanOrEqualTo(1));
    }

    @Test
    void a_listener_s_links_are_found_and_ended_by_index() throws Exception {
        plansOf(database ->
                assertThat(new LinkRepository(database).of("listener-11", "de")).isNotEmpty());
        plansOf(database -> assertThat(new LinkRepository(database).unlink("listener-12", List.of(big.linkId(12))))
                .hasSize(1));
        plansOf(database -> assertThat(new LinkRepository(database).unlinkAll("listener-13"))
                .isNotEmpty());
    }

    /** The DBA's functions, each with a call that changes something. */
    static Stream<Arguments> administration() {
        String hash = "repeat('0c', 16) || '$100000$' || repeat('0d', 32)";
        String uris = "ARRAY['https://a.example/cb']";
        return Stream.of(
                Arguments.of("register_client", "alexa.register_client('new', 'New', " + uris + ")"),
                Arguments.of("register_resource_server", "alexa.register_resource_server('radio', 'Radio')"),
                Arguments.of("limit_resource_server", "alexa.limit_resource_server('music', ARRAY['alexa'])"),
                Arguments.of("set_redirect_uris", "alexa.set_redirect_uris('alexa', " + uris + ")"),
                Arguments.of("rotate_client_secret", "alexa.rotate_client_secret('alexa', interval '1 day')"),
                Arguments.of("disable_client", "alexa.disable_client('alexa')"),
                Arguments.of("enable_client", "alexa.enable_client('alexa')"),
                Arguments.of("change_client", "alexa.change_client(client_id => 'alexa', display_name => 'Changed')"),
                Arguments.of("list_clients", "alexa.list_clients()"),
                Arguments.of("name_client", "alexa.name_client('alexa', 'ja', 'Amazon Alexa')"),
                Arguments.of("describe_scope", "alexa.describe_scope('music.read', 'Look at your music')"),
                Arguments.of("describe_scope", "alexa.describe_scope('music.read', 'Musik ansehen', 'de')"),
                Arguments.of("add_account", "alexa.add_account('new', " + hash + ")"),
                Arguments.of("set_password_hash", "alexa.set_password_hash('listener-7', " + hash + ")"),
                Arguments.of("disable_account", "alexa.disable_account('listener-7')"),
                Arguments.of("enable_account", "alexa.enable_account('listener-7')"),
                Arguments.of("give_role", "alexa.give_role('listener-7', 'alexa-operator')"),
                Arguments.of(
                        "take_role",
                        "alexa.give_role('listener-7', 'mine') AS g (roles), alexa.take_role('listener-7', g.roles[1])"),
                Arguments.of("revoke_links", "alexa.revoke_links('listener-7', NULL, NULL)"),
                Arguments.of("revoke_links", REVOKE_BY_CLIENT),
                Arguments.of("revoke_links", "alexa.revoke_links('listener-7', 'alexa', now())"),
                Arguments.of("revoke_links", REVOKE_BEFORE),
                Arguments.of("export_user", EXPORT),
                Arguments.of("erase_user", "alexa.erase_user('listener-7')"),
                Arguments.of("rename_account", "alexa.rename_account('listener-7', 'renamed')"),
                Arguments.of("delete_account", "alexa.delete_account('listener-7')"),
                Arguments.of("maintain", "alexa.maintain()"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("administration")
    void no_function_of_the_dba_scans_what_grows(String function, String call) throws Exception {
        try (Connection connection = big.superuser()) {
            List<String> scanned = scannedBy(connection, "SELECT * FROM " + call);
            if (LOOK_THROUGH.containsKey(call)) {
                assertThat(scanned)
                        .as("or the exception is not needed any more")
                        .isNotEmpty();
                scanned.removeIf(table -> table.matches(LOOK_THROUGH.get(call)));
            }
            assertThat(scanned).as(call).isEmpty();
        }
    }

    @Test
    void every_function_of_the_dba_is_tried_here() throws Exception {
        List<String> tried = new ArrayList<>(
                administration().map(arguments -> (String) arguments.get()[0]).toList());
        // tried through the functions that call them
        tried.addAll(List.of(
                "new_secret",
                "hash_of",
                "seconds_of",
                "the_client",
                "the_language",
                "the_account",
                "the_subject",
                "folded",
                "tidied",
                "note_other_spellings",
                "check_password_hash",
                "set_client",
                "create_partition",
                "delete_a_batch",
                "hold_account",
                "authenticated_client",
                "next_hops",
                "wrong_source"));
        // no link counts as unused unless the operator sets a time; then it reads every refresh token, once a day at
        // most
        tried.add("end_unused_links");
        try (Connection connection = big.superuser();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT DISTINCT proname FROM pg_proc"
                        + " WHERE pronamespace = 'alexa'::regnamespace AND prorettype <> 'trigger'::regtype")) {
            List<String> there = new ArrayList<>();
            while (row.next()) {
                there.add(row.getString(1));
            }
            assertThat(there).isNotEmpty();
            there.removeAll(tried);
            assertThat(there)
                    .as("functions that nobody tried on a big database")
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("changesOfAccounts")
    void changing_an_account_scans_nothing_that_grows(String change) throws Exception {
        try (Connection connection = big.superuser()) {
            assertThat(scannedBy(connection, change)).as(change).isEmpty();
        }
    }

    /** Changes of an account; each starts a trigger that changes the links of the account. */
    static Stream<String> changesOfAccounts() {
        return Stream.of(
                "DELETE FROM alexa.account WHERE username = 'listener-7'",
                "UPDATE alexa.account SET username = 'renamed' WHERE username = 'listener-7'");
    }

    private static Token issue(Database database) throws SQLException {
        Token code = Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId());
        Optional<AccountRepository.Account> listener =
                new AccountRepository(new Database(big.app())).find("listener-7");
        assertThat(new AuthorizationCodeRepository(database)
                        .issue(
                                code,
                                new AuthorizationCodeRepository.Consent(
                                        "alexa",
                                        BigDatabase.REDIRECT_URI,
                                        BigDatabase.REDIRECT_URI,
                                        Optional.empty(),
                                        new AccountRepository.SignedIn("listener-7", listener),
                                        new Scope(List.of("music.read", "music.control")))))
                .isEqualTo(AuthorizationCodeRepository.Issue.ISSUED);
        return code;
    }

    private static AuthorizationCodeRepository.CodeRedemption redemption(Token code) {
        return new AuthorizationCodeRepository.CodeRedemption(
                big.alexa(), code, BigDatabase.REDIRECT_URI, Optional.empty());
    }

    /** Explains every statement that is sent, in both plan modes. No plan may read a big table except by index. */
    private static List<Plan> plansOf(Asked asked) throws Exception {
        return plansOf(A_FEW, asked);
    }

    private static List<Plan> plansOf(int rows, Asked asked) throws Exception {
        CapturingDataSource source = new CapturingDataSource(big.app());
        asked.of(new Database(source.source()));
        List<Plan> plans = new ArrayList<>();
        for (Captured captured : source.captured()) {
            Matcher name = NAME.matcher(captured.sql());
            assertThat(name.find()).as(captured.sql()).isTrue();
            ASKED.add(name.group(1));
            for (String mode : PLAN_MODES) {
                plans.add(explained(captured, mode, rows));
            }
        }
        assertThat(plans).isNotEmpty();
        return plans;
    }

    private static Plan explained(Captured captured, String mode, int rows) throws SQLException {
        try (Connection connection = big.app().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SET LOCAL plan_cache_mode = " + mode);
            statement.execute(captured.prepare());
            Map<String, Long> before = sequentialScans(statement);
            Plan plan;
            try (ResultSet row = statement.executeQuery("EXPLAIN (ANALYZE, FORMAT JSON) " + captured.execute())) {
                row.next();
                plan = Plan.of(row.getString(1));
            }
            Map<String, Long> after = sequentialScans(statement);
            assertIndexAccessOnly(plan, after.keySet(), rows);
            // foreign keys and functions read tables too, and no plan shows it
            assertThat(after).as("sequential scans by %s", captured.sql()).isEqualTo(before);
            return plan;
        }
    }

    private static void assertIndexAccessOnly(Plan plan, Set<String> filled, int rows) {
        assertThat(plan.scans()).as(plan.summary()).allSatisfy(scan -> {
            if (scan.isOfABigTable()) { // also a partition that was analyzed while it was empty
                assertThat(scan.isSequential()).as(scan.toString()).isFalse();
            }
            if (scan.isOfABigTable() && filled.contains(scan.relation())) {
                assertThat(scan.rows()).as(scan.toString()).isLessThanOrEqualTo(rows);
            }
        });
    }

    /** The big tables that a change reads from end to end; the change is rolled back. */
    private static List<String> scannedBy(Connection connection, String sql) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            Map<String, Long> before = sequentialScans(statement);
            statement.execute(sql);
            Map<String, Long> after = sequentialScans(statement);
            after.entrySet().removeAll(before.entrySet());
            return new ArrayList<>(after.keySet());
        } finally {
            connection.rollback();
        }
    }

    /** How often this transaction read each big table from end to end; small partitions left out. */
    private static Map<String, Long> sequentialScans(Statement statement) throws SQLException {
        Map<String, Long> scans = new TreeMap<>();
        try (ResultSet row = statement.executeQuery("SELECT s.relname, s.seq_scan FROM pg_stat_xact_user_tables s"
                + " JOIN pg_class c ON c.oid = s.relid"
                + " WHERE s.schemaname = 'alexa' AND s.relname ~ '^" + Plan.BIG + "$' AND c.relpages >= "
                + WORTH_AN_INDEX)) {
            while (row.next()) {
                scans.put(row.getString(1), row.getLong(2));
            }
        }
        assertThat(scans).containsKeys("link", "refresh_token", "authorization_code");
        assertThat(scans.keySet())
                .anyMatch(table -> table.startsWith("access_token_"))
                .anyMatch(table -> table.startsWith("audit_event_"));
        return scans;
    }
}
