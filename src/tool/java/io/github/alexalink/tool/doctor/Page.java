package io.github.alexalink.tool.doctor;

import io.github.alexalink.client.SkillRedirectUris;
import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Severity;
import io.github.alexalink.diagnosis.TomcatLogs;
import io.github.alexalink.protocol.Printable;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ResourceBundle;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The sign-in page, as the browser in the Alexa app opens it. */
final class Page {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String PAGE_NOT_SHOWN = "page-not-shown";
    private static final int HOPS = 2;

    private final Target target;
    private final Asking asking;
    private final Credentials who;
    private final boolean issuerDiffers;

    /** @param issuerDiffers whether alexa.issuer is another address, because of which an older browser is refused anyway */
    Page(Target target, Asking asking, Credentials who, boolean issuerDiffers) {
        this.issuerDiffers = issuerDiffers;
        this.target = target;
        this.asking = asking;
        this.who = who;
    }

    /** An authorization request, and what belongs to it. */
    record Authorization(String redirectUri, String state, Optional<String> verifier, Map<String, String> parameters) {}

    /** As long as Alexa's, and with the letters of base64 that get lost on the way: 1,108 characters. */
    static String newState() {
        byte[] bytes = new byte[830];
        RANDOM.nextBytes(bytes);
        bytes[0] = (byte) 0xFB; // +
        bytes[1] = (byte) 0xFF; // /
        bytes[2] = (byte) 0xBF;
        return Base64.getEncoder().encodeToString(bytes);
    }

    static String newVerifier() {
        byte[] bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    Authorization authorization(String redirectUri, boolean pkce) {
        String state = newState();
        Optional<String> verifier = pkce ? Optional.of(newVerifier()) : Optional.empty();
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("client_id", who.clientId().orElse(Ours.NOBODY));
        parameters.put("response_type", "code");
        who.scope().ifPresent(scope -> parameters.put("scope", scope));
        parameters.put("redirect_uri", redirectUri);
        parameters.put("state", state);
        verifier.ifPresent(secret -> {
            parameters.put("code_challenge", challenge(secret));
            parameters.put("code_challenge_method", "S256");
        });
        return new Authorization(redirectUri, state, verifier, parameters);
    }

    private static String challenge(String verifier) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }

    Request request(Authorization authorization) {
        return Request.phone(target.path() + "/authorize?" + Request.encoded(authorization.parameters()));
    }

    /** Looks at the page; with a client, at one for each of Amazon's regions. */
    List<Finding> findings() {
        if (!who.hasClient()) {
            return unknownClient();
        }
        String wanted = who.redirectUri().orElseThrow();
        List<String> uris = new ArrayList<>(List.of(wanted));
        if (SkillRedirectUris.isAlike(wanted)) {
            SkillRedirectUris.vendorIdOf(List.of(wanted)).map(SkillRedirectUris::of).orElse(List.of()).stream()
                    .filter(uri -> !uri.equals(wanted))
                    .forEach(uris::add);
        }
        List<Finding> findings = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (String uri : uris) {
            Authorization authorization = authorization(uri, true);
            Optional<Finding> fault;
            try {
                fault = fault(get(authorization), authorization);
            } catch (Unanswered none) {
                fault = Optional.of(Asking.fault(none, request(authorization)));
            }
            if (fault.isPresent() && fault.get().id().equals("redirect-uri-missing")) {
                missing.add(uri);
            } else if (fault.isPresent()) {
                String region = URI.create(uri).getHost();
                return List.of(
                        uri.equals(wanted)
                                ? fault.get()
                                : Words.foundToo(fault.get(), "asked with the redirect URI of " + region));
            }
        }
        if (!missing.isEmpty()) {
            findings.add(missing(uris, missing));
            return findings;
        }
        findings.add(originChanged()
                .orElseGet(() -> Words.ok(
                        PAGE_NOT_SHOWN,
                        uris.size() > 1
                                ? "the sign-in page is shown, for each of Amazon's three regions"
                                : "the sign-in page is shown")));
        findings.add(Words.ok(
                "state-cut", "the state arrives as it was sent, " + newState().length() + " characters"));
        return findings;
    }

