package io.github.alexalink.signin;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The limits on sign-ins in docs/operator.md")
class LimitsInTheDocsTest {

    @Test
    void the_operator_reads_the_limits_that_count() throws IOException {
        assertThat(Files.readString(Path.of("docs/operator.md")))
                .contains("- **A name** is locked by %d wrong passwords, for %d minutes:"
                        .formatted(Limits.WRONG_PASSWORDS, Limits.LOCKED.toMinutes()))
                .contains("- **A household** has %d sign-ins a minute:".formatted(SignIn.PER_ADDRESS));
    }
}
