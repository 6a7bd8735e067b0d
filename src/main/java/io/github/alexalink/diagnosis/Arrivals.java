package io.github.alexalink.diagnosis;

import io.github.alexalink.diagnosis.Arrival.Kind;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The last few requests of each kind that reached this Tomcat. It is no record: another Tomcat does not know it, neither
 * does the tool, and a restart forgets it. Its size is fixed, and a flood of one kind pushes no other kind out.
 */
public final class Arrivals {

    private static final int OF_EACH_KIND = 16;

    /** How long a listener may look at the page before we take it for left. */
    private static final Duration LOOKING = Duration.ofMinutes(5);

    /** Letters in which a mistyped client id may differ. */
    private static final int NEAR = 2;

    private static final int MOST_KNOWN = 50;

    /** Kinds of requests that say nothing of a registered client. */
    static final Set<Kind> OF_STRANGERS = Set.of(Kind.ELSEWHERE, Kind.STRANGER, Kind.UNREADABLE);

    private final Map<Kind, Ring> rings = new EnumMap<>(Kind.class);
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    public Arrivals() {
        for (Kind kind : Kind.values()) {
            rings.put(kind, kind == Kind.STRANGER ? new OneOfEachId() : new Ring());
        }
    }

    /** The last arrivals of one kind. A slot is written without a lock: two threads at once have two slots. */
    private static class Ring {
        private final AtomicReferenceArray<Arrival> slots = new AtomicReferenceArray<>(OF_EACH_KIND);
        private final AtomicInteger next = new AtomicInteger();

        void add(Arrival arrival) {
            slots.setRelease(Math.floorMod(next.getAndIncrement(), OF_EACH_KIND), arrival);
        }

        Stream<Arrival> all() {
            List<Arrival> all = new ArrayList<>(OF_EACH_KIND);
            for (int i = 0; i < OF_EACH_KIND; i++) {
                all.add(slots.getAcquire(i));
            }
            return all.stream().filter(Objects::nonNull);
        }
    }

    /**
     * The last arrival under each client id: one that comes often pushes out no other, and an id that is nearly a
     * registered one is pushed out by its like alone. It is what somebody has mistyped at Amazon.
     */
    private final class OneOfEachId extends Ring {
        private final Map<String, Arrival> byId = new LinkedHashMap<>();

        @Override
        synchronized void add(Arrival arrival) {
            String id = arrival.clientId().orElse("");
            byId.remove(id);
            byId.put(id, arrival);
            if (byId.size() > OF_EACH_KIND) {
                byId.remove(byId.keySet().stream()
                        .filter(each -> !isNearlyKnown(each))
                        .findFirst()
                        .orElseGet(() -> byId.keySet().iterator().next()));
            }
        }

        @Override
        synchronized Stream<Arrival> all() {
            return List.copyOf(byId.values()).stream();
        }
    }

    /** Tells which client ids are registered. Those under which somebody came are known without. */
    public void know(Collection<String> registered) {
        for (String id : registered) {
            if (known.size() < MOST_KNOWN) {
                known.add(id);
            }
        }
    }

    private boolean isNearlyKnown(String typed) {
        return known.stream().anyMatch(id -> isNearly(id, typed));
    }

    /** Whether at most two letters are missing, added or others, whatever their case and what white space is around. */
    private static boolean isNearly(String id, String typed) {
        String one = id.toLowerCase(Locale.ROOT);
        String other = typed.strip().toLowerCase(Locale.ROOT);
        int[] row = IntStream.rangeClosed(0, other.length()).toArray();
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[other.length()] <= NEAR;
    }

    public void add(Arrival arrival) {
        if (!OF_STRANGERS.contains(arrival.kind())) {
            arrival.clientId().filter(id -> !known.contains(id)).ifPresent(id -> know(List.of(id)));
        }
        rings.get(arrival.kind()).add(arrival);
    }

    /** What is remembered of this kind, the latest first. */
    public List<Arrival> latest(Kind kind) {
        return latestFirst(rings.get(kind).all());
    }

    /** All that is remembered, the latest first. */
    public List<Arrival> latest() {
        return latestFirst(rings.values().stream().flatMap(Ring::all));
    }

    private static List<Arrival> latestFirst(Stream<Arrival> arrivals) {
        return arrivals.sorted(Comparator.comparing(Arrival::at).reversed()).toList();
    }

    /**
     * Clients whose sign-in page was shown last, minutes ago, and on which nobody has signed in since. A page that Alexa
     * fetched ahead looks the same, so it is no fault.
     */
    public List<Finding> pagesLeft() {
        return pagesLeft(Instant.now());
    }

    List<Finding> pagesLeft(Instant now) {
        Map<String, Arrival> pages = new TreeMap<>();
        for (Arrival page : latest(Kind.PAGE)) {
            page.clientId().ifPresent(client -> pages.putIfAbsent(client, page));
        }
        List<Finding> left = new ArrayList<>();
        pages.forEach((client, page) -> {
            long failed = since(Kind.SIGN_IN_FAILED, client, page.at()).count();
            Optional<Arrival> code = since(Kind.CODE, client, page.at()).findAny();
            if (code.isEmpty() && page.at().isBefore(now.minus(LOOKING))) {
                left.add(pageLeft(client, page, failed));
            }
        });
        return left;
    }

    private Stream<Arrival> since(Kind kind, String client, Instant moment) {
        return rings.get(kind)
                .all()
                .filter(arrival -> arrival.clientId().filter(client::equals).isPresent())
                .filter(arrival -> !arrival.at().isBefore(moment));
    }

    private static Finding pageLeft(String client, Arrival page, long failed) {
        Instant at = page.at().truncatedTo(ChronoUnit.SECONDS);
        return new Finding(
                "page-left",
                Severity.INFO,
                Vantage.INSIDE,
                "client " + client + ", " + at + ": the page was shown, and nobody has signed in since",
                "page " + at + ", "
                        + (failed == 0
                                ? "no sign-in"
                                : failed + (failed == 1 ? " sign-in failed" : " sign-ins failed")),
                "a sign-in, if a listener was there",
                "open the page on a phone and sign in",
                "the listener gave up, or the page does not work on that phone; a page that was only fetched ahead looks"
                        + " the same",
                "docs/operator.md, When something is wrong");
    }
}
