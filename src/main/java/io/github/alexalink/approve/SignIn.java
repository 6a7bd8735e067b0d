package io.github.alexalink.approve;

import io.github.alexalink.store.RealmRepository;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Signs a listener in against the context's Realm, which is Tomcat's. No session comes of it: whoever signed in is
 * forgotten when the request ends.
 */
public final class SignIn {

    /**
     * Sign-ins at a time. Tomcat's DataSourceRealm holds a connection for the tenth of a second that checking a password
     * takes, so a flood of guesses would otherwise empty the pool and starve the token endpoint.
     */
    private static final int AT_A_TIME = 3;

    /** Who may wait for a place, and how long: a whole household, but not so many that no thread is left for tokens. */
    private static final int IN_LINE = 20;

    private static final int PATIENCE_SECONDS = 5;
    private static final int MAX_LENGTH = 1000;

    private final Semaphore places = new Semaphore(AT_A_TIME, true);
    private final RealmRepository accounts;

    public SignIn(RealmRepository accounts) {
        this.accounts = accounts;
    }

    /** More people want to sign in than can be let in: perhaps somebody is guessing passwords. */
    static final class TooMany extends Exception {
        private static final long serialVersionUID = 1L;

        TooMany() {
            super("more than " + IN_LINE + " sign-ins are waiting", null, false, false);
        }
    }

    /**
     * The subject, as the Realm names it; empty where name or password is wrong, or the name is locked.
     *
     * @throws SQLException where that cannot be known: {@code login} fails the same way for a wrong password and for a
     *     database that is away, and a listener must not be blamed for the second
     */
    Optional<String> as(HttpServletRequest http, String username, String password) throws SQLException, TooMany {
        if (!plausible(username) || password.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        try {
            if (places.getQueueLength() >= IN_LINE || !places.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new TooMany();
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new SQLTransientException("Tomcat is stopping", stopping);
        }
        try {
            accounts.ask(); // before: a failure that is ours would count towards locking the name
            http.login(username, password);
            String subject = http.getUserPrincipal().getName();
            http.logout();
            return Optional.of(subject);
        } catch (ServletException refused) {
            accounts.ask();
            return Optional.empty();
        } finally {
            places.release();
        }
    }

    /** Nobody is called that: and PostgreSQL cannot even be asked for a NUL, nor a log line hold a line break. */
    static boolean plausible(String username) {
        return username.length() <= 255 && username.chars().noneMatch(Character::isISOControl);
    }
}
