package io.github.alexalink.tool.doctor;

import io.github.alexalink.diagnosis.Diagnosis;
import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Severity;
import io.github.alexalink.diagnosis.Vantage;
import io.github.alexalink.tool.doctor.Unanswered.Kind;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * The checks from outside, in the order in which a link needs what they look at: name, addresses, TLS and certificate,
 * who answers, token endpoint, page, and at last a link. What only follows from a fault is left out.
 */
public final class Doctor {

    /** Everything that does not wait for a person; the JVM's end comes on top. */
    private static final Duration ALL = Duration.ofSeconds(52);

    private static final Duration FOR_A_LINK = Duration.ofSeconds(15);
    private static final Duration NAME = Duration.ofSeconds(10);
    private static final int MOST_ADDRESSES = 8;

    /** Faults after which a link would say nothing new. */
    private static final Set<String> NO_LINK_AFTER = Set.of(
            "redirected",
            "challenge-in-front",
            "body-changed",
            "answer-broken",
            "too-slow",
            "refresh-fails",
            "unavailable",
            "not-me",
            "prefix-lost",
            "page-not-shown",
            "client-unknown",
            "redirect-uri-missing",
            "scopes-differ",
            "braked",
            "state-cut",
            "query-lost",
            "root-unknown",
            "chain-incomplete",
            "name-not-in-certificate",
            "certificate-expired",
            "certificate-not-yet");

    /** Warnings with which linking fails now and then, or is not known to work. */
    private static final Set<String> NOT_ALL_IS_WELL = Set.of("link-not-tried", "unsteady", "too-slow");

    private final Question question;
    private final Target target;
    private final Wire wire;
    private final Trust trust;
    private final Deadline deadline;
    private final Diagnosis diagnosis = new Diagnosis(Vantage.OUTSIDE);
    private final List<Finding> named = new ArrayList<>();

    /** Set by the thread that asks DNS. */
    private volatile boolean noDns;

    private List<Address> addresses = List.of();
    private Optional<Seen> best = Optional.empty();
    private Asking asking;

    /** Because this machine's clock is wrong. */
    private boolean linkIsLeftOut;

    /**
     * What to look at.
     *
     * @param resolved the addresses in the place of DNS; empty to ask DNS
     * @param roots to trust besides the JDK's
     * @param allowPrivate whether a loopback or private address is no fault
     * @param link whether to try a link
     * @param complete asks a person for what is missing, if there is one
     * @param start of the process, if it was started for this
     */
    public record Question(
            Target target,
            List<InetAddress> resolved,
            List<X509Certificate> roots,
            boolean allowPrivate,
            boolean link,
            Credentials known,
            UnaryOperator<Credentials> complete,
            Optional<Instant> start) {}

    public Doctor(Question question) {
        this.question = question;
        this.target = question.target();
        this.deadline = Deadline.ofProcess(ALL, question.start());
        this.trust = new Trust(question.roots());
        this.wire = new Wire(target, trust);
    }

    /** The roots in a PEM file. */
    public static List<X509Certificate> roots(byte[] pem) throws CertificateException {
        return Trust.pem(pem);
    }

    /** An address for {@code --resolve}. */
    public static InetAddress address(String text) {
        return Address.literal(text);
    }

    public Diagnosis diagnose() {
        step("the name", "name-unknown", "the name", this::name);
        step("the addresses", "port-closed", "addresses, TLS and certificate", this::addresses);
        step("the endpoints", "not-me", "health, clock, token endpoint", this::endpoints);
        step("the sign-in page", "page-not-shown", "the sign-in page", this::page);
        if (question.link()) {
            link();
        }
        if (asking != null) {
            diagnosis.add(asking.unsteady()
                    .orElseGet(() -> Words.ok("unsteady", "each request was answered at the first try")));
        }
        if (diagnosis.exitStatus() == 0 && allWasSeen()) {
            diagnosis.add(Words.info(
                    "seen-from-here",
                    "from this network no fault is seen that keeps Alexa from linking. A firewall can let this network in"
                            + " and keep Amazon out, for example by country. If linking fails all the same, see what"
                            + " has arrived: " + target.url() + "/operator",
                    "",
                    ""));
        }
        return diagnosis;
    }

