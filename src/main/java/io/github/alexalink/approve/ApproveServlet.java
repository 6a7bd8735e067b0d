package io.github.alexalink.approve;

import io.github.alexalink.authorize.AuthorizationRequest;
import io.github.alexalink.authorize.AuthorizationTarget;
import io.github.alexalink.config.Settings;
import io.github.alexalink.endpoint.Outcome;
import io.github.alexalink.page.Attempt;
import io.github.alexalink.page.Pages;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.protocol.UiLocales;
import io.github.alexalink.signin.SignIn;
import io.github.alexalink.signin.SignInForm;
import io.github.alexalink.store.AccountRepository.SignedIn;
import io.github.alexalink.store.AuditRepository;
import io.github.alexalink.store.AuthorizationCodeRepository;
import io.github.alexalink.store.AuthorizationCodeRepository.Consent;
import io.github.alexalink.store.AuthorizationCodeRepository.Issue;
import io.github.alexalink.store.Database;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.logging.Logger;

/** Takes the form of the sign-in and consent page. POST only. */
public final class ApproveServlet extends SignInForm {

    private static final long serialVersionUID = 1L;
    private static final Logger log = Logger.getLogger(ApproveServlet.class.getName());

    private final transient AuthorizationTarget targets;
    private final transient AuthorizationCodeRepository codes;
    private final transient AuditRepository audit;
    private final transient SignIn signIn;

    public ApproveServlet(
            AuthorizationTarget targets,
            AuthorizationCodeRepository codes,
            AuditRepository audit,
            SignIn signIn,
            Pages pages,
            Settings settings,
            Database database) {
        super(pages, settings, database);
        this.targets = targets;
        this.codes = codes;
        this.audit = audit;
        this.signIn = signIn;
    }

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        if (http.getMethod().equals("POST")) {
            doPost(http, reply);
        } else {
            reply.setHeader("Allow", "POST");
            pages.problem(
                    http, reply, 405, "problem.request", "method " + Printable.of(http.getMethod()) + " at /approve");
        }
    }

    @Override
    protected void take(HttpServletRequest http, HttpServletResponse reply, Parameters form)
            throws OAuthException, SQLException, SignIn.TooMany, IOException {
        Outcome.setClientId(http, form);
        pages.speak(http, UiLocales.in(form));
        AuthorizationRequest.query(form).ifPresent(query -> pages.keep(http, query));
        AuthorizationTarget.Found found;
        try {
            found = targets.find(form, pages.language(http));
        } catch (AuthorizationTarget.NoRedirect noRedirect) {
            Outcome.set(http, noRedirect.outcome());
            noRedirect.reason().ifPresent(reason -> Outcome.refused(http, reason));
            if (noRedirect.reason().equals(Optional.of(Reason.CLIENT_DISABLED))) {
                refused(form.required("client_id"), Reason.CLIENT_DISABLED);
            }
            pages.problem(http, reply, 400, noRedirect.key(), noRedirect.getMessage());
            return;
        }
        AuthorizationRequest request;
        try {
            request = AuthorizationRequest.from(form, found.client());
            if (!allowed(form)) {
                throw new OAuthException(ErrorCode.ACCESS_DENIED, Reason.DENIED);
            }
        } catch (OAuthException refused) {
            log.info(() ->
                    "authorization request of client [" + found.client().clientId() + "] refused: " + refused.logged());
            Outcome.refused(http, refused);
            redirect(reply, targets.refusing(found, refused, null));
            return;
        }
        allow(http, reply, SignIn.Typed.in(form), attempt(form), found, request);
    }

    private static boolean allowed(Parameters form) throws OAuthException {
        return switch (form.required("decision")) {
            case "allow" -> true;
            case "deny" -> false;
            default -> throw new OAuthException(ErrorCode.INVALID_REQUEST, "decision must be allow or deny");
        };
    }

    private void allow(
            HttpServletRequest http,
            HttpServletResponse reply,
            SignIn.Typed typed,
            Attempt attempt,
            AuthorizationTarget.Found found,
            AuthorizationRequest request)
            throws IOException, SQLException, SignIn.TooMany {
        String clientId = found.client().clientId();
        if (!typed.isComplete()) {
            Outcome.set(http, "form_again");
            pages.consent(http, reply, request.form(found.target(), attempt.incomplete(typed.username())));
            return;
        }
        Optional<SignedIn> signedIn = signIn.as(http, reply, typed);
        if (signedIn.isEmpty()) {
            // not the typed name, which may be a password; the audit trail has the name if there is such an account
            refuseSignIn(http, reply, typed, attempt, found, request, Reason.SIGN_IN_FAILED);
            return;
        }
        Token code = Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId());
        Issue issue = codes.issue(
                code,
                new Consent(
                        clientId,
                        found.target().redirectUri(),
                        found.target().registered(),
                        request.codeChallenge(),
                        signedIn.get(),
                        request.scope()));
        if (issue == Issue.CLIENT_DISABLED) {
            Outcome.set(http, "invalid_client");
            Outcome.refused(http, Reason.CLIENT_DISABLED);
            refused(clientId, Reason.CLIENT_DISABLED);
            pages.problem(http, reply, 400, "problem.client", "client [" + clientId + "] was disabled meanwhile");
            return;
        }
        if (issue == Issue.REDIRECT_URI_GONE) {
            Outcome.set(http, "invalid_redirect_uri");
            Outcome.refused(http, Reason.REDIRECT_URI_UNREGISTERED);
            refused(clientId, Reason.REDIRECT_URI_UNREGISTERED);
            pages.problem(
                    http,
                    reply,
                    400,
                    "problem.redirect_uri",
                    "the redirect URI was taken away from client [" + clientId + "] meanwhile");
            return;
        }
        if (issue == Issue.SCOPE_GONE) {
            OAuthException refused = new OAuthException(ErrorCode.INVALID_SCOPE, Reason.SCOPE_UNREGISTERED);
            Outcome.refused(http, refused);
            redirect(reply, targets.refusing(found, refused, null));
            return;
        }
        if (issue == Issue.ACCOUNT_CHANGED) {
            refuseSignIn(http, reply, typed, attempt, found, request, Reason.ACCOUNT_CHANGED);
            return;
        }
        String subject = signedIn.get().subject();
        log.info(() -> "code [" + code.hash() + "] issued: link [" + code.linkId() + "] of [" + subject
                + "] to client [" + clientId + "] for [" + request.scope() + "]");
        Outcome.set(http, "issued");
        redirect(reply, found.target().answering(code));
    }

    private void refuseSignIn(
            HttpServletRequest http,
            HttpServletResponse reply,
            SignIn.Typed typed,
            Attempt attempt,
            AuthorizationTarget.Found found,
            AuthorizationRequest request,
            Reason why)
            throws IOException {
        String clientId = found.client().clientId();
        log.info(() -> "sign-in for client [" + clientId + "] failed (" + why.id() + "): " + why.sentence());
        audit.refused("sign_in_failed", clientId, typed.isPlausible() ? typed.username() : null, why.word());
        Outcome.set(http, "sign_in_failed");
        Outcome.refused(http, why);
        pages.consent(http, reply, request.form(found.target(), attempt.wrong(typed.username())));
    }

    private void refused(String clientId, Reason why) {
        audit.refused("authorization_refused", clientId, null, why.word());
    }

    /** Redirects by 303. 307 and 308 would make the browser post the password on to the client (RFC 9700 §4.12). */
    private static void redirect(HttpServletResponse reply, String location) {
        reply.setHeader("Cache-Control", "no-store");
        reply.setHeader("Location", location);
        reply.setStatus(303);
    }
}
