package io.github.alexalink.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.fixture.servers.ReverseProxy;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("thorough")
@Tag("faults")
@DisplayName("Two Tomcats on one database, behind HAProxy with the file that tomcat-conf/proxy has for it")
class TwoTomcatsIT {

    /** RestartSec in systemd/tomcat.service.d. */
    private static final int SECONDS_UNTIL_SYSTEMD_STARTS_IT = 5;

    private static final int HOUSEHOLDS = 8;

    private static House house;
    private static House.Site one;
    private static House.Site two;
    private static ReverseProxy balancer;
    private static String issuer;

    @BeforeAll
    static void start() throws Exception {
        int port = TestServers.freePort();
        issuer = TestServers.issuer(port);
        house = new House("two-tomcats");
        one = house.addTomcat(Map.of("alexa.issuer", issuer));
        two = house.addTomcat(Map.of("alexa.issuer", issuer));
        for (House.Site tomcat : List.of(one, two)) {
            tomcat.launch(House.SHIPPED_OPTIONS, Map.of());
        }
        one.awaitHealth(200);
        two.awaitHealth(200);
        // warms the code up: a first redemption that takes over a second would free its code again
        Alexa first = house.skill(issuer, false);
        for (House.Site tomcat : List.of(one, two)) {
            assertThat(first.at(tomcat.issuer())
                            .exchange(house.codes(first, 1).get(0))
                            .statusCode())
                    .isEqualTo(200);
        }
        balancer = ReverseProxy.plain(ReverseProxy.Kind.HAPROXY, port, List.of(one.port(), two.port()));
    }

    @AfterAll
    static void stop() throws Exception {
        if (balancer != null) {
            balancer.close();
        }
        if (house != null) {
            house.close();
        }
    }

    @Test
    void a_link_that_begins_on_one_tomcat_is_finished_on_the_other() throws Exception {
        Alexa skill = house.skill(issuer, true);
        HttpResponse<String> page = skill.at(one.issuer()).authorize();
        HttpResponse<String> redirect = skill.at(two.issuer()).press(page, "allow", House.ANNA, TestDatabase.PASSWORD);
        HttpResponse<String> tokens = skill.at(one.issuer()).exchange(Alexa.codeIn(redirect));
        assertThat(tokens.statusCode()).as(tokens.body()).isEqualTo(200);
        HttpResponse<String> refreshed =
                skill.at(two.issuer()).refresh(new JSONObject(tokens.body()).getString("refresh_token"));
        assertThat(refreshed.statusCode()).as(refreshed.body()).isEqualTo(200);
    }

    @Test
    void of_64_redemptions_of_one_code_spread_over_both_exactly_one_wins_and_its_tokens_live_on() throws Exception {
        for (int round = 0; round < Faults.times(3, 20); round++) {
            Alexa skill = house.skill(issuer, false);
            String code = house.codes(skill, 1).get(0);
            List<Callable<HttpResponse<String>>> all = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                Alexa there = skill.at(i % 2 == 0 ? one.issuer() : two.issuer());
                all.add(() -> there.exchange(code));
            }
            List<HttpResponse<String>> replies = AtOnce.all(all);
            List<HttpResponse<String>> won =
                    replies.stream().filter(reply -> reply.statusCode() == 200).toList();
            assertThat(won).hasSize(1);
            assertThat(replies.stream().filter(reply -> reply.statusCode() != 200))
                    .allMatch(reply -> reply.statusCode() == 400 && reply.body().contains("invalid_grant"));
            JSONObject tokens = new JSONObject(won.get(0).body());
            assertThat(skill.refresh(tokens.getString("refresh_token")).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void a_tomcat_is_killed_and_started_again_and_no_household_notices() throws Exception {
        int times = Faults.times(1, 10);
        long recovery = 0;
        Traffic traffic = Traffic.start(house, List.of(issuer), HOUSEHOLDS);
        for (int i = 0; i < times; i++) {
            House.Site tomcat = i % 2 == 0 ? one : two;
            TimeUnit.SECONDS.sleep(2);
            tomcat.kill();
            TimeUnit.SECONDS.sleep(SECONDS_UNTIL_SYSTEMD_STARTS_IT);
            tomcat.start();
            Instant back = Instant.now();
            TimeUnit.SECONDS.sleep(2);
            recovery = Math.max(recovery, traffic.ledger().recoveryMillis(back, Instant.now()));
        }
        Ledger ledger = traffic.stop();
        Audit audit = Audit.behindABalancer(house, traffic);
        FaultTable.add("one of two Tomcats behind HAProxy killed -9", times, ledger, audit, recovery);
        String log = balancer.accessLog();
        System.out.printf(
                "faults: HAProxy asked one %d times, two %d times, and %d times the other one because the first was gone%n",
                log.lines().filter(line -> line.contains(" alexa-link/one ")).count(),
                log.lines().filter(line -> line.contains(" alexa-link/two ")).count(),
                log.lines()
                        .filter(line -> line.matches(".* \\+\\d+ [A-Z]+ /alexa/.*"))
                        .count());
        assertThat(log)
                .contains(" alexa-link/one ", " alexa-link/two ", " POST /alexa/token")
                .doesNotContain("state=");
        // even if a Tomcat dies after redeeming a code, the other gives tokens for the repeated request
        ledger.assertOnlyGood();
        ledger.assertInTime();
        audit.assertNothingIsLostOrDoubled();
        assertThat(recovery).isLessThan(5000);
    }
}
