package io.github.alexalink.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Refusals that a stranger causes are counted, and do not fill the audit trail")
class RefusalsInTheTrailIT extends UnderAttack {

    private static final int REQUESTS = 200;

    /** Rows: one for the first refusal, one for each minute that ends meanwhile, and one for the first after it. */
    private static final int A_FEW = 6;

    /** The refusals that a stranger can cause with the client_id, which is in every authorization request. */
    enum Refused {
        REDIRECT_URI("authorization_refused", 400),
        SCOPE("authorization_refused", 303),
        DENIED("access_denied", 303),
        CLIENT_SECRET("token_refused", 401),
        REVOKED_WITHOUT_SECRET("revocation_refused", 401),
        INTROSPECTED_WITHOUT_SECRET("introspection_refused", 401),
        SIGN_IN("sign_in_failed", 200);

        private final String event;
        private final int status;

        Refused(String event, int status) {
            this.event = event;
            this.status = status;
        }
    }

    @ParameterizedTest
    @EnumSource
    void two_hundred_refusals_are_a_few_rows_and_every_one_is_counted(Refused refused) throws Exception {
        int before = Integer.parseInt(rows(refused));
        Callable<Integer> request = () -> send(refused);
        for (int i = 0; i < REQUESTS / 10; i++) {
            assertThat(AtOnce.times(10, request)).containsOnly(refused.status);
        }
        assertThat(Integer.parseInt(rows(refused)) - before).isBetween(1, A_FEW);
    }

    private int send(Refused refused) {
        String wrong = Alexa.encoded(Map.of("client_id", alexa.clientId(), "client_secret", "x", "token", "x"));
        return switch (refused) {
            case REDIRECT_URI ->
                alexa.authorize(with("redirect_uri", "https://x.example/" + Math.random()))
                        .statusCode();
            case SCOPE -> alexa.authorize(with("scope", "everything")).statusCode();
            case DENIED -> alexa.post("/approve", denied(), Map.of()).statusCode();
            case CLIENT_SECRET ->
                alexa.post("/token", wrong + "&grant_type=refresh_token&refresh_token=" + Math.random(), Map.of())
                        .statusCode();
            case REVOKED_WITHOUT_SECRET ->
                alexa.post("/revoke", wrong, Map.of()).statusCode();
            case INTROSPECTED_WITHOUT_SECRET ->
                alexa.post("/introspect", wrong, Map.of()).statusCode();
            case SIGN_IN ->
                alexa.post("/approve", Alexa.encoded(wrongPassword()), Map.of()).statusCode();
        };
    }

    private String denied() {
        Map<String, String> form = allowing(alexa.authorizationRequest());
        form.put("decision", "deny");
        return Alexa.encoded(form);
    }

    /** A sign-in that makes Tomcat hash no password, with a name that no account has. */
    private Map<String, String> wrongPassword() {
        Map<String, String> form = allowing(alexa.authorizationRequest());
        form.put("username", "nobody-" + Math.random());
        form.put("password", "x".repeat(1001));
        return form;
    }

    private String rows(Refused refused) {
        return TestDatabase.ask(
                "SELECT count(*) FROM alexa.audit_event WHERE client_id = ? AND event = ?",
                alexa.clientId(),
                refused.event);
    }
}
