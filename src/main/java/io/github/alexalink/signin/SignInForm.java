package io.github.alexalink.signin;

import io.github.alexalink.config.Settings;
import io.github.alexalink.endpoint.Outcome;
import io.github.alexalink.page.Attempt;
import io.github.alexalink.page.Pages;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.Trouble;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * An endpoint that takes a form in which a listener signs in. There is no session and no cookie: every form signs in
 * anew.
 */
public abstract class SignInForm extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final Logger log = Logger.getLogger(SignInForm.class.getName());

    protected final transient Pages pages;
    private final transient SameOrigin sameOrigin;
    private final transient Database database;
    private final transient Trouble trouble =
            new Trouble(log, "sign-in forms are answered again", Trouble.QUIET_SECONDS);

    protected SignInForm(Pages pages, Settings settings, Database database) {
        this.pages = pages;
        this.database = database;
        this.sameOrigin = new SameOrigin(settings.issuer());
    }

    /** Does what the form asks. */
    protected abstract void take(HttpServletRequest http, HttpServletResponse reply, Parameters form)
            throws OAuthException, SQLException, SignIn.TooMany, IOException;

    @Override
    protected final void doPost(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        Optional<String> objection = sameOrigin.objection(http);
        if (objection.isPresent()) {
            Outcome.set(http, "cross_site");
            pages.problem(http, reply, 403, "problem.cross_site", objection.get());
            return;
        }
        try {
            Parameters form = Parameters.ofForm(http.getContentType(), http.getInputStream());
            database.withOneDeadline(() -> takeOrRefuse(http, reply, form));
        } catch (OAuthException garbled) {
            refuse(http, reply, garbled);
        } catch (SQLException unavailable) {
            trouble.is(
                    Level.SEVERE,
                    Trouble.kindOf(unavailable),
                    unavailable,
                    () -> "a sign-in form failed at " + http.getServletPath());
            reply.setHeader("Retry-After", "60");
            pages.problem(http, reply, 503, "problem.unavailable", "the database did not answer");
        }
    }

    /** What the form itself says about the tries before. Whoever lies there changes the words of a page and nothing else. */
    protected static Attempt attempt(Parameters form) {
        List<String> tries = form.every(Attempt.TRIES);
        boolean counted = tries.size() == 1 && tries.get(0).matches("[0-9]{1,3}");
        return new Attempt("", counted ? Integer.parseInt(tries.get(0)) : 0, Optional.empty());
    }

    private Void takeOrRefuse(HttpServletRequest http, HttpServletResponse reply, Parameters form)
            throws SQLException, IOException {
        try {
            take(http, reply, form);
            trouble.isOver();
        } catch (OAuthException garbled) {
            refuse(http, reply, garbled);
        } catch (SignIn.TooMany flood) {
            reply.setHeader("Retry-After", "60");
            pages.problem(http, reply, 429, "problem.too_many", flood.getMessage());
        }
        return null;
    }

    private void refuse(HttpServletRequest http, HttpServletResponse reply, OAuthException garbled) throws IOException {
        int status = garbled.code() == ErrorCode.REQUEST_TOO_LARGE ? 413 : 400;
        pages.problem(http, reply, status, "problem.request", garbled.getMessage());
    }
}
