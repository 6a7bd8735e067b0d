package io.github.alexalink.links;

import io.github.alexalink.config.Settings;
import io.github.alexalink.endpoint.Outcome;
import io.github.alexalink.page.Attempt;
import io.github.alexalink.page.LinksForm;
import io.github.alexalink.page.Pages;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.signin.SignIn;
import io.github.alexalink.signin.SignInForm;
import io.github.alexalink.store.AccountRepository.SignedIn;
import io.github.alexalink.store.AuditRepository;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.LinkRepository;
import io.github.alexalink.store.LinkRepository.Linked;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.logging.Logger;

/** Shows a sign-in form for GET; lists or ends links for POST. */
public final class LinksServlet extends SignInForm {

    private static final long serialVersionUID = 1L;
    private static final Logger log = Logger.getLogger(LinksServlet.class.getName());

    private final transient LinkRepository links;
    private final transient AuditRepository audit;
    private final transient SignIn signIn;

    public LinksServlet(
            LinkRepository links,
            AuditRepository audit,
            SignIn signIn,
            Pages pages,
            Settings settings,
            Database database) {
        super(pages, settings, database);
        this.links = links;
        this.audit = audit;
        this.signIn = signIn;
    }

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        switch (http.getMethod()) {
            case "GET", "HEAD" -> pages.links(http, reply, LinksForm.signIn(Attempt.FIRST));
            case "POST" -> doPost(http, reply);
            default -> {
                reply.setHeader("Allow", "GET, HEAD, POST");
                pages.problem(
                        http, reply, 405, "problem.request", "method " + Printable.of(http.getMethod()) + " at /links");
            }
        }
    }

    @Override
    protected void take(HttpServletRequest http, HttpServletResponse reply, Parameters form)
            throws OAuthException, SQLException, SignIn.TooMany, IOException {
        Action action = Action.of(form.required("action"));
        List<UUID> chosen = chosen(form);
        SignIn.Typed typed = SignIn.Typed.in(form);
        if (!typed.isComplete()) {
            Outcome.set(http, "form_again");
            pages.links(http, reply, LinksForm.signIn(attempt(form).incomplete(typed.username())));
            return;
        }
        Optional<SignedIn> signedIn = signIn.as(http, reply, typed);
        if (signedIn.isEmpty()) {
            log.info("sign-in to the linked apps failed: wrong user name or password, or the name is locked");
            Outcome.set(http, "sign_in_failed");
            audit.signInFailed(typed.isPlausible() ? typed.username() : null);
            pages.links(http, reply, LinksForm.signIn(attempt(form).wrong(typed.username())));
            return;
        }
        String subject = signedIn.get().subject();
        String language = pages.language(http);
        List<Linked> before = links.of(subject, language);
        if (action == Action.SHOW) {
            pages.links(http, reply, LinksForm.showing(typed.username(), before));
        } else if (action == Action.UNLINK && chosen.isEmpty()) {
            pages.links(http, reply, LinksForm.showing(typed.username(), before).nothingChosen());
        } else {
            List<UUID> ended = action == Action.UNLINK_ALL ? links.unlinkAll(subject) : links.unlink(subject, chosen);
            ended.forEach(link -> log.info(() -> "link [" + link + "] of [" + subject + "] unlinked by the listener"));
            List<Linked> named = before.stream()
                    .filter(link -> ended.contains(link.linkId()))
                    .toList();
            // asked again, because a link may have come or gone meanwhile
            pages.links(
                    http,
                    reply,
                    LinksForm.showing(typed.username(), links.of(subject, language))
                            .after(named));
        }
    }

    private static List<UUID> chosen(Parameters form) throws OAuthException {
        try {
            return form.every("link").stream().map(UUID::fromString).toList();
        } catch (IllegalArgumentException noUuid) {
            throw new OAuthException(ErrorCode.INVALID_REQUEST, "link is not the id of a link");
        }
    }

    /** The action of the button that was pressed. */
    private enum Action {
        SHOW,
        UNLINK,
        UNLINK_ALL;

        static Action of(String value) throws OAuthException {
            return switch (value) {
                case "show" -> SHOW;
                case "unlink" -> UNLINK;
                case "unlink_all" -> UNLINK_ALL;
                default ->
                    throw new OAuthException(ErrorCode.INVALID_REQUEST, "action must be show, unlink or unlink_all");
            };
        }
    }
}
