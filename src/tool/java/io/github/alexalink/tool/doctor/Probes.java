package io.github.alexalink.tool.doctor;

import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Severity;
import io.github.alexalink.diagnosis.Shell;
import io.github.alexalink.protocol.Printable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.json.JSONObject;

/** What is asked of the server without a secret: health, clock, steadiness, and the token endpoint. */
final class Probes {

    /** Alexa hangs up then. */
    static final long LIMIT_MS = 4_500;

    static final long TIGHT_MS = 3_000;
    /** From here on the doctor's own time is too short for repeats that nobody needs. */
    private static final long SLUGGISH_MS = 1_000;

    private static final int STEADY = 8;
    private static final Duration CLOCK = Duration.ofSeconds(60);
    private static final String TOKEN = "/token";
    private static final int NOT_FOUND = 404;

    /** With these a proxy answers for Alexa Link if it has a page for errors; with others it refuses by itself. */
    private static final Set<Integer> NOT_A_REFUSAL = Set.of(200, 400, 401, NOT_FOUND);

    private final Target target;
    private final Asking asking;

    Probes(Target target, Asking asking) {
        this.target = target;
        this.asking = asking;
    }

    /** A token request of a client that is not registered: refused, and nothing is kept of it. */
    static Request unknownClient(Target target) {
        return Request.machine(
                        target.path() + TOKEN,
                        new LinkedHashMap<>(Map.of("grant_type", "refresh_token", "refresh_token", Ours.NOBODY)))
                .with("Authorization", basic(Ours.NOBODY, Ours.NOBODY));
    }

