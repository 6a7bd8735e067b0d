package io.github.alexalink.tool.doctor;

import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Severity;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.tool.doctor.Unanswered.Kind;
import io.github.alexalink.tool.doctor.Wire.Shaken;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What one address has shown.
 *
 * @param dead why no connection was made
 * @param noTls why there was no handshake
 * @param shaken the handshake
 * @param onlyNew whether TLS 1.2 was refused
 * @param fault why what answers is not Alexa Link
 * @param first the first answer, if there was one
 * @param issuer as the metadata say it; empty if they say nothing
 */
record Seen(
        Address address,
        Optional<Unanswered> dead,
        Optional<Finding> noTls,
        Optional<Shaken> shaken,
        boolean onlyNew,
        Optional<Finding> fault,
        Optional<Reply> first,
        String issuer) {

    private static final List<String> TLS_12 = List.of("TLSv1.2");

    /** What a server says that demands a certificate and got none; the last two are nginx's own. */
    private static final Set<Integer> REFUSED = Set.of(400, 401, 403, 495, 496);

    boolean isGood() {
        return shaken.isPresent() && fault.isEmpty();
    }

    private static Seen none(Address address, Optional<Unanswered> dead, Optional<Finding> noTls) {
        return new Seen(address, dead, noTls, Optional.empty(), false, Optional.empty(), Optional.empty(), "");
    }

    /** Connects, shakes hands and asks, each a second time if it fails. */
    static Seen at(Address address, Target target, Wire wire, Deadline deadline) {
        try {
            knock(wire, address, deadline);
        } catch (Unanswered dead) {
            return none(address, Optional.of(dead), Optional.empty());
        }
        Shaken shaken;
        try {
            shaken = shakeUnlessPlain(address, wire, deadline);
        } catch (Unanswered failed) {
            return none(address, Optional.empty(), Optional.of(noTls(failed, address, target, wire, deadline)));
        }
        if (shaken.millis() > Wire.HANDSHAKE.toMillis()) { // and it took as long before
            return none(address, Optional.empty(), Optional.of(slowHandshake(shaken.millis())));
        }
        boolean onlyNew = shaken.protocol().equals("TLSv1.3") && refusesTls12(wire, address, deadline);
        Asking asking = new Asking(wire, address, deadline);
        Request health = Request.machine(target.path() + "/health");
        Reply first;
        try {
            first = asking.ask(health);
        } catch (Unanswered none) {
            Finding fault = none.kind() == Kind.CLIENT_CERTIFICATE
                    ? clientCertificate(target, health.shown() + ": " + none.shown())
                    : Asking.fault(none, health).as(Severity.FATAL);
            return new Seen(
                    address,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(shaken),
                    onlyNew,
                    Optional.of(fault),
                    Optional.empty(),
                    "");
        }
        Optional<Finding> fault = Ours.isHealth(first)
                ? Optional.empty()
                : notHealth(first, target, asking, health)
                        .map(other -> shaken.wantsClientCertificate() && REFUSED.contains(first.status())
                                ? clientCertificate(target, health.shown() + ": " + first.shown())
                                : other);
        return new Seen(
                address,
                Optional.empty(),
                Optional.empty(),
                Optional.of(shaken),
                onlyNew,
                fault,
                Optional.of(first),
                fault.isPresent() ? "" : issuer(target, asking));
    }

    private static void knock(Wire wire, Address address, Deadline deadline) throws Unanswered {
        try {
            wire.knock(address, deadline);
        } catch (Unanswered chance) {
            if (chance.kind() == Kind.NO_ROUTE) {
                throw chance;
            }
            wire.knock(address, deadline);
        }
    }

    private static Shaken shake(Wire wire, Address address, List<String> versions, Deadline deadline)
            throws Unanswered {
        try {
            return wire.shake(address, versions, deadline);
        } catch (Unanswered chance) {
            return wire.shake(address, versions, deadline);
        }
    }

    /** A server that speaks plain http may wait for more of what is no request to it: that is looked for first. */
    private static Shaken shakeUnlessPlain(Address address, Wire wire, Deadline deadline) throws Unanswered {
        try {
            return wire.shake(address, Wire.TODAY, deadline);
        } catch (Unanswered chance) {
            boolean spoken = chance.detail().contains("fatal alert"); // of TLS
            if (chance.kind() == Kind.PLAIN || (!spoken && wire.speaksPlainHttp(address, deadline))) {
                throw new Unanswered(Kind.PLAIN, 0, chance);
            }
            return wire.shake(
                    address, Wire.TODAY, chance.kind() == Kind.SLOW ? Wire.PATIENT : Wire.HANDSHAKE, deadline);
        }
    }

    private static boolean refusesTls12(Wire wire, Address address, Deadline deadline) {
        try {
            shake(wire, address, TLS_12, deadline);
            return false;
        } catch (Unanswered refused) {
            return refused.kind() == Kind.HANDSHAKE;
        }
    }

    private static Finding noTls(Unanswered failed, Address address, Target target, Wire wire, Deadline deadline) {
        String found = failed.kind() == Kind.HANDSHAKE && !failed.detail().isEmpty()
                ? "no handshake: " + Printable.of(failed.detail())
                : failed.shown();
        String plain = failed.kind() == Kind.PLAIN ? wire.inPlain(address, deadline) : "";
        if (!plain.isEmpty() && !plain.startsWith("HTTP/")) {
            return Words.fatal(
                    "not-me",
                    "port " + target.port() + " speaks neither TLS nor http: another program listens there",
                    "[" + Printable.of(plain.replaceFirst("(?s)[\\r\\n].*", "").replaceFirst("^(.{40}).*", "$1…"))
                            + "]",
                    "https: TLS 1.2 and 1.3",
                    "let the router forward port " + target.port() + " to the port of your proxy, and give the other"
                            + " program (ssh, for example) another one. What listens on that machine:"
                            + "\n    sudo ss -ltnp 'sport = " + target.port() + "'",
                    "Amazon speaks TLS only, and so does the Alexa app",
                    Words.AMAZON);
        }
        if (failed.kind() == Kind.PLAIN) {
            return Words.fatal(
                    "plain-http",
                    "port " + target.port() + " speaks http without TLS",
                    "plain http",
                    "https: TLS 1.2 and 1.3",
                    "switch TLS on for this port and give it a certificate. nginx:"
                            + "\n    listen 443 ssl; ssl_certificate …/fullchain.pem; ssl_certificate_key …/privkey.pem;"
                            + "\na router that forwards 443 to the proxy's port 80 does the same harm: forward 443 to 443",
                    "Amazon speaks TLS only, and so does the Alexa app",
                    Words.AMAZON);
        }
        if (failed.kind() == Kind.CLIENT_CERTIFICATE) {
            return clientCertificate(target, found);
        }
        byte[] answer = wire.raw(address, OldHello.TLS_1_1.bytes(target.host()), OldHello.ANSWER_BYTES, deadline);
        Optional<String> old = OldHello.chosen(answer);
        if (old.isPresent() || failed.detail().contains("selected protocol version")) {
            return tooOld(old.orElse("TLS before 1.2") + ", and not TLS 1.2");
        }
        if (failed.kind() == Kind.SLOW && answer.length > 0) {
            return Words.fatal(
                    "packets-lost",
                    "small answers arrive, and large ones do not: they are lost on the way (MTU), or the machine with"
                            + " the proxy is too busy for a handshake",
                    "a refusal of " + answer.length + " bytes arrives, and the certificate does not: " + found,
                    "the whole handshake",
                    "see first on the machine with the proxy whether it is only very busy:\n    uptime\nIf it is not, the"
                            + " line, a VPN or a tunnel in front of it takes smaller packets than it sends, and the"
                            + " message that says so is dropped. Let ICMP through, or try there, until it starts again:"
                            + "\n    sudo ip link set dev eth0 mtu 1280\nIf that cures it, set the MTU of the tunnel or"
                            + " VPN, or clamp the MSS in the router. If it does not, set it back to 1500",
                    "your own network sends in one piece what the internet loses: at home all looks well",
                    "https://datatracker.ietf.org/doc/html/rfc2923#section-2.1");
        }
        if (failed.kind() != Kind.SLOW
                && OldHello.chosen(wire.raw(
                                address, OldHello.WEAK_CIPHERS.bytes(target.host()), OldHello.ANSWER_BYTES, deadline))
                        .isPresent()) {
            return tooOld("TLS 1.2 with RC4 or 3DES alone");
        }
        if (failed.kind() == Kind.SLOW) {
            return Words.fatal(
                    "port-closed",
                    "port " + target.port() + " takes connections, and nobody answers",
                    "no TLS handshake (" + found + ")",
                    "TLS 1.2 or 1.3",
                    "the connection is taken, so something listens there. It hangs, the machine is far too busy, or it is"
                            + " not your proxy. See on the machine with the proxy what listens, and whether it is busy:"
                            + "\n    sudo ss -ltnp 'sport = " + target.port()
                            + "'; uptime\nIf that is your proxy, look into its error log"
                            + " and restart it. If nothing listens there, the router forwards the port to another machine",
                    "nobody gets an answer, Amazon included",
                    Words.AMAZON);
        }
        if (failed.detail().contains("unrecognized_name") || failed.detail().contains("internal_error")) {
            return Words.fatal(
                    "name-not-in-certificate",
                    "the proxy shows no certificate for this name",
                    found,
                    "a certificate for " + target.host(),
                    "see that the proxy knows the name " + target.host() + ", letter by letter, and that it got a"
                            + " certificate for it. Its log of the last start says why not. Caddy:"
                            + "\n    journalctl -u caddy | grep -i obtain",
                    "Amazon gets no token, and the Alexa app shows no page",
                    Words.AMAZON);
        }
        return Words.fatal(
                "not-me",
                "something takes connections at port " + target.port() + ", and refuses the TLS handshake",
                found,
                "TLS 1.2 or 1.3",
                "see that the proxy has a certificate for " + target.host() + ", that its port speaks TLS, and that it"
                        + " takes the ciphers of today. By hand:\n    openssl s_client -connect " + target.host() + ":"
                        + target.port() + " -servername " + target.host(),
                "Amazon gets no token, and the Alexa app shows no page",
                Words.AMAZON);
    }

    /** A handshake after which any answer is too late for Alexa. */
    private static Finding slowHandshake(long millis) {
        return Asking.tooSlow(
                        "the TLS handshake took " + millis + " ms, and before that, more than "
                                + Wire.HANDSHAKE.toMillis() + " ms",
                        new Reply.Times(0, millis, 0))
                .as(Severity.FATAL);
    }

    private static Finding tooOld(String found) {
        return Words.fatal(
                "tls-too-old",
                "the server speaks no TLS that is still in use",
                found,
                "TLS 1.2 and 1.3, with the ciphers of today",
                "switch TLS 1.2 on, and take away the line with ciphers. nginx:\n    ssl_protocols TLSv1.2 TLSv1.3;"
                        + "\nApache httpd:\n    SSLProtocol -all +TLSv1.2 +TLSv1.3",
                "Amazon ends the connection, and so do browsers",
                Words.AMAZON);
    }

    private static Finding clientCertificate(Target target, String found) {
        return Words.fatal(
                "challenge-in-front",
                "the server wants a certificate of whoever connects",
                found,
                "an answer for everybody",
                "take that demand away for " + target.path() + "/. nginx:\n    ssl_verify_client optional;"
                        + "\nand demand the certificate in the locations that need it",
                "Amazon has no certificate of yours, and gets no token",
                Words.AMAZON);
    }

    /** The proxy may keep the health page to itself, and pass the rest on. */
    private static Optional<Finding> notHealth(Reply first, Target target, Asking asking, Request health) {
        try {
            if (Ours.isToken(asking.ask(Probes.unknownClient(target)))) {
                return Optional.empty();
            }
            Optional<Finding> elsewhere = elsewhere(target, asking, first);
            if (elsewhere.isPresent()) {
                return elsewhere;
            }
        } catch (Unanswered none) {
            // the first answer says enough
        }
        Stranger stranger = new Stranger(target, first, health.shown());
        return Optional.of(device(first, target, asking, health).orElseGet(stranger::fault));
    }

    /** If a redirect leads to the sign-in of a router or another device, which is known by its page. */
    private static Optional<Finding> device(Reply first, Target target, Asking asking, Request health) {
        String to = first.destination();
        String path = to.startsWith(target.origin() + "/")
                ? to.substring(target.origin().length())
                : to;
        if (!first.isRedirect() || !path.matches("/[^/].*") || path.startsWith(target.path() + "/")) {
            return Optional.empty();
        }
        try {
            Stranger next = new Stranger(
                    target,
                    asking.ask(Request.machine(path)),
                    health.shown() + ": status " + first.status() + ", to " + path);
            return next.isDevice() ? Optional.of(next.fault()) : Optional.empty();
        } catch (Unanswered none) {
            return Optional.empty();
        }
    }

    /** Whether Alexa Link answers at the path it has after a proxy has taken a prefix away, or put one more there. */
    private static Optional<Finding> elsewhere(Target target, Asking asking, Reply first) throws Unanswered {
        if (first.isRedirect() || first.status() == 401 || first.status() > 404) {
            return Optional.empty();
        }
        String path = target.path();
        if (path.isEmpty()) {
            return isHealth(asking, "/alexa")
                    ? Optional.of(lost(
                            target,
                            "there is no Alexa Link at this address, and there is one at /alexa",
                            "/alexa/health answers, /health does not",
                            "use the address with its path:\n    java -jar alexa.war doctor " + target.origin()
                                    + "/alexa"))
                    : Optional.empty();
        }
        if (isHealth(asking, path + path)) {
            return Optional.of(lost(
                    target,
                    "the proxy takes " + path + " away from each path",
                    path + path + "/health answers, " + path + "/health does not",
                    "let the proxy pass the path as it is. nginx: no slash after the port in"
                            + "\n    location ^~ " + path + "/ { proxy_pass http://127.0.0.1:8080; }"
                            + "\nCaddy: handle in the place of handle_path. Traefik: no StripPrefix"));
        }
        if (isHealth(asking, "")) {
            return Optional.of(lost(
                    target,
                    "the proxy puts " + path + " in front of each path, and asks for " + path + path + "/authorize",
                    "/health answers, " + path + "/health does not",
                    asItIs(path)));
        }
        if (Ours.isPage(first)) {
            return Optional.of(lost(
                    target,
                    "Alexa Link is there, and the proxy asks it for another path than it was asked for",
                    path + "/health: " + first.shown() + ", which is Alexa Link's own",
                    asItIs(path)));
        }
        return Optional.empty();
    }

    private static String asItIs(String path) {
        return "let the proxy pass the path as it is. nginx: nothing after the port in\n    location ^~ " + path
                + "/ { proxy_pass http://127.0.0.1:8080; }";
    }

    private static boolean isHealth(Asking asking, String path) throws Unanswered {
        return Ours.isHealth(asking.ask(Request.machine(path + "/health")));
    }

    private static Finding lost(Target target, String says, String found, String cure) {
        return Words.fatal(
                "prefix-lost",
                says,
                found,
                "Alexa Link at " + target.url() + "/authorize",
                cure,
                "what Amazon and the Alexa app ask for is not there",
                "docs/operator.md, Behind a proxy");
    }

    private static String issuer(Target target, Asking asking) {
        try {
            Reply metadata = asking.ask(Request.machine(target.path() + "/.well-known/oauth-authorization-server"));
            return Ours.isMetadata(metadata)
                    ? metadata.json().map(known -> known.optString("issuer")).orElse("")
                    : "";
        } catch (Unanswered none) {
            return "";
        }
    }
}
