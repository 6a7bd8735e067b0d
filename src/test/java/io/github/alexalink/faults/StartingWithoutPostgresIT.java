package io.github.alexalink.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Soon;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("thorough")
@Tag("faults")
@DisplayName("PostgreSQL is not there when Tomcat starts, and comes later")
class StartingWithoutPostgresIT {

    @Test
    void alexa_link_is_up_and_says_try_later_and_then_works_without_a_restart() throws Exception {
        try (House house = new House("starting-without-postgres")) {
            House.Site tomcat = house.addTomcat();
            Alexa skill = house.skill(tomcat.issuer(), false);
            String code = house.codes(skill, 1).get(0);
            Traffic early = Traffic.start(house, List.of(tomcat.issuer()), 0);
            house.stopPostgres();
            tomcat.launch(House.SHIPPED_OPTIONS, Map.of());
            tomcat.awaitHealth(503);

            int times = Faults.times(1, 20);
            for (int i = 0; i < times; i++) {
                assertThat(early.ask("authorize", skill::authorize).body()).contains("Please try again later");
                early.ask("code", () -> skill.exchange(code));
                early.ask("refresh", () -> skill.refresh("alr_whatever-it-is"));
                assertThat(Alexa.get(tomcat.issuer() + "/health").statusCode()).isEqualTo(503);
                assertThat(Alexa.get(tomcat.issuer() + "/links").statusCode()).isEqualTo(200);
            }
            assertThat(early.ledger().answers()).allMatch(Ledger.Answer::isTryLater);

            house.startPostgres();
            Instant back = Instant.now();
            Traffic traffic = Traffic.start(house, List.of(tomcat.issuer()), 4);
            // the answer may still be try later, while PostgreSQL starts
            assertThat(Soon.within(
                            5,
                            () -> early.ask("code", () -> skill.exchange(code)).statusCode(),
                            status -> status != 503))
                    .as("soon after it")
                    .isEqualTo(200);
            tomcat.awaitHealth(200);
            TimeUnit.SECONDS.sleep(2);
            early.ledger().answers().forEach(traffic.ledger()::write);
            Ledger ledger = traffic.stop();
            long recovery = ledger.recoveryMillis(back, Instant.now());
            Audit audit = Audit.of(house, traffic);
            FaultTable.add("PostgreSQL is not there when Tomcat starts", 1, ledger, audit, recovery);
            ledger.assertOnlyGoodOrTryLater();
            audit.assertNothingIsLostOrDoubled();
            assertThat(recovery).isLessThan(5000);
        }
    }
}
