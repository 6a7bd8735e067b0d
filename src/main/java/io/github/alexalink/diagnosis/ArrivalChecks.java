package io.github.alexalink.diagnosis;

import io.github.alexalink.diagnosis.Arrival.Kind;
import io.github.alexalink.diagnosis.Arrival.Network;
import io.github.alexalink.diagnosis.Arrival.Way;
import io.github.alexalink.protocol.ClientAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the last requests to this Tomcat say about the proxy in front of it. Strangers send requests too, so what counts is
 * how a code or tokens were issued last: for that somebody knew a password or a secret.
 */
public final class ArrivalChecks {

    private static final String DOCUMENT = "docs/operator.md, Behind a proxy";

    private static final String VALVE = """
                <Valve className="org.apache.catalina.valves.RemoteIpValve"
                       internalProxies="192\\.0\\.2\\.10(:\\d{1,5})?"
                       remoteIpHeader="X-Forwarded-For" protocolHeader="X-Forwarded-Proto"/>""".indent(4).stripTrailing();

    private static final String HEADERS = """
            in nginx, where proxy_pass is:
                proxy_set_header X-Forwarded-For $remote_addr;
                proxy_set_header X-Forwarded-Proto $scheme;
            in HAProxy, in the frontend:
                http-request set-header X-Forwarded-For %[src]
                http-request set-header X-Forwarded-Proto https
            in Apache httpd, where ProxyPass is:
                RequestHeader set X-Forwarded-For "expr=%{REMOTE_ADDR}"
                RequestHeader set X-Forwarded-Proto "expr=%{REQUEST_SCHEME}"
            Caddy does so by itself. The files in tomcat-conf/proxy have these lines""";

    /** Sign-ins that had to wait earlier are no fault of today. */
    private static final Duration RECENT = Duration.ofHours(1);

    private final URI issuer;
    private final Path logs;
    private final Arrivals arrivals;

    /**
     * Checks of what arrives at this server.
     *
     * @param logs of its Tomcat
     */
    public ArrivalChecks(URI issuer, Path logs, Arrivals arrivals) {
        this.issuer = issuer;
        this.logs = logs;
        this.arrivals = arrivals;
    }

    /**
     * All findings.
     *
     * @param page how the request of the person arrived who wants to know
     */
    public List<Finding> findings(Way page) {
        List<Finding> findings = new ArrayList<>();
        Optional<Way> way = decisive(page);
        if (way.isEmpty()) {
            findings.add(Finding.skipped(
                    "forwarded-missing",
                    Vantage.INSIDE,
                    "how visitors arrive",
                    "nobody who came since this Tomcat started"));
        } else {
            findings.add(forwarded(way.get())
                    .orElseGet(() -> ok(
                            "forwarded-missing",
                            issuer.getScheme().equals("https")
                                    ? "Tomcat knows from whom requests come, and that they come by https"
                                    : "alexa.issuer has http, for trying things out on this machine: no proxy is"
                                            + " wanted")));
        }
        braked(findings.get(0)).ifPresent(findings::add);
        pastTheProxy(findings.get(0)).ifPresent(findings::add);
        findings.add(host().orElseGet(
                        () -> ok("issuer-differs", "nobody has signed in at another address than alexa.issuer")));
        findings.add(prefix().orElseGet(() -> ok(
                "prefix-lost",
                "no request had the prefix twice. Whether a proxy takes it away cannot be seen from here")));
        return findings;
    }

    /** How the last request arrived that tells how visitors arrive; empty if there is none. */
    private Optional<Way> decisive(Way page) {
        Optional<Way> known = Stream.of(Kind.CODE, Kind.TOKENS)
                .flatMap(kind -> arrivals.latest(kind).stream())
                .max(Comparator.comparing(Arrival::at))
                .map(Arrival::way);
        return Stream.of(Optional.of(page).filter(way -> !isByHand(way)), known)
                .flatMap(Optional::stream)
                .findFirst()
                .or(() -> arrivals.latest().stream()
                        .filter(arrival -> !Arrivals.OF_STRANGERS.contains(arrival.kind()))
                        .map(Arrival::way)
                        .filter(way -> !isByHand(way))
                        .findFirst());
    }

