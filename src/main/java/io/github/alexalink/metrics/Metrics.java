package io.github.alexalink.metrics;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.micrometer.MicrometerMetricsTrackerFactory;
import io.github.alexalink.store.SchemaRepository;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.jmx.JmxConfig;
import io.micrometer.jmx.JmxMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import javax.sql.DataSource;

/** All metrics, counted once and shown to Prometheus and over JMX. */
public final class Metrics implements AutoCloseable {

    /** The value of a tag that does not apply. */
    static final String NONE = "none";

    /** The last bucket is the moment at which Alexa hangs up: 4.5 s. */
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(4),
        Duration.ofMillis(4500)
    };

    /** The audit events that this WAR writes. The DBA's functions write others, which it does not see. */
    private static final List<String> EVENTS = List.of(
            "authorization_refused",
            "access_denied",
            "sign_in_failed",
            "code_issued",
            "code_redeemed",
            "code_repeated",
            "code_replayed",
            "token_refreshed",
            "refreshed_in_grace",
            "token_refused",
            "refresh_token_reused",
            "link_revoked",
            "access_token_revoked",
            "introspection_refused",
            "revocation_refused",
            "metrics_refused");

    private final PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final CompositeMeterRegistry all = new CompositeMeterRegistry();
    private final JvmGcMetrics collections = new JvmGcMetrics();
    private final Map<Answered, Timer> requests = new ConcurrentHashMap<>();
    private final Map<String, Counter> events = new ConcurrentHashMap<>();

    /**
     * Starts counting.
     *
     * @param domain prefix of the JMX names: each version of this web application in one Tomcat needs its own
     */
    public Metrics(String domain) {
        JmxMeterRegistry jmx = new JmxMeterRegistry(domain(domain), Clock.SYSTEM);
        jmx.config().meterFilter(withoutBuckets());
        all.add(prometheus);
        all.add(jmx);
        new JvmMemoryMetrics().bindTo(all);
        new JvmThreadMetrics().bindTo(all);
        collections.bindTo(all);
        // a counter that exists from the start with 0 is seen to rise at its first event
        EVENTS.forEach(this::event);
        for (String grantType : List.of("authorization_code", "refresh_token")) {
            request(new Answered("token", grantType, "issued", "200"));
            request(new Answered("token", grantType, "invalid_grant", "400"));
            request(new Answered("token", grantType, "invalid_client", "401"));
            request(new Answered("token", grantType, "temporarily_unavailable", "503"));
            request(new Answered("token", grantType, "server_error", "500"));
        }
        request(new Answered("authorize", NONE, "invalid_redirect_uri", "400"));
        request(new Answered("approve", NONE, "too_many_requests", "429"));
    }

    /**
     * The requests that are counted together. All words are from fixed lists, so there are few combinations.
     *
     * @param outcome in OAuth's words
     * @param status of the response; {@code none} if none was sent
     */
    record Answered(String endpoint, String grantType, String outcome, String status) {}

    void count(Answered answered, long nanoseconds) {
        request(answered).record(nanoseconds, TimeUnit.NANOSECONDS);
    }

    private Timer request(Answered answered) {
        return requests.computeIfAbsent(answered, unseen -> Timer.builder("alexa.requests")
                .description("Requests by what was answered, and how long that took")
                .tag("endpoint", answered.endpoint())
                .tag("grant_type", answered.grantType())
                .tag("outcome", answered.outcome())
                .tag("status", answered.status())
                .serviceLevelObjectives(BUCKETS)
                .register(all));
    }

    /** Counts an event that was written into the trail. */
    public void audited(String event) {
        event(event).increment();
    }

    private Counter event(String event) {
        return events.computeIfAbsent(event, unseen -> Counter.builder("alexa.audit.events")
                .description("Events that this web application wrote into the audit trail, or counted for it")
                .tag("event", event)
                .register(all));
    }

    /**
     * Counts the look-ups of the Valve in the same Tomcat, which calls a function and so sends no request that is timed.
     */
    public Function<String, Map<String, Object>> counting(Function<String, Map<String, Object>> claimsOf) {
        return accessToken -> {
            long start = System.nanoTime();
            String outcome = "temporarily_unavailable";
            try {
                Map<String, Object> claims = claimsOf.apply(accessToken);
                outcome = claims.isEmpty() ? "inactive" : "active";
                return claims;
            } finally {
                count(new Answered("bearer", NONE, outcome, NONE), System.nanoTime() - start);
            }
        };
    }

    /** Has HikariCP report on its pool. A pool of another make reports nothing. */
    public void watch(DataSource pool) {
        if (pool instanceof HikariDataSource hikari
                && hikari.getMetricRegistry() == null
                && hikari.getMetricsTrackerFactory() == null) {
            hikari.setMetricsTrackerFactory(new MicrometerMetricsTrackerFactory(all));
        }
    }

    /** Adds the state of the schema, which is read when somebody reads the metrics. */
    public void watch(SchemaRepository schema, ExecutorService background) {
        SchemaWatch watch = new SchemaWatch(schema, background);
        gauge(watch, "alexa.database.up", null, "Whether the database answers within a second", SchemaWatch::up);
        gauge(watch, "alexa.database.writable", null, "Whether it is not read-only", SchemaWatch::writable);
        gauge(watch, "alexa.schema.version", null, "Version of the schema, 0 if there is none", SchemaWatch::version);
        gauge(watch, "alexa.schema.known", null, "Whether this WAR works with that version", SchemaWatch::known);
        gauge(
                watch,
                "alexa.partitions.ready",
                null,
                "Whole days from now in which every row finds its partition",
                SchemaWatch::daysReady);
        gauge(
                watch,
                "alexa.maintenance.last.run.timestamp",
                "seconds",
                "When alexa.maintain() last ran, since 1970",
                SchemaWatch::maintainedAt);
    }

    private void gauge(
            SchemaWatch watch, String name, String unit, String description, ToDoubleFunction<SchemaWatch> value) {
        Gauge.builder(name, watch, value)
                .baseUnit(unit)
                .description(description)
                .strongReference(true)
                .register(all);
    }

    /** All metrics in the format of Prometheus. */
    String text() {
        return prometheus.scrape();
    }

    /** Stops counting, and removes all names from JMX. */
    @Override
    public void close() {
        collections.close();
        all.close();
    }

    private static JmxConfig domain(String domain) {
        return new JmxConfig() {
            @Override
            public String get(String key) {
                return null;
            }

            @Override
            public String domain() {
                return domain;
            }
        };
    }

    /** Removes the buckets: JMX has percentiles, and eight buckets would be eight more names per timer. */
    private static MeterFilter withoutBuckets() {
        return new MeterFilter() {
            @Override
            public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
                return DistributionStatisticConfig.builder()
                        .serviceLevelObjectives()
                        .build()
                        .merge(config);
            }
        };
    }
}
