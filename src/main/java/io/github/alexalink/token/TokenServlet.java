package io.github.alexalink.token;

import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.OAuthReplies;
import io.github.alexalink.store.Database;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The token endpoint (RFC 6749 §3.2): POST only, JSON only, {@code invalid_grant} only when the database said so. */
public final class TokenServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final Logger log = LoggerFactory.getLogger(TokenServlet.class);

    private final transient AuthorizationCodeGrant codes;
    private final transient RefreshTokenGrant refreshTokens;
    private final transient Database database;

    public TokenServlet(AuthorizationCodeGrant codes, RefreshTokenGrant refreshTokens, Database database) {
        this.database = database;
        this.codes = codes;
        this.refreshTokens = refreshTokens;
    }

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        if (http.getMethod().equals("POST")) {
            doPost(http, reply);
        } else {
            reply.setHeader("Allow", "POST");
            send(reply, 405, OAuthReplies.error(ErrorCode.INVALID_REQUEST, "the token endpoint takes POST only"));
        }
    }

    @Override
    protected void doPost(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        String who = "nobody known";
        try {
            TokenRequest request = TokenRequest.from(http);
            who = request.who();
            TokenAnswer answer = database.inOneTurn(() -> answer(request));
            send(
                    reply,
                    200,
                    OAuthReplies.tokens(
                            answer.accessToken(), answer.expiresIn(), answer.refreshToken(), answer.scope()));
        } catch (OAuthException refused) { // the client's doing: tell it which
            log.info("token request refused: {} ({}), {}", refused.code().wireName(), refused.getMessage(), who);
            if (refused.code() == ErrorCode.INVALID_CLIENT && http.getHeader("Authorization") != null) {
                reply.setHeader("WWW-Authenticate", "Basic realm=\"alexa\", charset=\"UTF-8\"");
            }
            send(reply, refused.code().httpStatus(), OAuthReplies.error(refused));
        } catch (SQLException unavailable) { // ours: never invalid_grant, Alexa would unlink
            log.error("token request failed: {}", who, unavailable);
            reply.setHeader("Retry-After", OAuthReplies.RETRY_AFTER);
            send(
                    reply,
                    503,
                    OAuthReplies.error(
                            ErrorCode.TEMPORARILY_UNAVAILABLE, "the server cannot decide right now: send it again"));
        }
    }

    private TokenAnswer answer(TokenRequest request) throws OAuthException, SQLException {
        if (request instanceof TokenRequest.OfCode ofCode) {
            return codes.redeem(ofCode);
        }
        return refreshTokens.refresh((TokenRequest.OfRefreshToken) request);
    }

    private static void send(HttpServletResponse reply, int status, String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        reply.setStatus(status);
        reply.setContentType("application/json;charset=UTF-8");
        reply.setHeader("Cache-Control", "no-store"); // RFC 6749 §5.1
        reply.setHeader("Pragma", "no-cache");
        reply.setContentLength(body.length);
        reply.getOutputStream().write(body);
    }
}
