package io.github.alexalink.authorize;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AccountRepository.SignedIn;
import io.github.alexalink.store.AuthorizationCodeRepository.Issue;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The form was checked when it came; the password takes a tenth of a second to check, and then the code is issued. */
@DisplayName("A DBA changes the client while a listener signs in")
class ConsentMeanwhileTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    alexa.set_redirect_uris(client_id => ?, redirect_uris => ARRAY['https://other.example/cb']) | REDIRECT_URI_GONE
                    alexa.change_client(client_id => ?, scopes => ARRAY['music.read'])                        | SCOPE_GONE
                    alexa.disable_client(client_id => ?)                                                       | CLIENT_DISABLED
                    alexa.change_client(client_id => ?, display_name => 'Another name')                       | ISSUED
                    """)
    void a_code_is_issued_for_what_the_client_is_registered_for_at_that_moment(String change, Issue outcome)
            throws Exception {
        Listener anna = Listener.register(TestDatabase.shared());
        SignedIn signedIn = anna.signIn();
        TestDatabase.ask("SELECT 'done', " + change, anna.credentials().clientId());
        Token code = Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId());
        assertThat(anna.allow(code, signedIn)).isEqualTo(outcome);
        assertThat(TestDatabase.ask("SELECT count(*) FROM alexa.authorization_code WHERE link_id = ?", code.linkId()))
                .isEqualTo(outcome == Issue.ISSUED ? "1" : "0");
    }
}