    private boolean allWasSeen() {
        return !deadline.isOver()
                && !linkIsLeftOut
                && diagnosis.findings().stream()
                        .filter(finding -> finding.severity().needsAttention())
                        .map(Finding::id)
                        .noneMatch(NOT_ALL_IS_WELL::contains);
    }

    /** Runs a check, unless a fault before it makes it pointless. */
    private void step(String what, String id, String looksAt, Callable<List<Finding>> check) {
        Optional<String> fatal = fault(Severity.FATAL);
        if (fatal.isPresent()) {
            diagnosis.add(Words.skipped(id, looksAt, fatal.get()));
            return;
        }
        if (deadline.isOver()) {
            diagnosis.add(Words.skipped(id, looksAt, "the time, which is over"));
            return;
        }
        diagnosis.check(what, Duration.ofMillis(deadline.millis() + 1_000), () -> {
            List<Finding> fresh = new ArrayList<>();
            for (Finding finding : check.call()) {
                if (isNew(finding)) {
                    named.add(finding);
                    fresh.add(finding);
                }
            }
            return fresh;
        });
    }

    /** A cause is named once, where it was seen first. */
    private boolean isNew(Finding finding) {
        return named.stream()
                .noneMatch(known ->
                        known.id().equals(finding.id()) && known.severity().needsAttention());
    }

    private Optional<String> fault(Severity from) {
        return diagnosis.findings().stream()
                .filter(finding -> finding.severity().compareTo(from) <= 0)
                .map(Finding::id)
                .findFirst();
    }

    private List<Finding> name() throws InterruptedException, ExecutionException {
        List<Finding> findings = new ArrayList<>();
        if (target.port() != Target.HTTPS) {
            findings.add(port());
        }
        if (target.isNumber()) {
            findings.add(number());
            if (!question.allowPrivate()) {
                return findings;
            }
        }
        List<InetAddress> found = question.resolved().isEmpty() ? resolve() : question.resolved();
        if (found.isEmpty() && noDns) {
            findings.add(Words.fatal(
                    "name-unknown",
                    "this machine gets no answer from DNS: is it online?",
                    "no answer",
                    "the addresses of " + target.host(),
                    "connect it to the internet, and run the doctor again. To see whether DNS answers:"
                            + "\n    nslookup " + target.host() + " 1.1.1.1",
                    "whether Amazon finds the server is not known",
                    Words.AMAZON));
            return findings;
        }
        if (found.isEmpty()) {
            findings.add(Words.fatal(
                    "name-unknown",
                    "DNS does not know the name " + target.host(),
                    "no address",
                    "an A record, with the public address of your server",
                    "make the record where the domain is administered, or let your router renew it (dynamic DNS). What"
                            + " the world sees:\n    nslookup " + target.host() + " 1.1.1.1\nA name that only your"
                            + " router or /etc/hosts knows will not do",
                    "Amazon finds no server, and the Alexa app shows no page",
                    Words.AMAZON));
            return findings;
        }
        List<Address> all = new ArrayList<>();
        for (InetAddress ip : found.subList(0, Math.min(found.size(), MOST_ADDRESSES))) {
            all.add(new Address(ip, all.size() + 1, Math.min(found.size(), MOST_ADDRESSES)));
        }
        addresses = List.copyOf(all);
        List<Address> hidden = all.stream().filter(Address::isPrivate).toList();
        if (!hidden.isEmpty() && !question.allowPrivate()) {
            Finding fault = Words.fatal(
                    "address-private",
                    "the name leads to an address that is not in the internet: only "
                            + hidden.get(0).network() + " gets there",
                    hidden.stream().map(Address::shown).collect(Collectors.joining(", ")),
                    "a public address",
                    "enter your public address in DNS, and let the router forward port 443. If that is so already, your"
                            + " own DNS answers otherwise: run the doctor from outside, for example by a phone's hotspot."
                            + " Behind carrier-grade NAT: ask the provider for a public IPv4 address, or use a tunnel",
                    "Amazon's servers do not get there",
                    Words.AMAZON);
            findings.add(hidden.size() == all.size() ? fault : fault.as(Severity.ERROR));
        } else {
            findings.add(Words.ok(
                    "name-unknown",
                    target.host() + " has " + all.size() + (all.size() == 1 ? " address: " : " addresses: ")
                            + all.stream().map(Address::shown).collect(Collectors.joining(", "))));
        }
        return findings;
    }