    /**
     * Sends a form as a browser does that sends no {@code Sec-Fetch-Site}: then Origin alone says that it is ours. It has a
     * client that is not registered, so nothing comes of it and nothing is kept.
     */
    private Optional<Finding> originChanged() {
        if (issuerDiffers) {
            return Optional.empty();
        }
        Request older =
                Request.olderPhone(target.path() + "/approve", Map.of("client_id", Ours.NOBODY), target.origin());
        try {
            Reply reply = asking.ask(older);
            return reply.status() == 403 && Ours.isPage(reply)
                    ? Optional.of(Words.warning(
                            PAGE_NOT_SHOWN,
                            "an older browser's sign-in form is refused: the proxy changes the header Origin, or takes it"
                                    + " away",
                            older.shown() + " with Origin " + target.origin() + " and without Sec-Fetch-Site: "
                                    + reply.shown(),
                            "a page of Alexa Link that is no refusal",
                            "let the header Origin pass as it came. nginx: take away proxy_set_header Origin;"
                                    + " Apache httpd: RequestHeader … Origin; Caddy: header_up Origin",
                            "browsers before 2023 say by Origin alone that the form is Alexa Link's own: their listeners"
                                    + " read \"This form was not sent from our page\"",
                            "docs/operator.md, When something is wrong"))
                    : Optional.empty();
        } catch (Unanswered none) {
            return Optional.empty(); // the form of a whole link says it
        }
    }

    /** Follows redirects on the same host, as a browser does. */
    private Reply get(Authorization authorization) throws Unanswered {
        Reply reply = asking.ask(request(authorization));
        for (int i = 0; i < HOPS && reply.isRedirect(); i++) {
            String to = reply.header("location");
            String path = to.startsWith(target.origin() + "/")
                    ? to.substring(target.origin().length())
                    : to;
            if (!path.startsWith("/") || path.startsWith("//")) {
                return reply;
            }
            reply = asking.ask(Request.phone(path));
        }
        return reply;
    }

    /** Without a client the server shows a page that says so, and the way to it is the same. */
    private List<Finding> unknownClient() {
        Authorization authorization =
                authorization(SkillRedirectUris.of("M0DOCTOR00").get(0), true);
        Request request = request(authorization);
        try {
            Reply reply = get(authorization);
            if (!Ours.isPage(reply)) {
                return List.of(notOurs(reply, request));
            }
            Optional<Finding> stopped = Csp.of(reply).stream()
                    .filter(policy -> !policy.text().contains("form-action 'none'")) // ours, on a page without a form
                    .map(policy -> policy.stops(target.origin(), authorization.redirectUri()))
                    .flatMap(Optional::stream)
                    .findFirst()
                    .map(Page::stopped);
            return List.of(stopped.or(this::queryLost)
                    .or(this::originChanged)
                    .orElseGet(() -> Words.ok(
                            PAGE_NOT_SHOWN,
                            "a phone gets a page of Alexa Link's (the sign-in page needs --client-id)")));
        } catch (Unanswered none) {
            return List.of(Asking.fault(none, request));
        }
    }

    /** What is wrong with the answer to an authorization request; empty if it is the sign-in page. */
    Optional<Finding> fault(Reply reply, Authorization authorization) {
        Request request = request(authorization);
        if (reply.isRedirect() && reply.header("location").startsWith(authorization.redirectUri())) {
            return Optional.of(refused(reply.header("location"), authorization));
        }
        if (!Ours.isPage(reply)) {
            return Optional.of(notOurs(reply, request));
        }
        if (!Ours.isSignInPage(reply)) {
            return Optional.of(problem(reply, request, authorization.redirectUri()));
        }
        Map<String, String> hidden = Ours.hidden(reply);
        Optional<Finding> cut = state(hidden.getOrDefault("state", ""), authorization.state(), "at the sign-in page");
        if (cut.isPresent()) {
            return cut;
        }
        return Csp.of(reply).stream()
                .map(policy -> policy.stops(target.origin(), authorization.redirectUri()))
                .flatMap(Optional::stream)
                .findFirst()
                .map(Page::stopped);
    }

