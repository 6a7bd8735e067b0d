package io.github.alexalink.signin;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.Thorough;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A DBA deletes the account at a random moment of the tenth of a second in which Tomcat hashes the password, again and
 * again.
 */
@Tag("both")
@DisplayName("A listener signs in over HTTP while a DBA deletes the account")
class AccountChangesIT extends UnderAttack {

    private static final int TIMES = Thorough.RUNS ? 12 : 3;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 'done', alexa.erase_user(?)",
                "WITH gone AS (DELETE FROM alexa.account WHERE username = ? RETURNING 1) SELECT 'done' FROM gone",
                "SELECT 'done', alexa.disable_account(?)",
                "SELECT 'done', alexa.set_password_hash(?, repeat('ab', 16) || '$210000$' || repeat('cd', 32))"
            })
    void no_code_of_an_account_that_has_gone_becomes_a_link(String change) throws Exception {
        for (int i = 0; i < TIMES; i++) {
            String leaver = TestDatabase.unique("leaver");
            TestDatabase.addAccountAsShipped(leaver, PASSWORD);
            HttpResponse<String> page = alexa.authorize();
            CompletableFuture<HttpResponse<String>> signingIn =
                    CompletableFuture.supplyAsync(() -> alexa.press(page, "allow", leaver, PASSWORD));
            TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(400));
            TestDatabase.ask(change, leaver);

            HttpResponse<String> answer = signingIn.get(30, TimeUnit.SECONDS);
            assertThat(answer.statusCode()).as(answer.body()).isIn(200, 303);
            if (answer.statusCode() == 303) {
                HttpResponse<String> refused = alexa.exchange(Alexa.codeIn(answer));
                assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
            }
            assertThat(TestDatabase.ask("SELECT count(*) FROM alexa.link WHERE subject = ?", leaver))
                    .isEqualTo("0");
        }
    }
}