    /** An IP address in the place of the name; whoever looks from inside the house may have no other. */
    private Finding number() {
        return question.allowPrivate()
                ? Words.info("name-wanted", "this is an IP address, and Amazon wants a name", "an IP address", "a name")
                : Words.fatal(
                        "name-wanted",
                        "this is an IP address, and Amazon wants a name",
                        "an IP address",
                        "the name of your server, for which its certificate is made",
                        "give the server a name in DNS, by your router's dynamic DNS for example, and a certificate for"
                                + " it; then look at that:"
                                + "\n    java -jar alexa.war doctor https://music.example.org" + target.path()
                                + "\nTo look at it by this address from inside the house, add --allow-private",
                        "no certificate that Amazon trusts fits, and a home's address changes",
                        Words.AMAZON);
    }

    /** A port for the house, or one by mistake: whoever looks from inside is told, and no more. */
    private Finding port() {
        String found = "port " + target.port();
        return question.allowPrivate()
                ? Words.info("port", "this is not the port that Amazon asks for", found, "port 443 at Amazon")
                : Words.error(
                        "port",
                        "Amazon asks at port 443 alone",
                        found + " in the address",
                        "port 443, which is the one of https://" + target.name() + target.path(),
                        "let your proxy listen at 443, and the router forward 443 to it; then look at that:"
                                + "\n    java -jar alexa.war doctor https://" + target.name() + target.path()
                                + "\nIf the provider blocks 443, use a tunnel. To look at this port from inside the"
                                + " house, add --allow-private",
                        "Alexa takes no address with another port: linking cannot work by this one",
                        Words.AMAZON);
    }

    /** The addresses that DNS has; asked twice, because a resolver may be slow once. */
    private List<InetAddress> resolve() throws InterruptedException, ExecutionException {
        for (int i = 0; i < 2; i++) {
            FutureTask<List<InetAddress>> task = new FutureTask<>(this::ofDns);
            daemon(task);
            try {
                List<InetAddress> found = task.get(NAME.toMillis(), TimeUnit.MILLISECONDS);
                if (!found.isEmpty()) {
                    return Address.withoutTranslated(found);
                }
            } catch (TimeoutException slow) {
                noDns = true;
            }
            TimeUnit.MILLISECONDS.sleep(300);
        }
        return List.of();
    }

    private List<InetAddress> ofDns() {
        try {
            return List.of(InetAddress.getAllByName(target.host()));
        } catch (UnknownHostException unknown) {
            noDns = String.valueOf(unknown.getMessage()).contains("Temporary failure"); // as resolvers of Unix say it
            return List.of();
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "doctor");
        thread.setDaemon(true);
        thread.start();
    }

    /** All addresses at the same time, so that silent ones do not add up. */
    private List<Finding> addresses() throws InterruptedException, ExecutionException {
        Map<Address, FutureTask<Seen>> looks = new LinkedHashMap<>();
        for (Address address : addresses) {
            FutureTask<Seen> look = new FutureTask<>(() -> Seen.at(address, target, wire, deadline));
            looks.put(address, look);
            daemon(look);
        }
        List<Seen> all = new ArrayList<>();
        for (FutureTask<Seen> look : looks.values()) {
            all.add(look.get());
        }
        List<Finding> findings = new ArrayList<>();
        List<Seen> alive = all.stream().filter(seen -> seen.dead().isEmpty()).toList();
        if (alive.isEmpty()) {
            return List.of(closed(all, Severity.FATAL));
        }
        dead(all, alive).forEach(findings::add);
        List<Seen> shaken =
                alive.stream().filter(seen -> seen.shaken().isPresent()).toList();
        if (shaken.isEmpty()) {
            findings.add(alive.get(0).noTls().orElseThrow());
            return findings;
        }
        List<Seen> good = shaken.stream().filter(Seen::isGood).toList();
        if (good.isEmpty()) {
            List<Finding> certificates = certificates(shaken);
            Finding fault = shaken.get(0).fault().orElseThrow();
            boolean stranger = fault.id().equals("not-me") || fault.id().equals("challenge-in-front");
            certificates.stream() // a stranger has a certificate of its own
                    .filter(finding -> !stranger || !finding.id().matches("root-unknown|name-not-in-certificate"))
                    .forEach(findings::add);
            newOnly(shaken, shaken.size()).filter(finding -> !stranger).ifPresent(findings::add);
            findings.add(certificates.stream()
                    .filter(finding -> stranger && finding.id().equals("name-not-in-certificate"))
                    .findFirst()
                    .map(other -> Words.foundToo(fault, "its certificate is for " + other.found()))
                    .orElse(fault));
            return findings;
        }
        List<Seen> ours = good.stream().filter(seen -> !isAnothers(seen)).toList();
        if (ours.isEmpty()) {
            ours = good;
        }
        findings.addAll(certificates(ours));
        newOnly(ours, ours.size()).ifPresent(findings::add);
        differing(alive, ours).ifPresent(findings::add);
        best = Optional.of(ours.get(0));
        if (findings.stream().noneMatch(finding -> finding.severity().needsAttention())) {
            findings.add(Words.ok("port-closed", "port " + target.port() + " answers, at each address"));
            findings.add(Words.ok("tls-too-new", "TLS 1.2 is offered"));
            findings.add(Words.ok("chain-incomplete", "the certificate is valid, and its chain is whole"));
        }
        return findings;
    }

