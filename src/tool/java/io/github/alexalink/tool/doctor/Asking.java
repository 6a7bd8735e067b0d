package io.github.alexalink.tool.doctor;

import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Severity;
import io.github.alexalink.tool.doctor.Unanswered.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Sends requests to one address. What may be chance it asks a second time, and remembers. */
final class Asking {

    /** What a second try can be without. */
    private static final Set<Kind> CHANCE = EnumSet.of(
            Kind.REFUSED, Kind.SILENT, Kind.HANDSHAKE, Kind.PLAIN, Kind.RESET, Kind.CUT, Kind.GARBLED, Kind.SLOW);

    private static final int PAUSE_MS = 300;

    /** One failed request of so many is more than Alexa forgives. */
    private static final int TOO_OFTEN = 4;

    private final Wire wire;
    private final Address address;
    private final Deadline deadline;
    private final List<String> failed = new ArrayList<>();
    private int asked;
    private int answered;
    private long millis;

    Asking(Wire wire, Address address, Deadline deadline) {
        this.wire = wire;
        this.address = address;
        this.deadline = deadline;
    }

    Reply ask(Request request) throws Unanswered {
        try {
            Reply first = once(request);
            if (!isOfAGateway(first)) {
                return first;
            }
            pause();
            Reply second = once(request);
            if (second.status() < 500) {
                failed.add(request.shown() + ": status " + first.status());
            }
            return second;
        } catch (Unanswered chance) {
            if (!CHANCE.contains(chance.kind())) {
                throw chance;
            }
            pause();
            Reply second = once(request);
            failed.add(request.shown() + ": " + chance.shown());
            return second;
        }
    }

    /** Whether a proxy says that it got no answer. */
    static boolean isOfAGateway(Reply reply) {
        return reply.status() >= 502 && reply.status() <= 504 && !Ours.isToken(reply) && !Ours.isHealth(reply);
    }

    /** Whether a second try, of which another request has to do, could have been answered. */
    static boolean isChance(Unanswered none) {
        return CHANCE.contains(none.kind()) && none.kind() != Kind.SLOW;
    }

    /** Remembers a request that was not sent again. */
    void remember(Request request, String how) {
        failed.add(request.shown() + ": " + how);
    }

    /** Without a second try. */
    Reply once(Request request) throws Unanswered {
        if (deadline.isOver()) {
            throw new Unanswered(Kind.SLOW, 0, null);
        }
        asked++;
        Reply reply = wire.ask(address, request, deadline);
        answered++;
        millis += reply.times().all();
        return reply;
    }

    /** How long an answer took on average, in milliseconds; 0 before the first. */
    long average() {
        return answered == 0 ? 0 : millis / answered;
    }

    /** When the doctor is stopped: once, whatever is left of its own time. */
    Reply atTheEnd(Request request, Deadline until) throws Unanswered {
        return wire.ask(address, request, until);
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** If an answer was missing or broken, and there when it was asked for again. */
    Optional<Finding> unsteady() {
        return failed.isEmpty()
                ? Optional.empty()
                : Optional.of(often().as(failed.size() * TOO_OFTEN > asked ? Severity.ERROR : Severity.WARNING));
    }

    private Finding often() {
        return Words.warning(
                "unsteady",
                failed.size() * TOO_OFTEN > asked
                        ? "again and again there is no answer, or a broken one"
                        : "now and then there is no answer, or a broken one",
                failed.size() + " of " + asked + " requests. " + failed.get(0),
                "a whole answer each time",
                "look into the proxy's error log at this minute. Is there more than one Tomcat behind it, and is"
                        + " each well? Do keep-alive connections between proxy and Tomcat end too early"
                        + " (keepalive_timeout, Connector keepAliveTimeout)? On the server:"
                        + "\n    sudo java -jar alexa.war check",
                "Alexa asks for a token once or twice, and then says that linking failed",
                Words.AMAZON);
    }

    /** What it means that there was no answer, twice. */
    static Finding fault(Unanswered none, Request request) {
        if (none.kind() == Kind.SLOW) {
            return tooSlow(request.shown() + ": "
                    + (none.millis() < Probes.LIMIT_MS
                            ? "no answer before the doctor's own time was over"
                            : none.shown()));
        }
        return Words.fatal(
                "answer-broken",
                none.kind() == Kind.RESET
                        ? "the server takes the request and closes the connection without an answer"
                        : "the server does not give a whole answer",
                request.shown() + ": " + none.shown(),
                "a whole answer of at most 256 KiB, within 8 s",
                "look into the proxy's error log at this minute. For nginx, raise what it names, for example"
                        + "\n    proxy_buffer_size 16k; proxy_buffers 8 16k;"
                        + "\nand let nothing between proxy and Tomcat change bodies; " + Words.PROXY,
                "Amazon cannot read half an answer, and gets no token",
                Words.AMAZON);
    }

    /** Too late, whatever the part that takes the time. */
    static Finding tooSlow(String found) {
        return tooSlow(found, new Reply.Times(0, 0, 0));
    }

    static Finding tooSlow(String found, Reply.Times times) {
        return Words.error(
                "too-slow",
                "the server answers too late for Alexa",
                found,
                "less than " + Probes.LIMIT_MS + " ms for a token request, all in all",
                cure(times),
                "Alexa hangs up after 4.5 s and says that linking failed",
                Words.AMAZON);
    }

    /** In time, but not by much. */
    static Finding nearlyTooSlow(String found, Reply.Times times) {
        return Words.warning(
                "too-slow",
                "the server answers in time, but near the limit of 4.5 s",
                found,
                "less than " + Probes.TIGHT_MS + " ms for a token request, all in all",
                cure(times),
                "Alexa hangs up after 4.5 s: a little more to do, and linking fails now and then",
                Words.AMAZON);
    }

    /** What to look at: the part that takes most of the time. */
    private static String cure(Reply.Times times) {
        if (times.isMostlyHandshake()) {
            return "the TLS handshake takes most of it, so look at the proxy and the line, and not at Tomcat or the"
                    + " database: is the proxy's machine busy, does it look something up for each connection (OCSP,"
                    + " names), does the line lose packets? On the machine with the proxy:\n    top -b -n 1 | head -12";
        }
        if (times.isMostlyConnect()) {
            return "the connection itself takes most of it, so look at the line and the router, and not at Tomcat or the"
                    + " database: are packets lost? From here:\n    ping -c 20 ADDRESS";
        }
        return "see what takes so long: Tomcat itself (ask it on the server, without the proxy), the database, or the"
                + " line. On the server:\n    sudo java -jar alexa.war check";
    }
}