    /** Whether a program on this machine may have sent it. A proxy that passes no header on looks the same. */
    private static boolean isByHand(Way way) {
        return way.network() == Network.LOOPBACK
                && !way.forwardedFor()
                && !way.forwardedProto()
                && way.scheme().equals("http")
                && isOfThisMachine(name(way.host()));
    }

    private static boolean isOfThisMachine(String host) {
        return host.equals("localhost") || ClientAddress.of(host).isLoopback();
    }

    /**
     * Why Tomcat does not know from whom a request comes, or that it came by https; empty if it does.
     *
     * @param way how it arrived
     */
    public Optional<Finding> forwarded(Way way) {
        boolean https = issuer.getScheme().equals("https");
        boolean sent = way.forwardedFor() || way.forwardedProto();
        // the filter of web.xml believes this machine
        if (sent && !way.believed() && way.network() != Network.LOOPBACK) {
            return Optional.of(untrusted(way));
        }
        if (https && way.saysHttp() && !way.scheme().equals("https")) {
            return Optional.of(plain());
        }
        boolean protoMissing = https && way.scheme().equals("http") && !way.forwardedProto();
        // a RemoteIpValve takes the header away, so a visitor on this machine looks the same once it is believed
        boolean forMissing = https && way.network() == Network.LOOPBACK && !way.forwardedFor() && !way.believed();
        return protoMissing || forMissing ? Optional.of(missing(way, protoMissing, forMissing)) : Optional.empty();
    }

    private static Finding untrusted(Way way) {
        return warning(
                "forwarded-untrusted",
                "Tomcat does not believe the proxy that says for whom it asks",
                "X-Forwarded-… from a " + word(way) + " address that is not in internalProxies",
                "the proxy's address in internalProxies of a RemoteIpValve",
                "into the Host of conf/server.xml, with the proxy's address in the place of 192.0.2.10, in the place of a"
                        + " RemoteIpValve that is there; then restart Tomcat:\n" + VALVE
                        + (way.network() == Network.PUBLIC
                                ? "\nIf no proxy of yours has a public address, somebody asked Tomcat directly: let its"
                                        + " Connector listen for the proxy alone"
                                : ""),
                "all listeners together have the sign-ins of one household, and nobody is known to have come by https");
    }

    private static Finding plain() {
        return warning(
                "forwarded-missing",
                "the proxy says that visitors come by plain http",
                "X-Forwarded-Proto: http",
                "X-Forwarded-Proto: https",
                "if another proxy in front ends TLS, this one sees http only, and must say https all the same; in nginx, in"
                        + " the place of $scheme:\n    proxy_set_header X-Forwarded-Proto https;\nin HAProxy:\n"
                        + "    http-request set-header X-Forwarded-Proto https\nin Apache httpd:\n"
                        + "    RequestHeader set X-Forwarded-Proto https\nIf none does, let this one redirect http to https",
                "nobody is known to have come by https, so the operator's page asks for no password");
    }

    private Finding missing(Way way, boolean proto, boolean client) {
        List<String> missing = new ArrayList<>();
        if (client) {
            missing.add("X-Forwarded-For");
        }
        if (proto) {
            missing.add("X-Forwarded-Proto");
        }
        String names = String.join(" and ", missing);
        return warning(
                "forwarded-missing",
                "the proxy does not send " + names,
                "a request by " + way.scheme() + " from a " + word(way) + " address, without " + names,
                "X-Forwarded-For with the client's address and X-Forwarded-Proto: https",
                HEADERS,
                client
                        ? "everybody seems to be one household: nobody can be told to slow down who guesses passwords"
                        : "nobody is known to have come by https, so the operator's page asks for no password");
    }

    /** Sign-ins that had to wait, counted for an address that is a proxy's. */
    private Optional<Finding> braked(Finding forwarded) {
        Optional<Way> braked = arrivals.latest(Kind.BRAKED).stream()
                .filter(arrival -> arrival.at().isAfter(Instant.now().minus(RECENT)))
                .map(Arrival::way)
                .filter(way -> !way.believed() || way.network() == Network.LOOPBACK)
                .filter(way -> way.forwardedFor() || way.network() == Network.LOOPBACK)
                .findFirst();
        if (braked.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                forwarded.severity().needsAttention()
                        ? Finding.skipped("braked", Vantage.INSIDE, "too many sign-ins a minute", forwarded.id())
                        : warning(
                                "braked",
                                "there were too many sign-ins a minute, counted for a proxy's address",
                                "a " + word(braked.get()) + " address for everybody",
                                "the address of each household",
                                "the proxy must send X-Forwarded-For, and Tomcat must believe it. See at which address"
                                        + " the lines begin:"
                                        + TomcatLogs.lastLines(3, issuer.getPath() + "/approve", logs, "*access*"),
                                "all listeners together have the sign-ins of one household, or none has to wait who"
                                        + " guesses passwords"));
    }