    private static String failures(List<Seen> dead) {
        return dead.stream()
                .map(seen -> seen.address().shown() + ": "
                        + seen.dead().map(Unanswered::shown).orElse(""))
                .collect(Collectors.joining("; "));
    }

    private Finding closed(List<Seen> dead, Severity severity) {
        boolean silent =
                dead.stream().flatMap(seen -> seen.dead().stream()).anyMatch(failed -> failed.kind() == Kind.SILENT);
        boolean noRoute =
                dead.stream().flatMap(seen -> seen.dead().stream()).allMatch(failed -> failed.kind() == Kind.NO_ROUTE);
        return Words.fatal(
                        "port-closed",
                        noRoute
                                ? "this machine has no way to the server: is it online?"
                                : "nobody answers at port " + target.port()
                                        + (silent ? ": it is silent" : ": it is refused"),
                        failures(dead),
                        "a connection",
                        silent
                                ? "let the router forward port " + target.port()
                                        + " to the machine with your proxy, and the firewalls of both let it in. Some"
                                        + " providers block it, or share one address between customers: ask yours"
                                : "see that the proxy runs and listens there, and that the router forwards port "
                                        + target.port() + " to it. On that machine:\n    sudo ss -ltnp 'sport = "
                                        + target.port() + "'",
                        "Amazon's servers do not get through, and neither does the Alexa app",
                        Words.AMAZON)
                .as(severity);
    }

    /** Addresses at which nobody takes a connection, while others do. */
    private List<Finding> dead(List<Seen> all, List<Seen> alive) {
        List<Finding> findings = new ArrayList<>();
        List<Seen> dead = all.stream().filter(seen -> seen.dead().isPresent()).toList();
        List<Seen> noRoute = dead.stream()
                .filter(seen -> seen.dead().orElseThrow().kind() == Kind.NO_ROUTE)
                .toList();
        noRoute.forEach(seen -> findings.add(Words.skipped(
                seen.address().isIpv6() ? "ipv6-dead" : "port-closed",
                seen.address().shown(),
                "this machine, which has no way there (no IPv6, for example)")));
        List<Seen> six = dead.stream()
                .filter(seen -> !noRoute.contains(seen) && seen.address().isIpv6())
                .toList();
        List<Seen> four = dead.stream()
                .filter(seen -> !noRoute.contains(seen) && !seen.address().isIpv6())
                .toList();
        boolean otherFour = alive.stream().anyMatch(seen -> !seen.address().isIpv6());
        boolean otherSix = alive.stream().anyMatch(seen -> seen.address().isIpv6());
        if (!six.isEmpty() && !otherSix) {
            findings.add(Words.error(
                    "ipv6-dead",
                    "an IPv6 address is published, and nothing answers there",
                    failures(six),
                    "the same answer as by IPv4",
                    "remove the AAAA record of " + target.host() + " from DNS, or open port " + target.port()
                            + " for IPv6: in the router's firewall, and in the proxy. nginx:\n    listen [::]:"
                            + target.port()
                            + " ssl;",
                    "Amazon may use any address that is published. At home IPv4 is used, and all looks well",
                    Words.AMAZON));
        } else if (!six.isEmpty()) {
            findings.add(differ(failures(six)));
        }
        if (!four.isEmpty()) {
            findings.add(otherFour ? differ(failures(four)) : closedByIpv4(four));
        }
        return findings;
    }

