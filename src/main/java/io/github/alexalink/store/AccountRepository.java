package io.github.alexalink.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** The accounts that Tomcat's Realm reads. Tomcat checks the password; this says whose it was, and whether it could. */
public final class AccountRepository {

    private final NamedStatement find = NamedStatement.load("find_account", "username");
    private final Database database;

    public AccountRepository(Database database) {
        this.database = database;
    }

    /**
     * An account of {@code alexa.account} at one moment. If two moments have equal ones, nobody deleted or renamed it
     * between them, nor changed its password.
     *
     * @param username as it was added, however its capitals were typed
     */
    public record Account(UUID accountId, String username, OffsetDateTime passwordChangedAt) {}

    /**
     * Somebody whose password was right.
     *
     * @param account as it was when the sign-in began; empty for people whom another Realm knows
     */
    public record SignedIn(String subject, Optional<Account> account) {}

    /** What {@code login} does: the name that Tomcat's Realm knows somebody by; empty if it refuses name or password. */
    @FunctionalInterface
    public interface Login {
        Optional<String> as(String username);
    }

    /**
     * Signs somebody in. Tomcat's Realm says the same of a wrong password and of a database that is away: so the database
     * is asked before, because a failure of the database would count towards locking the name, and after a refusal. If the
     * Realm's own questions failed the sign-in is repeated, which also takes that count back.
     *
     * <p>Checking a password takes its time. Somebody whose account was deleted, renamed or given another password in that
     * time is not signed in.
     *
     * @param subject of a name that the Realm knows and no account has
     * @throws SQLException if it cannot be known
     */
    public Optional<SignedIn> signIn(String typed, UnaryOperator<String> subject, Login login) throws SQLException {
        Optional<Account> before = find(typed);
        String name = before.map(Account::username).orElse(typed);
        Optional<String> principal = timed(login, name);
        if (principal.isEmpty() && database.isInTrouble()) {
            before = find(typed);
            name = before.map(Account::username).orElse(typed);
            principal = timed(login, name);
            if (principal.isEmpty() && database.isInTrouble()) {
                throw new SQLTransientException("the Realm could not ask the database");
            }
        }
        Optional<Account> after = find(typed);
        if (principal.isEmpty() || !after.equals(before)) {
            return Optional.empty();
        }
        return Optional.of(new SignedIn(before.isPresent() ? name : subject.apply(principal.get()), before));
    }

    /** Hashing a password takes its time, and on a small machine a second: that is not the database's. */
    private Optional<String> timed(Login login, String name) {
        long start = System.nanoTime();
        Optional<String> principal = login.as(name);
        if (!database.isInTrouble()) {
            database.excuse(System.nanoTime() - start);
        }
        return principal;
    }

    /** Says how long somebody stood in line, which was not the database's fault either. */
    public void stoodInLine(long nanos) {
        database.excuse(nanos);
    }

    /**
     * The account that has this name in whatever capitals.
     *
     * @throws SQLException also if the Realm could not read its table
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
