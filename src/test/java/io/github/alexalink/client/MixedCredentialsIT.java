package io.github.alexalink.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.cases.Neighbour;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Credentials that are missing, wrong, or in two places (RFC 6749 §2.3.1, §5.2)")
class MixedCredentialsIT extends UnderAttack {

    private static final List<String> PATHS = List.of("/token", "/revoke", "/introspect");
    /** A form that all three endpoints would accept with good credentials. */
    private static final String ASKING = "grant_type=refresh_token&refresh_token=x&token=x";

    private final Cases cases = Cases.of("credentials missing, wrong or mixed");

    private String id;
    private String secret;

    @BeforeEach
    void credentials() {
        id = alexa.clientId();
        secret = alexa.secret();
    }

    @Test
    void a_request_without_credentials_is_401_and_without_a_header_it_gets_no_challenge() {
        for (String path : PATHS) {
            cases.unauthorized(alexa.post(path, ASKING, Map.of()), false);
            cases.unauthorized(alexa.post(path, ASKING + "&client_id=", Map.of()), false);
            cases.unauthorized(alexa.post(path, ASKING + "&client_secret=" + secret, Map.of()), false);
            cases.unauthorized(alexa.post(path, ASKING + "&client_id=" + id, Map.of()), false);
            cases.unauthorized(alexa.post(path, ASKING + "&client_id=" + id + "&client_secret=", Map.of()), false);
        }
    }

