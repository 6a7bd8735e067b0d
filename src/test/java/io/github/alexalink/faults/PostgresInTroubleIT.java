package io.github.alexalink.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.faults.Wire.Way;
import io.github.alexalink.fixture.LeftOut;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("thorough")
@Tag("faults")
@DisplayName(
        "PostgreSQL dies, ends all connections or falls silent, and comes back: households try again, nothing is lost")
class PostgresInTroubleIT {

    private static final int HOUSEHOLDS = 8;

    /** Milliseconds after which requests must succeed once the database is back. */
    private static final long RECOVERY_MS = 5000;

    private static House house;
    private static Wire wire;
    private static House.Site tomcat;

    @BeforeAll
    static void start() throws Exception {
        house = new House("postgres-in-trouble");
        wire = Wire.to(house.databasePort());
        tomcat = house.addTomcat(Map.of("alexa.db.url", wire.jdbcUrl()));
        tomcat.start();
    }

    @AfterAll
    static void stop() throws IOException {
        if (wire != null) {
            wire.close();
        }
        if (house != null) {
            house.close();
        }
    }

    @Test
    void postgresql_is_killed() throws Exception {
        survive("PostgreSQL killed with -9, back after a second", Faults.times(2, 20), false, () -> {
            house.killPostgres();
            TimeUnit.SECONDS.sleep(1);
            house.startPostgres();
        });
    }

    @Test
    void postgresql_throws_everybody_out_every_second() throws Exception {
        survive("every backend terminated every second", Faults.times(5, 60), true, () -> {
            TimeUnit.SECONDS.sleep(1);
            house.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
        });
    }

    @Test
    void the_network_to_postgresql_is_silent_both_ways() throws Exception {
        survive("nothing comes through for 4 s", Faults.times(1, 5), false, () -> {
            wire.fallSilent(Way.values());
            TimeUnit.SECONDS.sleep(4);
            wire.heal();
        });
    }

    @Test
    void statements_do_not_reach_postgresql() throws Exception {
        if (!Faults.areLong()) {
            String reason =
                    "a wire that is silent in one direction only is tried the other way round; this one with -Pfaults";
            LeftOut.evenInCi(reason);
        }
        survive("nothing comes through to PostgreSQL for 4 s", Faults.times(1, 5), false, () -> {
            wire.fallSilent(Way.TO_POSTGRES);
            TimeUnit.SECONDS.sleep(4);
            wire.heal();
        });
    }

    @Test
    void answers_of_postgresql_do_not_arrive() throws Exception {
        survive("nothing comes through from PostgreSQL for 4 s", Faults.times(1, 5), false, () -> {
            wire.fallSilent(Way.FROM_POSTGRES);
            TimeUnit.SECONDS.sleep(4);
            wire.heal();
        });
    }

    @Test
    void open_connections_are_forgotten_on_the_way() throws Exception {
        survive("open connections forgotten on the way", Faults.times(1, 5), false, () -> wire.forget());
    }

    @Test
    void postgresql_refuses_one_statement_in_five() throws Exception {
        Forced.install(house);
        try {
            survive("25006, 40001 and 40P01 forced on every fifth statement", Faults.times(3, 30), false, () -> {
                Forced.sometimes(house, 0.2);
                TimeUnit.SECONDS.sleep(1);
                Forced.never(house);
            });
        } finally {
            Forced.remove(house);
        }
    }

    /** Causes the fault once; it is over when this returns. */
    @FunctionalInterface
    private interface Fault {
        void happen() throws IOException, SQLException, InterruptedException;
    }

    private static void survive(String name, int times, boolean inARow, Fault fault) throws Exception {
        Traffic traffic = Traffic.start(house, List.of(tomcat.issuer()), HOUSEHOLDS);
        TimeUnit.SECONDS.sleep(1);
        List<Instant> over = new ArrayList<>();
        List<Instant> again = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            fault.happen();
            if (!inARow || i == times - 1) {
                over.add(Instant.now());
                awaitRecovery(traffic);
                again.add(Instant.now());
            }
        }
        Ledger ledger = traffic.stop();
        long recovery = 0;
        for (int i = 0; i < over.size(); i++) {
            recovery = Math.max(recovery, ledger.recoveryMillis(over.get(i), again.get(i)));
        }
        Audit audit = Audit.of(house, traffic);
        FaultTable.add(name, times, ledger, audit, recovery);
        ledger.assertOnlyGoodOrTryLater();
        audit.assertNothingIsLostOrDoubled();
        assertThat(recovery).isLessThan(RECOVERY_MS);
    }

    /**
     * Waits until every request of the time of the fault has its answer and a second has passed without a failure, or
     * too long.
     */
    private static void awaitRecovery(Traffic traffic) throws InterruptedException {
        Instant over = Instant.now();
        Instant enough = over.plusMillis(2 * RECOVERY_MS);
        TimeUnit.MILLISECONDS.sleep(500);
        while (Instant.now().isBefore(enough)) {
            Instant lately = Instant.now().minusMillis(1000);
            List<Ledger.Answer> answers = traffic.ledger().answers();
            boolean good = answers.stream()
                    .anyMatch(answer -> Ledger.isGood(answer) && answer.asked().isAfter(over));
            boolean bad = answers.stream()
                    .anyMatch(answer ->
                            !Ledger.isGood(answer) && answer.answered().isAfter(lately));
            if (good && !bad && traffic.waiting(over) == 0) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }
}
