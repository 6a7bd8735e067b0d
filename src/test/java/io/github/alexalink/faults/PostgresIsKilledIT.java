package io.github.alexalink.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("PostgreSQL is killed with -9 and comes back, again and again")
class PostgresIsKilledIT {

    @Test
    void households_try_again_and_nothing_is_lost() throws Exception {
        int times = Faults.times(2, 20);
        try (House house = new House("postgres-killed")) {
            House.Site tomcat = house.addTomcat();
            tomcat.start();
            Traffic traffic = Traffic.start(house, List.of(tomcat.issuer()), 8);
            long recovery = 0;
            for (int i = 0; i < times; i++) {
                TimeUnit.SECONDS.sleep(2);
                house.killPostgres();
                TimeUnit.SECONDS.sleep(1);
                house.startPostgres();
                Instant back = Instant.now();
                TimeUnit.SECONDS.sleep(6);
                recovery = Math.max(recovery, traffic.ledger().recoveryMillis(back, Instant.now()));
            }
            Ledger ledger = traffic.stop();
            Audit audit = Audit.of(house, traffic);
            FaultTable.add("PostgreSQL killed -9 and started again", times, ledger, audit, recovery);
            audit.assertNothingIsLostOrDoubled();
            assertThat(recovery).isLessThan(5000);
        }
    }
}
