package io.github.alexalink.store;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.TestDatabase;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.store.IntrospectionRepository.Live;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** A resource server that asks whether an access token is good. */
record MusicServer(ClientCredentials credentials) {

    private static MusicServer any;

    /** The one of this JVM. */
    static synchronized MusicServer register() {
        if (any == null) {
            any = registerAnother();
        }
        return any;
    }

    static MusicServer registerAnother() {
        String id = TestDatabase.unique("music");
        String secret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'Music')",
                id);
        return new MusicServer(new ClientCredentials(id, List.of(Sha256.of(secret)), true));
    }

    Optional<Live> introspect(Token accessToken) throws SQLException {
        return introspect(accessToken, new Database(TestDatabase.app()));
    }

    Optional<Live> introspect(Token accessToken, Database database) throws SQLException {
        return new IntrospectionRepository(database)
                .introspect(credentials, Optional.of(accessToken))
                .orElseThrow()
                .live();
    }
}