    @Test
    void a_wrong_secret_is_401_whether_one_character_off_or_all() {
        String last = secret.substring(0, secret.length() - 1);
        for (String wrong : List.of(
                "wrong",
                last,
                secret + "x",
                last + (secret.endsWith("A") ? "B" : "A"),
                secret.toUpperCase(Locale.ROOT),
                " " + secret,
                secret + " ",
                secret + "\u0000",
                "' OR 1=1 --",
                "x".repeat(5000))) {
            for (String path : PATHS) {
                cases.unauthorized(alexa.post(path, ASKING, Map.of("Authorization", Alexa.basic(id, wrong))), true);
                cases.unauthorized(
                        alexa.post(
                                path,
                                ASKING + "&" + Alexa.encoded(Map.of("client_id", id, "client_secret", wrong)),
                                Map.of()),
                        false);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Basic",
                "Basic ",
                "Basic !!!",
                "Basic Og==", // a colon
                "Basic OnNlY3JldA==", // no id
                "Basic bm9jb2xvbg==", // no colon
                "Basic /////w==", // not UTF-8
                "Bearer ala_x",
                "Digest username=\"x\"",
                "Negotiate x",
                "basic",
                "x"
            })
    void a_header_that_is_not_basic_is_401_with_the_challenge(String header) {
        for (String path : PATHS) {
            cases.unauthorized(alexa.post(path, ASKING, Map.of("Authorization", header)), true);
            cases.unauthorized(alexa.post(path, ASKING + "&client_id=" + id, Map.of("Authorization", header)), true);
            // a good secret in the body does not help
            cases.json(
                    alexa.post(
                            path,
                            ASKING + "&client_id=" + id + "&client_secret=" + secret,
                            Map.of("Authorization", header)),
                    400,
                    "invalid_request");
        }
    }

    @Test
    void header_and_body_together_are_invalid_request_even_if_both_are_right() {
        for (String path : PATHS) {
            cases.json(
                    alexa.post(
                            path,
                            ASKING + "&client_id=" + id + "&client_secret=" + secret,
                            Map.of("Authorization", alexa.basic())),
                    400,
                    "invalid_request");
            cases.json(
                    alexa.post(path, ASKING + "&client_secret=wrong", Map.of("Authorization", alexa.basic())),
                    400,
                    "invalid_request");
            cases.json(
                    alexa.post(path, ASKING + "&client_id=another", Map.of("Authorization", alexa.basic())),
                    400,
                    "invalid_request");
        }
    }

    @Test
    void two_headers_are_invalid_request() {
        for (String path : PATHS) {
            String head = "POST /alexa" + path + " HTTP/1.1\nContent-Type: " + FORM + "\nAuthorization: ";
            cases.json(
                    RawHttp.send(head + alexa.basic() + "\nAuthorization: " + alexa.basic(), ASKING),
                    400,
                    "invalid_request");
            cases.json(
                    RawHttp.send(head + Alexa.basic(id, "x") + "\nauthorization: " + alexa.basic(), ASKING),
                    400,
                    "invalid_request");
        }
    }

    @Test
    void the_id_of_one_client_with_the_secret_of_another_is_refused() {
        Alexa other = Alexa.skill(ISSUER);
        for (String path : PATHS) {
            cases.unauthorized(
                    alexa.post(path, ASKING, Map.of("Authorization", Alexa.basic(id, other.secret()))), true);
            cases.unauthorized(alexa.post(path, ASKING, Map.of("Authorization", Alexa.basic(secret, id))), true);
            cases.unauthorized(alexa.post(path, ASKING, Map.of("Authorization", Alexa.basic("nobody", secret))), true);
        }
    }

    @Test
    void a_public_client_that_sends_a_secret_is_refused() {
        String open = TestDatabase.unique("public");
        TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_client(client_id => ?, display_name => 'App',"
                        + " redirect_uris => ARRAY['https://app.example/back'], public => true)",
                open);
        for (String path : List.of("/token", "/revoke")) {
            cases.unauthorized(alexa.post(path, ASKING, Map.of("Authorization", Alexa.basic(open, "x"))), true);
            cases.unauthorized(alexa.post(path, ASKING + "&client_id=" + open + "&client_secret=x", Map.of()), false);
        }
        // with its id alone a public client gets the answer for an unknown token
        cases.json(alexa.post("/token", ASKING + "&client_id=" + open, Map.of()), 400, "invalid_grant");
        cases.json(alexa.post("/token", ASKING, Map.of("Authorization", Alexa.basic(open, ""))), 400, "invalid_grant");
        cases.revoked(alexa.post("/revoke", ASKING + "&client_id=" + open, Map.of()));
        cases.unauthorized(alexa.post("/introspect", ASKING + "&client_id=" + open, Map.of()), false);
    }

    @Test
    void a_resource_server_gets_no_tokens_and_a_client_no_introspection() {
        String server = Alexa.basic(musicServer, musicServerSecret);
        cases.json(alexa.post("/token", ASKING, Map.of("Authorization", server)), 400, "unauthorized_client");
        cases.json(
                alexa.post("/token", "grant_type=authorization_code&code=x", Map.of("Authorization", server)),
                400,
                "unauthorized_client");
        cases.json(alexa.post("/revoke", ASKING, Map.of("Authorization", server)), 400, "unauthorized_client");
        cases.unauthorized(post("/introspect", ASKING), true);
    }

    /** The client learns nothing of it, and the log never has the secret. */
    @ParameterizedTest
    @CsvSource({
        "it, white space",
        "client_id, white space",
        "swapped, 'as the client_id, and the client_id as the secret'",
        "twice, URL-encoded once too often"
    })
    void a_right_secret_with_a_mistake_around_it_is_401_and_the_log_names_the_mistake(String mistake, String words)
            throws IOException {
        for (String path : PATHS) {
            Alexa fresh = Alexa.skill(ISSUER); // or a line of the path before would be found
            String said = "client [" + fresh.clientId() + "] is refused: it sent the right secret, but ";
            String header =
                    switch (mistake) {
                        case "it" -> Alexa.basic(fresh.clientId(), fresh.secret() + "\n");
                        case "client_id" -> Alexa.basic(fresh.clientId() + " ", fresh.secret());
                        case "swapped" -> Alexa.basic(fresh.secret(), fresh.clientId());
                        default -> Alexa.basic(fresh.clientId(), fresh.secret().replace("_", "%255f"));
                    };
            HttpResponse<String> refused = alexa.post(path, ASKING, Map.of("Authorization", header));
            cases.unauthorized(refused, true);
            assertThat(refused.body()).contains("\"client authentication failed\"");
            assertThat(Neighbour.log(said, words)).singleElement().asString().contains("WARNING");
            assertThat(TestServers.log()).doesNotContain(fresh.secret());
        }
    }

    @Test
    void a_client_that_is_disabled_is_401_everywhere_and_welcome_again_after() {
        TestDatabase.ask("SELECT 'done', alexa.disable_client(?)", id);
        cases.unauthorized(post("/token", ASKING), true);
        cases.unauthorized(post("/revoke", ASKING), true);
        TestDatabase.ask("SELECT 'done', alexa.enable_client(?)", id);
        cases.json(post("/token", ASKING), 400, "invalid_grant");
    }

    @Test
    void a_header_alone_or_a_body_alone_is_good_in_every_spelling_clients_use() {
        for (String header : List.of(
                alexa.basic(),
                alexa.basic().replace("Basic ", "basic "),
                alexa.basic().replace("Basic ", "BASIC   "),
                Alexa.basic(
                        Alexa.encoded(Map.of("x", id)).substring(2),
                        Alexa.encoded(Map.of("x", secret)).substring(2)),
                Alexa.basic(id.replace("-", "%2D"), secret.replace("_", "%5f")))) {
            cases.json(alexa.post("/token", ASKING, Map.of("Authorization", header)), 400, "invalid_grant");
            cases.json(
                    alexa.post("/token", ASKING + "&client_id=" + id, Map.of("Authorization", header)),
                    400,
                    "invalid_grant");
        }
        cases.json(
                alexa.post("/token", ASKING + "&client_id=" + id + "&client_secret=" + secret, Map.of()),
                400,
                "invalid_grant");
    }
}
