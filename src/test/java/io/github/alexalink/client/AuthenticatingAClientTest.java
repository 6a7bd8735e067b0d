package io.github.alexalink.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Authenticating a client (RFC 6749 §2.3.1, §5.2)")
class AuthenticatingAClientTest {

    @Test
    void a_client_proves_itself_by_basic_or_by_the_body() throws Exception {
        assertThatCode(() -> authenticate(client(Client.Kind.CONFIDENTIAL, "s3cret"), basic("alexa:s3cret"), ""))
                .doesNotThrowAnyException();
        assertThatCode(() -> authenticate(
                        client(Client.Kind.CONFIDENTIAL, "s3cret"), null, "client_id=alexa&client_secret=s3cret"))
                .doesNotThrowAnyException();
        assertThatCode(() -> authenticate(
                        client(Client.Kind.CONFIDENTIAL, "s3cret"), basic("alexa:s3cret"), "client_id=alexa"))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a:b%c+d", "a%3Ab%25c%2Bd"})
    void a_basic_secret_may_come_raw_or_form_encoded(String sent) {
        assertThatCode(() -> authenticate(client(Client.Kind.CONFIDENTIAL, "a:b%c+d"), basic("alexa:" + sent), ""))
                .doesNotThrowAnyException();
    }

    @Test
    void a_client_that_uses_both_ways_is_invalid_request() {
        refused(ErrorCode.INVALID_REQUEST, basic("alexa:s3cret"), "client_id=alexa&client_secret=s3cret");
        refused(ErrorCode.INVALID_REQUEST, basic("alexa:s3cret"), "client_id=other");
        assertThatThrownBy(() -> ClientCredentials.from(
                        Collections.enumeration(List.of(basic("alexa:s3cret"), basic("alexa:s3cret"))),
                        Parameters.ofQuery("")))
                .hasMessage("more than one Authorization header");
    }

    @Test
    void a_client_without_credentials_is_invalid_client() {
        refused(ErrorCode.INVALID_CLIENT, null, "");
        refused(ErrorCode.INVALID_CLIENT, null, "client_secret=s3cret");
        refused(ErrorCode.INVALID_CLIENT, null, "client_id=alexa");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Bearer abc",
                "Basic",
                "Basic ",
                "Basic !!!",
                "Basic YWxleGE=",
                "Basic OnMzY3JldA==",
                "Basic /w=="
            })
    void a_header_that_is_not_id_and_secret_is_invalid_client(String header) {
        refused(ErrorCode.INVALID_CLIENT, header, "");
    }

    @Test
    void a_wrong_secret_is_invalid_client_whatever_is_wrong_with_it() {
        for (String wrong : List.of("s3creT", "s3cre", "s3crets", "S3CRET", " s3cret")) {
            refused(ErrorCode.INVALID_CLIENT, basic("alexa:" + wrong), "");
        }
        refused(ErrorCode.INVALID_CLIENT, basic("alexa:"), "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "alexa: als_s3cret|with white space around it",
                "alexa:als_s3cret⏎|with white space around it",
                "alexa:\u00a0als_s3cret|with quotes or invisible signs around it",
                "alexa:\"als_s3cret\"|with quotes or invisible signs around it",
                "alexa :als_s3cret|with white space around client_id",
                "alexa:als%255Fs3cret|URL-encoded once too often",
                "als_s3cret:alexa|as the client_id, and the client_id as the secret"
            })
    void a_mistake_that_is_often_made_is_refused_and_named_for_the_operator(String sent, String mistake)
            throws Exception {
        Client client = client(Client.Kind.CONFIDENTIAL, "als_s3cret");
        ClientCredentials credentials = credentials(basic(sent.replace('⏎', '\n')), "");
        assertThatThrownBy(() -> ClientAuthenticator.authenticate(
                        Optional.of(client).filter(known -> known.clientId().equals(credentials.clientId())),
                        credentials))
                .hasMessage("client authentication failed");
        assertThat(credentials.guesses())
                .filteredOn(guess ->
                        guess.clientId().equals("alexa") && ClientAuthenticator.isMeant(Optional.of(client), guess))
                .singleElement()
                .extracting(ClientCredentials.Guess::mistake)
                .isEqualTo(mistake);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"alexa:als_s3cret", "alexa:als_guessed", "alexa: als_guessed ", "alexa:", "als_guessed:alexa"})
    void a_secret_that_is_right_or_wrong_as_it_is_has_no_such_mistake(String sent) throws Exception {
        Client client = client(Client.Kind.CONFIDENTIAL, "als_s3cret");
        assertThat(credentials(basic(sent), "").guesses())
                .noneMatch(guess -> ClientAuthenticator.isMeant(Optional.of(client), guess));
    }

    @Test
    void an_unknown_or_disabled_client_gets_the_words_of_a_wrong_secret() throws Exception {
        ClientCredentials credentials = credentials(basic("alexa:s3cret"), "");
        assertThatThrownBy(() -> ClientAuthenticator.authenticate(Optional.empty(), credentials))
                .hasMessage("client authentication failed");
        Client disabled = new Client(
                "alexa",
                Client.Kind.CONFIDENTIAL,
                "Alexa",
                false,
                false,
                Set.of(),
                List.of(),
                Map.of(),
                List.of(Sha256.of("s3cret")));
        assertThatThrownBy(() -> ClientAuthenticator.authenticate(Optional.of(disabled), credentials))
                .hasMessage("client authentication failed");
    }

    @Test
    void each_of_two_secrets_is_good_while_they_are_exchanged() {
        Client client = client(Client.Kind.CONFIDENTIAL, "old", "new");
        assertThatCode(() -> authenticate(client, basic("alexa:old"), "")).doesNotThrowAnyException();
        assertThatCode(() -> authenticate(client, basic("alexa:new"), "")).doesNotThrowAnyException();
    }

    @Test
    void a_public_client_has_no_secret_and_must_not_send_one() {
        Client client = client(Client.Kind.PUBLIC);
        assertThatCode(() -> authenticate(client, null, "client_id=alexa")).doesNotThrowAnyException();
        assertThatThrownBy(() -> authenticate(client, null, "client_id=alexa&client_secret=x"))
                .hasMessage("client authentication failed");
    }

    private static void refused(ErrorCode code, String header, String form) {
        assertThatThrownBy(() -> authenticate(client(Client.Kind.CONFIDENTIAL, "s3cret"), header, form))
                .isInstanceOfSatisfying(OAuthException.class, refused -> assertThat(refused.code())
                        .isEqualTo(code));
    }

    private static Client authenticate(Client client, String header, String form) throws OAuthException {
        return ClientAuthenticator.authenticate(Optional.of(client), credentials(header, form));
    }

    private static ClientCredentials credentials(String header, String form) throws OAuthException {
        return ClientCredentials.from(
                header == null ? Collections.emptyEnumeration() : Collections.enumeration(List.of(header)),
                Parameters.ofQuery(form));
    }

    private static Client client(Client.Kind kind, String... secrets) {
        return new Client(
                "alexa",
                kind,
                "Alexa",
                false,
                true,
                Set.of(),
                List.of(),
                Map.of(),
                Arrays.stream(secrets).map(Sha256::of).toList());
    }

    private static String basic(String pair) {
        return "basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }
}
