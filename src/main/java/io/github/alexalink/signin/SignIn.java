package io.github.alexalink.signin;

import io.github.alexalink.config.Passwords;
import io.github.alexalink.config.Settings;
import io.github.alexalink.config.Usernames;
import io.github.alexalink.diagnosis.Arrival;
import io.github.alexalink.diagnosis.Arrivals;
import io.github.alexalink.endpoint.ArrivalFilter;
import io.github.alexalink.protocol.ClientAddress;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.store.AccountRepository;
import io.github.alexalink.store.AccountRepository.SignedIn;
import jakarta.servlet.GenericServlet;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Base64;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Realm;
import org.apache.catalina.TomcatPrincipal;

/**
 * Signs a listener or an operator in against the Realm of this context. Nothing is kept: neither the request nor a session knows the
 * listener afterwards.
 */
public final class SignIn {

    private static final Logger log = Logger.getLogger(SignIn.class.getName());

    /** Sign-ins per household and minute: enough for typing errors, too few for a dictionary attack. */
    public static final int PER_ADDRESS = 20;

    /**
     * The servlet behind Tomcat's RateLimitFilter, which counts every request that is dispatched to it
     * ({@code web.xml}).
     */
    public static final String COUNTER = "sign-ins";

    /** The request attribute in which that filter puts its count. */
    private static final String COUNT = "org.apache.catalina.filters.RateLimitFilter.Count";

    private final Line line = new Line();
    private final AccountRepository accounts;
    private final Usernames usernames;
    private final SameOrigin sameOrigin;
    private final Arrivals arrivals;

    public SignIn(AccountRepository accounts, Settings settings, Arrivals arrivals) {
        this.accounts = accounts;
        this.arrivals = arrivals;
        this.usernames = settings.usernames();
        this.sameOrigin = new SameOrigin(settings.issuer());
    }

    /** Too many sign-ins wait at a time, or one household has sent too many: perhaps somebody guesses passwords. */
    public static final class TooMany extends Exception {
        private static final long serialVersionUID = 1L;

        TooMany(String why) {
            super(why, null, false, false);
        }
    }

    /** Does nothing; the filter in front of it counts. */
    public static final class Counted extends GenericServlet {
        private static final long serialVersionUID = 1L;

        @Override
        public void service(ServletRequest http, ServletResponse reply) {
            // the filter has counted
        }
    }

    /**
     * The user name and the password in a form.
     *
     * @param username empty if nothing was typed
     * @param password empty if nothing was typed
     */
    public record Typed(String username, String password) {

        public static Typed in(Parameters form) throws OAuthException {
            return new Typed(
                    Usernames.tidied(form.secret("username").orElse("")),
                    Passwords.prepared(form.secret("password").orElse("")));
        }

        /**
         * The credentials of HTTP Basic, in UTF-8 (RFC 7617). Empty if the request has none, has them twice, or has
         * others.
         *
         * @param authorization every {@code Authorization} header of the request
         */
        public static Optional<Typed> inBasic(Enumeration<String> authorization) {
            List<String> headers = Collections.list(authorization);
            if (headers.size() != 1 || !headers.get(0).regionMatches(true, 0, "Basic ", 0, 6)) {
                return Optional.empty();
            }
            try {
                byte[] bytes =
                        Base64.getDecoder().decode(headers.get(0).substring(6).strip());
                String pair = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString();
                int colon = pair.indexOf(':');
                return colon < 0
                        ? Optional.empty()
                        : Optional.of(new Typed(
                                Usernames.tidied(pair.substring(0, colon)),
                                Passwords.prepared(pair.substring(colon + 1))));
            } catch (IllegalArgumentException | CharacterCodingException garbled) {
                return Optional.empty();
            }
        }

        public boolean isComplete() {
            return !username.isEmpty() && !password.isEmpty();
        }

        /**
         * Whether an account could have these. PostgreSQL takes no NUL, and a line break would forge a line of the log.
         */
        public boolean isPlausible() {
            return username.codePointCount(0, username.length()) <= 255
                    && username.chars().noneMatch(Character::isISOControl)
                    && !Passwords.isTooLong(password);
        }

        /** Hides both, which a record would print: the name may be a password in the wrong field. */
        @Override
        public String toString() {
            return "somebody";
        }
    }

    /**
     * Returns the listener; empty if name or password is wrong, or the name is locked.
     *
     * @throws SQLException if the database is away: {@code login} fails as for a wrong password then, for which a
     *     listener must not be blamed
     */
    public Optional<SignedIn> as(HttpServletRequest http, HttpServletResponse reply, Typed typed)
            throws SQLException, TooMany, IOException {
        Optional<SignedIn> signedIn = as(http, reply, typed, principal -> {});
        signedIn.ifPresent(listener -> sameOrigin.warnIfElsewhere(http));
        return signedIn;
    }

