package io.github.alexalink.signin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.cases.OneTransaction;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AccessTokenRepository;
import io.github.alexalink.store.AccountRepository;
import io.github.alexalink.store.AccountRepository.SignedIn;
import io.github.alexalink.store.AuthorizationCodeRepository.Issue;
import io.github.alexalink.store.Database;
import io.github.alexalink.tool.PasswordHash;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("An account is deleted, erased, renamed, disabled or given a new password while somebody signs in with it")
class AccountChangesTest {

    private static final String HASH = PasswordHash.of("correct horse battery");
    private static final String OTHER_HASH = PasswordHash.of("battery horse correct");

    private Listener anna;

    @BeforeEach
    void register() throws SQLException {
        anna = Listener.register(TestDatabase.shared());
    }

    /** Changes that a DBA makes to an account; each invalidates a sign-in with the old password. */
    enum Change {
        DELETED("DELETE FROM alexa.account WHERE username = :anna"),
        ERASED("SELECT alexa.erase_user(:anna)"),
        ERASED_IN_CAPITALS("SELECT alexa.erase_user(upper(:anna))"),
        RENAMED("UPDATE alexa.account SET username = :anna || '-married' WHERE username = :anna"),
        GIVEN_ANOTHER_PASSWORD("SELECT alexa.set_password_hash(:anna, '" + OTHER_HASH + "')"),
        GIVEN_ANOTHER_PASSWORD_BY_HAND(
                "UPDATE alexa.account SET password_hash = '" + OTHER_HASH + "' WHERE username = :anna"),
        DISABLED("SELECT alexa.disable_account(:anna)"),
        REPLACED_BY_ANOTHER_OF_THAT_NAME(
                "DELETE FROM alexa.account WHERE username = :anna; SELECT alexa.add_account(:anna, '" + HASH + "')");

        private final String sql;

        Change(String sql) {
            this.sql = sql;
        }

        void of(String username) throws SQLException {
            try (Connection connection = TestDatabase.shared().superuser()) {
                of(username, connection);
            }
        }

