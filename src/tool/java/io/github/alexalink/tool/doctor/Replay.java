package io.github.alexalink.tool.doctor;

import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.TomcatLogs;
import io.github.alexalink.protocol.Printable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Links as Alexa does, twice: with PKCE and Basic, then without PKCE and with the secret in the body. It refreshes,
 * tries what has to be refused, and revokes what it linked. It signs in with what it was given and never tries again.
 */
final class Replay {

    private static final String REFUSALS = "refusals";
    private static final String GRANT = "grant_type";
    private static final String REFRESH_TOKEN = "refresh_token";
    private static final String INVALID_GRANT = "invalid_grant";

    private final Target target;
    private final Asking asking;
    private final Credentials who;
    private final boolean basicWorks;
    private final Page page;
    private final List<Finding> findings = new ArrayList<>();

    private OpenLink open;

    /** Whether refreshes are answered, as far as is known. */
    private boolean refreshes = true;

    /** @param basicWorks whether the header {@code Authorization} arrives, as far as is known */
    Replay(Target target, Asking asking, Credentials who, boolean basicWorks) {
        this.target = target;
        this.asking = asking;
        this.who = who;
        this.basicWorks = basicWorks;
        this.page = new Page(target, asking, who, true);
    }

    /** Ends a link of which no more can be said. */
    private static final class Over extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient Finding fault;