    private Finding notOurs(Reply reply, Request request) {
        boolean tooLong = reply.status() == 400 || reply.status() == 414 || reply.status() == 431;
        if (tooLong && isShown(shortened())) {
            return Words.error(
                    "state-cut",
                    "the proxy refuses an address that is as long as Alexa's",
                    request.shown() + " with a state of " + newState().length() + " characters: " + reply.shown(),
                    "the page of Alexa Link",
                    "let longer addresses through. nginx:\n    large_client_header_buffers 4 16k;"
                            + "\nApache httpd: LimitRequestLine 16384",
                    "the state that Alexa sends has more than 1,000 characters, and listeners see an error",
                    Words.AMAZON);
        }
        if (reply.status() == 400) {
            return Words.warning(
                    "body-changed",
                    "the proxy puts a page of its own in the place of Alexa Link's error pages",
                    request.shown() + ": " + reply.shown(),
                    "the page of Alexa Link",
                    "let the proxy pass error answers as they are. nginx:\n    proxy_intercept_errors off;"
                            + "\nApache httpd: ProxyErrorOverride Off",
                    "a listener who meets an error is not told which, nor what to do",
                    Words.AMAZON);
        }
        Finding fault = new Stranger(target, reply, request.shown()).fault();
        if (fault.id().equals("challenge-in-front")) {
            return Words.error(
                    fault.id(),
                    fault.says().replace("keeps Amazon out", "keeps listeners out"),
                    fault.found(),
                    fault.wanted(),
                    fault.cure(),
                    "the listener's phone gets this in the Alexa app in the place of the sign-in page",
                    fault.source());
        }
        if (fault.id().equals("unavailable")) {
            return fault.as(Severity.ERROR);
        }
        return Words.error(
                PAGE_NOT_SHOWN,
                "a phone does not get the sign-in page",
                request.shown() + ": " + reply.shown(),
                "the sign-in page of Alexa Link",
                fault.cure(),
                "the listener sees something else in the Alexa app, and cannot sign in",
                Words.AMAZON);
    }

    /** Asks for a page in another language than the browser's: it is answered in that one, if the query arrives. */
    private Optional<Finding> queryLost() {
        Request german = Request.phone(target.path() + "/authorize?client_id=" + Ours.NOBODY + "&ui_locales=de");
        try {
            Reply page = asking.ask(german);
            return Ours.isPage(page) && page.text().contains("<html lang=\"en\"")
                    ? Optional.of(Words.error(
                            "query-lost",
                            "the proxy passes the path of a request, and not what stands behind the ?",
                            german.shown() + ": the page of a request without parameters",
                            "the parameters of the authorization request, each as it was sent",
                            "let the proxy pass the query: no $uri behind the port, which has none. nginx:"
                                    + "\n    proxy_pass http://127.0.0.1:8080;"
                                    + "\nor, if something has to stand there, $request_uri",
                            "client, redirect URI and state are in the query: listeners see an error in the place of the"
                                    + " sign-in page",
                            "https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.1"))
                    : Optional.empty();
        } catch (Unanswered none) {
            return Optional.empty(); // what is asked next says it
        }
    }

    private Request shortened() {
        return Request.phone(target.path() + "/authorize?client_id=" + Ours.NOBODY + "&response_type=code");
    }

    private boolean isShown(Request request) {
        try {
            return Ours.isPage(asking.ask(request));
        } catch (Unanswered none) {
            return false;
        }
    }

    /** Whether the page is shown for a request with a short state and without PKCE. */
    private boolean isSignIn(String redirectUri) {
        Map<String, String> parameters =
                new LinkedHashMap<>(authorization(redirectUri, false).parameters());
        parameters.put("state", "short");
        try {
            return Ours.isSignInPage(
                    asking.ask(Request.phone(target.path() + "/authorize?" + Request.encoded(parameters))));
        } catch (Unanswered none) {
            return false;
        }
    }

    private static Finding stopped(String by) {
        return Words.error(
                PAGE_NOT_SHOWN,
                "a Content-Security-Policy of the proxy's stops the sign-in form, or the way back to Amazon",
                "Content-Security-Policy: … " + Printable.of(by),
                "Alexa Link's own policy alone",
                "take the proxy's Content-Security-Policy away for this path: Alexa Link sends one with each page, and"
                        + " all that are sent apply. nginx, in the location:"
                        + "\n    add_header X-From-Here 1; # any add_header here ends those from outside",
                "the listener presses Allow, and nothing happens",
                "https://www.w3.org/TR/CSP3/#directive-form-action");
    }

