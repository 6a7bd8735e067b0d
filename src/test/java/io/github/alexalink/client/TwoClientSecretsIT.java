package io.github.alexalink.client;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A client secret is exchanged while speakers are linked")
class TwoClientSecretsIT extends UnderAttack {

    private final Cases cases = Cases.of("two client secrets");

    @Test
    void both_secrets_are_good_until_the_old_one_ends() {
        String refresh = alexa.linked(anna).getString("refresh_token");
        Alexa renewed = alexa.withSecret(rotated("1 hour"));
        cases.fine(alexa.refresh(refresh), 200);
        cases.fine(renewed.refresh(refresh), 200);
        cases.fine(alexa.withBodyCredentials().refresh(refresh), 200);
        cases.fine(renewed.withBodyCredentials().refresh(refresh), 200);

        TestDatabase.change(
                "UPDATE alexa.client_secret SET expires_at = now() - interval '1 second'"
                        + " WHERE client_id = ? AND expires_at IS NOT NULL",
                alexa.clientId());
        cases.unauthorized(alexa.refresh(refresh), true);
        cases.unauthorized(alexa.withBodyCredentials().refresh(refresh), false);
        cases.fine(renewed.refresh(refresh), 200);
    }

    @Test
    void without_a_time_the_old_secret_ends_at_once() {
        String code = alexa.codeOf(anna);
        Alexa renewed = alexa.withSecret(rotated("0"));
        cases.unauthorized(alexa.exchange(code), true);
        cases.fine(renewed.exchange(code), 200);
    }

    @Test
    void both_secrets_of_a_resource_server_are_good_while_they_are_exchanged() {
        String old = musicServerSecret;
        musicServerSecret = TestDatabase.ask("SELECT alexa.rotate_client_secret(?, interval '1 hour')", musicServer);
        Alexa.SECRETS.add(musicServerSecret);
        cases.inactive(introspect("x"));
        String renewed = musicServerSecret;
        musicServerSecret = old;
        cases.inactive(introspect("x"));
        musicServerSecret = TestDatabase.ask("SELECT alexa.rotate_client_secret(?)", musicServer);
        cases.inactive(introspect("x"));
        for (String over : new String[] {old, renewed}) {
            cases.unauthorized(
                    alexa.post("/introspect", "token=x", Map.of("Authorization", Alexa.basic(musicServer, over))),
                    true);
        }
    }

    private String rotated(String oldValidFor) {
        String secret =
                TestDatabase.ask("SELECT alexa.rotate_client_secret(?, ?::interval)", alexa.clientId(), oldValidFor);
        Alexa.SECRETS.add(secret);
        return secret;
    }
}
