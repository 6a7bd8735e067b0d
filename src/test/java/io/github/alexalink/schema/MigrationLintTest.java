package io.github.alexalink.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("thorough") // squawk is downloaded
@DisplayName("squawk finds nothing in the migrations that would stop a busy database")
class MigrationLintTest {

    private static final String SQUAWK = "squawk-cli@2.66.0";

    @BeforeAll
    static void unlessThereIsNone() throws IOException, InterruptedException {
        try {
            run("npx", "--version");
        } catch (IOException none) {
            LeftOut.because("no npx here: apt-get install npm lints the migrations");
        }
        Outcome outcome = squawk(List.of("--version"));
        for (int i = 1; i < 3 && outcome.status() != 0; i++) { // squawk is downloaded, and the network may fail once
            outcome = squawk(List.of("--version"));
        }
        if (outcome.status() != 0) {
            LeftOut.because("npx cannot get " + SQUAWK + ": " + outcome.output());
        }
        assertThat(outcome.output()).contains("squawk 2.66.0");
    }

    @Test
    void each_migration_that_runs_in_one_transaction_is_clean() throws Exception {
        assertClean("--assume-in-transaction", Schema.migrations(TestDatabase.SQL));
    }

    @Test
    void a_migration_that_runs_statement_by_statement_is_clean() throws Exception {
        assertClean("--no-assume-in-transaction", List.of(Schema.EXAMPLE));
    }

    @Test
    void squawk_names_a_careless_migration() throws Exception {
        Path careless = Path.of("target/V0__careless.sql").toAbsolutePath();
        Files.writeString(careless, "CREATE INDEX link_scope_idx ON alexa.link (scope);\n");
        assertThat(squawk(List.of(careless.toString())).output())
                .contains("require-concurrent-index-creation", "require-lock-timeout", "require-statement-timeout");
    }

    private static void assertClean(String option, List<Path> files) throws IOException, InterruptedException {
        Outcome outcome = squawk(Stream.concat(Stream.of(option), files.stream().map(Path::toString))
                .toList());
        assertThat(outcome.output()).contains("Found 0 issues in " + files.size() + " file");
        assertThat(outcome.status()).as(outcome.output()).isZero();
    }

    private static Outcome squawk(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("npx", "--yes", SQUAWK));
        command.addAll(arguments);
        return run(command.toArray(String[]::new));
    }

    private record Outcome(int status, String output) {}

    private static Outcome run(String... command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("NO_COLOR", "1");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), output);
    }
}
