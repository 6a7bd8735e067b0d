package io.github.alexalink.metrics;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.config.MetricsReaders;
import io.github.alexalink.endpoint.JsonReply;
import io.github.alexalink.endpoint.Refusals;
import io.github.alexalink.protocol.ClientAddress;
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
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Locale;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Shows the metrics to the readers whom the operator has named: by address, or as resource servers with their
 * credentials.
 */
public final class MetricsServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final Logger log = Logger.getLogger(MetricsServlet.class.getName());
    private final transient Trouble trouble = new Trouble(log, "metrics are answered again", Trouble.QUIET_SECONDS);

    /** Set by Tomcat's RemoteIpValve and RemoteIpFilter on a request of a proxy that they believe. */
    private static final String BELIEVED = "org.apache.tomcat.request.forwarded";

    /** Headers other than X-Forwarded-… that proxies add, and that a Prometheus without a proxy does not send. */
    private static final Set<String> OF_PROXIES =
            Set.of("via", "forwarded", "x-real-ip", "cf-connecting-ip", "cf-ray", "cdn-loop");

    private final transient Metrics metrics;
    private final transient MetricsReaders readers;
    private final transient Refusals refusals;
    private final transient Database database;

    public MetricsServlet(Metrics metrics, MetricsReaders readers, Refusals refusals, Database database) {
        this.metrics = metrics;
        this.readers = readers;
        this.refusals = refusals;
        this.database = database;
    }

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        if (!Set.of("GET", "HEAD").contains(http.getMethod())) {
            reply.setHeader("Allow", "GET, HEAD");
            JsonReply.send(reply, 405, OAuthReplies.error(ErrorCode.INVALID_REQUEST, "the metrics take GET only"));
            return;
        }
        try {
            admit(http);
            trouble.isOver();
            byte[] text = metrics.text().getBytes(StandardCharsets.UTF_8);
            reply.setContentType("text/plain;version=0.0.4;charset=utf-8");
            reply.setHeader("Cache-Control", "no-store");
            reply.setContentLength(text.length);
            reply.getOutputStream().write(text);
        } catch (OAuthException refused) {
            log.info(() -> "metrics refused: " + refused.code().wireName() + " (" + refused.getMessage()
                    + "), asked from [" + ClientAddress.of(http.getRemoteAddr()) + "]");
            int status = refused.code() == ErrorCode.ACCESS_DENIED
                    ? 403
                    : refused.code().httpStatus();
            if (status == 401) { // a 401 must name the scheme (RFC 9110 §15.5.2)
                reply.setHeader("WWW-Authenticate", "Basic realm=\"alexa\", charset=\"UTF-8\"");
            }
            JsonReply.send(reply, status, OAuthReplies.error(refused));
        } catch (SQLException | RuntimeException unavailable) {
            trouble.is(Level.SEVERE, Trouble.kindOf(unavailable), unavailable, () -> "metrics failed");
            reply.setHeader("Retry-After", OAuthReplies.RETRY_AFTER);
            JsonReply.send(
                    reply,
                    503,
                    OAuthReplies.error(
                            ErrorCode.TEMPORARILY_UNAVAILABLE, "the server cannot decide right now: send it again"));
        }
    }

    private void admit(HttpServletRequest http) throws OAuthException, SQLException {
        if (readers.include(http.getRemoteAddr())) {
            if (!isTheProxysOwnAddress(http)) {
                return;
            }
            log.info(() -> "metrics: [" + ClientAddress.of(http.getRemoteAddr())
                    + "] is a reader, but here it is the address"
                    + " of a proxy that does not say for whom it asks, so it does not count: the proxy must send"
                    + " X-Forwarded-For, and Tomcat's RemoteIpValve must have the proxy among its internalProxies");
        }
        if (!readers.resourceServers()) {
            throw new OAuthException(ErrorCode.ACCESS_DENIED, "this address may not read the metrics");
        }
        // from the header only: access logs keep queries
        ClientCredentials credentials =
                ClientCredentials.from(http.getHeaders("Authorization"), Parameters.ofQuery(null));
        database.onOneConnection(() -> {
            refusals.authenticateResourceServer(credentials, "metrics_refused");
            return credentials;
        });
    }

    /**
     * Whether the address of the request is a proxy's and not the client's. Tomcat marks a request from a trusted proxy,
     * and removes X-Forwarded-For once it has used it. So a trusted proxy on this machine that sent none looks like one
     * that named this machine: then the address does not count. A trusted proxy on another machine that sends none
     * cannot be recognized.
     */
    private static boolean isTheProxysOwnAddress(HttpServletRequest http) {
        boolean throughAProxy = Collections.list(http.getHeaderNames()).stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .anyMatch(name -> name.startsWith("x-forwarded-") || OF_PROXIES.contains(name));
        return throughAProxy && (http.getAttribute(BELIEVED) == null || isOfThisMachine(http));
    }

    private static boolean isOfThisMachine(HttpServletRequest http) {
        ClientAddress client = ClientAddress.of(http.getRemoteAddr());
        return client.isLoopback()
                || client.numeric().equals(ClientAddress.of(http.getLocalAddr()).numeric());
    }
}
