package io.github.alexalink.store;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Optional;

/** The tables that Tomcat's Realm reads. Checking a password is Tomcat's; here is only asked whether it could. */
public final class RealmRepository {

    private static final String ANY_ACCOUNT = "SELECT 1 FROM alexa.realm_account LIMIT 1";

    private final Database database;

    public RealmRepository(Database database) {
        this.database = database;
    }

    /** What {@code login} does: the subject, or empty where it was refused. */
    @FunctionalInterface
    public interface Login {
        Optional<String> subject();
    }

    /**
     * Signs somebody in. Tomcat's Realm says the same of a wrong password and of a database that is away: so the database
     * is asked before, because a failure that is ours would count towards locking the name, and after a refusal. Where the
     * Realm's own questions failed it is repeated, which also takes that count back.
     *
     * @throws SQLException where it cannot be known
     */
    public Optional<String> signIn(Login login) throws SQLException {
        ask();
        Optional<String> subject = timed(login);
        if (subject.isEmpty() && database.isInTrouble()) {
            ask();
            subject = timed(login);
            if (subject.isEmpty() && database.isInTrouble()) {
                throw new SQLTransientException("the Realm could not ask the database");
            }
        }
        if (subject.isEmpty()) {
            ask();
        }
        return subject;
    }

    /** Hashing a password takes its time, and on a small machine a second: that is not the database's. */
    private Optional<String> timed(Login login) {
        long start = System.nanoTime();
        Optional<String> subject = login.subject();
        if (!database.isInTrouble()) {
            database.excuse(System.nanoTime() - start);
        }
        return subject;
    }

    /** Says how long somebody stood in line, which was not the database's fault either. */
    public void stoodInLine(long nanos) {
        database.excuse(nanos);
    }

    /** Does nothing where the Realm can read its table; fails where it could not, which {@code login} does not tell. */
    public void ask() throws SQLException {
        database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(ANY_ACCOUNT);
                    ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        });
    }
}