        Over(Finding fault) {
            super(fault.id(), null, false, false);
            this.fault = fault;
        }
    }

    List<Finding> findings() {
        try (OpenLink untilRevoked = new OpenLink(target, asking)) {
            open = untilRevoked;
            boolean basic = secretIsRight();
            boolean demanded = link(true, basic);
            if (!demanded) {
                link(false, false);
            }
            if (findings.stream().noneMatch(finding -> finding.severity().needsAttention())) {
                findings.add(Words.ok("answer-shape", "tokens are issued as Alexa needs them, " + ways(basic)));
                findings.add(Words.ok(
                        "refresh-fails", "they are refreshed" + (basic ? ", by Basic and by body" : ", by body")));
                findings.add(Words.ok(REFUSALS, "what has to be refused is refused; what was linked is revoked"));
            }
        } catch (Over over) {
            findings.add(over.fault);
        }
        return findings;
    }

    private static String ways(boolean basic) {
        return (basic ? "by Basic with PKCE, and by body without" : "by body, with PKCE and without");
    }

    private Reply ask(Request request) throws Over {
        try {
            return asking.ask(request);
        } catch (Unanswered none) {
            throw new Over(Asking.fault(none, request));
        }
    }

    private Request tokenRequest(String path, Map<String, String> form, boolean basic) {
        Map<String, String> all = new LinkedHashMap<>(form);
        String id = who.clientId().orElseThrow();
        String secret = who.clientSecret().orElseThrow();
        all.put("client_id", id);
        if (!basic) {
            all.put("client_secret", secret);
        }
        Request request = Request.machine(target.path() + path, all);
        return (basic ? request.with("Authorization", Probes.basic(id, secret)) : request).withSecret();
    }

    private Reply refresh(String token, boolean basic) throws Over {
        return ask(tokenRequest("/token", Map.of(GRANT, REFRESH_TOKEN, REFRESH_TOKEN, token), basic));
    }

    /**
     * Asks with a token that cannot be one: the right secret is answered with {@code invalid_grant}. Returns whether Basic
     * can be used.
     */
    private boolean secretIsRight() throws Over {
        Reply body = refresh(Ours.NOBODY, false);
        Optional<Reply> basic = basicWorks ? Optional.of(refresh(Ours.NOBODY, true)) : Optional.empty();
        boolean wrong = error(body).equals("invalid_client");
        if (wrong && (basic.isEmpty() || error(basic.get()).equals("invalid_client"))) {
            String secret = who.clientSecret().orElseThrow();
            throw new Over(Words.error(
                    "secret-wrong",
                    "the client secret is not the one here, or is no longer valid",
                    "status " + body.status() + ", invalid_client"
                            + (secret.equals(secret.strip()) ? "" : "; the secret that was given has a blank around it")
                            + (secret.startsWith("als_") ? "" : "; it does not begin with als_"),
                    "the secret that was printed when it was made",
                    "compare it with what is entered at Amazon. If it is lost, make a new one and enter that. On the"
                            + " server:\n    sudo java -jar alexa.war client secret "
                            + who.pastedClientId("ID"),
                    "each token request of Amazon's is refused: a code is issued, and linking fails after the sign-in",
                    Words.ERROR_RFC));
        }
        if (wrong) {
            throw new Over(Words.error(
                    "body-changed",
                    "the client secret is refused in the body, and taken by Basic",
                    "status " + body.status() + ", " + Printable.of(error(body)),
                    INVALID_GRANT,
                    "see what in front of Alexa Link changes the bodies of requests",
                    "Amazon's choice Credentials in request body does not work; HTTP Basic does",
                    Words.TOKEN_RFC));
        }
        if (error(body).equals("unauthorized_client")) {
            throw new Over(Words.error(
                    "client-unknown",
                    "this client is a resource server: it looks tokens up and gets none",
                    "status " + body.status() + ", unauthorized_client",
                    "the client of Alexa's skill",
                    "see which one it is. On the server:\n    sudo java -jar alexa.war client list",
                    "no token is issued to it",
                    Words.ERROR_RFC));
        }
        if (!error(body).equals(INVALID_GRANT)) {
            throw new Over(refusal("an unknown refresh token", body, "status 400, invalid_grant"));
        }
        boolean good = basic.isPresent() && error(basic.get()).equals(INVALID_GRANT);
        if (basic.isPresent() && !good) {
            findings.add(Probes.lost(
                    target,
                    "the client secret is taken in the body; by Basic the answer is status "
                            + basic.get().status() + ", " + Printable.of(error(basic.get()))));
        }
        return good;
    }

    private static String error(Reply reply) {
        return reply.status() == 200
                ? ""
                : reply.json().map(body -> body.optString("error")).orElse("");
    }

    private static Finding refusal(String what, Reply reply, String wanted) {
        return Words.error(
                REFUSALS,
                what + " is not refused as it has to be",
                "status " + reply.status() + (error(reply).isEmpty() ? "" : ", " + Printable.of(error(reply))),
                wanted,
                "see what in front of Alexa Link changes its answers, and whether the server is well. On it:"
                        + "\n    sudo java -jar alexa.war check",
                "Alexa decides by the error whether to ask again or to unlink",
                Words.ERROR_RFC);
    }

    /** One link, from the page to its end. Returns whether the client demands PKCE, as is seen without it. */
    private boolean link(boolean pkce, boolean basic) throws Over {
        Page.Authorization authorization = page.authorization(who.redirectUri().orElseThrow(), pkce);
        Reply shown = ask(page.request(authorization));
        Optional<Finding> fault = page.fault(shown, authorization);
        if (fault.isPresent()) {
            if (!pkce && fault.get().id().equals("pkce-differs")) {
                findings.add(fault.get());
                return true;
            }
            throw new Over(fault.get());
        }
        String location = signIn(shown, authorization);
        Optional<String> code = Page.parameter(location, "code");
        if (code.isEmpty()) {
            throw new Over(page.refused(location, authorization));
        }
        Page.state(Page.parameter(location, "state").orElse(""), authorization.state(), "in the redirect to Amazon")
                .ifPresent(findings::add);
        tokens(code.get(), authorization, basic);
        return false;
    }

    /** Sends the form once, and never again: a wrong password would be counted. */
    private String signIn(Reply shown, Page.Authorization authorization) throws Over {
        Map<String, String> form = new LinkedHashMap<>(Ours.hidden(shown));
        form.put("username", who.username().orElseThrow());
        form.put("password", who.password().orElseThrow());
        form.put("decision", "allow");
        Request request = Request.phone(target.path() + "/approve", form, target.origin());
        Reply reply;
        try {
            reply = asking.once(request);
        } catch (Unanswered none) {
            if (Asking.isChance(none)) {
                endIfChance(request, none.shown(), authorization, shown);
            }
            throw new Over(Asking.fault(none, request));
        }
        if (Asking.isOfAGateway(reply)) {
            endIfChance(request, "status " + reply.status(), authorization, shown);
        }
        if (Ours.isSignInPage(reply)) {
            throw new Over(Words.error(
                    "sign-in-failed",
                    "the server does not take this user name and password",
                    request.shown() + ": the sign-in page again",
                    "a redirect to Amazon with a code",
                    "see whether the account is there, enabled and not locked. On the server:"
                            + "\n    sudo java -jar alexa.war account list\nThe doctor has tried once, and a name is locked"
                            + " after five wrong passwords",
                    "what comes after the sign-in was not looked at",
                    "docs/operator.md, Signing in fails"));
        }
        if (reply.status() == 429) {
            throw new Over(Words.error(
                    "braked",
                    "too many have tried to sign in within a minute",
                    request.shown() + ": status 429",
                    "a redirect to Amazon with a code",
                    "wait a minute and run it again. If it stays, see that the proxy sends X-Forwarded-For: otherwise"
                            + " everybody shares one address. On the server:\n    sudo java -jar alexa.war check",
                    "listeners are told to wait",
                    "docs/operator.md, Who may try how often"));
        }
        String location = reply.header("location");
        if (!reply.isRedirect() || location.isEmpty()) {
            throw new Over(Words.error(
                    "page-not-shown",
                    "the sign-in form is not answered with the way back to Amazon",
                    request.shown() + ": " + reply.shown(),
                    "status 303, to " + authorization.redirectUri(),
                    Asking.isOfAGateway(reply)
                            ? "look into the proxy's error log at this minute: it gets no answer of Tomcat's to a POST; "
                                    + Words.PROXY
                            : "let POST through for " + target.path() + "/approve, with a body and with the headers"
                                    + " Origin and Sec-Fetch-Site as they came; " + Words.PROXY,
                    "the listener has signed in, and linking fails",
                    Words.AMAZON));
        }
        if (!location.startsWith(authorization.redirectUri())) {
            throw new Over(Words.error(
                    "body-changed",
                    "the proxy changes the address of the redirect to Amazon",
                    "to " + reply.destination(),
                    "to " + authorization.redirectUri(),
                    "let the header Location pass as it is. nginx:\n    proxy_redirect off;",
                    "the answer does not get to Amazon",
                    Words.AMAZON));
        }
        return location;
    }

    /** The form is not sent again, for the password in it: that of a listener who cancels tells whether it was chance. */
    private void endIfChance(Request request, String how, Page.Authorization authorization, Reply shown) throws Over {
        Map<String, String> form = new LinkedHashMap<>(Ours.hidden(shown));
        form.put("decision", "deny");
        Request cancelled = Request.phone(target.path() + "/approve", form, target.origin());
        try {
            if (asking.ask(cancelled).header("location").startsWith(authorization.redirectUri())) {
                asking.remember(request, how);
                throw new Over(Words.skipped("link", "the rest of a link", "unsteady"));
            }
        } catch (Unanswered none) {
            // not by chance
        }
    }

    /** Redeems the code, refreshes, revokes. */
    private void tokens(String code, Page.Authorization authorization, boolean basic) throws Over {
        Map<String, String> form = new LinkedHashMap<>();
        form.put(GRANT, "authorization_code");
        form.put("code", code);
        form.put("redirect_uri", authorization.redirectUri());
        if (authorization.verifier().isPresent()) {
            form.put("code_verifier", Page.newVerifier());
            Reply refused = ask(tokenRequest("/token", form, basic));
            if (!error(refused).equals(INVALID_GRANT)) {
                findings.add(refusal("a wrong code_verifier", refused, "status 400, invalid_grant"));
            }
            form.put("code_verifier", authorization.verifier().get());
        }
        Request request = tokenRequest("/token", form, basic);
        open.sendingCode();
        Reply reply;
        try {
            reply = asking.ask(request);
        } catch (Unanswered none) {
            open.closed();
            throw new Over(Words.foundToo(
                    Asking.fault(none, request), OpenLink.CODE_WITHOUT_ANSWER + ". See " + target.url() + "/links"));
        }
        String refreshToken =
                reply.json().map(tokens -> tokens.optString(REFRESH_TOKEN)).orElse("");
        if (refreshToken.isEmpty()) {
            open.closed();
        } else {
            open.opened(revocation(refreshToken, basic));
        }
        try {
            if (reply.status() != 200) {
                throw new Over(Words.error(
                        "answer-shape",
                        "the code is not redeemed",
                        request.shown() + ": status " + reply.status() + ", " + Printable.of(error(reply)),
                        "status 200, with tokens",
                        "the log of Tomcat says why:" + TomcatLogs.lastLines(3, "token request refused"),
                        "the listener has signed in, and linking fails",
                        Words.TOKEN_RFC));
            }
            good(reply, request);
            if (!refreshToken.isEmpty()) {
                refreshed(refreshToken, basic);
            }
        } finally {
            if (!refreshToken.isEmpty()) {
                revoke(refreshToken, basic);
            }
        }
    }

    private void good(Reply reply, Request request) {
        if (reply.times().all() >= Probes.LIMIT_MS) {
            findings.add(Asking.tooSlow(
                    request.shown() + ": " + reply.times().all() + " ms ("
                            + reply.times().shown() + ")",
                    reply.times()));
        }
        Probes.changed(reply, request).or(() -> Probes.shape(reply, request)).ifPresent(findings::add);
    }

    private void refreshed(String refreshToken, boolean basic) throws Over {
        Request request = tokenRequest("/token", Map.of(GRANT, REFRESH_TOKEN, REFRESH_TOKEN, refreshToken), basic);
        Reply reply = ask(request);
        if (reply.status() != 200) {
            refreshes = false;
            throw new Over(refreshFails(
                    request,
                    error(reply).isEmpty()
                            ? reply.shown()
                            : "status " + reply.status() + ", " + Printable.of(error(reply))));
        }
        good(reply, request);
    }

    private Request revocation(String refreshToken, boolean basic) {
        return tokenRequest("/revoke", Map.of("token", refreshToken), basic);
    }

    static Finding refreshFails(Request request, String found) {
        return Words.error(
                "refresh-fails",
                "a token cannot be refreshed",
                request.shown() + " with grant_type=refresh_token: " + found,
                "status 200, with a new access token",
                "the log of Tomcat says why, if it was asked:"
                        + TomcatLogs.lastLines(3, "token request refused")
                        + "\nIf not, the proxy's error log does",
                "links end after an hour, when the first access token does",
                Words.AMAZON);
    }

    /** Ends the link: afterwards its refresh token has to be refused. */
    private void revoke(String refreshToken, boolean basic) {
        Request request = revocation(refreshToken, basic);
        try {
            Reply reply = asking.ask(request);
            if (reply.status() != 200) {
                findings.add(open.left(request.shown() + ": " + reply.shown()));
                return;
            }
            open.closed();
            Reply after = asking.ask(
                    tokenRequest("/token", Map.of(GRANT, REFRESH_TOKEN, REFRESH_TOKEN, refreshToken), basic));
            if (refreshes && !error(after).equals(INVALID_GRANT)) {
                findings.add(refusal("a refresh token that was revoked", after, "status 400, invalid_grant"));
            }
        } catch (Unanswered none) {
            findings.add(open.left(request.shown() + ": " + none.shown()));
        }
    }

    /** How many requests both links take, and looking at the secret before. */
    static final int REQUESTS = 17;

    /** What a link that was not made says of itself. */
    static Finding notTried(Target target, Credentials who) {
        String doctor = "\n    java -jar alexa.war doctor " + target.url();
        return notTried(
                "missing: " + who.missing(),
                "a client, its secret, one of its redirect URIs, and a test account",
                "at a terminal you are asked for secret, name and password:" + doctor + " --client-id "
                        + who.pastedClientId("alexa") + " --redirect-uri " + who.pastedVendorId()
                        + "\nOr do without:" + doctor + " --no-link");
    }

    /** As {@link #notTried(Target, Credentials)}, if the server takes too long. */
    static Finding noTime(long leftMillis, long averageMillis) {
        return notTried(
                Math.max(0, leftMillis / 1000) + " s were left of the doctor's minute, and an answer took "
                        + averageMillis + " ms on average",
                "time for " + REQUESTS + " requests: what is linked has to be revoked before the doctor ends",
                "see first what makes the server slow. On it:\n    sudo java -jar alexa.war check\nThen run the doctor"
                        + " again");
    }

    private static Finding notTried(String found, String wanted, String cure) {
        return Words.warning(
                "link-not-tried",
                "no link was tried: what Alexa does with a code and its tokens was not looked at",
                found,
                wanted,
                cure,
                "a wrong secret, for example, is seen only by trying",
                "java -jar alexa.war doctor --help");
    }
}