    private Finding closedByIpv4(List<Seen> dead) {
        return Words.error(
                "port-closed",
                "nobody answers at the IPv4 address; by IPv6 the server answers",
                failures(dead),
                "the same answer as by IPv6",
                "let the router forward port " + target.port()
                        + " for IPv4. If your provider gives you no IPv4 address of your own (DS-Lite,"
                        + " carrier-grade NAT), ask for one, or use a tunnel. To see it, compare the router's own IPv4"
                        + " address with\n    curl -4 https://ifconfig.co",
                "Amazon may use any address that is published, and not each of its servers has IPv6",
                Words.AMAZON);
    }

    /** Whether the certificate is none for this name, so that another machine may have answered. */
    private boolean isAnothers(Seen seen) {
        return faults(seen, "").stream().anyMatch(fault -> fault.id().matches("root-unknown|name-not-in-certificate"));
    }

    private Finding differ(String found) {
        return Words.error(
                "addresses-differ",
                "the addresses of the name do not answer the same: one is old, or leads elsewhere",
                found,
                "the same server at each address",
                "remove the record of the old address from DNS (A, or AAAA for IPv6), or bring the same server there. An"
                        + " AAAA record needs the IPv6 address of the machine with your proxy: the router's own will"
                        + " not do. The addresses:\n    nslookup " + target.host() + " 1.1.1.1",
                "Amazon takes any of them: linking works now and then",
                Words.AMAZON);
    }

    /**
     * If something else answers at one of them, or a server with other settings.
     *
     * @param good those at which it is this server, by its answer and by its certificate
     */
    private Optional<Finding> differing(List<Seen> alive, List<Seen> good) {
        boolean sameIssuer = good.stream().map(Seen::issuer).distinct().count() == 1;
        if (alive.size() == good.size() && sameIssuer) {
            return Optional.empty();
        }
        return Optional.of(differ(alive.stream()
                .map(seen -> seen.address().shown() + ": " + described(seen, good.contains(seen), sameIssuer))
                .collect(Collectors.joining("; "))));
    }

    private String described(Seen seen, boolean good, boolean sameIssuer) {
        if (good) {
            return "Alexa Link" + (sameIssuer || seen.issuer().isEmpty() ? "" : " of another issuer");
        }
        return seen.isGood()
                ? "Alexa Link, with another certificate: "
                        + faults(seen, "").stream()
                                .map(fault -> fault.id() + ", " + fault.found())
                                .collect(Collectors.joining(", "))
                : seen.noTls()
                        .or(seen::fault)
                        .map(fault -> fault.id() + ", " + fault.found())
                        .orElse("");
    }

    private static Optional<Finding> newOnly(List<Seen> shaken, int of) {
        List<Seen> refusing = shaken.stream().filter(Seen::onlyNew).toList();
        return refusing.isEmpty()
                ? Optional.empty()
                : Optional.of(Words.error(
                        "tls-too-new",
                        "the server refuses TLS 1.2",
                        "TLS 1.3 only" + at(refusing, of),
                        "TLS 1.2 as well",
                        "offer both. nginx:\n    ssl_protocols TLSv1.2 TLSv1.3;\nCaddy: tls { protocols tls1.2 tls1.3 }",
                        "not each of Amazon's clients speaks TLS 1.3: the connection ends, and no token is fetched",
                        Words.AMAZON));
    }

    private static String at(List<Seen> some, int of) {
        return some.size() == of
                ? ""
                : ", at " + some.stream().map(seen -> seen.address().shown()).collect(Collectors.joining(", "));
    }

    /** The faults of the certificates, each once, with the addresses that have it if not all have. */
    private List<Finding> certificates(List<Seen> shaken) {
        Map<String, List<Seen>> byId = new LinkedHashMap<>();
        for (Seen seen : shaken) {
            for (Finding fault : faults(seen, "")) {
                byId.computeIfAbsent(fault.id(), id -> new ArrayList<>()).add(seen);
            }
        }
        return byId.entrySet().stream()
                .map(entry -> faults(entry.getValue().get(0), at(entry.getValue(), shaken.size())).stream()
                        .filter(fault -> fault.id().equals(entry.getKey()))
                        .findFirst()
                        .orElseThrow())
                .toList();
    }