    static String basic(String id, String secret) {
        return "Basic " + Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(StandardCharsets.UTF_8));
    }

    /** What health says; a fault there keeps everybody out. */
    Finding health(Reply health) {
        if (!Ours.isHealth(health)) {
            return Words.info(
                    "unavailable",
                    "the proxy does not let /health through, which does no harm",
                    health.shown(),
                    "the page of health, for monitoring");
        }
        if (health.status() == 200) {
            return Words.ok("unavailable", "Alexa Link answers, and can issue tokens");
        }
        String message = health.json().map(body -> body.optString("message")).orElse("");
        boolean schema = message.equals("schema");
        return Words.fatal(
                "unavailable",
                "Alexa Link runs, and can issue no token: "
                        + (schema ? "its tables are not as it needs them" : "its database does not answer"),
                "status 503" + (message.isEmpty() ? "" : ", " + Printable.of(message)),
                "status 200, ok",
                schema
                        ? "bring the tables to the version of the WAR. On the server:\n    sudo java -jar alexa.war setup"
                        : "see whether PostgreSQL runs, and why Alexa Link cannot log in. On the server:"
                                + "\n    sudo java -jar alexa.war check",
                "nobody can sign in, and Amazon gets no token until it is well again. Links that exist live on",
                "docs/operator.md, Health");
    }

    /** The clock of the server, as the header Date tells it. */
    static Optional<Finding> clock(Reply reply, Instant here) {
        return reply.date().map(there -> {
            Duration off = Duration.between(here, there);
            if (off.abs().compareTo(CLOCK) < 0) {
                return Words.ok("clock-off", "the clock of the server agrees with the one here");
            }
            return Words.warning(
                    "clock-off",
                    "the clock of the server is " + off.abs().toSeconds() + " s "
                            + (off.isNegative() ? "behind" : "ahead of")
                            + " the one of this machine: one of the two is wrong",
                    there.toString(),
                    here.truncatedTo(ChronoUnit.SECONDS) + ", to a minute",
                    "on each machine:\n    timedatectl set-ntp true",
                    "a clock that is wrong makes good certificates invalid, and tokens live too long or too short",
                    "docs/operator.md, When something is wrong");
        });
    }

    /** The address that the server itself believes to have. */
    Finding issuer(String issuer) {
        if (issuer.isEmpty()) {
            return Words.info(
                    "issuer-differs",
                    "the metadata cannot be read, which Alexa does not do",
                    "no issuer",
                    target.url());
        }
        if (target.isMeantBy(issuer)) {
            return Words.ok("issuer-differs", "alexa.issuer is the address that was looked at");
        }
        String other = Printable.of(issuer.replaceFirst("[?#].*", ""));
        if (target.port() != Target.HTTPS && target.at(Target.HTTPS).isMeantBy(issuer)) {
            return Words.info(
                    "issuer-differs",
                    "alexa.issuer is this address with Amazon's port, as it has to be",
                    target.url(),
                    other);
        }
        String look = Shell.address(other)
                .map(address -> ", look at that:\n    java -jar alexa.war doctor " + address)
                .orElse(", which is no address of a server, correct it there");
        return Words.warning(
                "issuer-differs",
                "alexa.issuer is another address than the one that was looked at",
                other,
                target.url(),
                target.port() == Target.HTTPS
                        ? "if Amazon has the address that is wanted, set it on the server:"
                                + "\n    sudo java -jar alexa.war setup --issuer " + target.url()
                                + "\nif Amazon has the other one" + look
                        : "Amazon has not this one, because of its port. If it has the other one" + look,
                "older browsers in the Alexa app are refused at the sign-in, and whoever compares iss refuses the answer",
                "https://datatracker.ietf.org/doc/html/rfc9207#section-2.4");
    }

    /** Asks a few times more, unless that takes the time that a link needs. */
    void steadiness() {
        for (int i = 0; i < STEADY && asking.average() < SLUGGISH_MS; i++) {
            try {
                asking.ask(Request.machine(target.path() + "/.well-known/oauth-authorization-server"));
            } catch (Unanswered none) {
                return; // what is asked next says it
            }
        }
    }

    /** The token endpoint, as a client that is not registered sees it. */
    List<Finding> token() {
        Request request = unknownClient(target);
        Reply reply;
        try {
            reply = asking.ask(request);
        } catch (Unanswered none) {
            return List.of(Asking.fault(none, request));
        }
        List<Finding> findings = new ArrayList<>();
        if (!Ours.isToken(reply)) {
            findings.add(notToken(reply, request).as(Severity.ERROR));
            return findings;
        }
        slow(reply, request).ifPresent(findings::add);
        Optional<Finding> changed = changed(reply, request).or(() -> formLost(reply, request));
        Optional<Finding> lost = changed.isPresent() ? Optional.empty() : authorization(reply, request);
        changed.or(() -> lost).ifPresent(findings::add);
        if (findings.isEmpty()) {
            findings.add(Words.ok("authorization-lost", "the header Authorization arrives"));
            findings.add(Words.ok("body-changed", "the token endpoint answers JSON that nobody has changed"));
            findings.add(
                    Words.ok("too-slow", "it answers in time: " + reply.times().all() + " ms"));
        }
        return findings;
    }

    /** A fault that only the token endpoint has; of the rest, Alexa Link answers. */
    private Finding notToken(Reply reply, Request request) {
        if (reply.status() >= 500 && isCodeTaken()) {
            return Replay.refreshFails(request, reply.shown());
        }
        if (reply.header("content-type").toLowerCase(Locale.ROOT).startsWith("application/json")
                && reply.json().isEmpty()) {
            return changed(reply, request).orElseThrow();
        }
        if (NOT_A_REFUSAL.contains(reply.status()) && !looksChecked(reply) && isAnswered(sentTwice())) {
            return intercepted(reply, request);
        }
        if (reply.status() == NOT_FOUND) {
            return isAnswered(new Request("GET", request.path(), request.headers(), "", false))
                    ? intercepted(reply, request)
                    : pathMissing(reply, request);
        }
        String realm = reply.header("www-authenticate");
        if ((reply.status() == 401 || reply.status() == 400)
                && (realm.contains("realm=\"alexa\"") || (realm.isEmpty() && !looksChecked(reply)))) {
            return intercepted(reply, request);
        }
        if (reply.status() == 405 || reply.status() == 411 || reply.status() == 413 || reply.status() == 415) {
            return Words.error(
                    "challenge-in-front",
                    "something in front of Alexa Link refuses a POST",
                    request.shown() + ": " + reply.shown(),
                    "an answer of Alexa Link",
                    "let POST through for " + target.path() + "/: look for limit_except, a list of methods, or a web"
                            + " application firewall in the proxy; " + Words.PROXY,
                    "Amazon fetches its tokens by POST",
                    Words.HTTPS_RFC);
        }
        Finding fault = new Stranger(target, reply, request.shown()).fault();
        return fault.id().equals("challenge-in-front") ? onlyAmazon(fault) : fault;
    }

    private static Finding intercepted(Reply reply, Request request) {
        return Words.error(
                "body-changed",
                "the proxy puts a page of its own in the place of Alexa Link's answer",
                request.shown() + ": " + reply.shown(),
                "status 401, application/json, {\"error\":\"invalid_client\"…}",
                "let the proxy pass error answers as they are. nginx:\n    proxy_intercept_errors off;"
                        + "\nApache httpd: ProxyErrorOverride Off",
                "Alexa reads the error in the JSON. Without it, it cannot tell a link that is over from an error"
                        + " of the moment, and unlinks",
                Words.ERROR_RFC);
    }

    private Finding pathMissing(Reply reply, Request request) {
        return Words.error(
                "not-me",
                "Alexa Link is there, and the proxy does not pass " + request.path() + " to it",
                request.shown() + ": " + reply.shown(),
                "an answer of Alexa Link",
                "add " + request.path() + " to the paths that the proxy passes to Tomcat; " + Words.PROXY,
                "Amazon asks there for its tokens, and gets none",
                Words.HTTPS_RFC);
    }

    /** A token request that is refused with another status than 401, before anybody looks at the client. */
    private Request sentTwice() {
        Request once = unknownClient(target);
        return new Request(once.method(), once.path(), once.headers(), once.body() + "&" + once.body(), false);
    }

    private boolean isAnswered(Request request) {
        try {
            return Ours.isToken(asking.ask(request));
        } catch (Unanswered none) {
            return false;
        }
    }

    /** Whether a token request with a code, of a client that is not registered, gets through. */
    private boolean isCodeTaken() {
        Request request = Request.machine(
                        target.path() + TOKEN,
                        new LinkedHashMap<>(Map.of("grant_type", "authorization_code", "code", Ours.NOBODY)))
                .with("Authorization", basic(Ours.NOBODY, Ours.NOBODY));
        return isAnswered(request);
    }

    private static boolean looksChecked(Reply reply) {
        String text = reply.text().toLowerCase(Locale.ROOT);
        return text.contains("<script") || text.contains("challenge") || text.contains("captcha");
    }

    /** Says whether it is Amazon's user agent that is refused. */
    private Finding onlyAmazon(Finding fault) {
        Request asBrowser = unknownClient(target).with("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0");
        try {
            if (!Ours.isToken(asking.ask(asBrowser))) {
                return fault;
            }
        } catch (Unanswered none) {
            return fault;
        }
        return Words.error(
                fault.id(),
                "the user agent of Amazon's servers is refused, and a browser's is not",
                fault.found() + ", to User-Agent Apache-HttpClient",
                fault.wanted(),
                "let " + target.path()
                        + "/ through whatever the User-Agent is: look for a bot protection, a list of user"
                        + " agents, ModSecurity. " + fault.cure(),
                fault.why(),
                fault.source());
    }

    private Optional<Finding> slow(Reply first, Request request) {
        if (first.times().all() < TIGHT_MS) {
            return Optional.empty();
        }
        Reply again;
        try {
            again = asking.ask(request);
        } catch (Unanswered none) {
            return Optional.of(Asking.fault(none, request));
        }
        long best = Math.min(first.times().all(), again.times().all());
        Reply.Times times = first.times().all() < again.times().all() ? first.times() : again.times();
        String found = request.shown() + ": " + best + " ms at best (" + times.shown() + ")";
        if (best >= LIMIT_MS) {
            return Optional.of(Asking.tooSlow(found, times));
        }
        return best >= TIGHT_MS ? Optional.of(Asking.nearlyTooSlow(found, times)) : Optional.empty();
    }

    /** What the answers of the token endpoint have in common, tokens and errors. */
    static Optional<Finding> changed(Reply reply, Request request) {
        String type = reply.header("content-type");
        String control = reply.header("cache-control");
        String found = reply.json().isEmpty()
                ? "a body that is not JSON"
                : !type.toLowerCase(Locale.ROOT).startsWith("application/json")
                        ? "Content-Type: " + Printable.of(type)
                        : !reply.header("content-encoding").isEmpty()
                                ? "Content-Encoding: " + Printable.of(reply.header("content-encoding"))
                                        + ", which was not asked for"
                                : !control.toLowerCase(Locale.ROOT).contains("no-store")
                                        ? "Cache-Control: " + (control.isEmpty() ? "none" : Printable.of(control))
                                        : "";
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of(Words.error(
                        "body-changed",
                        "the proxy changes the answers of the token endpoint",
                        request.shown() + ": " + found,
                        "Content-Type: application/json, Cache-Control: no-store, a JSON object",
                        "let the proxy pass bodies and headers as they are: take away sub_filter, mod_substitute,"
                                + " mod_pagespeed, minifiers, caches and expires; " + Words.PROXY,
                        "Alexa takes no token from an answer that it cannot read, or that a cache may keep",
                        Words.TOKEN_RFC));
    }

    /** A client that is not registered is refused as such, unless the form did not arrive whole. */
    private static Optional<Finding> formLost(Reply reply, Request request) {
        JSONObject error = reply.json().orElseGet(JSONObject::new);
        return reply.status() == 400 && error.optString("error").equals("invalid_request")
                ? Optional.of(Words.error(
                        "body-changed",
                        "the form in the body of a POST does not arrive as it was sent",
                        request.shown() + ": status 400, invalid_request, "
                                + Printable.of(error.optString("error_description")),
                        "status 401, invalid_client, because the doctor asked as a client that is not registered",
                        "let the body and its Content-Type pass as they are. nginx:\n    proxy_pass_request_body on;",
                        "Amazon sends the code in that form, and gets no token",
                        Words.TOKEN_RFC))
                : Optional.empty();
    }

    private Optional<Finding> authorization(Reply first, Request request) {
        if (!isLost(first)) {
            return Optional.empty();
        }
        try {
            return isLost(asking.ask(request))
                    ? Optional.of(lost(target, "a request with it is answered as one without"))
                    : Optional.empty();
        } catch (Unanswered none) {
            return Optional.of(Asking.fault(none, request));
        }
    }

    private static boolean isLost(Reply reply) {
        String said =
                reply.json().map(error -> error.optString("error_description")).orElse("");
        return reply.status() == 401
                && (said.contains("missing") || reply.header("www-authenticate").isEmpty());
    }

    static Finding lost(Target target, String found) {
        return Words.error(
                "authorization-lost",
                "the proxy takes away or changes the header Authorization",
                found,
                "Authorization: Basic … arrives at " + target.path() + TOKEN,
                "find the line that does it (proxy_set_header, RequestHeader), and delete it:"
                        + "\n    grep -rn Authorization /etc/nginx /etc/apache2 /etc/caddy /etc/haproxy"
                        + "\nOr let Amazon do without: in its console, Your Authentication Scheme, choose"
                        + " Credentials in request body",
                "Alexa proves by it which client it is, and is refused with invalid_client",
                "https://datatracker.ietf.org/doc/html/rfc6749#section-2.3.1");
    }

    /** The members of an answer that has tokens in it; empty if they are good. */
    static Optional<Finding> shape(Reply reply, Request request) {
        JSONObject tokens = reply.json().orElseGet(JSONObject::new);
        String found = "";
        if (tokens.optString("access_token").isEmpty()) {
            found = "no access_token";
        } else if (!tokens.optString("token_type").equalsIgnoreCase("Bearer")) {
            found = "token_type [" + Printable.of(tokens.optString("token_type")) + "]";
        } else if (!(tokens.opt("expires_in") instanceof Number)) {
            found = tokens.has("expires_in") ? "expires_in is no number" : "no expires_in";
        } else if (tokens.optLong("expires_in") < 360) {
            found = "expires_in " + tokens.optLong("expires_in");
        } else if (tokens.optString("refresh_token").isEmpty()) {
            found = "no refresh_token";
        }
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of(Words.error(
                        "answer-shape",
                        "the answer with the tokens is not as Alexa needs it",
                        request.shown() + ": " + found,
                        "access_token, token_type Bearer, expires_in of 360 or more, refresh_token",
                        "see what the proxy changes in bodies. If expires_in is too small, set the life of access tokens"
                                + " to 6 minutes or more, as docs/dba.md says (Clients)",
                        tokens.optString("access_token").isEmpty() || found.startsWith("token_type")
                                ? "Alexa takes no token from this answer, and says that linking failed"
                                : "Alexa never refreshes a token without expires_in or refresh_token: the link ends"
                                        + " after an hour",
                        Words.AMAZON));
    }
}
