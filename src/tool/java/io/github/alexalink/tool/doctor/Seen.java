package io.github.alexalink.tool.doctor;

import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Severity;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.tool.doctor.Unanswered.Kind;
import io.github.alexalink.tool.doctor.Wire.Shaken;
import java.util.List;
import java.util.Optional;

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
        boolean onlyNew = shaken.protocol().equals("TLSv1.3") && refusesTls12(wire, address, deadline);
        Asking asking = new Asking(wire, address, deadline);
        Request health = Request.machine(target.path() + "/health");
        Reply first;
        try {
            first = asking.ask(health);
        } catch (Unanswered none) {
            Finding fault = shaken.wantsClientCertificate() && none.kind() != Kind.SLOW
                    ? clientCertificate(target, health.shown() + ": " + none.shown())
                    : Words.as(Severity.FATAL, Asking.fault(none, health));
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
        Optional<Finding> fault = Ours.isHealth(first) ? Optional.empty() : notHealth(first, target, asking, health);
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
            if (wire.speaksPlainHttp(address, deadline)) {
                throw new Unanswered(Kind.PLAIN, 0, chance);
            }
            return wire.shake(address, Wire.TODAY, deadline);
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
        Optional<String> old =
                OldHello.chosen(wire.raw(address, OldHello.bytes(target.host()), OldHello.ANSWER_BYTES, deadline));
        if (old.isPresent() || failed.detail().contains("selected protocol version")) {
            return Words.fatal(
                    "tls-too-old",
                    "the server speaks no TLS that is still in use",
                    old.orElse("TLS before 1.2") + ", and not TLS 1.2",
                    "TLS 1.2 and 1.3",
                    "switch TLS 1.2 on. nginx:\n    ssl_protocols TLSv1.2 TLSv1.3;",
                    "Amazon ends the connection, and so do browsers",
                    Words.AMAZON);
        }
        if (failed.kind() == Kind.SLOW) {
            return Words.fatal(
                    "port-closed",
                    "port " + target.port() + " takes connections, and nobody answers",
                    "no TLS handshake (" + found + ")",
                    "TLS 1.2 or 1.3",
                    "see that the router forwards the port to the machine with your proxy, and that the proxy runs and"
                            + " listens there:\n    sudo ss -ltnp 'sport = 443'",
                    "nobody gets an answer, Amazon included",
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
        return Optional.of(new Stranger(target, first, health.shown()).fault());
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
                            + "\n    location ^~ " + path + "/ { proxy_pass http://localhost:8080; }"
                            + "\nCaddy: handle in the place of handle_path. Traefik: no StripPrefix"));
        }
        if (isHealth(asking, "")) {
            return Optional.of(lost(
                    target,
                    "the proxy puts " + path + " in front of each path, and asks for " + path + path + "/authorize",
                    "/health answers, " + path + "/health does not",
                    "let the proxy pass the path as it is. nginx: nothing after the port in" + "\n    location ^~ "
                            + path + "/ { proxy_pass http://localhost:8080; }"));
        }
        return Optional.empty();
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
