package io.github.alexalink.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.servers.TestDatabase;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A WAR works with the schema it was built for and with one version less or more")
class KnownVersionsTest {

    /** The schema of the tests has version 3, the baseline; no older version exists. */
    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
                    3, -
                    4, -
                    5, 'schema alexa is at version 3 and this WAR needs 5: run sql/migrations/V4__*.sql and those after it'
                    2, -
                    1, 'schema alexa is at version 3 and this WAR knows up to 2: deploy the WAR that came with the migrations'
                    """)
    void a_war_says_whether_it_works_with_the_schema(int builtFor, String whyNot) throws Exception {
        SchemaRepository schema = new SchemaRepository(new Database(TestDatabase.pool()), builtFor);
        assertThat(schema.whyNotReady()).isEqualTo(Optional.ofNullable(whyNot));
        assertThat(schema.state().orElseThrow().known()).isEqualTo(whyNot == null);
    }
}