    /** What became of somebody who needs a role to come in. */
    public enum Entry {
        /** Name or password is wrong, or the name is locked. */
        WRONG,
        WITHOUT_ROLE,
        GRANTED
    }

    /** Lets somebody in who has a role of the Realm; as {@link #as} otherwise. */
    public Entry withRole(HttpServletRequest http, HttpServletResponse reply, Typed typed, String role)
            throws SQLException, TooMany, IOException {
        AtomicBoolean hasRole = new AtomicBoolean();
        Realm realm = ContextRealm.of(http.getServletContext());
        Optional<SignedIn> signedIn =
                as(http, reply, typed, principal -> hasRole.set(realm.hasRole(null, principal, role)));
        if (signedIn.isEmpty()) {
            return Entry.WRONG;
        }
        return hasRole.get() ? Entry.GRANTED : Entry.WITHOUT_ROLE;
    }

    /** @param look at the principal, before the Realm signs it out */
    private Optional<SignedIn> as(
            HttpServletRequest http, HttpServletResponse reply, Typed typed, Consumer<Principal> look)
            throws SQLException, TooMany, IOException {
        ClientAddress client = ClientAddress.of(http.getRemoteAddr());
        count(http, reply, client);
        checkAddress(http, client);
        if (!typed.isPlausible()) {
            return Optional.empty();
        }
        long waiting = System.nanoTime();
        try {
            line.enter(client);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new SQLTransientException("Tomcat is stopping", stopping);
        }
        try {
            accounts.extendDeadline(System.nanoTime() - waiting);
            return accounts.signIn(
                    typed.username(), usernames::subject, username -> login(http, username, typed.password(), look));
        } finally {
            line.leave(client);
        }
    }

    /**
     * Asks the Realm itself. {@link HttpServletRequest#login} refuses every password while somebody is signed in already, by
     * Tomcat's SingleSignOn or by a proxy, and its success would sign the listener in at all web applications of the Host.
     */
    private static Optional<String> login(
            HttpServletRequest http, String username, String password, Consumer<Principal> look) {
        Principal principal = ContextRealm.of(http.getServletContext()).authenticate(username, password);
        if (principal != null) {
            look.accept(principal);
        }
        if (!(principal instanceof TomcatPrincipal signedIn)) {
            return Optional.ofNullable(principal).map(Principal::getName);
        }
        String name = signedIn.getUserPrincipal().getName();
        try {
            signedIn.logout(); // a JAAS login module keeps the listener otherwise
        } catch (Exception failed) {
            log.log(
                    Level.WARNING,
                    failed,
                    () -> "the Realm did not sign a listener out after the password was checked");
        }
        return Optional.of(name);
    }

    /**
     * Counts a password that is about to be checked, and nothing else. Otherwise another site's page, which loads or
     * posts to our addresses in a listener's browser, could use up the sign-ins of the household.
     */
    private static void count(HttpServletRequest http, HttpServletResponse reply, ClientAddress client)
            throws IOException {
        HttpServletRequest ofHousehold = new HttpServletRequestWrapper(http) {
            @Override
            public String getRemoteAddr() { // what the filter counts
                return client.household();
            }
        };
        try {
            http.getServletContext().getNamedDispatcher(COUNTER).include(ofHousehold, reply);
        } catch (ServletException impossible) {
            throw new IllegalStateException("neither Tomcat's filter nor our servlet throws it", impossible);
        }
    }

    /**
     * Makes a household wait that has sent too many sign-ins. This machine's own address never waits: it may be a proxy
     * that does not name its clients, and then everybody would be locked out.
     */
    private void checkAddress(HttpServletRequest http, ClientAddress client) throws TooMany {
        if (!(http.getAttribute(COUNT) instanceof Integer count) || count <= PER_ADDRESS) {
            return;
        }
        arrivals.add(Arrival.of(Arrival.Kind.BRAKED, null, null, ArrivalFilter.way(http)));
        if (!client.isLoopback()) {
            throw new TooMany("request " + count + " for a sign-in from [" + client + "] within a minute, counted for ["
                    + client.household() + "]");
        }
        if (count == PER_ADDRESS + 1) {
            log.warning(() -> "more than " + PER_ADDRESS + " sign-ins within a minute, all from [" + client
                    + "]: if that is the proxy it must send X-Forwarded-For, or nobody can be told to slow down");
        }
    }
}