    /** A request from the internet, past the proxy, with the headers of one. */
    private Optional<Finding> pastTheProxy(Finding forwarded) {
        boolean forged = arrivals.latest().stream()
                .map(Arrival::way)
                .anyMatch(way -> way.network() == Network.PUBLIC && !way.believed() && way.forwardedFor());
        if (!forged || forwarded.severity().needsAttention()) {
            return Optional.empty();
        }
        return Optional.of(warning(
                "forwarded-untrusted",
                "somebody reached Tomcat past the proxy, and claimed to be one",
                "X-Forwarded-For from a public address, which Tomcat did not believe",
                "requests from your proxy alone",
                "give the Connector in conf/server.xml the address of this machine that the proxy asks, and restart"
                        + " Tomcat:\n    <Connector port=\"8080\" address=\"127.0.0.1\" protocol=\"HTTP/1.1\"",
                "past the proxy there is no https, and every other web application of this Tomcat is public"));
    }

    private Optional<Finding> host() {
        return arrivals.latest(Kind.CODE).stream()
                .findFirst()
                .map(code -> name(code.way().host()))
                .filter(host -> !host.isEmpty() && !host.equals(name(issuer.getRawAuthority())))
                .filter(host -> !isOfThisMachine(host)
                        && ClientAddress.of(host).numeric().isEmpty())
                .map(host -> warning(
                        "issuer-differs",
                        "a listener has signed in at another address than that in alexa.issuer",
                        host,
                        name(issuer.getRawAuthority()),
                        "let the proxy pass Host on, or redirect that address to alexa.issuer's"
                                + Shell.address("https://" + host + issuer.getRawPath())
                                        .map(address -> ". Or change alexa.issuer and then Amazon's form:"
                                                + "\n    sudo java -jar alexa.war setup --issuer " + address)
                                        .orElse(""),
                        "older browsers are refused there, and clients that compare iss (RFC 9207) refuse the answer"));
    }

    private Optional<Finding> prefix() {
        Instant tokens = arrivals.latest(Kind.TOKENS).stream()
                .findFirst()
                .map(Arrival::at)
                .orElse(Instant.MIN);
        return arrivals.latest(Kind.ELSEWHERE).stream()
                .filter(arrival -> arrival.at().isAfter(tokens))
                .flatMap(arrival -> arrival.path().stream())
                .filter(path -> path == Arrival.Path.PREFIX_TWICE || path == Arrival.Path.PREFIX_OF_ISSUER)
                .findFirst()
                .map(
                        path -> warning(
                                "prefix-lost",
                                path == Arrival.Path.PREFIX_TWICE
                                        ? "requests came with the path of this web application twice"
                                        : "requests came with the path of alexa.issuer behind that of this web application",
                                path == Arrival.Path.PREFIX_TWICE
                                        ? "/alexa/alexa/…"
                                        : "/…" + issuer.getRawPath() + "/…",
                                issuer.getRawPath() + "/authorize and its like, as they are in alexa.issuer",
                                "in the proxy, pass the path on as it came; in nginx without a path after the port:\n"
                                        + "    proxy_pass http://127.0.0.1:8080;",
                                "such a request is answered with 404. Tokens were not issued since; a stranger can send one, too"));
    }

    private static String word(Way way) {
        return way.network() == Network.LOOPBACK
                ? "loopback"
                : way.network().name().toLowerCase(Locale.ROOT);
    }

    /** The name in a Host header, without the port. */
    private static String name(String host) {
        return host.replaceFirst(":\\d*$", "").toLowerCase(Locale.ROOT);
    }

    private static Finding ok(String id, String says) {
        return Finding.ok(id, Vantage.INSIDE, says);
    }

    private static Finding warning(String id, String says, String found, String wanted, String cure, String why) {
        return new Finding(id, Severity.WARNING, Vantage.INSIDE, says, found, wanted, cure, why, DOCUMENT);
    }
}