    /** A date that is wrong only on a clock that differs from the server's is that clock's fault. */
    private List<Finding> faults(Seen seen, String at) {
        List<X509Certificate> chain = seen.shaken().orElseThrow().chain();
        List<Finding> here = new Certificates(trust, target, Instant.now()).of(chain, at);
        Optional<Instant> there = seen.first()
                .flatMap(Reply::date)
                .filter(date -> Duration.between(date, Instant.now()).abs().compareTo(Duration.ofHours(1)) > 0);
        if (there.isEmpty() || here.stream().noneMatch(fault -> fault.id().startsWith("certificate-"))) {
            return here;
        }
        List<Finding> then = new Certificates(trust, target, there.get()).of(chain, at);
        return then.size() < here.size() ? then : here;
    }

    private List<Finding> endpoints() {
        Seen seen = best.orElseThrow();
        asking = new Asking(wire, seen.address(), deadline);
        Probes probes = new Probes(target, asking);
        List<Finding> findings = new ArrayList<>();
        Finding health = probes.health(seen.first().orElseThrow());
        findings.add(health);
        findings.add(probes.issuer(seen.issuer()));
        Probes.clock(seen.first().orElseThrow(), Instant.now()).ifPresent(findings::add);
        if (health.severity() == Severity.FATAL) {
            return findings;
        }
        List<Finding> token = probes.token();
        findings.addAll(token);
        if (token.stream().noneMatch(fault -> fault.id().equals("too-slow") && fault.severity() == Severity.ERROR)) {
            probes.steadiness();
        }
        return findings;
    }

    private boolean issuerDiffers() {
        return named.stream()
                .anyMatch(finding -> finding.id().equals("issuer-differs") && finding.severity() != Severity.OK);
    }

    private List<Finding> page() {
        boolean stranger = named.stream()
                .anyMatch(finding ->
                        finding.id().equals("not-me") && finding.severity().needsAttention());
        return new Page(target, asking, question.known(), issuerDiffers())
                .findings().stream()
                        .map(finding -> stranger
                                        && finding.id().equals("page-not-shown")
                                        && finding.severity().needsAttention()
                                ? Words.skipped("page-not-shown", "the sign-in page", "not-me")
                                : finding)
                        .toList();
    }

    private void link() {
        Optional<String> because = diagnosis.findings().stream()
                .filter(finding -> finding.severity().compareTo(Severity.ERROR) <= 0)
                .map(Finding::id)
                .filter(id ->
                        NO_LINK_AFTER.contains(id) || fault(Severity.FATAL).isPresent() || asking == null)
                .findFirst();
        if (because.isPresent()) {
            diagnosis.add(Words.skipped("link", "a link", because.get()));
            return;
        }
        if (!trust.isGood(best.orElseThrow().shaken().orElseThrow().chain(), target.host())) {
            diagnosis.add(Words.skipped("link", "a link", "clock-off")); // its certificate is not valid on this clock
            linkIsLeftOut = true;
            return;
        }
        long average = asking == null ? 0 : asking.average();
        if (deadline.millis() < Math.max(FOR_A_LINK.toMillis(), Replay.REQUESTS * average)) {
            diagnosis.add(Replay.noTime(deadline.millis(), average)); // what is linked has to be revoked in time
            return;
        }
        long began = System.nanoTime();
        Credentials who = question.complete().apply(question.known());
        deadline.later(Duration.ofNanos(System.nanoTime() - began));
        if (!who.isComplete()) {
            diagnosis.add(Replay.notTried(target, who));
            return;
        }
        boolean basicWorks = named.stream()
                .noneMatch(finding -> finding.id().equals("authorization-lost")
                        && finding.severity().needsAttention());
        step("a link", "link", "a link", () -> {
            List<Finding> findings = new ArrayList<>();
            if (!question.known().hasClient()) {
                new Page(target, asking, who, issuerDiffers())
                        .findings().stream()
                                .filter(finding -> finding.severity().needsAttention())
                                .forEach(findings::add);
            }
            if (findings.stream().noneMatch(finding -> finding.severity().compareTo(Severity.ERROR) <= 0)) {
                findings.addAll(new Replay(target, asking, who, basicWorks).findings());
            }
            return findings;
        });
    }
}
