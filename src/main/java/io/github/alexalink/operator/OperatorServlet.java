package io.github.alexalink.operator;

import io.github.alexalink.config.Settings;
import io.github.alexalink.endpoint.JsonReply;
import io.github.alexalink.endpoint.Outcome;
import io.github.alexalink.page.Pages;
import io.github.alexalink.protocol.ClientAddress;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.signin.SignIn;
import io.github.alexalink.store.AuditRepository;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.Trouble;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Shows the operator's page. Tomcat's own BasicAuthenticator would check the password before the filter that counts
 * sign-ins, and its SingleSignOn would sign the operator in at every other web application of the Host.
 */
public final class OperatorServlet extends HttpServlet {

    /** The role of the accounts that may read it. */
    public static final String ROLE = "alexa-operator";

    private static final long serialVersionUID = 1L;
    private static final Pattern WEIGHT =
            Pattern.compile(";\\s*q=([01](?:\\.[0-9]{0,3})?)\\s*(?:;|$)", Pattern.CASE_INSENSITIVE);
    private static final Logger log = Logger.getLogger(OperatorServlet.class.getName());

    private final transient Trouble trouble =
            new Trouble(log, "the operator's page is answered again", Trouble.QUIET_SECONDS);
    private final transient Overviews overviews;
    private final transient SignIn signIn;
    private final transient AuditRepository audit;
    private final transient Pages pages;
    private final transient Database database;
    private final URI issuer;

    public OperatorServlet(
            Overviews overviews,
            SignIn signIn,
            AuditRepository audit,
            Pages pages,
            Settings settings,
            Database database) {
        this.overviews = overviews;
        this.signIn = signIn;
        this.audit = audit;
        this.pages = pages;
        this.database = database;
        this.issuer = settings.issuer();
    }

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        if (!Set.of("GET", "HEAD").contains(http.getMethod())) {
            reply.setHeader("Allow", "GET, HEAD");
            refuse(http, reply, Refused.METHOD, "method " + Printable.of(http.getMethod()));
            return;
        }
        Optional<Refused> refused = unasked(http);
        if (refused.isPresent()) {
            Outcome.set(http, refused.get() == Refused.CROSS_SITE ? "cross_site" : "access_denied");
            refuse(http, reply, refused.get(), "no password was asked for");
            return;
        }
        Optional<SignIn.Typed> typed =
                SignIn.Typed.inBasic(http.getHeaders("Authorization")).filter(SignIn.Typed::isComplete);
        if (typed.isEmpty()) {
            refuse(http, reply, Refused.WRONG, "no user name and password came");
            return;
        }
        try {
            database.withOneDeadline(() -> letIn(http, reply, typed.get()));
            trouble.isOver();
        } catch (SQLException unavailable) {
            trouble.is(
                    Level.SEVERE,
                    Trouble.kindOf(unavailable),
                    unavailable,
                    () -> "nobody can sign in to the operator's page");
            refuse(http, reply, Refused.UNAVAILABLE, "the database did not answer");
        }
    }

    private Void letIn(HttpServletRequest http, HttpServletResponse reply, SignIn.Typed typed)
            throws SQLException, IOException {
        try {
            switch (signIn.withRole(http, reply, typed, ROLE)) {
                case WRONG -> {
                    Outcome.set(http, "sign_in_failed");
                    audit.refused(
                            "sign_in_failed",
                            null,
                            typed.isPlausible() ? typed.username() : null,
                            "at the operator's page");
                    refuse(http, reply, Refused.WRONG, "wrong user name or password, or the name is locked");
                }
                case WITHOUT_ROLE -> {
                    Outcome.set(http, "access_denied");
                    refuse(http, reply, Refused.ROLE, "the account does not have the role " + ROLE);
                }
                case GRANTED -> show(http, reply);
            }
        } catch (SignIn.TooMany flood) {
            refuse(http, reply, Refused.TOO_MANY, flood.getMessage());
        }
        return null;
    }

    /** Why no password is asked for: it would travel readably, or another site's page has sent the request. */
    private Optional<Refused> unasked(HttpServletRequest http) {
        if (!http.isSecure() && !isOnThisMachine(http)) {
            return Optional.of(Refused.NOT_HTTPS);
        }
        // a browser sends the password along with what any page makes it load, and each counts as a sign-in
        String site = http.getHeader("Sec-Fetch-Site");
        boolean byItself = site == null
                || Set.of("none", "same-origin").contains(site)
                || "?1".equals(http.getHeader("Sec-Fetch-User"));
        return byItself ? Optional.empty() : Optional.of(Refused.CROSS_SITE);
    }

    /** Whether the browser runs on this machine, or has a tunnel to it. A proxy here that names no client passes Host on. */
    private static boolean isOnThisMachine(HttpServletRequest http) {
        return ClientAddress.of(http.getRemoteAddr()).isLoopback()
                && (http.getServerName().equals("localhost")
                        || ClientAddress.of(http.getServerName()).isLoopback());
    }

    private void show(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        Overview overview = overviews.now(http);
        if (wantsJson(http)) {
            JsonReply.send(reply, 200, overview.json());
        } else {
            pages.english(http, reply, 200, "operator.ftlh", overview.model());
        }
    }

    private void refuse(HttpServletRequest http, HttpServletResponse reply, Refused refused, String why)
            throws IOException {
        log.info(() -> "operator's page refused: " + refused.name().toLowerCase(Locale.ROOT) + " (" + why
                + "), asked from [" + ClientAddress.of(http.getRemoteAddr()) + "]");
        if (refused == Refused.WRONG) {
            reply.setHeader("WWW-Authenticate", "Basic realm=\"Alexa Link\", charset=\"UTF-8\"");
        }
        if (refused == Refused.TOO_MANY || refused == Refused.UNAVAILABLE) {
            reply.setHeader("Retry-After", "60");
        }
        // whoever opened it by https all the same has a proxy of which Tomcat does not know that
        String cause = refused == Refused.NOT_HTTPS
                ? overviews
                        .forwarded(http)
                        .map(finding -> "If you did open it by https: " + finding.says() + " (" + finding.id() + "). "
                                + finding.cure())
                        .orElse("")
                : "";
        String todo = refused.todo(issuer, http.getLocalPort(), http.getContextPath(), cause);
        if (wantsJson(http)) {
            JsonReply.send(reply, refused.status(), refused.json(todo));
        } else {
            pages.english(http, reply, refused.status(), "operator-refused.ftlh", refused.model(todo));
        }
    }

    /** HTML if the request would as soon have it, as a browser would (RFC 9110 §12.5.1). */
    private static boolean wantsJson(HttpServletRequest http) {
        String accept = Objects.toString(http.getHeader("Accept"), "");
        return weight(accept, "application/json") > weight(accept, "text/html");
    }

    /** From 0 to 1; 0 if the type is not named. */
    private static double weight(String accept, String type) {
        for (String range : accept.split(",", -1)) {
            if (range.split(";", 2)[0].strip().equalsIgnoreCase(type)) {
                Matcher weight = WEIGHT.matcher(range);
                return weight.find() ? Double.parseDouble(weight.group(1)) : 1;
            }
        }
        return 0;
    }
}
