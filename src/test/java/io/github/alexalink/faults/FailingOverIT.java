package io.github.alexalink.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.servers.Postgres;
import io.github.alexalink.fixture.servers.TestServers;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("thorough")
@Tag("faults")
@DisplayName("The primary is killed with -9 and its standby promoted: households are linked as before")
class FailingOverIT {

    /** The seconds until a DBA, or a program at night, notices and promotes the standby. */
    private static final int NOTICED_AFTER_SECONDS = 3;

    @Test
    void with_a_synchronous_standby_nothing_is_lost() throws Exception {
        for (int i = 0; i < Faults.times(1, 5); i++) {
            Audit audit = failOver("synchronous");
            audit.assertNothingIsLostOrDoubled();
        }
    }

    /** Measures the loss; docs/dba.md says what a household may lose. */
    @Test
    void with_an_asynchronous_standby_the_last_moments_may_be_lost() throws Exception {
        if (!Faults.areLong()) {
            String reason = "what an asynchronous standby loses is measured with -Pfaults";
            LeftOut.evenInCi(reason);
        }
        for (int i = 0; i < 5; i++) {
            failOver("asynchronous");
        }
    }

    private static Audit failOver(String kind) throws Exception {
        int standbyPort = TestServers.freePort();
        try (House house = new House("failing-over")) {
            Postgres standby = house.postgres().standby(house.folder().resolve("standby"), standbyPort, "b");
            try (standby) {
                if (kind.equals("synchronous")) {
                    house.execute("ALTER SYSTEM SET synchronous_standby_names = 'b'");
                    house.ask("SELECT pg_reload_conf()");
                }
                awaitReplication(house, kind.equals("synchronous") ? "sync" : "async");
                House.Site tomcat = house.addTomcat(Map.of(
                        "alexa.db.url",
                        "jdbc:postgresql://127.0.0.1:" + house.databasePort() + ",127.0.0.1:" + standbyPort
                                + "/alexa?targetServerType=primary"));
                tomcat.start();
                Traffic traffic = Traffic.start(house, List.of(tomcat.issuer()), 8);
                TimeUnit.SECONDS.sleep(3);

                house.killPostgres();
                TimeUnit.SECONDS.sleep(NOTICED_AFTER_SECONDS);
                house.moveTo(standby);
                house.ask("SELECT pg_promote()"); // returns after the promotion
                Instant promoted = Instant.now();

                TimeUnit.SECONDS.sleep(8);
                Ledger ledger = traffic.stop();
                long recovery = ledger.recoveryMillis(promoted, Instant.now());
                Audit audit = Audit.of(house, traffic);
                FaultTable.add(
                        "primary killed with -9, %s standby promoted after %d s; no token for %.1f s"
                                .formatted(kind, NOTICED_AFTER_SECONDS, ledger.longestGapMillis() / 1000.0),
                        1,
                        ledger,
                        audit,
                        recovery);
                if (kind.equals("synchronous") || audit.lost() == 0) { // only a lost token may be refused
                    ledger.assertOnlyGoodOrTryLater();
                }
                assertThat(recovery).isLessThan(5000);
                tomcat.close();
                return audit;
            }
        }
    }

    private static void awaitReplication(House house, String state) throws SQLException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!state.equals(house.ask("SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"))) {
            assertThat(System.nanoTime()).as("the standby streams").isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }
}