        void of(String username, Connection connection) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql.replace(":anna", "'" + username + "'"));
            }
        }

        boolean endsLinks() {
            return this != RENAMED && this != GIVEN_ANOTHER_PASSWORD && this != GIVEN_ANOTHER_PASSWORD_BY_HAND;
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_change_while_tomcat_hashes_the_password_refuses_the_sign_in(Change change) throws SQLException {
        Optional<SignedIn> signedIn = accounts().signIn(anna.username(), UnaryOperator.identity(), username -> {
            try {
                change.of(anna.username());
            } catch (SQLException broken) {
                throw new IllegalStateException(broken);
            }
            return Optional.of(username); // the Realm has read the hash before
        });
        if (change == Change.DISABLED) { // a disabled account keeps its identity, but the code is refused
            assertThat(anna.allow(code(), signedIn.orElseThrow())).isEqualTo(Issue.ACCOUNT_CHANGED);
        } else {
            assertThat(signedIn).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_change_after_the_sign_in_issues_no_code(Change change) throws SQLException {
        SignedIn signedIn = anna.signIn();
        change.of(anna.username());
        assertThat(anna.allow(code(), signedIn)).isEqualTo(Issue.ACCOUNT_CHANGED);
        assertThat(rowsNaming(anna.username(), "authorization_code")).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void a_change_that_is_not_committed_yet_is_waited_for(Change change) throws Exception {
        SignedIn signedIn = anna.signIn();
        CompletableFuture<Issue> issue;
        try (Connection dba = TestDatabase.shared().superuser()) {
            dba.setAutoCommit(false);
            change.of(anna.username(), dba);
            issue = issueElsewhere(signedIn);
            awaitSomebodyWaitingForALock();
            dba.commit();
        }
        assertThat(issue.get(10, TimeUnit.SECONDS)).isEqualTo(Issue.ACCOUNT_CHANGED);
        assertThat(rowsNaming(anna.username(), "authorization_code")).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void a_change_waits_for_the_code_that_is_being_issued_and_ends_it(Change change) throws Exception {
        Token code = code();
        CompletableFuture<Void> changed;
        try (OneTransaction tomcat = new OneTransaction(TestDatabase.app())) {
            assertThat(new Listener(anna.server(), anna.credentials(), anna.username())
                            .allow(code, anna.signIn(), tomcat.database()))
                    .isEqualTo(Issue.ISSUED);
            changed = CompletableFuture.runAsync(() -> {
                try {
                    change.of(anna.username());
                } catch (SQLException broken) {
                    throw new CompletionException(broken);
                }
            });
            awaitSomebodyWaitingForALock();
            tomcat.commit();
        }
        changed.get(10, TimeUnit.SECONDS);
        assertEnded(change, code);
    }

    /** Its snapshot would be older than the code of a sign-in that it has waited for. */
    @ParameterizedTest
    @ValueSource(strings = {"REPEATABLE READ", "SERIALIZABLE"})
    void nobody_is_erased_in_a_transaction_that_would_leave_their_name_in_a_code(String isolation) throws SQLException {
        try (Connection dba = TestDatabase.shared().superuser();
                Statement statement = dba.createStatement()) {
            dba.setAutoCommit(false);
            statement.execute("SET TRANSACTION ISOLATION LEVEL " + isolation);
            assertThatThrownBy(() -> Change.ERASED.of(anna.username(), dba))
                    .hasMessageContaining(
                            "nothing was done: in a transaction that is " + isolation.toLowerCase(Locale.ROOT));
        }
        assertThat(anna.allow(code(), anna.signIn())).isEqualTo(Issue.ISSUED);
    }

    @ParameterizedTest
    @EnumSource
    void a_change_refuses_the_code_that_was_issued_before(Change change) throws SQLException {
        Token code = anna.allow();
        change.of(anna.username());
        assertEnded(change, code);
        if (change == Change.DISABLED || change == Change.GIVEN_ANOTHER_PASSWORD) {
            assertThat(anna.whyNotRedeemed(code).orElseThrow().sentence())
                    .contains("the account is gone or disabled, or its password was changed");
        }
    }

    /**
     * Asserts that a code ends with its account; only after a renaming it goes on, because the password is still right.
     */
    private void assertEnded(Change change, Token code) throws SQLException {
        assertThat(anna.redeem(code, Token.issue(TokenKind.REFRESH_TOKEN, code.linkId()))
                        .isPresent())
                .isEqualTo(change == Change.RENAMED);
        assertThat(rowsNaming(anna.username(), "link")).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void a_change_ends_the_links_or_leaves_them_as_it_should(Change change) throws SQLException {
        Listener.Tokens tokens = anna.link();
        change.of(anna.username());
        assertThat(anna.refresh(tokens.refresh()).isEmpty()).isEqualTo(change.endsLinks());
        assertThat(introspection().live(tokens.access()).isEmpty()).isEqualTo(change.endsLinks());
    }

    @Test
    void links_of_an_account_that_went_without_its_trigger_are_dead_and_say_why() throws SQLException {
        Listener.Tokens tokens = anna.link();
        try (Connection connection = TestDatabase.shared().superuser();
                Statement statement = connection.createStatement()) {
            statement.execute("SET session_replication_role = replica"); // a restore sets this, too
            statement.execute("DELETE FROM alexa.account_role WHERE username = '" + anna.username() + "'");
            Change.DELETED.of(anna.username(), connection);
        }
        assertDead(tokens);
        assertThat(Listener.ask(anna.server(), "SELECT state FROM alexa.linked WHERE subject = ?", anna.username()))
                .isEqualTo("the account is gone");
        TestDatabase.ask("SELECT 'done', alexa.add_account(?, ?)", anna.username(), HASH);
        assertDead(tokens);
    }

    @Test
    void rows_copied_back_from_before_an_erasure_are_dead() throws SQLException {
        Listener.Tokens tokens = anna.link();
        try (Connection connection = TestDatabase.shared().superuser();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMPORARY TABLE old_link AS SELECT * FROM alexa.link WHERE subject = '"
                    + anna.username() + "'");
            statement.execute("CREATE TEMPORARY TABLE old_token AS SELECT r.* FROM alexa.refresh_token r JOIN old_link"
                    + " USING (link_id)");
            Change.ERASED.of(anna.username(), connection);
            statement.execute("INSERT INTO alexa.link SELECT * FROM old_link ON CONFLICT DO NOTHING");
            statement.execute("INSERT INTO alexa.refresh_token SELECT * FROM old_token ON CONFLICT DO NOTHING");
        }
        assertDead(tokens);
    }

    @Test
    void somebody_whom_another_realm_knows_keeps_their_links_until_an_account_of_that_name_is_disabled()
            throws SQLException {
        String berta = TestDatabase.unique("berta");
        Listener inLdap = new Listener(anna.server(), anna.credentials(), berta);
        Listener.Tokens tokens = inLdap.link();
        assertThat(inLdap.refresh(tokens.refresh())).isPresent();
        SignedIn signedIn = inLdap.signIn();
        TestDatabase.ask("SELECT 'done', alexa.add_account(?, ?)", berta, HASH);
        assertThat(inLdap.allow(code(), signedIn)).isEqualTo(Issue.ACCOUNT_CHANGED);
        assertThat(inLdap.refresh(tokens.refresh())).isPresent();
        Change.DISABLED.of(berta);
        assertThat(inLdap.refresh(tokens.refresh())).isEmpty();
    }

    @Test
    void an_account_signs_in_by_its_own_name_however_its_capitals_are_typed() throws SQLException {
        SignedIn signedIn = accounts()
                .signIn(anna.username().toUpperCase(Locale.ROOT), name -> "another", Optional::of)
                .orElseThrow();
        assertThat(signedIn.subject()).isEqualTo(anna.username());
    }

    private void assertDead(Listener.Tokens tokens) throws SQLException {
        assertThat(anna.refresh(tokens.refresh())).isEmpty();
        assertThat(anna.whyNotRefreshed(tokens.refresh()).orElseThrow().sentence())
                .contains("the account is gone");
        assertThat(introspection().live(tokens.access())).isEmpty();
    }

    private CompletableFuture<Issue> issueElsewhere(SignedIn signedIn) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return anna.allow(code(), signedIn);
            } catch (SQLException broken) {
                throw new CompletionException(broken);
            }
        });
    }

    /** Waits until a statement waits for this test's lock; no other statement in this database does. */
    private void awaitSomebodyWaitingForALock() throws Exception {
        while (TestDatabase.ask(
                        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
                == null) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private static int rowsNaming(String username, String table) {
        return Integer.parseInt(
                TestDatabase.ask("SELECT count(*) FROM alexa." + table + " WHERE subject = ?", username));
    }

    private static Token code() {
        return Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId());
    }

    private static AccountRepository accounts() {
        return new AccountRepository(new Database(TestDatabase.pool()));
    }

    private static AccessTokenRepository introspection() {
        return new AccessTokenRepository(new Database(TestDatabase.pool()));
    }
}
