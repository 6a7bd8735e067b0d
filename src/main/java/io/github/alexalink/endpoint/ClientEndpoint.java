package io.github.alexalink.endpoint;

import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.OAuthReplies;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.Trouble;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * An endpoint that a client calls directly: POST only, JSON only. Refusals and failures of such requests are caught here
 * and nowhere else. A failure is 503 with {@code Retry-After}, never an error that would make a client throw its tokens
 * away.
 *
 * @param <R> a request, read but not yet checked
 * @param <A> the answer if the request is granted
 */
public abstract class ClientEndpoint<R, A> extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final Logger log = Logger.getLogger(ClientEndpoint.class.getName());

    /**
     * Parameters that are refused in a query, because access logs would keep them; they belong in the body (RFC 6749
     * §3.2).
     */
    private static final List<String> IN_THE_BODY = List.of(
            "grant_type",
            "code",
            "redirect_uri",
            "client_id",
            "client_secret",
            "code_verifier",
            "refresh_token",
            "scope",
            "token",
            "token_type_hint");

    /** The name of the request in the log, for example {@code token request}. */
    private final String what;

    private final transient Database database;
    private final transient Trouble trouble;

    protected ClientEndpoint(String what, Database database) {
        this.what = what;
        this.database = database;
        this.trouble = new Trouble(log, what + "s are answered again", Trouble.QUIET_SECONDS);
    }

    /** Reads a request; refuses what is not well-formed. */
    protected abstract R read(HttpServletRequest http) throws OAuthException, IOException;

    /** Called before a request is refused that has parameters in its URL, for the audit trail. */
    protected void inTheQuery(HttpServletRequest http, Parameters query, OAuthException refused) throws IOException {}

    /** Client and link as the request claims them, for the log. */
    protected abstract String who(R request);

    /** The client as the request claims it. */
    protected abstract String clientId(R request);

    protected abstract A answer(R request) throws OAuthException, SQLException;

    /** The body of the response; empty for none. */
    protected abstract String json(A answer);

    /** The outcome of a granted request in the metrics. */
    protected String outcome(A answer) {
        return "ok";
    }

    /**
     * Whether {@link #sent} needs the database. If not, the connection goes back to the pool before the response is
     * written: a client that does not read its response would otherwise hold it.
     */
    protected boolean needsDatabaseOnceSent(R request) {
        return false;
    }

    /** Called after the response was sent. The client learns nothing of what happens here. */
    protected void sent(R request, A answer) {}

    @Override
    protected final void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        if (http.getMethod().equals("POST")) {
            doPost(http, reply);
        } else {
            reply.setHeader("Allow", "POST");
            JsonReply.send(reply, 405, OAuthReplies.error(ErrorCode.INVALID_REQUEST, "this endpoint takes POST only"));
        }
    }

    @Override
    protected final void doPost(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        String who = "nobody known";
        try {
            Parameters query = Parameters.ofQuery(http.getQueryString());
            if (query.hasAny(IN_THE_BODY)) {
                OAuthException refused = new OAuthException(
                        ErrorCode.INVALID_REQUEST,
                        "parameters belong in the body, never in the query: that gets logged");
                inTheQuery(http, query, refused);
                throw refused;
            }
            R request = read(http);
            who = who(request);
            Outcome.setClientId(http, clientId(request));
            database.onOneConnection(() -> decideAndSend(http, reply, request));
        } catch (UncheckedIOException gone) {
            throw gone.getCause();
        } catch (OAuthException refused) { // the client's mistake: tell it which
            String asking = who;
            log.info(() -> what + " refused: " + refused.logged() + ", " + asking);
            Outcome.refused(http, refused);
            if (refused.code() == ErrorCode.INVALID_CLIENT && http.getHeader("Authorization") != null) {
                reply.setHeader("WWW-Authenticate", "Basic realm=\"alexa\", charset=\"UTF-8\"");
            }
            JsonReply.send(reply, refused.code().httpStatus(), OAuthReplies.error(refused));
        } catch (SQLException | RuntimeException unavailable) { // our fault: never invalid_grant, Alexa would unlink
            String asking = who;
            if (!trouble.is(
                    Level.SEVERE, Trouble.kindOf(unavailable), unavailable, () -> what + " failed: " + asking)) {
                log.info(() -> what + " failed as before: " + asking);
            }
            reply.setHeader("Retry-After", OAuthReplies.RETRY_AFTER);
            JsonReply.send(
                    reply,
                    503,
                    OAuthReplies.error(
                            ErrorCode.TEMPORARILY_UNAVAILABLE, "the server cannot decide right now: send it again"));
        }
    }

    /** Answers with one connection for the decision and {@link #sent}, so that the latter need not wait for one. */
    private Void decideAndSend(HttpServletRequest http, HttpServletResponse reply, R request)
            throws OAuthException, SQLException {
        A answer = answer(request);
        trouble.isOver();
        Outcome.set(http, outcome(answer));
        if (!needsDatabaseOnceSent(request)) {
            database.returnConnection();
        }
        try {
            JsonReply.send(reply, 200, json(answer));
            reply.flushBuffer();
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
        sent(request, answer);
        return null;
    }
}
