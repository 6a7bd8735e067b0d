package io.github.alexalink.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.alexalink.fixture.Thorough;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.OtherMajor;
import io.github.alexalink.fixture.servers.Postgres;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("both")
@DisplayName("A DBA sees the name of each statement in PostgreSQL's views and log")
class StatementNamesTest {

    private static final List<String> ASKED =
            List.of("find_account", "issue_code", "redeem_code", "mark_answered", "find_client");

    /** Empty means the major that the other tests use; the other majors run in -Pthorough. */
    static List<Optional<OtherMajor>> majors() throws IOException {
        List<Optional<OtherMajor>> majors = new ArrayList<>(List.of(Optional.empty()));
        if (Thorough.RUNS) {
            OtherMajor.here().forEach(major -> majors.add(Optional.of(major)));
        }
        return majors;
    }

    @ParameterizedTest
    @MethodSource("majors")
    void the_name_is_in_pg_stat_activity_and_pg_stat_statements_and_the_log_of_slow_statements(
            Optional<OtherMajor> major) throws Exception {
        Path data = Path.of("target", "test-postgres", ProcessHandle.current().pid() + "-names")
                .toAbsolutePath();
        Postgres server = Postgres.startLogging(
                data, TestDatabase.SQL, TestDatabase.APP_PASSWORD, major.map(OtherMajor::binaries));
        try {
            Listener.register(server).link();
            HikariConfig one = new HikariConfig();
            one.setDataSource(OtherMajor.app(server));
            one.setMaximumPoolSize(1);
            try (HikariDataSource pool = new HikariDataSource(one)) {
                // the connection is idle, and pg_stat_activity shows its last statement
                assertThat(new ClientRepository(new Database(pool)).byId("nobody"))
                        .isEmpty();
                assertThat(Listener.ask(
                                server,
                                "SELECT string_agg(query, '; ') FROM pg_stat_activity WHERE usename = 'alexa_app'"))
                        .startsWith("SELECT /* find_client */");
            }
            String counted = Listener.ask(server, "SELECT string_agg(query, '; ') FROM pg_stat_statements");
            assertThat(ASKED).allSatisfy(name -> assertThat(counted).contains(" /* " + name + " */ "));
            String log = log(data);
            assertThat(ASKED).allSatisfy(name -> assertThat(log)
                    .containsPattern("duration: .* ms  execute <unnamed>: \\w+ /\\* " + name + " \\*/ "));
        } finally {
            OtherMajor.stop(server, data);
        }
    }

    private static String log(Path data) throws IOException {
        StringBuilder log = new StringBuilder();
        try (Stream<Path> files = Files.list(data.resolve("log"))) {
            for (Path file : files.sorted().toList()) {
                log.append(Files.readString(file));
            }
        }
        return log.toString();
    }
}
