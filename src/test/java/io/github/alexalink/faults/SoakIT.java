package io.github.alexalink.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.faults.Ledger.Answer;
import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("faults")
@DisplayName("Half an hour at 200 requests a second, of every kind, with half the heap that is shipped")
class SoakIT {

    private static final int PER_SECOND = 200;
    private static final int WARM_UP_SECONDS = 60;
    private static final int HOUSEHOLDS = 1000;

    /** If that many requests wait at a time, the server has stalled. */
    private static final int ASKING_AT_MOST = 800;

    private final Ledger ledger = new Ledger();
    private final Queue<Traffic.Link> links = new ConcurrentLinkedQueue<>();
    private final Queue<String> steadyCodes = new ConcurrentLinkedQueue<>();
    private final Queue<String> rotatingCodes = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> broken = new ConcurrentLinkedQueue<>();
    /** Access tokens of households that stay linked. */
    private final List<String> accessTokens = new ArrayList<>();

    private Alexa steady;
    private Alexa rotating;
    private String library;
    private String metadata;
    private String musicServer;

    @Test
    void steady_load_makes_no_error_and_no_resource_grows() throws Exception {
        if (!Faults.areLong()) {
            String reason = "half an hour: ./mvnw -Pfaults verify soaks, -Dsoak.minutes=3 for three";
            LeftOut.evenInCi(reason);
        }
        int seconds = 60 * Integer.getInteger("soak.minutes", 30);
        try (House house = new House("soak")) {
            House.Site tomcat = house.addTomcat();
            List<String> options = new ArrayList<>(House.SHIPPED_OPTIONS);
            options.replaceAll(option -> option.startsWith("-Xmx") ? "-Xmx128m" : option);
            tomcat.launch(options, Map.of());
            tomcat.awaitHealth(200);
            furnish(house, tomcat);
            soak(house, WARM_UP_SECONDS, new Ledger());
            Vitals before = Vitals.of(tomcat.handle());
            String connectionsBefore = connections(house);
            System.out.println("soak: at the start " + before + ", connections " + connectionsBefore);
            Instant start = Instant.now();
            soak(house, seconds, ledger);
            Instant end = Instant.now();
            Vitals after = Vitals.of(tomcat.handle());
            String connectionsAfter = connections(house);
            System.out.println("soak: at the end   " + after + ", connections " + connectionsAfter);
            long[] millis =
                    ledger.answers().stream().mapToLong(Answer::millis).sorted().toArray();
            System.out.printf(
                    "soak: %d requests in %d s; median %d ms, 99 %% %d ms, 99.9 %% %d ms, worst %d ms%n",
                    millis.length,
                    Duration.between(start, end).toSeconds(),
                    millis[millis.length / 2],
                    millis[millis.length * 99 / 100],
                    millis[(int) (millis.length * 999L / 1000)],
                    millis[millis.length - 1]);
            Audit audit = Audit.of(house, ledger, links);
            FaultTable.add("soak of " + seconds / 60 + " min", 1, ledger, audit, FaultTable.NOT_MEASURED);
            assertThat(broken).isEmpty();
            ledger.assertOnlyGood();
            audit.assertNothingIsLostOrDoubled();
            assertThat(millis.length).isGreaterThan((int) (PER_SECOND * seconds * 0.99));
            assertThat(Arrays.stream(millis).max().orElseThrow()).isLessThan(Ledger.PATIENCE_MS);
            assertThat(after.heap()).as("KiB of heap").isLessThan(before.heap() + 8 * 1024);
            assertThat(after.threads()).as("threads").isLessThan(before.threads() + 50);
            assertThat(after.descriptors()).as("descriptors").isLessThan(before.descriptors() + 50);
            assertThat(after.resident()).as("KiB resident").isLessThan(before.resident() + 48 * 1024);
            assertThat(Integer.parseInt(connectionsAfter)).as("connections").isLessThanOrEqualTo(10);
        }
    }

    private void furnish(House house, House.Site tomcat) throws SQLException {
        steady = house.skill(tomcat.issuer(), false);
        rotating = house.skill(tomcat.issuer(), true);
        metadata = tomcat.issuer() + "/.well-known/oauth-authorization-server";
        library = "http://127.0.0.1:" + tomcat.port() + "/music-server/api/library";
        musicServer = Alexa.basic(
                "music",
                house.ask("SELECT client_secret FROM alexa.register_resource_server("
                        + "client_id => 'music', display_name => 'Music')"));
        steadyCodes.addAll(house.codes(steady, HOUSEHOLDS / 2));
        rotatingCodes.addAll(house.codes(rotating, HOUSEHOLDS / 2));
        Ledger first = new Ledger();
        while (!steadyCodes.isEmpty() || !rotatingCodes.isEmpty()) {
            redeem(first, Instant.now());
        }
        first.assertOnlyGood();
        for (String code : house.codes(steady, 50)) {
            accessTokens.add(new JSONObject(steady.exchange(code).body()).getString("access_token"));
        }
    }

