package io.github.alexalink.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * The accounts that Tomcat's Realm reads. Tomcat checks the password; this class finds the account, and tells a wrong
 * password from a failure of the database.
 */
public final class AccountRepository {

    private static final String UNTRANSLATABLE_CHARACTER = "22P05";

    private final NamedStatement find = NamedStatement.load("find_account", "username");
    private final Database database;

    public AccountRepository(Database database) {
        this.database = database;
    }

    /**
     * A row of {@code alexa.account} at one moment. If two reads are equal, the account was not deleted, renamed or
     * given another password between them.
     *
     * @param username as the DBA added it, whatever capitals the listener typed
     */
    public record Account(UUID accountId, String username, OffsetDateTime passwordChangedAt) {}

    /**
     * A listener whose password was right.
     *
     * @param account as it was when the sign-in began; empty if another Realm knows the listener
     */
    public record SignedIn(String subject, Optional<Account> account) {}

    /** Tomcat's login: returns the Realm's name of the listener; empty if the Realm refuses name or password. */
    @FunctionalInterface
    public interface Login {
        Optional<String> as(String username);
    }

    /**
     * Signs a listener in. Tomcat's Realm answers alike to a wrong password and to a database that is away. So we ask
     * the database before, because its failure would count towards locking the name, and after a refusal. If the
     * Realm's own statements failed we repeat the sign-in, which also takes that count back.
     *
     * <p>Checking a password takes a while. If the account is deleted, renamed or given another password meanwhile, the
     * listener is not signed in.
     *
     * @param subject the subject for a name that the Realm knows and no account has
     * @throws SQLException if the database or the Realm could not decide
     */
    public Optional<SignedIn> signIn(String typed, UnaryOperator<String> subject, Login login) throws SQLException {
        Optional<Account> before;
        try {
            before = find(typed);
        } catch (SQLException refused) {
            if (hasNoSuchLetters(refused)) {
                return Optional.empty();
            }
            throw refused;
        }
        String name = before.map(Account::username).orElse(typed);
        Optional<String> principal = loginOffTheClock(login, name);
        if (principal.isEmpty() && database.lastCallFailed()) {
            before = find(typed);
            name = before.map(Account::username).orElse(typed);
            principal = loginOffTheClock(login, name);
            if (principal.isEmpty() && database.lastCallFailed()) {
                throw new SQLTransientException("the Realm could not ask the database");
            }
        }
        Optional<Account> after = find(typed);
        if (principal.isEmpty() || !after.equals(before)) {
            return Optional.empty();
        }
        return Optional.of(new SignedIn(before.isPresent() ? name : subject.apply(principal.get()), before));
    }

    /** Whether PostgreSQL could not take a name because its database, not in UTF-8, lacks a letter: nobody is called so. */
    static boolean hasNoSuchLetters(SQLException refused) {
        return UNTRANSLATABLE_CHARACTER.equals(refused.getSQLState());
    }

    /**
     * Moves the deadline back by the time of the login, unless the database failed: hashing a password can take a
     * second.
     */
    private Optional<String> loginOffTheClock(Login login, String name) {
        long start = System.nanoTime();
        Optional<String> principal = login.as(name);
        if (!database.lastCallFailed()) {
            database.extendDeadline(System.nanoTime() - start);
        }
        return principal;
    }

    /** Moves the request's deadline back by time that the listener waited for a free place. */
    public void extendDeadline(long nanos) {
        database.extendDeadline(nanos);
    }

    /**
     * The account that has this name, whatever capitals were typed.
     *
     * @throws SQLException also if the accounts table cannot be read: Tomcat's login() would report that as a wrong
     *     password
     */
    public Optional<Account> find(String typed) throws SQLException {
        return database.ask(
                        connection -> find.on(connection).set("username", typed).first(AccountRepository::account))
                .orElseThrow();
    }

    private static Optional<Account> account(ResultSet row) throws SQLException {
        String username = row.getString("username");
        return username == null
                ? Optional.empty()
                : Optional.of(new Account(
                        row.getObject("account_id", UUID.class),
                        username,
                        row.getObject("password_changed_at", OffsetDateTime.class)));
    }
}