    /** A page of ours that says what is wrong, in English, because English was asked for. */
    private Finding problem(Reply reply, Request request, String redirectUri) {
        String text = reply.text();
        if (text.contains(words("problem.client.what"))) {
            Optional<Finding> lost = queryLost();
            if (lost.isPresent()) {
                return lost.get();
            }
            return Words.error(
                    "client-unknown",
                    "the server does not know this client, or it is disabled",
                    request.shown() + ": " + reply.shown(),
                    "a client that is registered and enabled",
                    "compare the client id with the ones that are there, letter by letter. On the server:"
                            + "\n    sudo java -jar alexa.war client list\nif it is disabled:"
                            + "\n    sudo java -jar alexa.war client enable " + shownClient(),
                    "the listener sees an error in the place of the sign-in page. From outside the two cannot be told"
                            + " apart, so that nobody can try ids",
                    "https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.2.1");
        }
        if (text.contains(words("problem.redirect_uri.what"))) {
            return missing(List.of(redirectUri), List.of(redirectUri));
        }
        if (reply.status() == 429) {
            return Words.error(
                    "braked",
                    "too many have tried to sign in within a minute",
                    request.shown() + ": status 429",
                    "the sign-in page",
                    "wait a minute and run it again. If it stays, see that the proxy sends X-Forwarded-For: otherwise"
                            + " everybody shares one address. On the server:\n    sudo java -jar alexa.war check",
                    "listeners are told to wait",
                    "docs/operator.md, Who may try how often");
        }
        if (reply.status() == 503) {
            return Words.error(
                    "unavailable",
                    "Alexa Link runs, and its database does not answer",
                    request.shown() + ": status 503",
                    "the sign-in page",
                    "see whether PostgreSQL runs. On the server:\n    sudo java -jar alexa.war check",
                    "nobody can sign in until it is well again",
                    "docs/operator.md, Health");
        }
        if (reply.status() == 400 && isSignIn(redirectUri)) {
            return Words.error(
                    "state-cut",
                    "a long authorization request does not arrive as it was sent",
                    request.shown() + " with a state of " + newState().length() + " characters: " + reply.shown()
                            + ". With a short one the sign-in page is shown",
                    "the sign-in page",
                    "let the proxy pass the query as it came, up to 8 KiB. nginx:"
                            + "\n    large_client_header_buffers 4 16k;",
                    "the state that Alexa sends has more than 1,000 characters, and listeners see an error",
                    Words.AMAZON);
        }
        return Words.error(
                PAGE_NOT_SHOWN,
                "Alexa Link refuses the authorization request",
                request.shown() + ": " + reply.shown(),
                "the sign-in page",
                "the log of Tomcat has the reason beside the reference that the page shows:"
                        + TomcatLogs.lastLines(3, "reference"),
                "the listener sees an error in the place of the sign-in page",
                "https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.2.1");
    }

    private String shownClient() {
        return who.pastedClientId("ID");
    }

    private static String words(String key) {
        return ResourceBundle.getBundle("io.github.alexalink.page.messages", Locale.ROOT)
                .getString(key);
    }

    private static String shown(List<String> uris) {
        return uris.stream().map(Printable::of).collect(Collectors.joining("\n"));
    }

    private Finding missing(List<String> all, List<String> missing) {
        String vendor = who.pastedVendorId();
        return Words.error(
                "redirect-uri-missing",
                "a redirect URI of Amazon's is not registered with this client",
                "not registered: " + shown(missing),
                "registered: " + shown(all),
                "compare the vendor id " + vendor
                        + " with the end of the three Alexa Redirect URLs in Amazon's console. If it is that one, register"
                        + " all three; they replace those that are registered now. On the server:\n    sudo java -jar alexa.war client uris "
                        + shownClient() + " --alexa-vendor "
                        + vendor
                        + (missing.size() == all.size()
                                ? "\nIf that is refused, it may be the client of a resource server, which has none. All"
                                        + " clients:\n    sudo java -jar alexa.war client list"
                                : ""),
                "which one Alexa sends depends on the listener's language and account: those with another one see an"
                        + " error in the place of the sign-in page",
                Words.AMAZON);
    }

