package io.github.alexalink.authorize;

import io.github.alexalink.endpoint.Outcome;
import io.github.alexalink.page.Attempt;
import io.github.alexalink.page.Pages;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.protocol.UiLocales;
import io.github.alexalink.store.Trouble;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The authorization endpoint (RFC 6749 §3.1). It takes GET and HEAD, and changes nothing however often it is called.
 */
public final class AuthorizeServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final Logger log = Logger.getLogger(AuthorizeServlet.class.getName());

    private final transient Trouble trouble =
            new Trouble(log, "authorization requests are answered again", Trouble.QUIET_SECONDS);
    private final transient AuthorizationTarget targets;
    private final transient Pages pages;

    public AuthorizeServlet(AuthorizationTarget targets, Pages pages) {
        this.targets = targets;
        this.pages = pages;
    }

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        if (Set.of("GET", "HEAD").contains(http.getMethod())) {
            doGet(http, reply);
        } else {
            reply.setHeader("Allow", "GET, HEAD");
            pages.problem(
                    http, reply, 405, "problem.request", "method " + Printable.of(http.getMethod()) + " at /authorize");
        }
    }

    @Override
    protected void doGet(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        try {
            Parameters parameters = Parameters.ofQuery(http.getQueryString());
            Outcome.setClientId(http, parameters);
            pages.speak(http, UiLocales.in(parameters));
            AuthorizationRequest.query(parameters).ifPresent(query -> pages.keep(http, query));
            AuthorizationTarget.Found found = targets.find(parameters, pages.language(http));
            trouble.isOver();
            try {
                AuthorizationRequest request = AuthorizationRequest.from(parameters, found.client());
                log.info(
                        () -> "sign-in page shown for client [" + found.client().clientId() + "], scope ["
                                + request.scope() + "], code_challenge ["
                                + (request.codeChallenge().isPresent() ? "S256" : "none") + "]");
                pages.consent(http, reply, request.form(found.target(), Attempt.FIRST));
            } catch (OAuthException refused) {
                log.info(() -> "authorization request of client ["
                        + found.client().clientId() + "] refused: " + refused.logged());
                Outcome.refused(http, refused);
                reply.setHeader("Cache-Control", "no-store");
                reply.setHeader("Location", targets.refusing(found, refused, null));
                reply.setStatus(303);
            }
        } catch (AuthorizationTarget.NoRedirect noRedirect) {
            Outcome.set(http, noRedirect.outcome());
            noRedirect.reason().ifPresent(reason -> Outcome.refused(http, reason));
            pages.problem(http, reply, 400, noRedirect.key(), noRedirect.getMessage());
        } catch (OAuthException garbled) {
            pages.problem(http, reply, 400, "problem.request", garbled.getMessage());
        } catch (SQLException unavailable) {
            trouble.is(Level.SEVERE, Trouble.kindOf(unavailable), unavailable, () -> "authorization request failed");
            reply.setHeader("Retry-After", "60");
            pages.problem(http, reply, 503, "problem.unavailable", "the database did not answer");
        }
    }
}
