package io.github.alexalink.faults;

import io.github.alexalink.faults.Ledger.Answer;
import io.github.alexalink.faults.Ledger.Redemption;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.json.JSONException;
import org.json.JSONObject;

/**
 * Households that link and refresh until they are stopped, each waiting for its answer before the next request. Half of
 * them have a skill that rotates refresh tokens. Like Alexa, they repeat a request that got 503 or no answer.
 */
final class Traffic {

    /** Milliseconds between two requests of a thread, so that the machine has time for the fault. */
    private static final int THINKING = 10;

    private static final int CODES_PER_THREAD = 500;

    private final Ledger ledger = new Ledger();
    private final List<String> issuers;
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<Link> links = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> broken = new ConcurrentLinkedQueue<>();
    private final Map<Thread, Instant> waiting = new ConcurrentHashMap<>();
    private volatile boolean going = true;

    private Traffic(List<String> issuers) {
        this.issuers = issuers;
    }

    /** A household's link, with the refresh token for its next request. One thread uses it. */
    static final class Link {
        final Alexa skill;
        volatile String refreshToken;

        Link(Alexa skill, String refreshToken) {
            this.skill = skill;
            this.refreshToken = refreshToken;
        }
    }

    /**
     * Starts the traffic; the house must be up.
     *
     * @param issuers of Tomcats that are asked at random
     */
    static Traffic start(House house, List<String> issuers, int threads) throws SQLException {
        Traffic traffic = new Traffic(issuers);
        for (int i = 0; i < threads; i++) {
            Alexa skill = house.skill(issuers.get(0), i % 2 == 1);
            Queue<String> codes = new ConcurrentLinkedQueue<>(house.codes(skill, CODES_PER_THREAD));
            boolean byPage = i == 0; // a page hashes a password; with more, the test would be one of hashing
            traffic.threads.add(new Thread(() -> traffic.run(skill, codes, byPage), "household-" + i));
        }
        traffic.threads.forEach(Thread::start);
        return traffic;
    }

    Ledger ledger() {
        return ledger;
    }

    /** All links so far. */
    List<Link> links() {
        return List.copyOf(links);
    }

    /** The number of requests sent before that moment that still wait for an answer. */
    long waiting(Instant before) {
        return waiting.values().stream().filter(asked -> asked.isBefore(before)).count();
    }

    /** Stops the traffic after the requests that are under way. */
    Ledger stop() throws InterruptedException {
        going = false;
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(30));
        }
        if (!broken.isEmpty()) {
            throw new AssertionError("a household broke down", broken.peek());
        }
        return ledger;
    }

    private void run(Alexa skill, Queue<String> codes, boolean byPage) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        List<Link> mine = new ArrayList<>();
        try {
            while (going) {
                int dice = random.nextInt(100);
                if (byPage && dice < 10) {
                    page(skill, mine);
                } else if ((dice < 25 || mine.isEmpty()) && !codes.isEmpty()) {
                    redeem(skill, codes.remove(), mine);
                } else if (!mine.isEmpty()) {
                    refresh(mine.get(random.nextInt(mine.size())));
                }
                TimeUnit.MILLISECONDS.sleep(THINKING);
            }
        } catch (InterruptedException | RuntimeException | AssertionError unexpected) {
            broken.add(unexpected);
        }
    }

    private void page(Alexa skill, List<Link> mine) throws InterruptedException {
        HttpResponse<String> page = ask("authorize", () -> skill.at(anywhere()).authorize());
        if (page == null || page.statusCode() != 200) {
            return;
        }
        HttpResponse<String> redirect =
                ask("approve", () -> skill.at(anywhere()).press(page, "allow", House.ANNA, TestDatabase.PASSWORD));
        if (redirect != null && redirect.statusCode() == 303) {
            redeem(skill, Alexa.codeIn(redirect), mine);
        }
    }

    /** Redeems a code, up to three times while the answer is try later: a lost answer may have been a yes. */
    private void redeem(Alexa skill, String code, List<Link> mine) throws InterruptedException {
        boolean unsure = false;
        for (int i = 0; i < 3 && going; i++) {
            HttpResponse<String> reply = ask(
                    i == 0 ? "code" : "code again", () -> skill.at(anywhere()).exchange(code));
            if (reply != null && reply.statusCode() == 200) {
                JSONObject tokens = new JSONObject(reply.body());
                Link link = new Link(skill, tokens.getString("refresh_token"));
                ledger.issued(tokens.getString("access_token"), link.refreshToken);
                ledger.redeemed(new Redemption(code, 1, unsure, false));
                mine.add(link);
                links.add(link);
                return;
            }
            if (reply != null && reply.statusCode() == 400) {
                ledger.redeemed(new Redemption(code, 0, unsure, true));
                return;
            }
            unsure = true;
            TimeUnit.MILLISECONDS.sleep(100);
        }
        ledger.redeemed(new Redemption(code, 0, true, false));
    }

    private void refresh(Link link) {
        HttpResponse<String> reply =
                ask("refresh", () -> link.skill.at(anywhere()).refresh(link.refreshToken));
        if (reply != null && reply.statusCode() == 200) {
            JSONObject tokens = new JSONObject(reply.body());
            link.refreshToken = tokens.getString("refresh_token");
            ledger.issued(tokens.getString("access_token"), link.refreshToken);
        }
    }

    private String anywhere() {
        return issuers.get(ThreadLocalRandom.current().nextInt(issuers.size()));
    }

    /** Sends a request; returns null if there was no answer. */
    HttpResponse<String> ask(String what, Supplier<HttpResponse<String>> request) {
        Instant asked = Instant.now();
        long start = System.nanoTime();
        waiting.put(Thread.currentThread(), asked);
        HttpResponse<String> reply = null;
        try {
            reply = request.get();
        } catch (IllegalStateException noAnswer) {
            // a killed Tomcat or balancer: the ledger has it as no answer
        }
        long millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
        ledger.write(new Answer(
                what,
                asked,
                millis,
                reply == null ? 0 : reply.statusCode(),
                reply == null ? null : error(reply),
                reply != null && reply.headers().firstValue("Retry-After").isPresent()));
        waiting.remove(Thread.currentThread());
        return reply;
    }

    private static String error(HttpResponse<String> reply) {
        if (reply.statusCode() == 303) {
            return Alexa.parameter(Alexa.location(reply), "error");
        }
        if (reply.statusCode() == 200) {
            return null;
        }
        try {
            return new JSONObject(reply.body()).optString("error", null);
        } catch (JSONException page) {
            return null;
        }
    }
}
