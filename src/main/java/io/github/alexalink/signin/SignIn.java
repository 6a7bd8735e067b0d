package io.github.alexalink.signin;

import io.github.alexalink.config.Usernames;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.store.AccountRepository;
import io.github.alexalink.store.AccountRepository.SignedIn;
import jakarta.servlet.GenericServlet;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;

/**
 * Signs a listener in against the context's Realm, which is Tomcat's. No session comes of it: whoever signed in is
 * forgotten when the request ends.
 */
public final class SignIn {

    private static final Logger log = Logger.getLogger(SignIn.class.getName());

    /**
     * Sign-ins at a time. Tomcat's DataSourceRealm holds a connection for the tenth of a second that checking a password
     * takes, so a flood of guesses would otherwise empty the pool and starve the token endpoint.
     */
    private static final int AT_A_TIME = 3;

    /** Who may wait for a place, and how long: a whole household, but not so many that no thread is left for tokens. */
    private static final int IN_LINE = 20;

    private static final int PATIENCE_SECONDS = 10;

    /** Sign-ins per address and minute: enough for a household with typing errors, too few for a dictionary attack. */
    public static final int PER_ADDRESS = 20;

    /** The servlet behind Tomcat's RateLimitFilter, which counts whatever is dispatched there ({@code web.xml}). */
    public static final String COUNTER = "sign-ins";

    /** Where that filter leaves its count. */
    private static final String COUNT = "org.apache.catalina.filters.RateLimitFilter.Count";

    private static final int MAX_LENGTH = 1000;

    private final Semaphore places = new Semaphore(AT_A_TIME, true);
    private final AccountRepository accounts;
    private final Usernames usernames;

    public SignIn(AccountRepository accounts, Usernames usernames) {
        this.accounts = accounts;
        this.usernames = usernames;
    }

    /** More people want to sign in than can be let in, or one too often: perhaps somebody is guessing passwords. */
    public static final class TooMany extends Exception {
        private static final long serialVersionUID = 1L;

        TooMany(String why) {
            super(why, null, false, false);
        }
    }

    /** What stands behind the filter that counts, and does nothing. */
    public static final class Counted extends GenericServlet {
        private static final long serialVersionUID = 1L;

        @Override
        public void service(ServletRequest http, ServletResponse reply) {
            // the filter has done it
        }
    }

    /**
     * What somebody typed into the form.
     *
     * @param username empty where nothing was typed
     * @param password empty where nothing was typed
     */
    public record Typed(String username, String password) {

        public static Typed in(Parameters form) throws OAuthException {
            return new Typed(
                    Usernames.tidied(form.secret("username").orElse("")),
                    form.secret("password").orElse(""));
        }

        public boolean isComplete() {
            return !username.isEmpty() && !password.isEmpty();
        }

        /** Nobody is called that: and PostgreSQL cannot even be asked for a NUL, nor a log line hold a line break. */
        public boolean isPlausible() {
            return username.length() <= 255
                    && username.chars().noneMatch(Character::isISOControl)
                    && password.length() <= MAX_LENGTH;
        }

        /** Neither: a record would print both, and the name may be a password in the wrong field. */
        @Override
        public String toString() {
            return "somebody";
        }
    }

    /**
     * Who it is; empty if name or password is wrong, or the name is locked.
     *
     * @throws SQLException if that cannot be known: {@code login} fails the same way for a wrong password and for a
     *     database that is away, and a listener must not be blamed for the second
     */
    public Optional<SignedIn> as(HttpServletRequest http, HttpServletResponse reply, Typed typed)
            throws SQLException, TooMany, IOException {
        count(http, reply);
        checkAddress(http);
        if (!typed.isPlausible()) {
            return Optional.empty();
        }
        long inLine = System.nanoTime();
        try {
            if (places.getQueueLength() >= IN_LINE || !places.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new TooMany("more than " + IN_LINE + " sign-ins are waiting");
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new SQLTransientException("Tomcat is stopping", stopping);
        }
        try {
            accounts.stoodInLine(System.nanoTime() - inLine);
            return accounts.signIn(
                    typed.username(), usernames::subject, username -> login(http, username, typed.password()));
        } finally {
            places.release();
        }
    }

    private static Optional<String> login(HttpServletRequest http, String username, String password) {
        try {
            http.login(username, password);
            String subject = http.getUserPrincipal().getName();
            http.logout();
            return Optional.of(subject);
        } catch (ServletException refused) {
            return Optional.empty();
        }
    }

    /**
     * Counts a password that is about to be checked. Nothing else is counted: a page of somebody else's that loads or
     * posts to our addresses in a listener's browser would use up the sign-ins of the household.
     */
    private static void count(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        try {
            http.getServletContext().getNamedDispatcher(COUNTER).include(http, reply);
        } catch (ServletException impossible) {
            throw new IllegalStateException("neither Tomcat's filter nor our servlet throws it", impossible);
        }
    }

    /**
     * An address that signs in too often has to wait. This machine's own never has: it is the proxy's, where that does not
     * say for whom it asks, and to lock the proxy out would be to lock out everybody.
     */
    private static void checkAddress(HttpServletRequest http) throws TooMany {
        if (!(http.getAttribute(COUNT) instanceof Integer count) || count <= PER_ADDRESS) {
            return;
        }
        String address = Printable.of(http.getRemoteAddr());
        if (!isLoopback(address)) {
            throw new TooMany("request " + count + " for a sign-in from [" + address + "] within a minute");
        }
        if (count == PER_ADDRESS + 1) {
            log.warning(() -> "more than " + PER_ADDRESS + " sign-ins within a minute, all from [" + address
                    + "]: if that is the proxy it must send X-Forwarded-For, or nobody can be told to slow down");
        }
    }

    private static boolean isLoopback(String address) {
        return address.startsWith("127.") || address.equals("0:0:0:0:0:0:0:1") || address.equals("::1");
    }
}