    /** The server sends the browser back with an error. */
    Finding refused(String location, Authorization authorization) {
        String error = parameter(location, "error").orElse("no error and no code");
        String said = parameter(location, "error_description").orElse("");
        String found = Printable.of(error + (said.isEmpty() ? "" : ": " + said));
        Optional<Finding> cut =
                state(parameter(location, "state").orElse(""), authorization.state(), "in the redirect");
        if (cut.isPresent()) {
            return cut.get();
        }
        if (error.equals("invalid_scope")) {
            return Words.error(
                    "scopes-differ",
                    "the client may not ask for this scope",
                    found + ". Asked for: " + Printable.of(who.scope().orElse("none, which is all")),
                    "scopes that are registered with the client",
                    "enter at Amazon the scopes that are there, or allow more here. On the server:"
                            + "\n    sudo java -jar alexa.war client list",
                    "the listener gets no sign-in page, and the Alexa app says that linking failed",
                    "https://datatracker.ietf.org/doc/html/rfc6749#section-3.3");
        }
        if (said.contains("code_challenge")) {
            return pkce(found);
        }
        return Words.error(
                PAGE_NOT_SHOWN,
                "Alexa Link refuses the authorization request",
                found,
                "the sign-in page",
                "the error says which parameter is not as it has to be",
                "the listener gets no sign-in page, and the Alexa app says that linking failed",
                "https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.2.1");
    }

    /** The client demands PKCE; whether Amazon is told so cannot be seen from here. */
    private Finding pkce(String found) {
        return Words.warning(
                "pkce-differs",
                "this client demands PKCE, and Alexa sends it only if it is switched on at Amazon",
                found,
                "PKCE on, S256, on the page Account Linking of the Alexa developer console",
                "see that it is on there. Or demand it no more. On the server, in psql:"
                        + "\n    SELECT alexa.change_client(client_id => '" + shownClient()
                        + "', pkce_required => false);",
                "if it is off there, each authorization request is refused and no page is shown",
                Words.AMAZON);
    }

    static Optional<String> parameter(String location, String name) {
        for (String pair : location.substring(location.indexOf('?') + 1)
                .replaceFirst("#.*", "")
                .split("&", -1)) {
            if (pair.startsWith(name + "=")) {
                try {
                    return Optional.of(URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8));
                } catch (IllegalArgumentException broken) {
                    return Optional.of("");
                }
            }
        }
        return Optional.empty();
    }

    /** Whether it is a state that was made for another request: at random, few of its characters are the same. */
    private static boolean isAnothers(String found, String sent) {
        long same = IntStream.range(0, sent.length())
                .filter(i -> found.charAt(i) == sent.charAt(i))
                .count();
        return same < sent.length() / 8;
    }

    /** What happened to the state on its way; empty if it is as it was sent. */
    static Optional<Finding> state(String found, String sent, String where) {
        if (found.equals(sent)) {
            return Optional.empty();
        }
        int same = 0;
        while (same < Math.min(found.length(), sent.length()) && found.charAt(same) == sent.charAt(same)) {
            same++;
        }
        boolean blank = found.equals(sent.replace('+', ' ')) || (same < found.length() && found.charAt(same) == ' ');
        boolean encoded = found.contains("%");
        if (found.length() == sent.length() && isAnothers(found, sent)) {
            return Optional.of(Words.error(
                    "body-changed",
                    "the proxy shows a page that was made for another visitor: it caches",
                    "the state of another request",
                    "the state that was sent",
                    "let nothing be cached below this path. nginx:\n    proxy_cache off;\nCloudflare: a cache rule with"
                            + " Bypass cache. Alexa Link sends Cache-Control: no-store, which must be obeyed",
                    "listeners link to somebody else's request, and Alexa refuses the answer",
                    "https://datatracker.ietf.org/doc/html/rfc9111#section-5.2.2.5"));
        }
        return Optional.of(Words.error(
                "state-cut",
                blank
                        ? "a + of the state has become a blank " + where
                        : found.length() < sent.length() && same == found.length()
                                ? "the state is cut off " + where
                                : "the state is changed " + where,
                found.length() + " characters, of which the first " + same + " are right"
                        + (encoded ? "; it is encoded once more" : ""),
                sent.length() + " characters, each as it was sent, + / = among them",
                blank || encoded
                        ? "let the proxy pass the query as it came: no rewrite, no $arg_… and no second decoding. nginx:"
                                + " nothing after the port in\n    proxy_pass http://127.0.0.1:8080;"
                        : "let the proxy pass the query as it came, up to 8 KiB. nginx:"
                                + "\n    large_client_header_buffers 4 16k;",
                "Alexa compares it byte for byte, and refuses the answer. All that the listener reads is that linking"
                        + " failed",
                Words.AMAZON));
    }
}