    private String anAccessToken() {
        return accessTokens.get(ThreadLocalRandom.current().nextInt(accessTokens.size()));
    }

    /** The connections of the pool while no client sends a request. */
    private static String connections(House house) throws SQLException {
        return house.ask("SELECT count(*) FROM pg_stat_activity WHERE usename = 'alexa_app'");
    }

    /** Sends requests at fixed times, even if earlier ones have no answer yet, so that waiting in line counts. */
    private void soak(House house, int seconds, Ledger into) throws InterruptedException, SQLException {
        ExecutorService asking = Executors.newFixedThreadPool(ASKING_AT_MOST);
        long start = System.nanoTime();
        Instant began = Instant.now();
        long between = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
        for (long i = 0; i < (long) seconds * PER_SECOND; i++) {
            if (i % (10 * PER_SECOND) == 0) { // enough for ten seconds, for a code lives ten minutes
                steadyCodes.addAll(house.codes(steady, 10 * PER_SECOND / 10));
                rotatingCodes.addAll(house.codes(rotating, 10 * PER_SECOND / 10));
                keepTheNewest(steadyCodes);
                keepTheNewest(rotatingCodes);
            }
            long due = start + i * between;
            TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            Instant asked = began.plusNanos(i * between);
            asking.execute(() -> {
                try {
                    one(into, asked);
                } catch (RuntimeException | AssertionError unexpected) {
                    broken.add(unexpected);
                }
            });
        }
        asking.shutdown();
        assertThat(asking.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }

    private void one(Ledger into, Instant asked) {
        int dice = ThreadLocalRandom.current().nextInt(1000);
        if (dice < 5) {
            HttpResponse<String> page = write(into, "authorize", asked, steady.authorize());
            Instant pressed = Instant.now();
            write(into, "approve", pressed, steady.press(page, "allow", House.ANNA, TestDatabase.PASSWORD));
        } else if (dice < 150) {
            write(into, "authorize", asked, steady.authorize());
        } else if (dice < 550) {
            refresh(into, asked);
        } else if (dice < 630) {
            redeem(into, asked);
        } else if (dice < 780) {
            write(
                    into,
                    "introspect",
                    asked,
                    steady.post("/introspect", "token=" + anAccessToken(), Map.of("Authorization", musicServer)));
        } else if (dice < 850) {
            revoke(into, asked);
        } else if (dice < 900) {
            write(into, "metadata", asked, Alexa.get(metadata));
        } else {
            write(
                    into,
                    "library",
                    asked,
                    Alexa.send(HttpRequest.newBuilder(URI.create(library))
                            .timeout(Duration.ofSeconds(10))
                            .header("Authorization", "Bearer " + anAccessToken())
                            .build()));
        }
    }

    /** Each household sends one request at a time. */
    private void refresh(Ledger into, Instant asked) {
        Traffic.Link link = links.poll();
        HttpResponse<String> reply = write(into, "refresh", asked, link.skill.refresh(link.refreshToken));
        if (reply.statusCode() == 200) {
            JSONObject tokens = new JSONObject(reply.body());
            link.refreshToken = tokens.getString("refresh_token");
            into.issued(tokens.getString("access_token"), link.refreshToken);
        }
        links.add(link);
    }

    private void redeem(Ledger into, Instant asked) {
        boolean steadily = steadyCodes.size() > rotatingCodes.size();
        Alexa skill = steadily ? steady : rotating;
        HttpResponse<String> reply =
                write(into, "code", asked, skill.exchange(steadily ? steadyCodes.remove() : rotatingCodes.remove()));
        if (reply.statusCode() == 200) {
            JSONObject tokens = new JSONObject(reply.body());
            into.issued(tokens.getString("access_token"), tokens.getString("refresh_token"));
            links.add(new Traffic.Link(skill, tokens.getString("refresh_token")));
        }
    }

    /** A household unlinks: about as many do as link. */
    private void revoke(Ledger into, Instant asked) {
        Traffic.Link link = links.poll();
        write(
                into,
                "revoke",
                asked,
                link.skill.post("/revoke", "token=" + link.refreshToken, Map.of("Authorization", link.skill.basic())));
    }

    private static HttpResponse<String> write(Ledger into, String what, Instant asked, HttpResponse<String> reply) {
        into.write(new Answer(
                what,
                asked,
                Duration.between(asked, Instant.now()).toMillis(),
                reply.statusCode(),
                null,
                reply.headers().firstValue("Retry-After").isPresent()));
        return reply;
    }

    /** Drops surplus codes. More are made than redeemed, and the oldest, which are redeemed first, would expire. */
    private static void keepTheNewest(Queue<String> codes) {
        while (codes.size() > 20 * PER_SECOND / 10) {
            codes.poll();
        }
    }
}
